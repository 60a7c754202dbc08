import { INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { i64Column, type Column } from '../../common/batch/column.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalTopN } from '../../planner/physical.ts';
import { concatMany, IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { ChangeList, stacked } from './change-writer.ts';
import { rowOrder } from './row-order.ts';
import { HeldWatermark } from './watermarks.ts';

/** What the last state column says of an entry. */
const EMPTY = 0;
const KEPT = 1;
/** Another row has come in this epoch; the one before is put aside. */
const REPLACED = 2;
/** The first row has come in this epoch. */
const ADDED = 3;

/** Keys that are equal are the very same: their columns need not be kept a second time. */
const isExact = (type: SqlType): boolean => ['boolean', 'tinyint', 'smallint', 'int', 'bigint', 'varchar', 'date', 'timestamp', 'timestamptz', 'time', 'uuid'].includes(type.kind);

/** Whether the first of an ever growing set of rows is all that is asked of each partition. (Windows that close are freed: not here.) */
export const wantsBestRow = (node: PhysicalTopN): boolean =>
  node.limit === 1 && node.offset === 0 && node.number === 'rows' && node.closes === null && node.partition.length > 0 && node.input.props.changelog === 'append-only';

/**
 * The first row of each partition, as Top-N with a limit of one, over rows that only come: the last event of each key, the
 * highest bid, the first appearance.
 *
 * Input: append-only. Output: the net change per barrier, an update pair where another row is first now. Ties go by the stream
 * key, then by the whole row.
 * State: one row a partition.
 */
export class BestRowOperator extends BaseOperator {
  readonly #node: PhysicalTopN;
  readonly #types: readonly SqlType[];
  readonly #store: KeyedStore;
  /** State column of each of the row's columns. */
  readonly #at: readonly number[];
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #held = new HeldWatermark();
  /** Entries that changed in this epoch, each with the place of its former row, or -1. */
  readonly #changed = new IntList();
  readonly #formerAt = new IntList();
  #formers: { readonly columns: Column[]; readonly n: number }[] = [];
  #formerCount = 0;

  constructor(node: PhysicalTopN, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    const keys = node.partition.map((p) => this.#types[p] as SqlType);
    const others = this.#types.map((_, c) => c).filter((c) => !node.partition.includes(c) || !isExact(this.#types[c] as SqlType));
    this.#at = this.#types.map((_, c) => (others.includes(c) ? keys.length + others.indexOf(c) : node.partition.indexOf(c)));
    this.#groups = groupsBy(node.input, node.partition, context);
    this.#store = this.register(new KeyedStore({
      id: `${node.props.stateId}.best`, types: [...keys, ...others.map((c) => this.#types[c] as SqlType), DOUBLE], keyCount: keys.length, equality: 'sql', groupByKey: this.#groups === null,
    }));
  }

  get #marks(): Float64Array {
    return (this.#store.columns.at(-1) as StateColumn).f64;
  }
  #rows(slots: Int32Array, n: number): Column[] {
    return this.#at.map((c) => (this.#store.columns[c] as StateColumn).gather(slots, n));
  }
  #write(slot: number, batch: Batch, row: number): void {
    const { columns, keyCount } = this.#store;
    for (let c = 0; c < this.#at.length; c++) {
      const at = this.#at[c] as number;
      if (at >= keyCount) (columns[at] as StateColumn).write(slot, batch.columns[c] as Column, row);
    }
  }

  override onBatch(_port: number, batch: Batch): void {
    const n = batch.rowCount;
    const store = this.#store;
    const keys = this.#node.partition.map((p) => batch.columns[p] as Column);
    const slots = new Int32Array(n);
    store.upsert(keys, hashColumns(keys, store.keyTypes, n), n, slots, this.#groups === null ? null : this.#groups(batch));
    const marks = this.#marks;
    const order = rowOrder(batch.columns, store.columns, this.#at, this.#node.order, this.#node.input.props.streamKey ?? []);
    const replaced = new IntList();
    // First the entries whose row will go: it has to be put aside as it is.
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      const mark = marks[slot] as number;
      if (mark === EMPTY) {
        this.#write(slot, batch, i);
        marks[slot] = ADDED;
        this.#changed.push(slot);
        this.#formerAt.push(-1);
      } else if (mark === KEPT && order(i, slot) < 0) {
        marks[slot] = REPLACED;
        store.touch(slot);
        this.#changed.push(slot);
        this.#formerAt.push(this.#formerCount + replaced.length);
        replaced.push(slot);
      }
    }
    if (replaced.length > 0) {
      this.#formers.push({ columns: this.#rows(replaced.array, replaced.length), n: replaced.length });
      this.#formerCount += replaced.length;
    }
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      if (marks[slot] !== KEPT && order(i, slot) < 0) this.#write(slot, batch, i);
    }
  }

  override onWatermark(_port: number, micros: bigint): void {
    this.#held.hold(micros);
  }

  override onBarrier(_barrier: Barrier): void {
    const m = this.#changed.length;
    if (m > 0) {
      const slots = this.#changed.array.slice(0, m);
      const marks = this.#marks;
      const after = this.#rows(slots, m);
      const before = this.#types.map((_, c) => concatMany(this.#formers.map((f) => ({ column: f.columns[c] as Column, n: f.n })), after[c] as Column));
      const list = new ChangeList();
      for (let k = 0; k < m; k++) {
        const old = this.#formerAt.array[k] as number;
        if (old < 0) list.push(INSERT, this.#formerCount + k);
        else {
          list.push(UPDATE_BEFORE, old);
          list.push(UPDATE_AFTER, this.#formerCount + k);
        }
        marks[slots[k] as number] = KEPT;
      }
      const total = this.#formerCount + m;
      const columns = this.#formerCount === 0 ? after : stacked(before, this.#formerCount, after, m);
      if (this.#node.rank) columns.push(i64Column(new BigInt64Array(total).fill(1n), null));
      this.#changed.clear();
      this.#formerAt.clear();
      this.#formers = [];
      this.#formerCount = 0;
      list.drain(columns, (batch) => this.emit(batch));
    }
    this.#store.compact();
    this.#held.release(this.context.output);
  }
}
