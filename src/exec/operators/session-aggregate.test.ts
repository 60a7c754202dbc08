import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { BIGINT, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalAggregateCall } from '../../planner/physical.ts';
import { sessionAssign, windowAggregate } from '../../planner/physical/window-aggregate.ts';
import { Bag, field, Harness, input, type Change } from '../testing/harness.ts';

const GAP = 10n;
const SCHEMA: Schema = [field('k', TEXT), field('t', TIMESTAMP), field('v', BIGINT)];
const OUT: Schema = [field('k', TEXT), field('count', BIGINT), field('min', BIGINT), field('start', TIMESTAMP), field('end', TIMESTAMP), field('time', TIMESTAMP)];
const BELOW = input(SCHEMA, { watermarkColumns: [1], changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } });

function call(name: string, args: readonly number[]): PhysicalAggregateCall {
  const def = builtins.find(name);
  const overload = def?.kind === 'aggregate' ? def.overloads.findIndex((o) => o.args.length === args.length) : -1;
  return { name, overload, args, argTypes: args.map(() => BIGINT), distinct: false, filter: null, orderBy: [], type: BIGINT };
}

const plan = windowAggregate({
  input: BELOW, timeColumn: 1, window: { kind: 'session', gapMicros: GAP }, keys: [0], calls: [call('count', []), call('min', [2])],
  windowColumns: ['start', 'end', 'time'], phase: 'single', schema: OUT,
});
const rowPlan = sessionAssign(
  { input: BELOW, timeColumn: 1, gapMicros: GAP, keys: [0], final: true, closes: true },
  [...SCHEMA, field('start', TIMESTAMP), field('end', TIMESTAMP), field('time', TIMESTAMP)],
);

/** What the rows of sessions come to. */
function aggregated(changes: readonly Change[]): Change[] {
  const sessions = new Map<string, Row>();
  for (const { row: [k, , v, start, end, time] } of changes) {
    const known = sessions.get(`${k}/${start}`);
    const min = known === undefined || (v as bigint) < (known[2] as bigint) ? v : known[2];
    sessions.set(`${k}/${start}`, [k ?? null, ((known?.[1] as bigint | undefined) ?? 0n) + 1n, min ?? null, start ?? null, end ?? null, time ?? null]);
  }
  return [...sessions.values()].map((row) => ({ op: 0, row }));
}

describe('aggregates of sessions', () => {
  it('agree with those of the rows that sessions are made of, late rows and restarts included', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const rng = new Rng(seed);
      const fused = new Harness(plan);
      const rows = new Harness(rowPlan);
      const both = [fused, rows];
      let mark = 0n;
      for (let step = 0; step < 25; step++) {
        const changes = Array.from({ length: rng.int(6) }, (): Change => ({ op: 0, row: [rng.pick(['a', 'b', null]), rng.int(20) === 0 ? null : mark + BigInt(rng.int(50) - 20), BigInt(rng.int(100))] }));
        for (const harness of both) harness.send(0, SCHEMA, changes);
        if (rng.int(2) === 0) {
          mark += BigInt(rng.int(12));
          for (const harness of both) harness.operator.onWatermark(0, mark);
        }
        expect(fused.operator.waitsFor?.() === null).toBe(rows.operator.waitsFor?.() === null);
        if (step === 24) for (const harness of both) harness.operator.onEnd(0);
        for (const harness of both) harness.barrier(true);
        const [got, want] = [new Bag(), new Bag()];
        got.apply(fused.take());
        want.apply(aggregated(rows.take()));
        expect(got.text(), `seed ${seed}, step ${step}`).toEqual(want.text());
        expect([fused.lateRows, fused.errors.length, fused.watermarks]).toEqual([rows.lateRows, rows.errors.length, rows.watermarks]);
        if (rng.int(4) === 0) for (const harness of both) harness.restore(new Bag());
      }
      expect(fused.operator.states.map((s) => s.entryCount)[1]).toBe(0);
    }
  });

  it('are merged by a late row between two sessions', () => {
    const harness = new Harness(plan);
    const send = (t: bigint): void => harness.send(0, SCHEMA, [{ op: 0, row: ['a', t, t] }]);
    send(100n);
    send(115n);
    harness.operator.onWatermark(0, 109n);
    send(90n);
    send(89n);
    send(80n);
    send(79n);
    expect(harness.lateRows).toBe(0);
    send(68n);
    expect(harness.lateRows).toBe(1);
    send(107n);
    harness.barrier();
    expect(harness.take()).toEqual([]);
    harness.operator.onWatermark(0, 125n);
    expect(harness.take()).toEqual([{ op: 0, row: ['a', 7n, 79n, 79n, 125n, 125n - 1000n] }]);
  });
});
