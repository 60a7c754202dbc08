import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalAggregateCall, PhysicalGroupAggregate, PhysicalPlan } from '../../planner/physical.ts';
import { partialFields } from '../../planner/physical/partial.ts';
import { accumulatorFor } from '../aggregate/choose.ts';
import { call, naiveAggregate } from '../testing/aggregate-calls.ts';
import { SCHEMA, row } from '../testing/any-rows.ts';
import { Bag, Harness, field, input, props } from '../testing/harness.ts';
import { checkProperty } from '../testing/property.ts';

function aggregate(keys: readonly number[], calls: readonly PhysicalAggregateCall[], appendOnly: boolean, more: Partial<PhysicalGroupAggregate> = {}): PhysicalGroupAggregate {
  return {
    kind: 'groupAggregate',
    props: props([...keys.map((k) => SCHEMA[k] as Schema[number]), ...calls.map((c, i) => field(`c${i}`, c.type))]),
    input: input(SCHEMA, { changelog: appendOnly ? 'append-only' : 'retract', distribution: keys.length === 0 ? { kind: 'single' } : { kind: 'hash', keys } }),
    keys,
    calls,
    phase: 'single',
    appendOnlyInput: appendOnly,
    emitUpdateBefore: true,
    ...more,
  };
}

const CALLS = [
  call('count', []),
  call('count', [3]),
  ...[2, 3, 5, 6, 7].flatMap((c) => [call('sum', [c]), call('avg', [c])]),
  // Not of NUMERIC: which of 0 and 0.00 is the smallest depends on the order of arrival.
  ...[2, 3, 4, 5, 6].flatMap((c) => [call('min', [c]), call('max', [c])]),
  call('bool_and', [8]),
  call('bool_or', [8]),
  call('sum', [2], { filter: 8 }),
];

describe('groupAggregate', () => {
  it('is the naive aggregate with retractions', () => {
    checkProperty('aggregate', aggregate([0], CALLS, false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [0], CALLS));
  });
  it('is the naive aggregate of inserts', () => {
    checkProperty('append', aggregate([0, 1], CALLS, true), [{ schema: SCHEMA, make: row, appendOnly: true }], ([rows = []]) => naiveAggregate(rows, [0, 1], CALLS));
  });
  it('always has a row without keys', () => {
    checkProperty('global', aggregate([], CALLS.slice(0, 6), false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [], CALLS.slice(0, 6)));
  });
  it('takes distinct values, orders and filters', () => {
    const ordered = { orderBy: [{ column: 2, descending: true, nullsFirst: true }] };
    const calls = [call('count', [2], { distinct: true }), call('sum', [2], { distinct: true }), call('sum', [3], { distinct: true, filter: 8 }), call('array_agg', [4], ordered), call('min', [3], { distinct: true })];
    checkProperty('distinct', aggregate([0], calls, false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [0], calls));
  });
  it('is DISTINCT without calls', () => {
    checkProperty('distinct rows', aggregate([0, 1], [], false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [0, 1], []));
  });
  it('sends nothing for a change that cancels out', () => {
    const harness = new Harness(aggregate([0], [call('sum', [2])], false));
    const one = SCHEMA.map((_, i) => (i === 0 ? 1 : i === 2 ? 5 : null));
    harness.send(0, SCHEMA, [{ op: 0, row: one }]);
    harness.barrier();
    expect(harness.take()).toEqual([{ op: 0, row: [1, 5n] }]);
    harness.send(0, SCHEMA, [{ op: 0, row: one }, { op: 3, row: one }]);
    harness.barrier();
    expect(harness.take()).toEqual([]);
    harness.send(0, SCHEMA, [{ op: 0, row: one }]);
    harness.barrier();
    expect(harness.take()).toEqual([{ op: 1, row: [1, 5n] }, { op: 2, row: [1, 10n] }]);
  });
  it('gives the same in two phases', () => {
    const calls = CALLS;
    for (const c of calls) expect(partialFields(c)?.map((f) => f.type)).toEqual(accumulatorFor(c).partialTypes);
    const partialSchema: Schema = [SCHEMA[0] as Schema[number], ...calls.flatMap((c) => partialFields(c) ?? [])];
    const partial: PhysicalPlan = { ...aggregate([0], calls, true, { phase: 'partial' }), props: props(partialSchema) };
    const final: PhysicalPlan = {
      ...aggregate([0], calls, true, { phase: 'final' }),
      input: input(partialSchema, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
    };
    const parts = [new Harness(partial), new Harness(partial)];
    const last = new Harness(final);
    const all: Row[] = [];
    const output = new Bag();
    const random = new Rng(7);
    for (let epoch = 0; epoch < 20; epoch++) {
      for (const part of parts) {
        const rows = Array.from({ length: random.int(20) }, () => row(random));
        all.push(...rows);
        part.send(0, SCHEMA, rows.map((r) => ({ op: 0, row: r })));
        part.barrier();
        for (const batch of part.batches.splice(0)) last.operator.onBatch(0, batch);
      }
      last.barrier();
      output.apply(last.take());
      expect(output.text()).toEqual(Bag.of(naiveAggregate(all, [0], calls)).text());
    }
  });
  it('sends rows on as they are where grouping does not make them fewer', () => {
    const calls = CALLS;
    const partialSchema: Schema = [SCHEMA[0] as Schema[number], ...calls.flatMap((c) => partialFields(c) ?? [])];
    const part = new Harness({ ...aggregate([0], calls, true, { phase: 'partial' }), props: props(partialSchema) });
    const last = new Harness({ ...aggregate([0], calls, true, { phase: 'final' }), input: input(partialSchema, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }) });
    const all: Row[] = [];
    const random = new Rng(8);
    const early: number[] = [];
    // Keys that hardly repeat; then many rows of few keys, which are grouped again when it is tried once more.
    for (let epoch = 0; epoch < 60; epoch++) {
      const rows = Array.from({ length: epoch === 0 ? 9000 : 20 }, () => row(random).map((v, i) => (i === 0 ? random.int(epoch < 2 ? 100_000 : 5) : v)));
      all.push(...rows);
      for (let at = 0; at < rows.length; at += 1000) part.send(0, SCHEMA, rows.slice(at, at + 1000).map((r) => ({ op: 0, row: r })));
      early.push(part.batches.length);
      part.barrier();
      for (const batch of part.batches.splice(0)) last.operator.onBatch(0, batch);
      last.barrier();
    }
    expect(early[0]).toBeGreaterThan(0);
    expect([early[1], early[40], early[55]]).toEqual([1, 1, 0]);
    const output = new Bag();
    output.apply(last.take());
    expect(output.text()).toEqual(Bag.of(naiveAggregate(all, [0], calls)).text());
  });
});
