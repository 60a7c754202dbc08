import type { Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { i64Column, type Column, type I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BIGINT, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalWindowAggregate } from '../../planner/physical.ts';
import { AggregateTable } from '../aggregate/aggregate-table.ts';
import { insertBatches, IntList } from '../columns.ts';
import type { OperatorContext } from '../operator.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { EventTimeOperator } from './event-time.ts';
import { rowsOf } from './late-rows.ts';
import { NONE, OpenSessions } from './open-sessions.ts';
import { reportNullTime } from './window-assign.ts';

/** `window_time` lies so much before the end, and must not be late itself. */
const TIME_BACK = 1000n;

/**
 * Aggregate of SESSION windows, sent once, when the watermark reaches a session's end, by when no row can join it any more. A
 * distance of exactly the gap joins, as in Flink's runtime.
 *
 * Input and output: append-only. State: running values of the open sessions, which a row between two of them merges; freed with
 * their session. A late row that touches an open session is taken in; others go to `late`.
 */
export class SessionAggregateOperator extends EventTimeOperator {
  readonly #node: PhysicalWindowAggregate;
  readonly #gap: bigint;
  readonly #keyTypes: readonly SqlType[];
  /** The session's key and name; behind the running values its start and last time. */
  readonly #table: AggregateTable;
  readonly #open: OpenSessions;
  readonly #groups: ((batch: Batch) => Int32Array) | null;

  constructor(node: PhysicalWindowAggregate, gapMicros: bigint, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: false, lagMicros: TIME_BACK });
    this.#node = node;
    this.#gap = gapMicros;
    const inputTypes = typesOf(node.input.props.schema);
    this.#keyTypes = node.keys.map((k) => inputTypes[k] as SqlType);
    this.#groups = node.keys.length === 0 ? null : groupsBy(node.input, node.keys, context);
    this.#table = new AggregateTable({
      id: `${node.props.stateId}.sessions`,
      keyTypes: [...this.#keyTypes, BIGINT],
      calls: node.calls,
      inputTypes,
      appendOnlyInput: true,
      merging: false,
      groupByKey: false,
      groupPrefix: this.#keyTypes.length,
      extra: [BIGINT, BIGINT],
    });
    for (const state of this.#table.states) this.register(state);
    this.#open = new OpenSessions(this.#keyTypes, gapMicros);
  }

  #column(at: number): BigInt64Array {
    return (this.#table.store.columns.at(at) as StateColumn).i64;
  }

  protected override restored(): void {
    const { store } = this.#table;
    const slots = Int32Array.from(store.slots());
    const n = slots.length;
    const keys = this.#open.numberKeys(store.columns.slice(0, this.#keyTypes.length).map((c) => c.gather(slots, n)), n);
    const names = this.#column(this.#keyTypes.length);
    const [starts, lasts] = [this.#column(-2), this.#column(-1)];
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      const session = this.#open.open(keys[i] as number, names[slot] as bigint, starts[slot] as bigint, lasts[slot] as bigint);
      this.#open.slots[session] = slot;
    }
  }

  override waitsFor(): bigint | null {
    return this.#open.firstEnd();
  }

  protected override take(batch: Batch): void {
    const time = batch.columns[this.#node.timeColumn];
    if (time?.physical !== 'i64') throw new InternalError('a window time column has another layout');
    const keys = this.#open.numberKeys(this.#node.keys.map((k) => batch.columns[k] as Column), batch.rowCount);
    const sessions = this.#place(batch, time, keys);
    const kept = new IntList(batch.rowCount);
    for (let i = 0; i < batch.rowCount; i++) {
      if (sessions[i] === NONE) this.#open.forgetKey(keys[i] as number);
      else kept.push(i);
    }
    const n = kept.length;
    if (n === 0) return;
    const all = n === batch.rowCount;
    this.#add(all ? batch : rowsOf(batch, kept.array, n), all ? sessions : Int32Array.from(kept.array.subarray(0, n), (i) => sessions[i] as number));
  }

  /** The session of each row; NONE for those without a time, and for late ones. */
  #place(batch: Batch, time: I64Column, keys: Int32Array): Int32Array {
    const n = batch.rowCount;
    const sessions = new Int32Array(n).fill(NONE);
    const { values, nulls } = time;
    // A row at or below this is late, unless it touches an open session.
    const bound = this.watermark === null ? null : this.watermark - this.#gap;
    const late = new IntList(16);
    for (let i = 0; i < n; i++) {
      const t = values[i] as bigint;
      if (nulls !== null && nulls[i] === 1) {
        reportNullTime(this.context, this.#node.props.stateId, this.#node.input.props.schema.map((f, c) => readValue(f.type, batch.columns[c] as Column, i)));
      } else if (bound !== null && t <= bound) late.push(i);
      else sessions[i] = this.#open.add(keys[i] as number, t);
    }
    for (let k = 0; k < late.length; k++) {
      const i = late.array[k] as number;
      if (this.#open.touches(keys[i] as number, values[i] as bigint)) sessions[i] = this.#open.add(keys[i] as number, values[i] as bigint);
      else this.context.late(this.#node.props.stateId, batch, i);
    }
    return sessions;
  }

  /** Rows into their sessions; then sessions that have met into one. */
  #add(batch: Batch, sessions: Int32Array): void {
    const n = batch.rowCount;
    const open = this.#open;
    const names = new BigInt64Array(n);
    for (let i = 0; i < n; i++) names[i] = open.names[sessions[i] as number] as bigint;
    const keys = this.#node.keys.map((k) => batch.columns[k] as Column);
    const slots = this.#table.update(batch, [...keys, i64Column(names, null)], this.#groups?.(batch) ?? null, 0);
    const [starts, lasts] = [this.#column(-2), this.#column(-1)];
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      const session = sessions[i] as number;
      open.slots[session] = slot;
      starts[slot] = open.starts[session] as bigint;
      lasts[slot] = open.lasts[session] as bigint;
    }
    const { merged } = open;
    for (let m = 0; m < merged.length; m += 2) {
      const from = merged.array[m + 1] as number;
      const slot = open.slots[from] as number;
      this.#table.absorb(Int32Array.of(open.slots[merged.array[m] as number] as number), Int32Array.of(slot));
      this.#table.remove(slot);
      open.release(from);
    }
    merged.clear();
  }

  protected override passed(now: bigint): void {
    const open = this.#open;
    const due = new IntList();
    for (let s = open.take(now); s !== NONE; s = open.take(now)) due.push(s);
    const n = due.length;
    if (n === 0) return;
    const sessions = due.array.subarray(0, n);
    const slots = Int32Array.from(sessions, (s) => open.slots[s] as number);
    const starts = BigInt64Array.from(sessions, (s) => open.starts[s] as bigint);
    const ends = BigInt64Array.from(sessions, (s) => (open.lasts[s] as bigint) + this.#gap);
    const borders = { start: () => starts, end: () => ends, time: () => ends.map((e) => e - TIME_BACK) };
    const columns: Column[] = [
      ...this.#table.store.columns.slice(0, this.#keyTypes.length).map((c) => c.gather(slots, n)),
      ...this.#table.results(slots, n),
      ...this.#node.windowColumns.map((name) => i64Column(borders[name](), null)),
    ];
    for (const batch of insertBatches(columns, n)) this.emit(batch);
    for (let i = 0; i < n; i++) this.#table.remove(slots[i] as number);
  }

  protected override atBarrier(): void {
    this.#table.flush();
    this.#open.compact();
  }
}
