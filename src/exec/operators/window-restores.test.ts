import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { BIGINT, INT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { call } from '../testing/aggregate-calls.ts';
import { Bag, Harness, field, input, props } from '../testing/harness.ts';

describe('window aggregates over restores', () => {
  const schema: Schema = [field('k', INT), field('ts', TIMESTAMP), field('v', INT)];
  const second = 1_000_000n;
  const at = (s: number): bigint => BigInt(s) * second;
  const out: Schema = [field('k', INT), field('n', BIGINT), field('s', BIGINT), field('start', TIMESTAMP), field('end', TIMESTAMP)];
  const calls = [call('count', [], {}, schema), call('sum', [2], {}, schema)];
  const node = (hop: boolean): PhysicalPlan => ({
    kind: 'windowAggregate', props: props(out, { changelog: 'append-only' }), input: input(schema, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
    timeColumn: 1, keys: [0], calls, windowColumns: ['start', 'end'], phase: 'single',
    window: hop ? { kind: 'hop', sizeMicros: at(10), slideMicros: at(4), offsetMicros: at(1), zone: null } : { kind: 'tumble', sizeMicros: at(10), offsetMicros: at(-3), zone: null },
  });
  for (const hop of [false, true]) {
    it(`${hop ? 'HOP' : 'TUMBLE'} with negative times and offsets`, () => {
      for (let seed = 1; seed < 20; seed++) {
        const rng = new Rng(seed);
        const harness = new Harness(node(hop));
        const rows: Row[] = [];
        const got = new Bag();
        for (let now = -40; now < 60; now += 5) {
          const fresh = Array.from({ length: rng.int(5) }, (): Row => [rng.int(2), at(now) + BigInt(rng.int(12_000_000)), rng.int(10)]);
          rows.push(...fresh);
          harness.send(0, schema, fresh.map((r) => ({ op: 0, row: r })));
          harness.operator.onWatermark(0, at(now) - 1n);
          harness.barrier(true);
          got.apply(harness.take());
          if (rng.int(3) === 0) harness.restore(got);
        }
        harness.operator.onWatermark(0, at(1000));
        got.apply(harness.take());
        const size = 10;
        const slide = hop ? 4 : 10;
        const offset = hop ? 1 : -3;
        const expected: Row[] = [];
        for (let start = offset - 200; start < 200; start += slide) {
          if ((start - offset) % slide !== 0) continue;
          for (const k of [0, 1]) {
            const inside = rows.filter((r) => r[0] === k && (r[1] as bigint) >= at(start) && (r[1] as bigint) < at(start + size));
            if (inside.length > 0) expected.push([k, BigInt(inside.length), BigInt(inside.reduce((s, r) => s + Number(r[2]), 0)), at(start), at(start + size)]);
          }
        }
        expect(got.text()).toEqual(Bag.of(expected).text());
        expect(harness.lateRows).toBe(0);
        harness.send(0, schema, [{ op: 0, row: [1, at(0), 1] }]);
        expect(harness.lateRows).toBe(1);
      }
    });
  }
});
