import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typeFromText } from '../common/types/literal-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Value } from '../common/types/value.ts';
import type { AggregateOverload } from './define.ts';
import { builtins } from './registry.ts';
import { resolveFunction } from './resolve.ts';
import { typed } from './testing.ts';

function find(name: string, ...types: string[]): { readonly overload: AggregateOverload; readonly run: (rows: readonly (readonly Value[])[]) => string | null } {
  const found = resolveFunction(builtins, name, types.map((t) => typeFromText(t)));
  if (found.def.kind !== 'aggregate' || 'columns' in found) throw new Error(`${name} is not an aggregate`);
  const overload = found.def.overloads[found.overload];
  if (overload === undefined) throw new Error('no overload');
  const kept = (row: readonly Value[]): boolean => !overload.skipsNulls || !row.includes(null);
  const run = (rows: readonly (readonly Value[])[]): string | null => {
    let state = overload.init();
    for (const row of rows) if (kept(row)) state = overload.insert(state, row, found.argTypes);
    const value = overload.result(state, found.returns, found.argTypes);
    return value === null ? null : textOut(value, found.returns);
  };
  return { overload, run };
}

/** Rows of one argument from their texts. */
const rows = (type: string, ...texts: (string | null)[]): Value[][] => texts.map((t) => [typed(t, type).value]);
const of = (name: string, type: string, ...texts: (string | null)[]): string | null => find(name, type).run(rows(type, ...texts));

describe('aggregates', () => {
  it('match PostgreSQL’s answers', () => {
    expect(of('sum', 'int', '1', '2', null)).toBe('3');
    expect(of('sum', 'int')).toBeNull();
    expect(of('sum', 'bigint', '9223372036854775807', '1')).toBe('9223372036854775808');
    expect(of('avg', 'int', '1', '2')).toBe('1.5000000000000000');
    expect(of('avg', 'numeric', '1.5', '2')).toBe('1.7500000000000000');
    expect(of('avg', 'numeric(5,2)', '1.50', '2.00', '2.00')).toBe('1.833333');
    expect(of('sum', 'numeric(5,2)', '999.99', '999.99')).toBe('1999.98');
    expect(of('sum', 'numeric', '1', '2.50', 'NaN')).toBe('NaN');
    expect(of('count', 'text', 'a', null)).toBe('1');
    expect(of('min', 'text', 'b', 'a')).toBe('a');
    expect(of('max', 'double precision', '1', 'NaN', '3')).toBe('NaN');
    expect(of('bool_and', 'boolean', 't', 'f')).toBe('f');
    expect(of('every', 'boolean', 't', null)).toBe('t');
    expect(of('array_agg', 'int', '1', null)).toBe('{1,NULL}');
    expect(of('stddev', 'int', '1', '2', '4')).toBe('1.5275252316519467');
    expect(of('var_pop', 'int', '1', '2', '4')).toBe('1.5555555555555556');
    expect(of('var_samp', 'double precision', '1', '2', '4')).toBe('2.3333333333333335');
    expect(of('sum', 'interval', '1 day', '2 hours')).toBe('1 day 02:00:00');
    expect(of('bit_or', 'int', '1', '4')).toBe('5');
    expect(of('jsonb_agg', 'text', 'a', null)).toBe('["a", null]');
    expect(find('string_agg', 'text', 'text').run([['a', ','], [null, ','], ['b', '-']])).toBe('a-b');
    expect(find('listagg', 'text').run([['a'], ['b']])).toBe('a,b');
    expect(find('arg_max', 'text', 'int').run([['a', 1], ['b', 5], ['c', 5]])).toBe('b');
    expect(find('corr', 'double precision', 'double precision').run([[1, 1], [2, 2], [3, 3]])).toBe('1');
  });

  it('sum doubles exactly', () => {
    expect(of('sum', 'double precision', '1e16', '1', '-1e16')).toBe('1');
    expect(of('sum', 'double precision', ...Array.from({ length: 10 }, () => '0.1'))).toBe('1');
    expect(of('avg', 'double precision', '1.7e308', '1.7e308')).toBe('1.7e+308');
  });

  const cases: readonly (readonly [string, string, fc.Arbitrary<Value>])[] = [
    ['sum', 'double precision', fc.double()],
    ['avg', 'double precision', fc.double({ min: -1e300, max: 1e300, noNaN: true })],
    ['sum', 'bigint', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['sum', 'numeric', fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 6 })).map(([unscaled, scale]) => ({ unscaled, scale }))],
    ['count', 'int', fc.integer()],
    ['stddev', 'int', fc.integer()],
    ['var_pop', 'double precision', fc.double({ min: -1e6, max: 1e6, noNaN: true })],
    ['bool_or', 'boolean', fc.boolean()],
    ['bit_xor', 'int', fc.integer()],
    ['any_value', 'int', fc.integer()],
  ];

  for (const [name, type, arbitrary] of cases) {
    it(`${name}(${type}): taking rows back, and merging, equals never having had them`, () => {
      const { overload, run } = find(name, type);
      const types = [typeFromText(type)];
      const returns = resolveFunction(builtins, name, types);
      const resultType = 'columns' in returns ? types[0] : returns.returns;
      fc.assert(
        fc.property(fc.array(arbitrary, { maxLength: 8 }), fc.array(arbitrary, { maxLength: 8 }), (kept, gone) => {
          const { retract, merge } = overload;
          if (retract === null || merge === null || resultType === undefined) throw new Error('cannot retract or merge');
          let state = overload.init();
          for (const v of [...gone, ...kept]) state = overload.insert(state, [v], types);
          for (const v of gone) state = retract(state, [v], types);
          const text = (v: Value): string | null => (v === null ? null : textOut(v, resultType));
          let expected: string | null;
          try {
            expected = run(kept.map((v) => [v]));
          } catch {
            return;
          }
          expect(text(overload.result(state, resultType, types))).toBe(expected);
          const half = Math.floor(kept.length / 2);
          const part = (list: readonly Value[]): unknown => list.reduce<unknown>((s, v) => overload.insert(s, [v], types), overload.init());
          expect(text(overload.result(merge(part(kept.slice(0, half)), part(kept.slice(half))), resultType, types))).toBe(expected);
        }),
        { numRuns: 60, seed: 11 },
      );
    });
  }
});
