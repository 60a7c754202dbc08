import type { Choices } from './choices.ts';
import { condition, expression } from './expressions.ts';
import type { Column, Kind } from './tables.ts';

/** A random aggregate call whose result does not depend on the order of rows. */
export function aggregate(c: Choices, columns: readonly Column[]): Column {
  const filter = c.rarely(4) ? ` FILTER (WHERE ${condition(c, columns, 1)})` : '';
  const e = (kind: Kind): string => expression(c, kind, columns, 1);
  const distinct = c.rarely(3) ? 'DISTINCT ' : '';
  switch (c.int(9)) {
    case 0:
      return { sql: `COUNT(*)${filter}`, kind: 'bigint' };
    case 1:
      return { sql: `COUNT(${distinct}${e(anyKind(c))})${filter}`, kind: 'bigint' };
    case 2:
      return { sql: `SUM(${distinct}${e('int')})${filter}`, kind: 'bigint' };
    case 3: {
      const kind = c.pick<Kind>(['int', 'text', 'bigint', 'decimal', 'time', 'date', 'ints']);
      return { sql: `${c.pick(['MIN', 'MAX'])}(${e(kind)})${filter}`, kind };
    }
    case 4:
      return { sql: `CAST(AVG(${distinct}${e('int')})${filter} AS DECIMAL(10, 2))`, kind: 'decimal' };
    case 5:
      return { sql: `${c.pick(['BOOL_AND', 'BOOL_OR'])}(${e('bool')})${filter}`, kind: 'bool' };
    case 6: {
      const text = e('text');
      return { sql: `STRING_AGG(${distinct}${text}, '-' ORDER BY ${text}${c.pick(['', ' DESC'])})${filter}`, kind: 'text' };
    }
    case 7: {
      const int = e('int');
      return { sql: `ARRAY_AGG(${distinct}${int} ORDER BY ${int}${c.pick(['', ' DESC', ' NULLS FIRST'])})${filter}`, kind: 'ints' };
    }
    default: {
      const kind = c.pick<Kind>(['int', 'text', 'bool']);
      const value = e(kind);
      return { sql: `JSONB_AGG(${value} ORDER BY ${value})${filter}`, kind: 'json' };
    }
  }
}

export const anyKind = (c: Choices): Kind => c.pick<Kind>(['int', 'text', 'bigint', 'decimal', 'bool', 'time', 'int', 'date', 'ints', 'json']);
