import type { Rng } from '../../src/common/rng.ts';
import type { TypeKind } from '../../src/common/types/sql-type.ts';
import type { AggregateFunction, ArgType, ScalarFunction, TableFunction } from '../../src/functions/define.ts';
import { builtins, functionGroups } from '../../src/functions/registry.ts';
import { expressionCase, queryCase, type Case } from './corpus-file.ts';
import { ARRAYS, KINDS, quoted, SAMPLES } from './samples.ts';

/** Cases made from the tables of functions: calls of every overload, every operator on every pair of types, every cast. */

/** What depends on the session, the time or chance, and what PostgreSQL does otherwise by its nature. */
const SKIPPED: ReadonlySet<string> = new Set(
  'now clock_timestamp proctime localtimestamp current_date localtime current_watermark random setseed gen_random_uuid uuid rand_integer unix_timestamp assign_varchar assign_char is_distinct is_not_distinct is_true is_false is_unknown pg_get_keywords pg_options_to_table'.split(' '),
);
const SKIPPED_GROUPS: ReadonlySet<string> = new Set(['Catalog and session']);

function sample(rng: Rng, kind: TypeKind): string {
  const from = SAMPLES[kind] ?? SAMPLES.varchar;
  if (from === undefined) return 'NULL';
  if (rng.int(14) === 0) return `NULL::${from.type}`;
  const value = rng.pick(from.values);
  return rng.int(10) === 0 && kind !== 'array' ? quoted(value) : `${quoted(value)}::${from.type}`;
}

/** An argument, or null where nothing can be drawn of the type. `any` is one type for the whole call. */
function argument(rng: Rng, type: ArgType, any: TypeKind): string | null {
  if (typeof type !== 'string') {
    const from = ARRAYS[type.array];
    return from === undefined ? null : `${quoted(rng.pick(from.values))}::${from.type}`;
  }
  if (type === 'anyarray') return argument(rng, { array: any in ARRAYS ? any : 'int' }, any);
  if (type === 'any') return sample(rng, rng.pick(KINDS));
  if (type === 'anyelement' || type === 'anynonarray') return sample(rng, any);
  const kind = type === 'decimal' ? 'numeric' : type;
  return kind in SAMPLES ? sample(rng, kind) : null;
}

function callOf(name: string, operator: boolean, args: readonly string[]): string {
  const [a, b] = args;
  if (!operator) return `${name}(${args.join(', ')})`;
  return b === undefined ? `${name} ${a}` : `${a} ${name} ${b}`;
}

const OPERATOR_WORDS: Readonly<Record<string, string>> = { similar_to: 'SIMILAR TO', overlaps: 'OVERLAPS' };

function argumentsOf(rng: Rng, overload: { readonly args: readonly ArgType[]; readonly variadic?: ArgType }): string[] | null {
  const any = rng.pick<TypeKind>(['int', 'varchar', 'bigint', 'double', 'int', 'varchar']);
  const types = [...overload.args, ...(overload.variadic === undefined ? [] : Array.from({ length: rng.int(3) }, () => overload.variadic ?? 'any'))];
  const args = types.map((t) => argument(rng, t, any));
  return args.some((a) => a === null) ? null : args.map((a) => a ?? 'NULL');
}

function scalarCalls(rng: Rng, def: ScalarFunction, each: number): Case[] {
  return def.overloads.flatMap((overload) =>
    Array.from({ length: each }, () => argumentsOf(rng, overload)).flatMap((args) => {
      // The age of one time is that of today.
      if (args === null || (def.name === 'age' && args.length === 1)) return [];
      const word = OPERATOR_WORDS[def.name];
      return [expressionCase(callOf(word ?? def.name, word !== undefined || def.operator === true || !/^[a-z_]/.test(def.name), args))];
    }),
  );
}

