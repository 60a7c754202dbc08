import type { Choices } from './choices.ts';
import { condition, expression } from './expressions.ts';
import type { Column } from './tables.ts';

/** Users' functions, in SQL and in JavaScript; what they give depends on their arguments alone. */
const FUNCTIONS: readonly string[] = [
  "CREATE FUNCTION f_twice(a INT) RETURNS INT LANGUAGE sql AS 'SELECT a + a'",
  "CREATE FUNCTION f_or_zero(a INT) RETURNS INT LANGUAGE sql CALLED ON NULL INPUT AS 'SELECT COALESCE(a, 0)'",
  "CREATE FUNCTION f_marked(s TEXT, n INT) RETURNS TEXT LANGUAGE sql STRICT AS $$ SELECT s || '#' || CAST(n AS TEXT) $$",
  'CREATE FUNCTION j_mix(a INT) RETURNS INT LANGUAGE javascript STRICT AS $$ return (a * 7 + 3) % 5 $$',
  'CREATE FUNCTION j_first(a INT, b INT) RETURNS INT LANGUAGE javascript AS $$ return a ?? b ?? -1 $$',
  "CREATE FUNCTION j_label(s TEXT, n INT) RETURNS TEXT LANGUAGE javascript AS $$ return n === 0 ? null : (s ?? '-') + ':' + n $$",
  'CREATE FUNCTION j_long(a BIGINT) RETURNS BIGINT LANGUAGE javascript STRICT AS $$ return a % 4n + 3n $$',
  'CREATE FUNCTION j_sorted(a INT[]) RETURNS INT[] LANGUAGE javascript STRICT AS $$ return a.filter((x) => x !== null).sort((x, y) => y - x) $$',
  'CREATE FUNCTION j_letters(s TEXT) RETURNS TABLE (letter TEXT, n INT) LANGUAGE javascript STRICT AS $$ let n = 0; for (const c of s) yield [c, ++n]; $$',
  'CREATE FUNCTION j_below(a INT) RETURNS SETOF INT LANGUAGE javascript AS $$ const out = []; for (let i = 0; i < Math.min(a ?? 1, 3); i++) out.push(i); return out; $$',
  // Can take rows back and be put together.
  `CREATE AGGREGATE j_total(v INT) RETURNS BIGINT LANGUAGE javascript STRICT AS $$
    export const create_state = () => ({ n: 0, sum: 0n });
    export const accumulate = (s, v) => { s.n++; s.sum += BigInt(v); return s; };
    export const retract = (s, v) => { s.n--; s.sum -= BigInt(v); return s; };
    export const merge = (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum });
    export const finish = (s) => s.n === 0 ? null : s.sum;
  $$`,
  // Can only take rows back.
  `CREATE AGGREGATE j_words(s TEXT) RETURNS TEXT LANGUAGE javascript AS $$
    const add = (all, s, by) => { const n = (all.get(s) ?? 0) + by; if (n === 0) all.delete(s); else all.set(s, n); return all; };
    export const create_state = () => new Map();
    export const accumulate = (all, s) => add(all, s ?? 'null', 1);
    export const retract = (all, s) => add(all, s ?? 'null', -1);
    export const finish = (all) => [...all].map(([s, n]) => n + s).sort().join(' ');
  $$`,
  // Can only be put together.
  `CREATE AGGREGATE j_most(v INT) RETURNS INT LANGUAGE javascript STRICT AS $$
    export const create_state = () => [];
    export const accumulate = (s, v) => s.length === 0 || v > s[0] ? [v] : s;
    export const merge = (a, b) => a.length === 0 || (b.length > 0 && b[0] > a[0]) ? b : a;
    export const finish = (s) => s.length === 0 ? null : s[0];
  $$`,
  // Neither.
  `CREATE AGGREGATE j_spread(a INT, b INT) RETURNS INT LANGUAGE javascript AS $$
    export const create_state = () => ({ low: 1e9, high: -1e9 });
    export const accumulate = (s, a, b) => { for (const x of [a ?? 0, b ?? 1]) { s.low = Math.min(s.low, x); s.high = Math.max(s.high, x); } };
    export const finish = (s) => s.high < s.low ? -1 : s.high - s.low;
  $$`,
];

/** Those that a text calls: to make one in JavaScript, an engine reads it. */
export const functionsIn = (sql: string): string[] => FUNCTIONS.filter((f) => sql.includes(`${/ (\w+)\(/.exec(f)?.[1]}(`));

/** A call of an aggregate in JavaScript, with or without the ways back and together. */
export function javascriptAggregate(c: Choices, columns: readonly Column[], distinct: string, filter: string): Column {
  const int = (): string => expression(c, 'int', columns, 1);
  c.mark('javascript aggregate');
  return c.pick<() => Column>([
    () => ({ sql: `j_total(${distinct}${int()})${filter}`, kind: 'bigint' }),
    () => ({ sql: `j_words(${distinct}${expression(c, 'text', columns, 1)})${filter}`, kind: 'text' }),
    () => ({ sql: `j_most(${int()})${filter}`, kind: 'int' }),
    () => ({ sql: `j_spread(${int()}, ${int()})${filter}`, kind: 'int' }),
  ])();
}

/** Rows that a table function in JavaScript gives for each row of a relation. */
export function javascriptRows(c: Choices, left: { readonly sql: string; readonly columns: readonly Column[] }, alias: string): { readonly sql: string; readonly columns: readonly Column[] } {
  c.mark('javascript table function');
  const letters = c.int(2) === 0;
  const call = letters ? `j_letters(${expression(c, 'text', left.columns, 1)})` : `j_below(${expression(c, 'int', left.columns, 1)})`;
  const own: Column[] = letters ? [{ sql: `${alias}.letter`, kind: 'text' }, { sql: `${alias}.n`, kind: 'int' }] : [{ sql: `${alias}.g`, kind: 'int' }];
  const named = `${call} AS ${alias}${letters ? '' : ' (g)'}`;
  const join = c.pick([`CROSS JOIN LATERAL ${named}`, `LEFT JOIN LATERAL ${named} ON true`, `LEFT JOIN LATERAL ${named} ON ${condition(c, own, 0)}`]);
  return { sql: `${left.sql} ${join}`, columns: [...left.columns, ...own] };
}
