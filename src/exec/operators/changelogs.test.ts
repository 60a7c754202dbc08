import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { rowsFromBatch } from '../../common/batch/builder.ts';
import { epoch, objectId } from '../../common/ids.ts';
import { BIGINT, INT, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalAggregateCall, PhysicalHashJoin, PhysicalMaterialize, PhysicalPlan } from '../../planner/physical.ts';
import { partialFields } from '../../planner/physical/partial.ts';
import type { OperatorContext } from '../operator.ts';
import { parseChanges, printChanges, tidy } from '../testing/changelog.ts';
import { Bag, Harness, field, input, props } from '../testing/harness.ts';
import { MaterializeOperator } from './materialize.ts';

const KV: Schema = [field('k', INT), field('v', TEXT)];
const TS: Schema = [field('k', INT), field('ts', TIMESTAMP), field('v', INT)];

function run(harness: Harness, schema: Schema, text: string, port = 0, barrier = true): string {
  harness.send(port, schema, parseChanges(schema, text));
  if (barrier) harness.barrier();
  return printChanges(harness.node.props.schema, harness.take());
}

describe('materialize', () => {
  const node = (conflict: 'checked' | 'overwrite', keys: readonly number[] | null = [0]): PhysicalMaterialize => ({
    kind: 'materialize', props: props(KV), input: input(KV), relation: objectId(1), keys, conflict,
  });

  it('sends the net change of an epoch', () => {
    const harness = new Harness(node('checked'));
    expect(run(harness, KV, '+I | 1 | a\n+I | 2 | b\n-D | 2 | b')).toBe('+I | 1 | a');
    expect(run(harness, KV, '-D | 1 | a\n+I | 1 | a\n+I | 2 | c')).toBe('+I | 2 | c');
    // The new row before the old one goes; a transient one that goes first.
    expect(run(harness, KV, '+I | 1 | x\n+I | 1 | b\n-D | 1 | x\n-D | 1 | a')).toBe('-U | 1 | a\n+U | 1 | b');
    expect(run(harness, KV, '+I | 1 | x\n-D | 1 | x')).toBe('');
  });

  it('refuses a second row of a key', () => {
    const harness = new Harness(node('checked'));
    run(harness, KV, '+I | 1 | a');
    expect(() => run(harness, KV, '+I | 1 | b')).toThrow(/duplicate key/);
  });

  it('overwrites where asked', () => {
    const harness = new Harness(node('overwrite'));
    run(harness, KV, '+I | 1 | a');
    expect(run(harness, KV, '+I | 1 | b\n+I | 1 | c')).toBe('-U | 1 | a\n+U | 1 | c');
    expect(run(harness, KV, '-D | 1 | NULL')).toBe('-D | 1 | c');
  });

  it('serves snapshots, look-ups and subscribers as of the last barrier', () => {
    const context: OperatorContext = {
      output: { emit: () => {}, watermark: () => {} },
      eval: { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0 },
      state: { register: () => {} }, rowError: () => {}, late: () => {}, worker: 0, parallelism: 1,
    };
    const send = (operator: MaterializeOperator, text: string): void => {
      const harness = new Harness(node('checked'));
      harness.operator = operator;
      harness.send(0, KV, parseChanges(KV, text));
    };
    const barrier = { epoch: epoch(1), checkpoint: false, nowMicros: 0n };
    const keyed = new MaterializeOperator(node('checked'), context);
    const seen: string[] = [];
    const stop = keyed.subscribe({ onChanges: (batch) => seen.push(`${batch.rowCount} rows`), onEpoch: () => seen.push('epoch') });
    send(keyed, '+I | 1 | a\n+I | 2 | b');
    expect([...keyed.snapshot([1])]).toEqual([]);
    keyed.onBarrier(barrier);
    expect([...keyed.snapshot([1, 0])].flatMap((b) => rowsFromBatch([TEXT, INT], b))).toEqual([['a', 1], ['b', 2]]);
    expect(keyed.lookup([2])).toEqual([2, 'b']);
    expect(keyed.lookup([3])).toBeNull();
    stop();
    keyed.onBarrier(barrier);
    expect(seen).toEqual(['2 rows', 'epoch']);
    const bag = new MaterializeOperator(node('checked', null), context);
    send(bag, '+I | 1 | a\n+I | 1 | a');
    bag.onBarrier(barrier);
    expect(bag.rowCount).toBe(2);
    expect([...bag.snapshot([0])].flatMap((b) => rowsFromBatch([INT], b))).toEqual([[1], [1]]);
  });
});

