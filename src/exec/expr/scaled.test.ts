import { describe, expect, it } from 'vitest';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { ScaledDecimals } from '../../common/batch/scaled-decimals.ts';
import { Rng } from '../../common/rng.ts';
import { BIGINT, INT, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import { multiplyType, addType } from '../../common/types/decimal-rules.ts';
import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { Expr } from '../../planner/expr.ts';
import { gather } from '../columns.ts';
import { compileCalc } from './compile.ts';
import { evaluate, typeOf } from './interpret.ts';

const cx = { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0.5 };
const TYPES: readonly SqlType[] = [BIGINT, INT, decimalOf(12, 2)];
const column = (index: number): Expr => ({ kind: 'column', index, type: TYPES[index] as SqlType, nullable: true });
const cast = (arg: Expr, precision: number, scale: number): Expr => ({ kind: 'cast', arg, type: decimalOf(precision, scale), try: false, nullable: true }) as Expr;
const literal = (unscaled: bigint, precision: number, scale: number): Expr => ({ kind: 'literal', value: { unscaled, scale }, type: decimalOf(precision, scale) });
const call = (name: '*' | '+' | '-', a: Expr, b: Expr): Expr => {
  const def = builtins.find(name);
  const overload = def === undefined || def.kind === 'table' ? -1 : def.overloads.findIndex((o) => o.args.length === 2 && o.args.every((t) => t === 'decimal'));
  const [x, y] = [typeOf(a), typeOf(b)];
  if (x.kind !== 'decimal' || y.kind !== 'decimal') throw new Error('operands are decimals');
  return { kind: 'call', name, overload, args: [a, b], type: name === '*' ? multiplyType(x, y) : addType(x, y), nullable: true };
};

const price = cast(column(0), 19, 0);
const EXPRS: readonly Expr[] = [
  call('*', literal(908n, 3, 3), price),
  call('*', literal(-7n, 1, 0), price),
  call('+', price, column(2)),
  call('-', literal(12345n, 5, 2), price),
  call('*', cast(column(1), 19, 0), column(2)),
  cast(column(0), 25, 2),
];

function check(rows: readonly Row[]): ReturnType<ReturnType<typeof compileCalc>['run']> {
  const batch = batchFromRows(TYPES, rows);
  const out = compileCalc(TYPES, null, EXPRS).run(batch, cx);
  expect(rowsFromBatch(EXPRS.map(typeOf), out)).toEqual(rows.map((row) => EXPRS.map((e) => evaluate(e, row, { context: cx }))));
  return out;
}
const random = (rng: Rng, big: number): Row => [
  rng.int(8) === 0 ? null : BigInt(rng.int(2_000_000) - 1_000_000) * BigInt(big),
  rng.int(8) === 0 ? null : rng.int(2_000_000) - 1_000_000,
  rng.int(8) === 0 ? null : { unscaled: BigInt(rng.int(2_000_000) - 1_000_000), scale: 2 },
];

describe('wide decimals in 64 bits', () => {
  it('are what the interpreter says', () => {
    const rng = new Rng(3);
    const out = check(Array.from({ length: 300 }, () => random(rng, 1)));
    expect(out.columns[0]).toBeInstanceOf(ScaledDecimals);
    check(Array.from({ length: 300 }, () => random(rng, 1).map((v, i) => v ?? (i === 0 ? 1n : i === 1 ? 1 : { unscaled: 1n, scale: 2 }))));
  });
  it('give way to arbitrary precision where values are large', () => {
    const rng = new Rng(4);
    const out = check([...Array.from({ length: 50 }, () => random(rng, 1)), [9_223_372_036_854_775_807n, 0, null], [-9_223_372_036_854_775_808n, 1, null], ...Array.from({ length: 50 }, () => random(rng, 5_000_000_000))]);
    expect(out.columns[0]).not.toBeInstanceOf(ScaledDecimals);
    check([[(1n << 52n) - 1n, 2_147_483_647, { unscaled: 999_999_999_999n, scale: 2 }], [-(1n << 52n), -2_147_483_648, { unscaled: -999_999_999_999n, scale: 2 }]]);
  });
  it('stay scaled when rows are gathered', () => {
    const out = check([[5n, 1, null], [null, 1, null], [7n, 1, null]]);
    const some = gather(out.columns[0] as (typeof out.columns)[number], Int32Array.of(2, -1, 1), 3);
    expect(some).toBeInstanceOf(ScaledDecimals);
    expect(rowsFromBatch([decimalOf(23, 3)], { rowCount: 3, ops: null, columns: [some] })).toEqual([[{ unscaled: 6356n, scale: 3 }], [null], [null]]);
  });
});
