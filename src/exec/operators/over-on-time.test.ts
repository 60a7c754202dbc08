import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { BIGINT, INT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalFrame, PhysicalOverCall } from '../../planner/physical.ts';
import { over } from '../../planner/physical/over.ts';
import { Bag, field, Harness, input, type Change } from '../testing/harness.ts';

/** `low` is the least time of a frame by RANGE. */
const SCHEMA: Schema = [field('k', INT), field('t', TIMESTAMP), field('v', BIGINT), field('low', TIMESTAMP)];
const frame = (unit: PhysicalFrame['unit'], start: PhysicalFrame['start'], exclude: PhysicalFrame['exclude'] = 'no others'): PhysicalFrame => ({ unit, start, end: { kind: 'currentRow' }, exclude });
const ALL: PhysicalFrame['start'] = { kind: 'unboundedPreceding' };

function call(name: string, args: readonly number[], of: PhysicalFrame = frame('range', ALL), more: Partial<PhysicalOverCall> = {}): PhysicalOverCall {
  const def = builtins.find(name);
  const overload = def?.kind === 'aggregate' ? def.overloads.findIndex((o) => o.args.length === args.length && (args.length === 0 || o.args[0] === 'bigint' || o.args[0] === 'any')) : -1;
  return { name, overload, args, argTypes: args.map(() => BIGINT), filter: null, frame: of, steps: null, ignoreNulls: false, type: BIGINT, ...more };
}

const SHAPES: readonly (readonly [string, readonly PhysicalOverCall[]])[] = [
  ['running', [call('count', []), call('max', [2]), call('rank', []), call('dense_rank', [])]],
  ['rows', [call('count', [2], frame('rows', { kind: 'offset', offset: -2 })), call('lag', [2], undefined, { steps: 1 })]],
  ['range', [call('min', [2], frame('range', { kind: 'value', column: 3 })), call('first_value', [2], frame('groups', { kind: 'offset', offset: -1 }))]],
  ['peers', [call('count', [], frame('range', { kind: 'currentRow' })), call('last_value', [2], frame('rows', { kind: 'offset', offset: -3 }, 'current row'))]],
];

describe('window functions in order of event time', () => {
  it.each(SHAPES)('give each row the value it has in the end, over restarts: %s', (_name, calls) => {
    const schema = [...SCHEMA, ...calls.map((c, i) => field(`c${i}`, c.type))];
    const below = input(SCHEMA, { watermarkColumns: [1], changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } });
    const parts = { input: below, partition: [0], order: [{ column: 1, descending: false, nullsFirst: false }], calls, schema };
    const plan = over({ ...parts, early: false });
    expect(plan.onTime).toBe(true);
    for (let seed = 1; seed <= 8; seed++) {
      const rng = new Rng(seed);
      const onTime = new Harness(plan);
      const early = new Harness(over({ ...parts, early: true }));
      const [got, all] = [new Bag(), new Bag()];
      let mark = 0n;
      let late = 0;
      for (let step = 0; step < 20; step++) {
        const rows = Array.from({ length: rng.int(9) }, (): Row => {
          const t = mark + BigInt(rng.int(12) - 1);
          return [rng.pick([1, 2, null]), t, rng.int(6) === 0 ? null : BigInt(rng.int(4)), t - BigInt(3)];
        });
        const changes = rows.map((row): Change => ({ op: 0, row }));
        onTime.send(0, SCHEMA, changes);
        const kept = changes.filter(({ row }) => step === 0 || (row[1] as bigint) > mark);
        late += changes.length - kept.length;
        early.send(0, SCHEMA, kept);
        if (rng.int(2) === 0 || step === 0) mark += BigInt(rng.int(6));
        onTime.operator.onWatermark(0, mark);
        if (step === 19) onTime.operator.onEnd(0);
        onTime.barrier(true);
        early.barrier();
        got.apply(onTime.take());
        all.apply(early.take());
        const passed = all.list().filter((r) => step === 19 || (r[1] as bigint) <= mark);
        expect(got.text(), `seed ${seed}, step ${step}`).toEqual(Bag.of(passed).text());
        expect(onTime.lateRows).toBe(late);
        if (rng.int(4) === 0) onTime.restore(got);
      }
    }
  });

  it('leave out the rows for which they fail', () => {
    const nth = [call('nth_value', [2, 2], frame('rows', { kind: 'offset', offset: -1 }))];
    const below = input(SCHEMA, { watermarkColumns: [1], changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } });
    const harness = new Harness(over({ input: below, partition: [0], order: [{ column: 1, descending: false, nullsFirst: false }], calls: nth, schema: [...SCHEMA, field('n', BIGINT)], early: false }));
    const row = (t: bigint, v: bigint): Change => ({ op: 0, row: [1, t, v, t] });
    harness.send(0, SCHEMA, [row(1n, 1n), row(2n, 0n), row(3n, 2n)]);
    harness.operator.onWatermark(0, 5n);
    harness.barrier();
    expect(harness.take().map((c) => c.row.slice(1))).toEqual([[1n, 1n, 1n, 1n], [3n, 2n, 3n, 2n]]);
    expect(harness.errors.map((e) => [e.error.message, e.row?.[1]])).toEqual([['argument of nth_value must be greater than zero', 2n]]);
  });
});
