import { describe, expect, it } from 'vitest';
import type { Batch } from '../common/batch/batch.ts';
import { batchFromRows } from '../common/batch/builder.ts';
import { epoch } from '../common/ids.ts';
import { INT } from '../common/types/sql-type.ts';
import type { Barrier, Operator } from '../exec/operator.ts';
import { field, input as values } from '../exec/testing/harness.ts';
import { Activity, Stopwatch } from './activity.ts';
import { LocalChannel, type Item } from './exchange/channel.ts';
import { ChannelInput } from './input.ts';
import { TaskOutput } from './output.ts';
import { Task } from './task.ts';

const NODE = values([field('x', INT)]);
const BATCH = batchFromRows([INT], [[7]]);
const barrier = (n: number): Item & { kind: 'barrier' } => ({ kind: 'barrier', barrier: { epoch: epoch(n), checkpoint: false, nowMicros: 0n } });

/** A task of one operator that keeps rows and the watermark until the barrier. */
function task(): { readonly from: LocalChannel; readonly run: () => string[] } {
  const to = new LocalChannel();
  const from = new LocalChannel();
  const output = new TaskOutput([{ edge: { number: 0, from: 0, to: 1, distribution: null, producer: NODE }, senders: [to] }], 0, 1, () => {});
  const held: Batch[] = [];
  let mark: bigint | null = null;
  const operator = (index: number): Operator => ({
    states: [],
    onBatch: (_port, batch) => void held.push(batch),
    onWatermark: (_port, micros) => void (mark = micros),
    onBarrier: () => {
      const target = made.outputOf(index);
      for (const batch of held.splice(0)) target.emit(batch);
      if (mark !== null) target.watermark(mark);
      mark = null;
    },
    onEnd: () => {},
    close: () => {},
  });
  const made: Task = new Task(
    { number: 0, nodes: [{ node: NODE, to: null }], inputs: [], outputs: [], root: NODE }, output, (_node, index) => operator(index),
    { knows: () => true, beforeBarrierLeaves: () => {}, completed: (_task: Task, _barrier: Barrier) => {}, watch: new Stopwatch(() => 0), nowMs: () => 0, onBarrierDone: () => {} },
    () => new Activity(),
  );
  const feed = { index: 0, port: 0 };
  made.setInputs([{ input: new ChannelInput(made.target(feed), [from], () => {}), feed, activity: null }]);
  const run = (): string[] => {
    while (made.run(10));
    const out: string[] = [];
    for (let item = to.take(); item !== null; item = to.take()) out.push(item.kind);
    return out;
  };
  return { from, run };
}

describe('a task whose input falls idle', () => {
  it('says so behind the rows and the watermark that its operators hold until the barrier', () => {
    const { from, run } = task();
    for (const item of [{ kind: 'batch', batch: BATCH }, { kind: 'watermark', micros: 5n }, { kind: 'idle' }] as const) from.trySend(item);
    expect(run()).toEqual([]);
    from.trySend(barrier(1));
    expect(run()).toEqual(['batch', 'watermark', 'idle', 'barrier']);
    from.trySend(barrier(2));
    expect(run(), 'once is enough').toEqual(['barrier']);
  });

  it('does not say so when rows come again before the barrier, and says it anew afterwards', () => {
    const { from, run } = task();
    for (const item of [{ kind: 'idle' }, { kind: 'batch', batch: BATCH }, { kind: 'watermark', micros: 6n }, barrier(1)] as const) from.trySend(item);
    expect(run()).toEqual(['batch', 'watermark', 'barrier']);
    for (const item of [{ kind: 'idle' }, barrier(2)] as const) from.trySend(item);
    expect(run()).toEqual(['idle', 'barrier']);
  });
});
