import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { BIGINT, TIMESTAMP } from '../../common/types/sql-type.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalAggregateCall, PhysicalWindow } from '../../planner/physical.ts';
import { partialSchema } from '../../planner/physical/group-aggregate.ts';
import { windowAggregate } from '../../planner/physical/window-aggregate.ts';
import { Bag, field, Harness, input, type Change } from '../testing/harness.ts';

const SCHEMA: Schema = [field('k', BIGINT), field('t', TIMESTAMP), field('v', BIGINT)];

function call(name: string, args: readonly number[]): PhysicalAggregateCall {
  const def = builtins.find(name);
  const overload = def?.kind === 'aggregate' ? def.overloads.findIndex((o) => o.args.length === args.length && (args.length === 0 || o.args[0] === 'bigint' || o.args[0] === 'any')) : -1;
  return { name, overload, args, argTypes: args.map(() => BIGINT), distinct: false, filter: null, orderBy: [], type: BIGINT };
}
const CALLS = [call('count', []), call('max', [2]), call('count', [2])];
const WINDOW: PhysicalWindow = { kind: 'hop', sizeMicros: 10_000n, slideMicros: 5000n, offsetMicros: 0n, zone: null };
const OUT: Schema = [field('k', BIGINT), field('count', BIGINT), field('max', BIGINT), field('counted', BIGINT), field('end', TIMESTAMP)];

describe('windowed aggregates in two phases', () => {
  it('send rows on as they are where slices hardly have fewer keys, and give what one phase gives', () => {
    const rows = input(SCHEMA, { watermarkColumns: [1], changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } });
    const parts = { input: rows, timeColumn: 1, window: WINDOW, keys: [0], calls: CALLS };
    const whole = new Harness(windowAggregate({ ...parts, windowColumns: ['end'], phase: 'single', schema: OUT }));
    const partials = partialSchema([SCHEMA[0] as Schema[number]], CALLS) ?? [];
    const schema: Schema = [...partials, field('slice_end', TIMESTAMP, false)];
    const firstPlan = windowAggregate({ ...parts, windowColumns: [], phase: 'partial', schema });
    const first = new Harness(firstPlan);
    const last = new Harness(windowAggregate({
      ...parts, input: input(schema, { watermarkColumns: [schema.length - 1], changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
      timeColumn: schema.length - 1, windowColumns: ['end'], phase: 'final', schema: OUT,
    }));
    const rng = new Rng(3);
    const early: number[] = [];
    for (let epoch = 0; epoch < 56; epoch++) {
      const now = epoch * 4000;
      const changes = Array.from({ length: epoch === 0 ? 9000 : 20 }, (): Change => ({ op: 0, row: [BigInt(rng.int(epoch === 0 ? 100_000 : 4)), BigInt(now + rng.int(4000)), rng.int(4) === 0 ? null : BigInt(rng.int(99))] }));
      for (let at = 0; at < changes.length; at += 1000) for (const h of [whole, first]) h.send(0, SCHEMA, changes.slice(at, at + 1000));
      early.push(first.batches.length);
      for (const h of [whole, first]) h.operator.onWatermark(0, BigInt(now + 3999));
      for (const h of [whole, first]) h.barrier();
      for (const batch of first.batches.splice(0)) last.operator.onBatch(0, batch);
      last.operator.onWatermark(0, BigInt(now + 3999));
      last.barrier();
      expect(Bag.of(last.take().map((c) => c.row)).text()).toEqual(Bag.of(whole.take().map((c) => c.row)).text());
    }
    expect(early[0]).toBeGreaterThan(0);
    expect([early[1], early[40], early[55]]).toEqual([1, 1, 0]);
  });
});
