import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { numericFromScaled, numericToScaled } from '../common/types/numeric.ts';
import { arrayOf, physicalOf, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Value } from '../common/types/value.ts';
import type { ArgType, EmitContext, EmitValue, ScalarOverload } from './define.ts';
import { builtins } from './registry.ts';
import { testContext } from './testing.ts';

/** For every overload with `emit`: generated code gives what `eval` gives, errors included, at edge values. */

const TEXTS = ['', 'a', 'abc', 'A%', '😀x', 'é', 'day', 'hour', 'week', 'yyyy-MM-dd', 'YYYY', '%b_', '\\', '(a)|b', 'UTC', 'hex', '{"a":[1]}', '$.a', '12', '2024-01-02 03:04:05'];
const DOUBLES = [0, -0, 1, -1.5, 0.1, 2.5, 1e15, 1e300, -1e300, 5e-324, NaN, Infinity, -Infinity, 1e9, 30];
const BIGINTS = [0n, 1n, -1n, 7n, 123n, 2007n, 2147483647n, -2147483648n, 4294967296n, 9223372036854775807n, -9223372036854775808n];
const INTS = [0, 1, -1, 2, 3, 7, 123, 2147483647, -2147483648, 32];
const TIMES = [0n, 1n, -1n, 1_700_000_000_123_456n, -62_135_596_800_000_001n, 9223372036854775807n, -9223372036854775808n, 951_782_400_000_000n];
const UNSCALED = [0n, 1n, -1n, 908n, 12345n, -99999n, 99999n];

/** Values of an argument kind with a type for it; undefined when the test has none. */
function samples(arg: ArgType): { readonly type: SqlType; readonly values: readonly Value[] } | undefined {
  if (typeof arg === 'object') return { type: arrayOf({ kind: 'varchar' }), values: [[], ['a', null], ['0']] };
  switch (arg) {
    case 'boolean':
      return { type: { kind: arg }, values: [true, false] };
    case 'tinyint':
      return { type: { kind: arg }, values: [0, 1, -1, 127, -128] };
    case 'smallint':
      return { type: { kind: arg }, values: [0, 1, -1, 32767, -32768, 3] };
    case 'int':
      return { type: { kind: arg }, values: INTS };
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return { type: { kind: arg }, values: [0, 23, 16384] };
    case 'date':
      return { type: { kind: arg }, values: [0, 19000, -1, 2147483647, -2147483648] };
    case 'bigint':
      return { type: { kind: arg }, values: BIGINTS };
    case 'time':
      return { type: { kind: arg, precision: 6 }, values: [0n, 1n, 86_399_999_999n] };
    case 'timestamp':
    case 'timestamptz':
      return { type: { kind: arg, precision: 6 }, values: TIMES };
    case 'real':
      return { type: { kind: arg }, values: DOUBLES.map(Math.fround) };
    case 'double':
      return { type: { kind: arg }, values: DOUBLES };
    case 'numeric':
      return { type: { kind: arg }, values: [...UNSCALED.map((n) => ({ unscaled: n, scale: 2 })), { unscaled: 0n, scale: 0, special: 'NaN' as const }] };
    case 'decimal':
      return { type: { kind: arg, precision: 5, scale: 2 }, values: UNSCALED.map((n) => ({ unscaled: n, scale: 2 })) };
    case 'varchar':
    case 'name':
    case 'internalchar':
      return { type: { kind: arg }, values: TEXTS };
    case 'char':
      return { type: { kind: arg, length: 3 }, values: ['a  ', 'abc'] };
    case 'json':
      return { type: { kind: arg }, values: ['[1,2]', '{"a": null}'] };
    case 'bytea':
      return { type: { kind: arg }, values: [Uint8Array.of(), Uint8Array.of(1, 255), Uint8Array.of(97)] };
    case 'uuid':
      return { type: { kind: arg }, values: [new Uint8Array(16), new Uint8Array(16).fill(255)] };
    case 'interval':
      return { type: { kind: arg }, values: [{ months: 0, days: 0, micros: 4_000_000n }, { months: 14, days: -3, micros: 1n }, { months: 0, days: 1, micros: 0n }] };
    case 'jsonb':
      return { type: { kind: arg }, values: [{ json: null }, { json: ['a', 'b'] }, { json: { a: 'x' } }] };
    default:
      return undefined;
  }
}

