import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { INT, INTERVAL, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import { resolveScalar } from '../../functions/resolve.ts';
import { column, type Expr } from '../../planner/expr.ts';
import type { JoinType } from '../../planner/logical.ts';
import { intervalJoin } from '../../planner/physical/interval-join.ts';
import { Bag, field, Harness, input } from '../testing/harness.ts';

const LEFT: Schema = [field('k', INT), field('t', TIMESTAMP), field('a', TEXT)];
const RIGHT: Schema = [field('k', INT), field('t', TIMESTAMP), field('b', TEXT)];
const LOWER = -5n;
const UPPER = 3n;

const call = (name: string, args: readonly Expr[]): Expr => {
  const { overload, returns } = resolveScalar(builtins, name, args.map((a) => ('type' in a ? a.type : INT)));
  return { kind: 'call', name, overload, args, type: returns, nullable: true };
};
const span = (micros: bigint): Expr => ({ kind: 'literal', value: { months: 0, days: 0, micros }, type: INTERVAL });
const lt = column(1, TIMESTAMP, true);
const rt = column(4, TIMESTAMP, true);
const residual: Expr = { kind: 'and', args: [call('>=', [rt, call('+', [lt, span(LOWER)])]), call('<=', [rt, call('+', [lt, span(UPPER)])])] };

const node = (type: JoinType, keys: readonly number[]) => {
  const leftOnly = type === 'semi' || type === 'anti';
  const more = { changelog: 'append-only', watermarkColumns: [1] } as const;
  return intervalJoin({ left: input(LEFT, more), right: input(RIGHT, more), type, leftKeys: keys, rightKeys: keys, residual, schema: leftOnly ? LEFT : [...LEFT, ...RIGHT], leftTime: 1, rightTime: 1, lowerMicros: LOWER, upperMicros: UPPER });
};

const matches = (l: Row, r: Row, keyed: boolean): boolean =>
  (!keyed || (l[0] !== null && l[0] === r[0])) && typeof l[1] === 'bigint' && typeof r[1] === 'bigint' && r[1] - l[1] >= LOWER && r[1] - l[1] <= UPPER;

/** What has been sent when the sides' watermarks stand here. */
function expected(type: JoinType, keyed: boolean, left: readonly Row[], right: readonly Row[], marks: readonly [bigint, bigint]): Row[] {
  const none = [null, null, null];
  const pairs = left.flatMap((l) => right.filter((r) => matches(l, r, keyed)).map((r) => [...l, ...r]));
  const over = (row: Row, reach: bigint, mark: bigint): boolean => (keyed && row[0] === null) || typeof row[1] !== 'bigint' || row[1] + reach <= mark;
  const aloneLeft = left.filter((l) => !right.some((r) => matches(l, r, keyed)) && over(l, UPPER, marks[1]));
  const aloneRight = right.filter((r) => !left.some((l) => matches(l, r, keyed)) && over(r, -LOWER, marks[0]));
  if (type === 'semi') return left.filter((l) => right.some((r) => matches(l, r, keyed)));
  if (type === 'anti') return aloneLeft;
  return [
    ...pairs,
    ...(type === 'left' || type === 'full' ? aloneLeft.map((l) => [...l, ...none]) : []),
    ...(type === 'right' || type === 'full' ? aloneRight.map((r) => [...none, ...r]) : []),
  ];
}

describe('an interval join', () => {
  for (const type of ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const) {
    it.each([true, false])(`${type}, keyed %s: pairs at once, lonely rows when the other side's watermark has passed, over restarts`, (keyed) => {
      for (let seed = 1; seed <= 6; seed++) {
        const rng = new Rng(seed);
        const plan = node(type, keyed ? [0] : []);
        const harness = new Harness(plan);
        const rows: [Row[], Row[]] = [[], []];
        const marks: [bigint, bigint] = [-1000n, -1000n];
        const out = new Bag();
        let sent = -(1n << 63n);
        const settle = (): void => {
          const changes = harness.take();
          for (const { row } of changes) for (const c of plan.props.watermarkColumns) if (typeof row[c] === 'bigint') expect(row[c]).toBeGreaterThan(sent);
          out.apply(changes);
          sent = harness.watermarks.at(-1) ?? sent;
        };
        for (let step = 0; step < 45; step++) {
          const port = rng.int(2) as 0 | 1;
          const schema = port === 0 ? LEFT : RIGHT;
          const kind = rng.int(10);
          if (kind < 6) {
            const made = Array.from({ length: rng.int(4) + 1 }, (): Row => [rng.int(8) === 0 ? null : rng.int(3), rng.int(12) === 0 ? null : (marks[port] < 0n ? 0n : marks[port]) + 1n + BigInt(rng.int(8)), rng.pick(['x', 'y'])]);
            rows[port].push(...made);
            harness.send(port, schema, made.map((row) => ({ op: 0, row })));
          } else if (kind < 9) {
            marks[port] = (marks[port] < 0n ? 0n : marks[port]) + BigInt(rng.int(4));
            harness.operator.onWatermark(port, marks[port]);
          } else {
            const checkpoint = rng.int(2) === 0;
            harness.barrier(checkpoint);
            settle();
            if (checkpoint && rng.int(2) === 0) {
              if (rng.int(2) === 0) harness.save(true);
              harness.restore(out);
              harness.watermarks = [];
              for (const p of [0, 1]) if ((marks[p] ?? -1n) >= 0n) harness.operator.onWatermark(p, marks[p] as bigint);
              // Where it was, neither back nor ahead.
              if (harness.watermarks.length > 0) expect(harness.watermarks.at(-1)).toBe(sent);
            }
          }
          settle();
          expect(out.text(), `seed ${seed}, step ${step}`).toEqual(Bag.of(expected(type, keyed, ...rows, marks)).text());
        }
        harness.operator.onEnd(0);
        harness.operator.onEnd(1);
        harness.barrier();
        settle();
        expect(out.text()).toEqual(Bag.of(expected(type, keyed, ...rows, [1n << 60n, 1n << 60n])).text());
        expect([harness.lateRows, harness.entryCounts]).toEqual([0, [0, 0]]);
      }
    });
  }

  it('counts late rows and leaves them out', () => {
    const harness = new Harness(node('left', [0]));
    harness.send(1, RIGHT, [{ op: 0, row: [1, 10n, 'r'] }]);
    harness.operator.onWatermark(0, 10n);
    harness.send(0, LEFT, [{ op: 0, row: [1, 10n, 'late'] }, { op: 0, row: [1, 11n, 'in time'] }]);
    expect(harness.take().map((c) => c.row)).toEqual([[1, 11n, 'in time', 1, 10n, 'r']]);
    expect(harness.lateRows).toBe(1);
  });
});
