import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { INT, TIMESTAMPTZ } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import { resolveScalar } from '../../functions/resolve.ts';
import { temporalFilter } from '../../planner/physical/temporal-filter.ts';
import type { Expr } from '../../planner/expr.ts';
import { isTimed } from '../operator.ts';
import { buildOperator } from '../build.ts';
import { Bag, cut, field, Harness, input, randomChanges } from '../testing/harness.ts';
import { TimeHeap } from './time-heap.ts';

const SCHEMA: Schema = [field('id', INT), field('ts', TIMESTAMPTZ)];
const call = (name: string, args: readonly Expr[]): Expr => {
  const { overload, returns } = resolveScalar(builtins, name, args.map((a) => ('type' in a ? a.type : INT)));
  return { kind: 'call', name, overload, args, type: returns, nullable: false };
};
const NOW = call('now', []);
const before = (micros: bigint): Expr => call('-', [NOW, { kind: 'literal', value: { months: 0, days: 0, micros }, type: { kind: 'interval' } }]);
const MINUTE: Expr = call('date_trunc', [{ kind: 'literal', value: 'minute', type: { kind: 'varchar' } }, NOW]);

describe('a temporal filter', () => {
  it('shows what lies within its bounds at every barrier, over restarts', () => {
    const node = temporalFilter(input(SCHEMA), [{ column: 1, operator: '>', moment: before(1000n) }, { column: 1, operator: '<=', moment: before(200n) }]);
    for (let seed = 1; seed <= 30; seed++) {
      const rng = new Rng(seed);
      const harness = new Harness(node);
      const rows = new Bag();
      const out = new Bag();
      let now = 10_000n;
      for (let epoch = 0; epoch < 20; epoch++) {
        const make = (r: Rng): Row => [r.int(3), r.int(8) === 0 ? null : now - BigInt(r.int(1600) - 300)];
        for (const part of cut(rng, randomChanges(rng, rows, rng.int(6), make))) harness.send(0, SCHEMA, part);
        now += BigInt(rng.int(400));
        const checkpoint = rng.int(2) === 0;
        harness.barrier(checkpoint, now);
        out.apply(harness.take());
        expect(out.text(), `seed ${seed}, epoch ${epoch}`).toEqual(Bag.of(rows.list().filter(([, t]) => typeof t === 'bigint' && t > now - 1000n && t <= now - 200n)).text());
        if (checkpoint && rng.int(2) === 0) {
          if (rng.int(2) === 0) harness.save(true);
          harness.restore(out);
        }
      }
      expect(harness.errors).toEqual([]);
    }
  });

  it('says when the clock alone makes a difference, to the microsecond, and forgets rows whose time is over', () => {
    const node = temporalFilter(input(SCHEMA, { changelog: 'append-only' }), [{ column: 1, operator: '>=', moment: MINUTE }]);
    const harness = new Harness(node);
    // Without the checking wrapper, which shows no more than an operator.
    const operator = buildOperator(node, { output: { emit: () => {}, watermark: () => {} }, eval: { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0 }, state: { register: () => {} }, rowError: () => {}, late: () => {}, worker: 0, parallelism: 1 });
    harness.operator = operator;
    expect(isTimed(operator) && operator.wakeMicros).toBe(null);
    harness.send(0, SCHEMA, [{ op: 0, row: [1, 61_000_000n] }, { op: 0, row: [2, 150_000_000n] }, { op: 0, row: [3, 5n] }]);
    harness.barrier(false, 70_000_000n);
    expect(operator.states[0]?.entryCount).toBe(2);
    expect(isTimed(operator) && [operator.wakeMicros, operator.lingers]).toEqual([120_000_000n, true]);
    harness.barrier(false, 120_000_000n);
    expect(operator.states[0]?.entryCount).toBe(1);
    expect(isTimed(operator) && operator.wakeMicros).toBe(180_000_000n);
    harness.barrier(false, 180_000_000n);
    expect(operator.states[0]?.entryCount).toBe(0);
    expect(isTimed(operator) && [operator.wakeMicros, operator.lingers]).toEqual([null, false]);
  });

  it('lets go of rows that were taken back, however far their time', () => {
    const node = temporalFilter(input(SCHEMA), [{ column: 1, operator: '>', moment: NOW }]);
    const harness = new Harness(node);
    const out = new Bag();
    for (let i = 0; i < 3000; i++) {
      harness.send(0, SCHEMA, [{ op: 0, row: [i, 1_000_000n + BigInt(i % 7)] }]);
      if (i > 0) harness.send(0, SCHEMA, [{ op: 3, row: [i - 1, 1_000_000n + BigInt((i - 1) % 7)] }]);
      harness.barrier(false, BigInt(i));
      out.apply(harness.take());
    }
    expect(out.list()).toEqual([[2999, 1_000_000n + BigInt(2999 % 7)]]);
    harness.barrier(false, 2_000_000n);
    out.apply(harness.take());
    expect(out.list()).toEqual([]);
  });
});

describe('a heap of times', () => {
  it('gives slots in order', () => {
    const rng = new Rng(1);
    const heap = new TimeHeap();
    const times = Array.from({ length: 500 }, () => BigInt(rng.int(100)));
    times.forEach((t, slot) => heap.push(t, slot));
    const out = times.map(() => times[heap.pop()]);
    expect(out).toEqual(times.toSorted((a, b) => Number(a - b)));
    expect(heap.length).toBe(0);
  });
});
