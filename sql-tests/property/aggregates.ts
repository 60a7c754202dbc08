import type { Choices } from './choices.ts';
import { condition, expression } from './expressions.ts';
import type { Column, Kind } from './tables.ts';
import { javascriptAggregate } from './user-functions.ts';

/** A random aggregate call whose result does not depend on the order of rows. */
export function aggregate(c: Choices, columns: readonly Column[]): Column {
  const filtered = c.rarely(4);
  const filter = filtered ? ` FILTER (WHERE ${condition(c, columns, 1)})` : '';
  if (filtered) c.mark('filter clause');
  const e = (kind: Kind): string => expression(c, kind, columns, 1);
  const distinct = c.rarely(3) ? 'DISTINCT ' : '';
  const which = c.int(12);
  if (distinct !== '' && [1, 2, 4, 6, 7].includes(which)) c.mark('distinct aggregate');
  if (which === 6 || which === 7 || which === 8) c.mark('ordered aggregate');
  switch (which) {
    case 0:
      return { sql: `COUNT(*)${filter}`, kind: 'bigint' };
    case 1:
      return { sql: `COUNT(${distinct}${e(anyKind(c))})${filter}`, kind: 'bigint' };
    case 2:
      return { sql: `SUM(${distinct}${e('int')})${filter}`, kind: 'bigint' };
    case 3: {
      const kind = c.pick<Kind>(['int', 'text', 'bigint', 'decimal', 'time', 'date', 'ints', 'instant']);
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
    case 9:
      c.mark('ordered-set aggregate');
      return c.pick<() => Column>([
        () => ({ sql: `PERCENTILE_DISC(${c.pick(['0', '0.5', '1'])}) WITHIN GROUP (ORDER BY ${e('int')}${c.pick(['', ' DESC'])})${filter}`, kind: 'int' }),
        () => ({ sql: `CAST(PERCENTILE_CONT(${c.pick(['0.5', '0.25'])}) WITHIN GROUP (ORDER BY ${e('int')})${filter} AS DECIMAL(10, 2))`, kind: 'decimal' }),
        () => ({ sql: `MODE() WITHIN GROUP (ORDER BY ${e('text')})${filter}`, kind: 'text' }),
      ])();
    case 10:
      c.mark('collecting aggregate');
      return c.pick<() => Column>([
        () => ({ sql: `CAST(COLLECT(${e('text')})${filter} AS TEXT)`, kind: 'text' }),
        () => ({ sql: `COUNT_IF(${condition(c, columns, 1)})`, kind: 'bigint' }),
        () => ({ sql: `BIT_OR(${e('int')})${filter}`, kind: 'int' }),
        () => ({ sql: `CAST(STDDEV_POP(${e('int')})${filter} AS DECIMAL(10, 2))`, kind: 'decimal' }),
      ])();
    case 11:
      return javascriptAggregate(c, columns, distinct, filter);
    case 8: {
      const kind = c.pick<Kind>(['int', 'text', 'bool']);
      const value = e(kind);
      return { sql: `JSONB_AGG(${value} ORDER BY ${value})${filter}`, kind: 'json' };
    }
    default:
      return { sql: `${c.pick(['ANY_VALUE', 'MAX'])}(1)${filter}`, kind: 'int' };
  }
}

export const anyKind = (c: Choices): Kind => c.pick<Kind>(['int', 'text', 'bigint', 'decimal', 'bool', 'time', 'int', 'date', 'ints', 'json', 'instant']);
