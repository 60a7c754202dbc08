import { DELETE, INSERT, type Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { i64Column, type Column, type I64Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { BIGINT, DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalSessionAssign } from '../../planner/physical.ts';
import type { Weights } from '../aggregate/accumulator.ts';
import { gather } from '../columns.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';
import { drainChanges } from './change-writer.ts';
import { DueTimes } from './due-times.ts';
import { END_OF_TIME, EventTimeOperator } from './event-time.ts';
import { reportNullTime } from './window-assign.ts';

/** `window_time` lies so much before the end, and must not be late itself. */
const TIME_BACK = 1000n;

/** One partition key's rows, by time. */
interface Partition {
  readonly slots: number[];
  changed: boolean;
}

/**
 * SESSION windows: rows of equal keys whose times are no further apart than the gap (a distance of exactly the gap joins, as
 * in Flink's runtime), each with its session's start and end.
 *
 * Input: append-only or retract. Output, `final`: append-only, a session's rows when the watermark reaches its end, by when no
 * row can join it any more. Else the net change per barrier, as sessions grow, merge and part.
 * State: the rows of open sessions with their multiplicity and the borders they were sent with; freed with their session. A
 * late row that touches an open session is taken in; others go to `late`.
 * The watermark is passed on a millisecond behind, so that window_time is not late.
 */
export class SessionAssignOperator extends EventTimeOperator {
  readonly #node: PhysicalSessionAssign;
  readonly #types: readonly SqlType[];
  /** Columns of the row; then its count, and as sent: count, start, end. */
  readonly #rows: KeyedStore;
  /** Numbers of keys; not saved. */
  readonly #numbers: KeyedStore;
  readonly #partitions = new Map<number, Partition>();
  readonly #changed: number[] = [];
  /** By when the first session of a key may be over. */
  readonly #due = new DueTimes();
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  /** Per slot, 1 when its partition has it. */
  #listed = new Uint8Array(256);

  constructor(node: PhysicalSessionAssign, context: OperatorContext) {
    super(context, { stateId: node.props.stateId, input: node.input, holds: !node.final || !node.closes, lagMicros: node.closes ? TIME_BACK : 0n });
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    const { stateId } = node.props;
    this.#rows = this.register(new KeyedStore({ id: `${stateId}.rows`, types: [...this.#types, DOUBLE, DOUBLE, BIGINT, BIGINT], keyCount: this.#types.length, equality: 'exact' }));
    const keyTypes = node.keys.map((k) => this.#types[k] as SqlType);
    this.#numbers = new KeyedStore({ id: 'keys', types: keyTypes, keyCount: keyTypes.length, equality: 'sql' });
    this.#groups = node.keys.length === 0 ? null : groupsBy(node.input, node.keys, context);
  }

  #value(k: number): StateColumn {
    return this.#rows.columns[this.#types.length + k] as StateColumn;
  }
  get #times(): BigInt64Array {
    return (this.#rows.columns[this.#node.timeColumn] as StateColumn).i64;
  }

  protected override restored(): void {
    const slots = Int32Array.from(this.#rows.slots());
    const n = slots.length;
    if (n === 0) return;
    this.#listed = new Uint8Array(Math.ceil(this.#rows.high * 1.6) + 64);
    const numbers = this.#numberKeys(this.#node.keys.map((k) => (this.#rows.columns[k] as StateColumn).gather(slots, n)), n).numbers;
    for (let i = 0; i < n; i++) this.#insert(numbers[i] as number, slots[i] as number);
  }

  #numberKeys(columns: readonly Column[], n: number): { readonly numbers: Int32Array; readonly hashes: Int32Array } {
    const numbers = new Int32Array(n);
    const hashes = hashColumns(columns, this.#numbers.keyTypes, n);
    this.#numbers.upsert(columns, hashes, n, numbers, null);
    return { numbers, hashes };
  }

  #partition(number: number): Partition {
    let partition = this.#partitions.get(number);
    if (partition === undefined) this.#partitions.set(number, (partition = { slots: [], changed: false }));
    return partition;
  }

  /** How many of the partition's rows lie before `time`. */
  #position(slots: readonly number[], time: bigint): number {
    const times = this.#times;
    let low = 0;
    let high = slots.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((times[slots[mid] as number] as bigint) < time) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  #insert(number: number, slot: number): void {
    const { slots } = this.#partition(number);
    const time = this.#times[slot] as bigint;
    slots.splice(this.#position(slots, time), 0, slot);
    this.#listed[slot] = 1;
    this.#due.note(number, time + this.#node.gapMicros);
  }

  protected override take(batch: Batch): void {
    const time = batch.columns[this.#node.timeColumn];
    if (time?.physical !== 'i64') throw new InternalError('a window time column has another layout');
    const n = batch.rowCount;
    const { numbers, hashes } = this.#numberKeys(this.#node.keys.map((k) => batch.columns[k] as Column), n);
    const groups = this.#groups?.(batch) ?? (this.#node.keys.length === 0 ? new Int32Array(n) : hashes.map(keyGroup));
    const rowHashes = hashColumns(batch.columns, this.#types, n);
    const weights = signs(batch);
    const early: number[] = [];
    for (let i = 0; i < n; i++) {
      if (time.nulls !== null && time.nulls[i] === 1) {
        reportNullTime(this.context, this.#node.props.stateId, this.#node.input.props.schema.map((f, c) => readValue(f.type, batch.columns[c] as Column, i)));
      } else if (this.#inTime(time.values[i] as bigint)) early.push(i);
    }
    const add = (rows: readonly number[]): void => this.#add(batch, Int32Array.from(rows), { numbers, groups, rowHashes, weights });
    add(early);
    if (early.length < n) this.#addLate(batch, time, numbers, add);
    for (const number of numbers) {
      const known = this.#partitions.get(number);
      if ((known === undefined || known.slots.length === 0) && this.#numbers.isLive(number)) this.#forget(number);
    }
  }

  /** A time without a watermark makes no row late, though the input's may move. */
  #inTime(time: bigint): boolean {
    return this.watermark === null || !this.#node.closes || time + this.#node.gapMicros > this.watermark;
  }

  /** Rows whose own span is over, one by one: the one may keep the other's session open. */
  #addLate(batch: Batch, time: I64Column, numbers: Int32Array, add: (rows: readonly number[]) => void): void {
    for (let i = 0; i < batch.rowCount; i++) {
      if (time.nulls !== null && time.nulls[i] === 1) continue;
      if (this.#inTime(time.values[i] as bigint)) continue;
      if (this.#touchesSession(this.#partition(numbers[i] as number), time.values[i] as bigint)) add([i]);
      else this.context.late(this.#node.props.stateId, batch, i);
    }
  }

  #add(batch: Batch, rows: Int32Array, of: { readonly numbers: Int32Array; readonly groups: Int32Array; readonly rowHashes: Int32Array; readonly weights: Weights }): void {
    const n = rows.length;
    if (n === 0) return;
    const all = n === batch.rowCount;
    const pickFrom = (values: Int32Array): Int32Array => (all ? values : rows.map((i) => values[i] as number));
    const slots = new Int32Array(n);
    this.#rows.upsert(all ? batch.columns : batch.columns.map((c) => gather(c, rows, n)), pickFrom(of.rowHashes), n, slots, pickFrom(of.groups));
    if (this.#listed.length < this.#rows.high) {
      const grown = new Uint8Array(Math.ceil(this.#rows.high * 1.6) + 64);
      grown.set(this.#listed);
      this.#listed = grown;
    }
    const counts = this.#value(0).f64;
    for (let k = 0; k < n; k++) {
      const i = rows[k] as number;
      const slot = slots[k] as number;
      const number = of.numbers[i] as number;
      if (this.#listed[slot] !== 1) this.#insert(number, slot);
      counts[slot] = (counts[slot] as number) + (of.weights === null ? 1 : (of.weights[i] as number));
      this.#rows.touch(slot);
      const partition = this.#partition(number);
      this.#due.note(number, (this.#times[partition.slots[0] as number] as bigint) + this.#node.gapMicros);
      if (partition.changed) continue;
      partition.changed = true;
      this.#changed.push(number);
    }
  }

  #remove(slot: number): void {
    this.#listed[slot] = 0;
    this.#rows.remove(slot);
  }

  #touchesSession({ slots }: Partition, t: bigint): boolean {
    const { gapMicros } = this.#node;
    const times = this.#times;
    const at = this.#position(slots, t);
    const next = slots[at];
    const former = slots[at - 1];
    return (next !== undefined && (times[next] as bigint) - t <= gapMicros) || (former !== undefined && t - (times[former] as bigint) <= gapMicros);
  }

  override waitsFor(): bigint | null {
    return this.#node.closes ? this.#due.first() : null;
  }

  protected override passed(now: bigint): void {
    if (!this.#node.final) return;
    if (now === END_OF_TIME) this.#tidyAll();
    else if (!this.#node.closes) return;
    this.#close(now, true);
  }

  protected override atBarrier(): void {
    if (this.#node.final) this.#tidyAll();
    else {
      this.#update();
      this.#changed.length = 0;
      if (this.#node.closes && this.watermark !== null) this.#close(this.watermark, false);
    }
    this.#rows.compact();
  }

  #tidyAll(): void {
    for (const number of this.#changed) this.#tidy(number);
    this.#changed.length = 0;
  }

  /** Rows that have come and gone. */
  #tidy(number: number): void {
    const partition = this.#partitions.get(number);
    if (partition === undefined) return;
    partition.changed = false;
    const counts = this.#value(0).f64;
    const kept = partition.slots.filter((slot) => counts[slot] !== 0);
    if (kept.length === partition.slots.length) return;
    for (const slot of partition.slots) if (counts[slot] === 0) this.#remove(slot);
    partition.slots.splice(0, partition.slots.length, ...kept);
    this.#after(number, partition);
  }

  #after(number: number, partition: Partition): void {
    const first = partition.slots[0];
    if (first === undefined) this.#forget(number);
    else this.#due.note(number, (this.#times[first] as bigint) + this.#node.gapMicros);
  }

  #forget(number: number): void {
    this.#partitions.delete(number);
    this.#numbers.remove(number);
    this.#due.drop(number);
  }

  /** Where the session that begins at `from` ends among the partition's slots. Rows that are not there (any more) hold nothing together. */
  #sessionEnd(slots: readonly number[], from: number): { readonly to: number; readonly end: bigint; readonly start: bigint } {
    const times = this.#times;
    const counts = this.#value(0).f64;
    const start = times[slots[from] as number] as bigint;
    let last = start;
    let to = from + 1;
    for (; to < slots.length; to++) {
      const slot = slots[to] as number;
      const time = times[slot] as bigint;
      if (time - last > this.#node.gapMicros) break;
      if ((counts[slot] as number) > 0) last = time;
    }
    return { to, start, end: last + this.#node.gapMicros };
  }

  /** Takes out the sessions that end at or before `watermark`, and sends them if asked. */
  #close(watermark: bigint, send: boolean): void {
    const out = new Changes();
    const gone: number[] = [];
    for (let number = this.#due.take(watermark); number !== null; number = this.#due.take(watermark)) {
      const partition = this.#partitions.get(number);
      if (partition === undefined) continue;
      const { slots } = partition;
      const counts = this.#value(0).f64;
      let from = 0;
      while (from < slots.length) {
        if ((counts[slots[from] as number] as number) <= 0 && watermark !== END_OF_TIME) {
          // Taken back before it came: its insertion is still to come, within this epoch.
          if ((this.#times[slots[from] as number] as bigint) + this.#node.gapMicros > watermark) break;
          gone.push(slots[from++] as number);
          continue;
        }
        const { to, start, end } = this.#sessionEnd(slots, from);
        if (end > watermark) break;
        for (let k = from; k < to; k++) {
          const slot = slots[k] as number;
          if (send) out.push(INSERT, slot, counts[slot] as number, start, end);
          gone.push(slot);
        }
        from = to;
      }
      slots.splice(0, from);
      if (slots.length === 0) this.#forget(number);
      else this.#due.note(number, this.#sessionEnd(slots, 0).end);
    }
    this.#send(out);
    for (const slot of gone) this.#remove(slot);
  }

  /** Sends what has changed of the sessions of the keys that had changes. */
  #update(): void {
    const out = new Changes();
    const inserts = new Changes();
    const gone: number[] = [];
    const [counts, sent] = [this.#value(0).f64, this.#value(1).f64];
    const [starts, ends] = [this.#value(2).i64, this.#value(3).i64];
    for (const number of this.#changed) {
      const partition = this.#partitions.get(number);
      if (partition === undefined) continue;
      partition.changed = false;
      const here = partition.slots.filter((slot) => (counts[slot] as number) !== 0);
      for (const slot of partition.slots) {
        if (counts[slot] !== 0) continue;
        out.push(DELETE, slot, sent[slot] as number, starts[slot] as bigint, ends[slot] as bigint);
        gone.push(slot);
      }
      partition.slots.splice(0, partition.slots.length, ...here);
      for (let from = 0; from < here.length; ) {
        const { to, start, end } = this.#sessionEnd(here, from);
        for (; from < to; from++) {
          const slot = here[from] as number;
          if (counts[slot] === sent[slot] && starts[slot] === start && ends[slot] === end) continue;
          out.push(DELETE, slot, sent[slot] as number, starts[slot] as bigint, ends[slot] as bigint);
          inserts.push(INSERT, slot, counts[slot] as number, start, end);
          sent[slot] = counts[slot] as number;
          starts[slot] = start;
          ends[slot] = end;
          this.#rows.touch(slot);
        }
      }
      this.#after(number, partition);
    }
    this.#send(out);
    this.#send(inserts);
    for (const slot of gone) this.#remove(slot);
  }

  #send(out: Changes): void {
    const n = out.slots.length;
    if (n === 0) return;
    const slots = Int32Array.from(out.slots);
    const at = Int32Array.from(slots, (_, i) => i);
    const stored = this.#rows.columns.slice(0, this.#types.length);
    drainChanges(out.ops, at, n, out.ops[0] === INSERT, (rows, m, from) => [
      ...stored.map((c) => c.gather(slots.subarray(from, from + m), m)),
      i64Column(BigInt64Array.from(rows, (i) => out.starts[i] as bigint), null),
      i64Column(BigInt64Array.from(rows, (i) => out.ends[i] as bigint), null),
      i64Column(BigInt64Array.from(rows, (i) => (out.ends[i] as bigint) - TIME_BACK), null),
    ], (batch) => this.emit(batch));
  }
}

/** Rows to be sent, all of one kind. */
class Changes {
  readonly ops: number[] = [];
  readonly slots: number[] = [];
  readonly starts: bigint[] = [];
  readonly ends: bigint[] = [];
  push(op: number, slot: number, times: number, start: bigint, end: bigint): void {
    for (let k = 0; k < times; k++) {
      this.ops.push(op);
      this.slots.push(slot);
      this.starts.push(start);
      this.ends.push(end);
    }
  }
}