/** Over the rows of a list, whole and by group; some with DISTINCT, FILTER and an order of the arguments. */
function aggregateCalls(rng: Rng, def: AggregateFunction, each: number): Case[] {
  return def.overloads.flatMap((overload) =>
    Array.from({ length: each }, () => {
      const lists = Array.from({ length: 4 }, () => argumentsOf(rng, overload));
      const rows = lists.flatMap((args, i) => (args === null ? [] : [`(${[String(i % 2), ...args].join(', ')})`]));
      if (rows.length < lists.length || overload.args.length === 0) return null;
      const names = overload.args.map((_, i) => `a${i}`);
      const call = `${def.name}(${rng.int(5) === 0 ? 'DISTINCT ' : ''}${names.join(', ')})${rng.int(4) === 0 ? ' FILTER (WHERE g = 0)' : ''}`;
      return queryCase(`SELECT ${rng.int(2) === 0 ? call : `g, ${call}`} FROM (VALUES ${rows.join(', ')}) AS t (${['g', ...names].join(', ')})`.replace(/^(SELECT g, .*)$/s, '$1 GROUP BY g'));
    }).flatMap((c) => (c === null ? [] : [c])),
  );
}

function tableCalls(rng: Rng, def: TableFunction, each: number): Case[] {
  return def.overloads.flatMap((overload) => Array.from({ length: each }, () => argumentsOf(rng, overload)).flatMap((args) => (args === null ? [] : [queryCase(`SELECT * FROM ${def.name}(${args.join(', ')})`)])));
}

export function functionCalls(rng: Rng): Case[] {
  const skipped = new Set(functionGroups().flatMap(([title, names]) => (SKIPPED_GROUPS.has(title) ? names : [])));
  return builtins.all().flatMap((def) => {
    if (SKIPPED.has(def.name) || skipped.has(def.name)) return [];
    if (def.kind === 'scalar') return scalarCalls(rng, def, 4);
    if (def.kind === 'aggregate') return aggregateCalls(rng, def, 2);
    // Endless or huge between drawn bounds.
    return def.name === 'generate_series' ? [] : tableCalls(rng, def, 3);
  });
}

const OPERATORS = ['+', '-', '*', '/', '%', '=', '<', '>=', '<>', '||', '^', '&', '@>', '->', '->>'];

/** Which overload two types choose, of which type the result is, and what is refused. */
export function operatorMatrix(rng: Rng): Case[] {
  return KINDS.flatMap((a) => KINDS.flatMap((b) => Array.from({ length: 2 }, () => expressionCase(`${sample(rng, a)} ${rng.pick(OPERATORS)} ${sample(rng, b)}`))));
}

export function castMatrix(rng: Rng): Case[] {
  return KINDS.flatMap((from) => KINDS.flatMap((to) => {
    const target = SAMPLES[to]?.type ?? 'text';
    return [expressionCase(`CAST(${sample(rng, from)} AS ${target})`), ...(from === 'varchar' ? (SAMPLES[to]?.values ?? []).map((v) => expressionCase(`CAST(${quoted(v)}::text AS ${target})`)) : [])];
  }));
}

/** COALESCE, CASE, GREATEST, arrays and IN: which type two values have in common. */
export function commonTypes(rng: Rng): Case[] {
  const forms: readonly ((a: string, b: string) => string)[] = [
    (a, b) => `COALESCE(${a}, ${b})`, (a, b) => `CASE WHEN ${a} IS NULL THEN ${a} ELSE ${b} END`, (a, b) => `GREATEST(${a}, ${b})`, (a, b) => `ARRAY[${a}, ${b}]`, (a, b) => `${a} IN (${b}, ${a})`,
    (a, b) => `NULLIF(${a}, ${b})`, (a, b) => `${a} IS DISTINCT FROM ${b}`,
  ];
  return KINDS.flatMap((a) => KINDS.map((b) => expressionCase(rng.pick(forms)(sample(rng, a), sample(rng, b)))));
}
