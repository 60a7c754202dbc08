import type { Choices } from './choices.ts';
import { condition } from './expressions.ts';
import type { FromMaker } from './from.ts';
import type { Column, Kind } from './tables.ts';

interface Inner {
  readonly from: string;
  /** An INT column of the inner relation, and one of the outer query. */
  readonly own: string;
  readonly outer: string;
  readonly extra: string;
}

function inner(c: Choices, maker: FromMaker, outer: readonly Column[]): Inner {
  const from = maker.table();
  const int = (columns: readonly Column[]): string => {
    const ints = columns.filter((x) => x.kind === 'int');
    return (ints[c.int(Math.max(1, ints.length))] ?? { sql: '1' }).sql;
  };
  if (c.rarely(6)) {
    // One deeper: what is asked for speaks of both queries around it.
    const deep = maker.table();
    c.mark('nested subquery');
    const both = c.int(2) === 0 ? int(outer) : int(from.columns);
    const test = c.pick([`${int(from.columns)} IN (SELECT ${int(deep.columns)} FROM ${deep.sql} WHERE ${int(deep.columns)} <= ${both})`, `EXISTS (SELECT 1 FROM ${deep.sql} WHERE ${int(deep.columns)} = ${int(from.columns)} AND ${int(deep.columns)} >= ${both})`]);
    return { from: from.sql, own: int(from.columns), outer: int(outer), extra: ` AND ${test}` };
  }
  const extra = c.int(3) === 2 ? ` AND ${condition(c, c.int(2) === 0 ? from.columns : [...outer, ...from.columns], 1)}` : '';
  return { from: from.sql, own: int(from.columns), outer: int(outer), extra };
}

/** EXISTS, IN, ANY, ALL or a comparison with a subquery, mostly correlated. */
export function subqueryTest(c: Choices, maker: FromMaker, outer: readonly Column[]): string {
  const s = inner(c, maker, outer);
  const which = c.int(7);
  c.mark('subquery', 'semi or anti join');
  if (which <= 1 || which > 5) c.mark('correlated subquery');
  switch (which) {
    case 0:
      return `EXISTS (SELECT 1 FROM ${s.from} WHERE ${s.own} = ${s.outer}${s.extra})`;
    case 1:
      return `NOT EXISTS (SELECT 1 FROM ${s.from} WHERE ${s.own} = ${s.outer}${s.extra})`;
    case 2:
      return `${s.outer} IN (SELECT ${s.own} FROM ${s.from} WHERE true${s.extra})`;
    case 3:
      return `${s.outer} NOT IN (SELECT ${s.own} FROM ${s.from} WHERE true${s.extra})`;
    case 4:
      return `${s.outer} ${c.pick(['<', '>=', '=', '<>'])} ${c.pick(['ANY', 'ALL'])} (SELECT ${s.own} FROM ${s.from} WHERE true${s.extra})`;
    case 5:
      return `(${s.outer} IN (SELECT ${s.own} FROM ${s.from} WHERE true${s.extra})) IS NOT ${c.pick(['TRUE', 'FALSE', 'UNKNOWN'])}`;
    default:
      return `${s.outer} >= (SELECT ${c.pick(['COUNT(*)', `MAX(${s.own})`, `MIN(${s.own})`])} FROM ${s.from} WHERE ${s.own} = ${s.outer}${s.extra})`;
  }
}

/** A subquery in the select list that gives one number, or an array. */
export function subqueryValue(c: Choices, maker: FromMaker, outer: readonly Column[], kind: Kind): string {
  const s = inner(c, maker, outer);
  c.mark('scalar subquery', 'correlated subquery');
  if (kind === 'ints') {
    c.mark('array subquery');
    return `ARRAY(SELECT ${s.own} FROM ${s.from} WHERE ${s.own} = ${s.outer}${s.extra} ORDER BY 1)`;
  }
  const value = kind === 'bigint' ? 'COUNT(*)' : c.pick([`MAX(${s.own})`, `MIN(${s.own})`]);
  return `(SELECT ${value} FROM ${s.from} WHERE ${s.own} = ${s.outer}${s.extra})`;
}