describe('windows', () => {
  it('assigns rows to windows', () => {
    const out: Schema = [...TS, field('s', TIMESTAMP), field('e', TIMESTAMP), field('t', TIMESTAMP)];
    const node: PhysicalPlan = {
      kind: 'windowAssign', props: props(out), input: input(TS), timeColumn: 1,
      window: { kind: 'hop', sizeMicros: 10_000_000n, slideMicros: 5_000_000n, offsetMicros: 0n, zone: null },
    };
    const harness = new Harness(node);
    expect(run(harness, TS, '+I | 1 | 1970-01-01 00:00:07 | 3\n+I | 1 | 1969-12-31 23:59:59 | 3')).toBe(
      tidy(`
        +I | 1 | 1970-01-01 00:00:07 | 3 | 1970-01-01 00:00:00 | 1970-01-01 00:00:10 | 1970-01-01 00:00:09.999
        +I | 1 | 1970-01-01 00:00:07 | 3 | 1970-01-01 00:00:05 | 1970-01-01 00:00:15 | 1970-01-01 00:00:14.999
        +I | 1 | 1969-12-31 23:59:59 | 3 | 1969-12-31 23:59:50 | 1970-01-01 00:00:00 | 1969-12-31 23:59:59.999
        +I | 1 | 1969-12-31 23:59:59 | 3 | 1969-12-31 23:59:55 | 1970-01-01 00:00:05 | 1970-01-01 00:00:04.999`),
    );
    run(harness, TS, '+I | 1 | NULL | 3');
    expect(harness.errors.map((e) => e.error.condition)).toEqual(['null_value_not_allowed']);
  });

  const sum = builtins.find('sum');
  const overload = sum?.kind === 'aggregate' ? sum.overloads.findIndex((o) => o.args[0] === 'int') : -1;
  const total: PhysicalAggregateCall = { name: 'sum', overload, args: [2], argTypes: [INT], distinct: false, filter: null, orderBy: [], type: BIGINT };
  const hop = { kind: 'hop' as const, sizeMicros: 10_000_000n, slideMicros: 5_000_000n, offsetMicros: 0n, zone: null };
  const out: Schema = [field('k', INT), field('sum', BIGINT), field('end', TIMESTAMP)];

  it('aggregates distinct values per window, with retractions', () => {
    const node: PhysicalPlan = {
      kind: 'windowAggregate', props: props(out, { changelog: 'append-only' }), input: input(TS), timeColumn: 1, window: hop,
      keys: [0], calls: [{ ...total, distinct: true }], windowColumns: ['end'], phase: 'single',
    };
    const harness = new Harness(node);
    run(harness, TS, '+I | 1 | 1970-01-01 00:00:01 | 3\n+I | 1 | 1970-01-01 00:00:06 | 3\n+I | 1 | 1970-01-01 00:00:07 | 4\n-D | 1 | 1970-01-01 00:00:01 | 3');
    harness.barrier(true);
    harness.restore(new Bag());
    harness.operator.onWatermark(0, 9_998_999n);
    expect(printChanges(out, harness.take())).toBe('');
    harness.operator.onWatermark(0, 9_999_000n);
    expect(printChanges(out, harness.take())).toBe('+I | 1 | 7 | 1970-01-01 00:00:10');
    harness.operator.onWatermark(0, 100_000_000n);
    expect(printChanges(out, harness.take())).toBe('+I | 1 | 7 | 1970-01-01 00:00:15');
    expect(harness.operator.states[0]?.entryCount).toBe(0);
  });

  it('aggregates in two phases', () => {
    const sliced: Schema = [field('k', INT), ...(partialFields(total) ?? []), field('slice', BIGINT)];
    const base = { kind: 'windowAggregate' as const, timeColumn: 1, window: hop, keys: [0], calls: [total], windowColumns: ['end' as const] };
    const partial = new Harness({ ...base, props: props(sliced), input: input(TS, { changelog: 'append-only' }), phase: 'partial' });
    const final = new Harness({ ...base, props: props(out, { changelog: 'append-only' }), input: input(sliced, { changelog: 'append-only' }), phase: 'final' });
    for (const text of ['+I | 1 | 1970-01-01 00:00:01 | 3\n+I | 1 | 1970-01-01 00:00:02 | 3', '+I | 1 | 1970-01-01 00:00:06 | 4\n+I | 2 | 1970-01-01 00:00:06 | 1']) {
      partial.send(0, TS, parseChanges(TS, text));
      partial.barrier();
      for (const batch of partial.batches.splice(0)) final.operator.onBatch(0, batch);
      final.barrier();
    }
    final.operator.onWatermark(0, 9_999_000n);
    expect(printChanges(out, final.take()).split('\n').sort().join('\n')).toBe(
      '+I | 1 | 10 | 1970-01-01 00:00:10\n+I | 1 | 6 | 1970-01-01 00:00:05\n+I | 2 | 1 | 1970-01-01 00:00:10',
    );
  });

  it('frees a window join behind the watermark', () => {
    const node: PhysicalHashJoin = {
      kind: 'hashJoin', props: props([...TS, ...TS]), left: input(TS), right: input(TS), type: 'inner',
      leftKeys: [0, 1], rightKeys: [0, 1], residual: null, windowKeys: [1],
    };
    const harness = new Harness(node);
    expect(run(harness, TS, '+I | 1 | 1970-01-01 00:00:01 | 1\n+I | 1 | 1970-01-01 00:00:02 | 2')).toBe('');
    harness.operator.onWatermark(0, 1_000_000n);
    expect(run(harness, TS, '+I | 1 | 1970-01-01 00:00:01 | 5', 1)).toBe('+I | 1 | 1970-01-01 00:00:01 | 1 | 1 | 1970-01-01 00:00:01 | 5');
    harness.operator.onWatermark(1, 1_000_000n);
    expect(harness.watermarks).toEqual([1_000_000n]);
    harness.barrier();
    // Beside how far it has got, both sides.
    expect(harness.operator.states.slice(1).map((s) => s.entryCount)).toEqual([1, 0]);
    run(harness, TS, '+I | 1 | 1970-01-01 00:00:01 | 5', 1);
    expect(harness.lateRows).toBe(1);
  });
});

