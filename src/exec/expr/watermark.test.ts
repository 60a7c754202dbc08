import { describe, expect, it } from 'vitest';
import { batchFromRows } from '../../common/batch/builder.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { Expr } from '../../planner/expr.ts';
import { field } from '../testing/harness.ts';
import { compileWatermark } from './watermark.ts';

const TS: SqlType = { kind: 'timestamp', precision: 3 };
const INTERVAL: SqlType = { kind: 'interval' };
const cx = { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0.5 };
const time: Expr = { kind: 'column', index: 0, type: TS, nullable: true };
const minus = builtins.find('-');
const overload = minus === undefined || minus.kind === 'table' ? -1 : minus.overloads.findIndex((o) => o.args[0] === 'timestamp' && o.args[1] === 'interval');
const less: Expr = {
  kind: 'cast', try: false, type: TS, nullable: true,
  arg: { kind: 'call', name: '-', overload, type: TS, nullable: true, args: [time, { kind: 'literal', type: INTERVAL, value: { months: 0, days: 0, micros: 4_000_000n } }] },
} as Expr;

describe('watermarks of a batch', () => {
  const batch = (times: readonly Value[]): ReturnType<typeof batchFromRows> => batchFromRows([field('ts', TS)], times.map((t) => [t]));
  it('are those of the row with the greatest time', () => {
    const of = compileWatermark([field('ts', TS)], less);
    expect(of(batch([5_000_000n, null, 9_000_000n, 7_000_000n]), cx)).toBe(5_000_000n);
    expect(of(batch([-(1n << 40n), -(1n << 41n)]), cx)).toBe(-(1n << 40n) - 4_000_000n);
    expect(of(batch([null]), cx)).toBe(null);
  });
  it('take every row into account where the expression does not grow with the time', () => {
    const when: Expr = { kind: 'call', name: '>', overload: 0, type: { kind: 'boolean' }, nullable: true, args: [time, { kind: 'literal', type: TS, value: 6_000_000n }] };
    const odd: Expr = { kind: 'case', type: TS, nullable: true, branches: [{ when, then: { kind: 'literal', type: TS, value: 0n } }], otherwise: time } as Expr;
    expect(compileWatermark([field('ts', TS)], odd)(batch([5_000_000n, 9_000_000n]), cx)).toBe(5_000_000n);
  });
});
