import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INT, NUMERIC, TEXT, TIMESTAMP, decimalOf, typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { SqlError } from '../../common/errors.ts';
import type { EvalContext } from '../../functions/define.ts';
import { builtins } from '../../functions/registry.ts';
import { canCast } from '../../functions/types.ts';
import type { Expr } from '../../planner/expr.ts';
import type { PhysicalCalc } from '../../planner/physical.ts';
import { Harness, field, input, props } from '../testing/harness.ts';
import { compileCalc } from './compile.ts';
import { evaluate, typeOf } from './interpret.ts';

const TYPES: readonly SqlType[] = [BOOLEAN, INT, BIGINT, DOUBLE, TEXT, decimalOf(10, 2), NUMERIC, DATE, TIMESTAMP, BYTEA];
const CONTEXT: EvalContext = { nowMicros: 5n, procMicros: 6n, timeZone: 'UTC', watermark: null, random: () => 0.5 };

function valueOf(type: SqlType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2147483647, -2147483648), fc.integer());
    case 'date':
      return fc.integer({ min: -100000, max: 100000 });
    case 'bigint':
      return fc.oneof(fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom((1n << 63n) - 1n, -(1n << 63n)), fc.bigInt({ min: -(1n << 40n), max: 1n << 40n }));
    case 'timestamp':
      return fc.bigInt({ min: -(10n ** 15n), max: 10n ** 16n });
    case 'double':
      return fc.oneof(fc.constantFrom(0, -0, 1, -1.5, NaN, Infinity, -Infinity, 1e308), fc.double());
    case 'decimal':
      return fc.bigInt({ min: -(10n ** 10n) + 1n, max: 10n ** 10n - 1n }).map((unscaled) => ({ unscaled, scale: type.scale }));
    case 'numeric':
      return fc.record({ unscaled: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), scale: fc.integer({ min: 0, max: 5 }) });
    case 'bytea':
      return fc.uint8Array({ maxLength: 4 });
    default:
      return fc.constantFrom('', 'a', 'b', '12', 'ü"\\\n', 'a text that is longer than thirty-two bytes, ü');
  }
}
const rowArbitrary: fc.Arbitrary<Row> = fc.tuple(...TYPES.map((t) => fc.option(valueOf(t), { freq: 5 })));

/** Scalar calls on our types, by result type. */
interface Shape {
  readonly name: string;
  readonly overload: number;
  readonly args: readonly SqlType[];
  readonly type: SqlType;
}
const SHAPES: readonly Shape[] = builtins.all().flatMap((def): Shape[] => {
  if (def.kind !== 'scalar' || !['+', '-', '*', '/', '%', '=', '<>', '<', '<=', '>', '>=', 'abs', 'mod', 'upper', 'lower', '||', 'length', 'substring', 'is_distinct_from', 'nullif', 'sign'].includes(def.name)) return [];
  return def.overloads.flatMap((o, overload): Shape[] => {
    if (o.volatility !== 'immutable' || o.variadic !== undefined) return [];
    const args = o.args.map((a) => TYPES.find((t) => t.kind === a));
    if (args.some((a) => a === undefined)) return [];
    const found = args as SqlType[];
    return [{ name: def.name, overload, args: found, type: typeof o.returns === 'function' ? o.returns(found) : o.returns }];
  });
});

function exprOf(type: SqlType, depth: number): fc.Arbitrary<Expr> {
  const column = TYPES.findIndex((t) => typeEquals(t, type));
  const leaves: fc.Arbitrary<Expr>[] = [fc.option(valueOf(type), { freq: 8 }).map((value) => ({ kind: 'literal', value, type }))];
  if (column >= 0) leaves.push(fc.constant({ kind: 'column', index: column, type, nullable: true }));
  if (depth === 0) return fc.oneof(...leaves);
  const next = (t: SqlType): fc.Arbitrary<Expr> => exprOf(t, depth - 1);
  const options = [...leaves];
  const calls = SHAPES.filter((s) => typeEquals(s.type, type));
  if (calls.length > 0) {
    options.push(
      fc.constantFrom(...calls).chain((s) => fc.tuple(...s.args.map(next)).map((args): Expr => ({ kind: 'call', name: s.name, overload: s.overload, args, type, nullable: true }))),
    );
  }
  options.push(
    fc.tuple(fc.array(fc.record({ when: next(BOOLEAN), then: next(type) }), { minLength: 1, maxLength: 2 }), fc.option(next(type))).map(([branches, otherwise]): Expr => ({ kind: 'case', branches, otherwise, type })),
    fc.array(next(type), { minLength: 1, maxLength: 3 }).map((args): Expr => ({ kind: 'coalesce', args, type })),
  );
  const sources = TYPES.filter((t) => !typeEquals(t, type) && canCast(t, type, 'explicit') && t.kind !== 'bytea');
  if (sources.length > 0) {
    options.push(fc.constantFrom(...sources).chain((from) => fc.tuple(next(from), fc.boolean()).map(([arg, lenient]): Expr => ({ kind: 'cast', arg, type, try: lenient }))));
  }
  if (type.kind === 'boolean') {
    options.push(
      fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(next(BOOLEAN), { minLength: 2, maxLength: 3 })).map(([kind, args]): Expr => ({ kind, args })),
      next(BOOLEAN).map((arg): Expr => ({ kind: 'not', arg })),
      fc.constantFrom(...TYPES).chain((t) => fc.tuple(next(t), fc.boolean()).map(([arg, negated]): Expr => ({ kind: 'isNull', arg, negated }))),
      fc.constantFrom(...TYPES).chain((t) => fc.tuple(next(t), fc.array(next(t), { minLength: 1, maxLength: 3 }), fc.boolean()).map(([arg, list, negated]): Expr => ({ kind: 'in', arg, list, negated }))),
      fc.tuple(exprOf(INT, 0), fc.array(valueOf(INT), { minLength: 9, maxLength: 12 })).map(([arg, list]): Expr => ({ kind: 'in', arg, list: list.map((value) => ({ kind: 'literal', value, type: INT })), negated: false })),
    );
  }
  return fc.oneof(...options);
}

