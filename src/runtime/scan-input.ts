import { DELETE, TARGET_BATCH_ROWS, type Batch } from '../common/batch/batch.ts';
import { INT } from '../common/types/sql-type.ts';
import { gather } from '../exec/columns.ts';
import { groupsBy, typesOf } from '../exec/operators/base.ts';
import { NetRows } from '../exec/operators/net-rows.ts';
import type { CheckpointedState } from '../exec/state-api.ts';
import type { PhysicalTableScan } from '../planner/physical.ts';
import type { Item, Receiver } from './exchange/channel.ts';
import { ChannelInput, type InputTarget } from './input.ts';

/**
 * The changes of a relation that a job reads. While the job is paused their net effect is kept here, as state of the job: the
 * relation goes on, and a resumed job, also one that came back from a restart paused, misses nothing.
 *
 * State: net changes since the pause, a row each; empty while the job runs.
 */
export class ScanInput extends ChannelInput {
  readonly node: PhysicalTableScan;
  readonly #gate: Gate;

  constructor(node: PhysicalTableScan, target: InputTarget, receiver: Receiver, wake: () => void, onInject: (item: Item) => void, place: { readonly worker: number; readonly parallelism: number }) {
    const gate = new Gate(node, target, place);
    super(gate, [receiver], wake, onInject);
    this.#gate = gate;
    this.node = node;
  }
  get state(): CheckpointedState {
    return this.#gate.net.rows;
  }
  override get ended(): boolean {
    return this.#gate.drained || super.ended;
  }
  override step(): boolean {
    return this.#gate.release() || super.step();
  }
  pause(): void {
    this.#gate.open = false;
  }
  resume(): void {
    this.#gate.open = true;
  }
  /** Nothing that comes from now on is read. */
  drain(): void {
    this.#gate.drained = true;
  }
}

class Gate implements InputTarget {
  readonly net: NetRows;
  readonly #target: InputTarget;
  readonly #width: number;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  open = true;
  drained = false;
  #watermark: bigint | null = null;
  /** Taken from the state, and not yet passed on. */
  readonly #due: Batch[] = [];

  constructor(node: PhysicalTableScan, target: InputTarget, place: { readonly worker: number; readonly parallelism: number }) {
    const types = typesOf(node.props.schema);
    this.#target = target;
    this.#width = types.length;
    this.#groups = groupsBy(node, [], place);
    // Beside the row the group that it lies in: one row may be put in on one worker and taken out on another.
    this.net = new NetRows(`${node.props.stateId}.held`, [INT, ...types]);
  }

  onBatch(batch: Batch): void {
    if (this.drained) return;
    if (this.open) {
      this.#target.onBatch(batch);
      return;
    }
    if (batch.rowCount === 0) return;
    const groups = this.#groups?.(batch) ?? new Int32Array(batch.rowCount);
    this.net.add({ ...batch, columns: [{ physical: 'i32', values: groups, nulls: null }, ...batch.columns] }, groups);
  }
  onWatermark(micros: bigint): void {
    if (this.drained) return;
    if (this.open) this.#target.onWatermark(micros);
    else this.#watermark = micros;
  }

  /** The next of what was held; false when there is nothing more. */
  release(): boolean {
    if (!this.open) return false;
    if (this.net.rows.entryCount > 0) {
      const { inserted, deleted } = this.net.take();
      this.#due.push(...cut(deleted, this.#width, true), ...cut(inserted, this.#width, false));
    }
    const next = this.#due.shift();
    if (next !== undefined) {
      this.#target.onBatch(next);
      return true;
    }
    if (this.#watermark === null) return false;
    this.#target.onWatermark(this.#watermark);
    this.#watermark = null;
    return true;
  }
}

/** Pieces of the usual size, without the group. */
function cut(all: Batch, width: number, deletes: boolean): Batch[] {
  const out: Batch[] = [];
  for (let from = 0; from < all.rowCount; from += TARGET_BATCH_ROWS) {
    const n = Math.min(TARGET_BATCH_ROWS, all.rowCount - from);
    const rows = Int32Array.from({ length: n }, (_, i) => from + i);
    out.push({ rowCount: n, ops: deletes ? new Uint8Array(n).fill(DELETE) : null, columns: all.columns.slice(1, width + 1).map((c) => gather(c, rows, n)) });
  }
  return out;
}
