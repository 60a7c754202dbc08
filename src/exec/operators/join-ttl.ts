import { opSign, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import type { PhysicalHashJoin } from '../../planner/physical.ts';
import { gather, IntList } from '../columns.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { TimedStore } from '../state/timed-store.ts';
import type { JoinSide } from './join-side.ts';

/**
 * One side of a join whose rows are forgotten when they have not been written for a time. Nothing is sent for that: what
 * was joined stays joined. A retraction of a forgotten row has to be left out, or more would be taken back than was ever
 * sent; since retractions may come before their insertions, all of them wait for the barrier.
 */
export class JoinTtl {
  readonly #side: JoinSide;
  readonly #times: TimedStore;
  /** Keys in which a NULL matches nothing. */
  readonly #keys: readonly number[];
  readonly #written = new IntList();
  #waiting: Batch[] = [];

  constructor(ttlMs: number, side: JoinSide, node: PhysicalHashJoin, port: number) {
    this.#side = side;
    this.#times = new TimedStore(ttlMs, side.rows);
    this.#keys = (port === 0 ? node.leftKeys : node.rightKeys).filter((_, i) => node.nullSafeKeys?.includes(i) !== true);
  }

  /** Rows forgotten so far. */
  get count(): number {
    return this.#times.count;
  }
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The insertions of a batch; its retractions are kept back. */
  withhold(batch: Batch): Batch {
    const { ops } = batch;
    if (ops === null) return batch;
    const plus = new IntList(batch.rowCount);
    const minus = new IntList();
    for (let i = 0; i < batch.rowCount; i++) (opSign(ops[i] as number) > 0 ? plus : minus).push(i);
    if (minus.length > 0) this.#waiting.push(part(batch, minus));
    return minus.length === 0 ? batch : part(batch, plus);
  }

  /** The retractions of rows that are known. */
  *retractions(): Iterable<Batch> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const batch of waiting) {
      const known = this.#known(batch);
      if (known.length > 0) yield part(batch, known);
    }
  }

  #known(batch: Batch): IntList {
    const out = new IntList(batch.rowCount);
    const { rows } = this.#side;
    const n = batch.rowCount;
    const slots = new Int32Array(n).fill(-1);
    if (rows instanceof KeyedStore) rows.find(batch.columns, rows.hashesOf(batch.columns, n), n, slots);
    const left = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      // Rows with a NULL in their key match nothing and are not kept.
      const kept = this.#keys.every((k) => (batch.columns[k] as Column).nulls?.[i] !== 1);
      if (!kept) {
        out.push(i);
        continue;
      }
      if (slot < 0) continue;
      const there = left.get(slot) ?? (this.#side.counts[slot] as number);
      left.set(slot, there - 1);
      if (there > 0) out.push(i);
    }
    return out;
  }

  wrote(slots: Int32Array): void {
    for (let i = 0; i < slots.length; i++) if ((slots[i] as number) >= 0) this.#written.push(slots[i] as number);
  }

  /** At the barrier: the rows of the epoch are of now. */
  stamp(nowMicros: bigint): void {
    this.#times.wrote(this.#written.array, this.#written.length, nowMicros);
    this.#written.clear();
  }

  expire(nowMicros: bigint): void {
    if (this.#written.length > 0) return;
    this.#times.expire(nowMicros, (slot) => this.#side.remove(slot));
  }
}

function part(batch: Batch, rows: IntList): Batch {
  const n = rows.length;
  const ops = batch.ops;
  return {
    rowCount: n, columns: batch.columns.map((c) => gather(c, rows.array, n)),
    ops: ops === null ? null : Uint8Array.from(rows.array.subarray(0, n), (i) => ops[i] as number),
  };
}