describe('compiled expressions', () => {
  it('are what the interpreter says', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.constantFrom(...TYPES).chain((t) => exprOf(t, 3)), fc.array(rowArbitrary, { minLength: 1, maxLength: 6 }), (expr, rows) => {
        let expected: Value[] | null = null;
        try {
          expected = rows.map((row) => evaluate(expr, row, { context: CONTEXT }));
        } catch (error) {
          if (!(error instanceof SqlError)) throw error;
        }
        const calc = compileCalc(TYPES, null, [expr]);
        const run = (): Value[] => rowsFromBatch([typeOf(expr)], calc.run(batchFromRows(TYPES, rows), CONTEXT)).map((r) => r[0] ?? null);
        if (expected === null) {
          expect(run).toThrow(SqlError);
        } else {
          compared++;
          // As the column holds it: -0 and the scale of a decimal are kept.
          expect(run()).toEqual(rowsFromBatch([typeOf(expr)], batchFromRows([typeOf(expr)], expected.map((v) => [v]))).map((r) => r[0]));
        }
      }),
      { numRuns: 1500 },
    );
    expect(compared).toBeGreaterThan(300);
  });

  it('filter as the interpreter does', () => {
    fc.assert(
      fc.property(exprOf(BOOLEAN, 2), fc.array(rowArbitrary, { minLength: 1, maxLength: 8 }), (filter, rows) => {
        let expected: Row[];
        try {
          expected = rows.filter((row) => evaluate(filter, row, { context: CONTEXT }) === true);
        } catch {
          return;
        }
        const exprs = TYPES.map((type, index): Expr => ({ kind: 'column', index, type, nullable: true }));
        const out = compileCalc(TYPES, filter, exprs).run(batchFromRows(TYPES, rows), CONTEXT);
        expect(rowsFromBatch(TYPES, out)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('calc', () => {
  const schema = [field('a', INT), field('b', INT)];
  const int = (index: number): Expr => ({ kind: 'column', index, type: INT, nullable: true });
  const find = (name: string, kind: string): number => {
    const def = builtins.find(name);
    return def?.kind === 'scalar' ? def.overloads.findIndex((o) => o.args[0] === kind && o.args[1] === kind) : -1;
  };
  const op = (name: string, a: Expr, b: Expr, type: SqlType): Expr => ({ kind: 'call', name, overload: find(name, 'int'), args: [a, b], type, nullable: true });
  const node: PhysicalCalc = {
    kind: 'calc',
    props: props([field('a', INT), field('q', INT)]),
    input: input(schema),
    filter: op('>', int(0), { kind: 'literal', value: 0, type: INT }, BOOLEAN),
    exprs: [int(0), op('/', { kind: 'literal', value: 12, type: INT }, int(1), INT)],
  };

  it('cuts update pairs in half where only one half passes', () => {
    const harness = new Harness(node);
    harness.send(0, schema, [
      { op: 1, row: [1, 2] }, { op: 2, row: [2, 3] },
      { op: 1, row: [1, 4] }, { op: 2, row: [-1, 6] },
      { op: 1, row: [-1, 1] }, { op: 2, row: [3, 12] },
      { op: 1, row: [-1, 1] }, { op: 2, row: [-3, 12] },
      { op: 3, row: [4, 4] },
    ]);
    expect(harness.take()).toEqual([
      { op: 1, row: [1, 6] }, { op: 2, row: [2, 4] },
      { op: 3, row: [1, 3] },
      { op: 0, row: [3, 1] },
      { op: 3, row: [4, 3] },
    ]);
  });

  it('reports rows that fail and keeps the rest', () => {
    const harness = new Harness(node);
    harness.send(0, schema, [{ op: 0, row: [1, 3] }, { op: 0, row: [2, 0] }, { op: 1, row: [3, 0] }, { op: 2, row: [4, 2] }, { op: 1, row: [5, 4] }, { op: 2, row: [6, 0] }]);
    expect(harness.take()).toEqual([{ op: 0, row: [1, 4] }, { op: 0, row: [4, 6] }, { op: 3, row: [5, 3] }]);
    expect(harness.errors.map((e) => [e.error.condition, e.row])).toEqual([
      ['division_by_zero', [2, 0]],
      ['division_by_zero', [3, 0]],
      ['division_by_zero', [6, 0]],
    ]);
  });
});
