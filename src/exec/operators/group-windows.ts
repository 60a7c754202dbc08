import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import type { GroupClosing, PhysicalGroupAggregate } from '../../planner/physical.ts';
import type { AggregateTable } from '../aggregate/aggregate-table.ts';
import type { OperatorContext } from '../operator.ts';
import type { StateColumn } from '../state/state-column.ts';
import { withoutLate } from './late-rows.ts';
import { SavedWatermark } from './progress.ts';
import { SliceSlots } from './slices.ts';

/** Frees the groups of a window, and turns late rows away, once the watermark has passed it. */
export class GroupWindows {
  readonly progress: SavedWatermark;
  readonly #node: PhysicalGroupAggregate;
  readonly #closing: GroupClosing;
  readonly #table: AggregateTable;
  readonly #context: OperatorContext;
  readonly #windows = new SliceSlots();
  #watermark: bigint | null = null;
  #freedTo: bigint | null = null;
  #loaded = false;

  constructor(node: PhysicalGroupAggregate, closing: GroupClosing, table: AggregateTable, context: OperatorContext) {
    this.#node = node;
    this.#closing = closing;
    this.#table = table;
    this.#context = context;
    this.progress = new SavedWatermark(`${node.props.stateId}.progress`);
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    this.#watermark = this.progress.load();
    this.#freedTo = this.#bound();
    const slots = Int32Array.from(this.#table.store.slots());
    this.note(slots, this.#table.store.columns.slice(0, this.#table.store.keyCount).map((c) => c.gather(slots, slots.length)));
  }

  /** Windows up to this border take no more rows. */
  #bound(): bigint | null {
    return this.#watermark === null ? null : this.#watermark + this.#closing.slackMicros;
  }

  onTime(batch: Batch): Batch {
    this.#load();
    return withoutLate(batch, this.#node.keys[this.#closing.key] as number, this.#freedTo, this.#node.props.stateId, this.#context);
  }

  /** @param keys of the slots, row by row. */
  note(slots: Int32Array, keys: readonly Column[]): void {
    const time = keys[this.#closing.key];
    if (time?.physical === 'i64') this.#windows.add(slots, slots.length, time, this.#table.store.high);
  }

  /** A group without rows has been removed. */
  forget(slot: number): void {
    this.#windows.forget(slot);
  }

  advance(micros: bigint): void {
    this.#load();
    if (this.#watermark === null || micros > this.#watermark) this.#watermark = micros;
  }

  /** After the barrier's changes have been sent. */
  free(checkpoint: boolean): void {
    this.#load();
    if (checkpoint && this.#watermark !== null) this.progress.save(this.#watermark, this.#context.worker, this.#context.parallelism);
    const bound = this.#bound();
    if (bound === null || bound === this.#freedTo) return;
    this.#freedTo = bound;
    const { store } = this.#table;
    const times = (store.columns[this.#closing.key] as StateColumn).i64;
    for (const end of [...this.#windows.ends()]) {
      if (end > bound) continue;
      const list = this.#windows.of(end);
      for (let i = 0; i < (list?.length ?? 0); i++) {
        const slot = list?.array[i] as number;
        // A group that was emptied has left its slot to another, perhaps of another window.
        if (store.isLive(slot) && times[slot] === end) this.#table.remove(slot);
      }
      this.#windows.drop(end);
    }
  }
}