/** What generated code works on instead of a `Value`. */
function toCode(value: Value, type: SqlType): unknown {
  if (type.kind === 'boolean') return value === true ? 1 : 0;
  if (type.kind === 'decimal' && physicalOf(type) === 'i64') return numericToScaled(value as Parameters<typeof numericToScaled>[0], type.scale);
  return value;
}

function fromCode(value: unknown, type: SqlType): Value {
  if (value === null || value === undefined) return null;
  if (type.kind === 'boolean') return value === 1;
  if (type.kind === 'decimal' && physicalOf(type) === 'i64') return numericFromScaled(value as bigint, type.scale);
  return value as Value;
}

/** Compiles the overload for arguments given as literals' code (texts) or as parameters. */
function compile(overload: ScalarOverload, types: readonly SqlType[], returns: SqlType, literals: readonly (string | undefined)[]): (...args: unknown[]) => unknown {
  const constants: unknown[] = [];
  const statements: string[] = [];
  let locals = 0;
  const cx: EmitContext = {
    constant: (value) => `k[${constants.push(value) - 1}]`,
    local: (hint) => `${hint}${locals++}`,
    statement: (code) => void statements.push(code),
    context: 'cx',
  };
  const args = types.map((type, i): EmitValue => ({ type, code: literals[i] ?? `a${i}` }));
  const expression = overload.emit?.(args, cx, returns) ?? 'null';
  const make = new Function('k', 'cx', `return (${types.map((_t, i) => `a${i}`).join(', ')}) => { ${statements.join('; ')}; return ${expression}; };`);
  return make(constants, testContext) as (...args: unknown[]) => unknown;
}

function outcome(run: () => Value, type: SqlType): string {
  try {
    const value = run();
    if (value === null) return 'SQL NULL';
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    return textOut(value, type);
  } catch (error) {
    if (error instanceof SqlError) return `${error.condition}: ${error.message}`;
    throw error;
  }
}

/** Of these exact numbers give results of thousands of digits, which says no more about the code than a few do. */
const POWERS: ReadonlySet<string> = new Set(['^', 'power', 'pow', 'dpow']);
const isSmall = (v: Value): boolean => typeof v !== 'object' || v === null || !('unscaled' in v) || (v.unscaled <= 908n && v.unscaled >= -1n);

const NONDETERMINISTIC = new Set(['random', 'rand_integer', 'rand_seeded', 'rand_integer_seeded', 'gen_random_uuid', 'uuid']);

describe('generated code equals the interpreter', () => {
  for (const def of builtins.all()) {
    if (def.kind !== 'scalar' || NONDETERMINISTIC.has(def.name)) continue;
    const emitting = def.overloads.filter((o) => o.emit !== undefined && o.args.every((a) => samples(a) !== undefined));
    if (emitting.length === 0) continue;
    it(def.name, () => {
      for (const overload of emitting) {
        const sets = overload.args.map((a) => samples(a)).filter((s) => s !== undefined).map((s) => (POWERS.has(def.name) ? { ...s, values: s.values.filter(isSmall) } : s));
        const types = sets.map((s) => s.type);
        const returns = typeof overload.returns === 'function' ? overload.returns(types) : overload.returns;
        fc.assert(
          fc.property(fc.tuple(...sets.map((s) => fc.constantFrom(...s.values))), fc.boolean(), (args, asLiterals) => {
            const literals = args.map((v) => (asLiterals && typeof v === 'string' ? JSON.stringify(v) : undefined));
            const expected = outcome(() => overload.eval(args, testContext, types, returns), returns);
            const code = compile(overload, types, returns, literals);
            const actual = outcome(() => fromCode(code(...args.map((v, i) => toCode(v, types[i] ?? returns))), returns), returns);
            expect(actual).toBe(expected);
            if (overload.total === true) expect(expected).not.toBe('SQL NULL');
          }),
          { numRuns: 60, seed: 7 },
        );
      }
    });
  }

  it('covers the hot path', () => {
    const without = ['=', '<', '+', '-', '*', '/', '%', 'mod', 'abs', '~~', 'lower', 'upper', 'substring', 'floor', 'date_trunc', 'extract', 'hour', '||', 'split_index', 'regexp_extract', 'date_format'].filter((name) => {
      const def = builtins.find(name);
      return def?.kind !== 'scalar' || !def.overloads.some((o) => o.emit !== undefined);
    });
    expect(without).toEqual([]);
  });
});