describe('the rest', () => {
  it('unites inputs and takes the least watermark', () => {
    const harness = new Harness({ kind: 'unionAll', props: props(KV), inputs: [input(KV), input(KV)] });
    expect(run(harness, KV, '+I | 1 | a', 1)).toBe('+I | 1 | a');
    harness.operator.onWatermark(0, 5n);
    harness.operator.onWatermark(1, 3n);
    harness.operator.onEnd(1);
    expect(harness.watermarks).toEqual([3n, 5n]);
  });
  it('sends constants once', () => {
    const harness = new Harness({ kind: 'values', props: props(KV), rows: [[{ kind: 'literal', value: 1, type: INT }, { kind: 'literal', value: null, type: TEXT }]] });
    expect(run(harness, KV, '')).toBe('+I | 1 | NULL');
    harness.barrier(true);
    harness.restore(new Bag());
    expect(run(harness, KV, '')).toBe('');
  });
  it('sorts what is left at the end', () => {
    const harness = new Harness({ kind: 'sort', props: props(KV), input: input(KV), order: [{ column: 1, descending: true, nullsFirst: false }], offset: 1, limit: 2 });
    run(harness, KV, '+I | 1 | a\n+I | 2 | b\n+I | 3 | NULL\n+I | 4 | c\n-D | 1 | a\n+I | 5 | b');
    harness.operator.onEnd(0);
    expect(run(harness, KV, '')).toBe('+I | 2 | b\n+I | 5 | b');
  });
});
