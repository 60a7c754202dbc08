import { DELETE, INSERT, type Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import type { OrderColumn, PhysicalNearestJoin } from '../../planner/physical.ts';
import { signs } from '../aggregate/aggregate-table.ts';
import { gather, IntList, nullColumn } from '../columns.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator } from './base.ts';
import { drainChanges } from './change-writer.ts';
import { KeyedRows, rowsWithValues } from './keyed-rows.ts';
import { slotOrder, type SlotOrder } from './slot-order.ts';
import { HeldWatermark, MinWatermark } from './watermarks.ts';

/** Rows of one key: slots in order of their time, and those whose number has changed since the barrier, each once. */
interface Half {
  sorted: number[];
  readonly changed: number[];
}
type Group = readonly [Half, Half];

/** Above so many changed right rows of a key every left row of it is matched anew. */
const RANGES_MAX = 16;

/**
 * ASOF JOIN: each left row with the right row of its key whose time is nearest on the asked side of its own. Of right rows at
 * one time the first by all its columns is taken, so that the answer does not depend on arrival.
 *
 * Input: append-only or retract. Output: the net change per barrier; columns left ++ right. A NULL key or time matches nothing.
 * State: both sides' rows by key, O(rows). A change on the right touches the left rows between it and the next right time.
 */
export class NearestJoinOperator extends BaseOperator {
  readonly #node: PhysicalNearestJoin;
  readonly #sides: readonly [KeyedRows, KeyedRows];
  readonly #orders: readonly [SlotOrder, SlotOrder];
  /** Negative where the left slot's time is before the right slot's. */
  readonly #across: SlotOrder;
  readonly #groups = new Map<number, Group>();
  readonly #dirty = new Set<number>();
  /** Per left slot: the right slot it is shown with plus one (0: none), and how often it is shown. */
  #match = new Int32Array(0);
  #shown = new Float64Array(0);
  /** By side, 1 for the slots that are among their key's changed ones. */
  readonly #marks: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  /** Left slots to be matched anew, of one key; 1 for each of them. */
  readonly #again = new IntList();
  #listed = new Uint8Array(0);
  readonly #watermark = new MinWatermark(2);
  readonly #held = new HeldWatermark();
  #loaded = false;
  /** The greatest right time not above is wanted, rather than the least not below. */
  readonly #below: boolean;
  readonly #strict: boolean;

  constructor(node: PhysicalNearestJoin, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#below = node.operator.startsWith('>');
    this.#strict = node.operator.length === 1;
    const { stateId } = node.props;
    const left = new KeyedRows({ id: `${stateId}.left`, input: node.left, keys: node.leftKeys, context });
    const right = new KeyedRows({ id: `${stateId}.right`, input: node.right, keys: node.rightKeys, numbers: left, context });
    this.#sides = [left, right];
    for (const side of this.#sides) this.register(side.rows);
    const time = (column: number): OrderColumn => ({ column, descending: false, nullsFirst: false });
    // Among equal times the wanted row lies nearest to where the search ends.
    const ties = node.right.props.schema.flatMap((_, c) => (c === node.rightTime ? [] : [{ column: c, descending: this.#below, nullsFirst: this.#below }]));
    this.#orders = [slotOrder(left.columns, [time(node.leftTime)], []), slotOrder(right.columns, [time(node.rightTime), ...ties], [])];
    this.#across = crossOrder(left.columns[node.leftTime] as StateColumn, right.columns[node.rightTime] as StateColumn);
  }

  override onBatch(port: number, batch: Batch): void {
    this.#load();
    const n = batch.rowCount;
    const side = this.#sides[port] as KeyedRows;
    const time = batch.columns[port === 0 ? this.#node.leftTime : this.#node.rightTime] as Column;
    const matching = rowsWithValues([...side.keyColumns(batch), time], n);
    if (matching === null) {
      this.#note(port, side, batch);
      return;
    }
    if (port === 0 && this.#node.type === 'left') this.#pad(batch, matching);
    if (matching.length > 0) this.#note(port, side, rowsOf(batch, matching));
  }

  /** Left rows that can match nothing go on at once. */
  #pad(batch: Batch, matching: IntList): void {
    const others = new IntList(batch.rowCount);
    for (let i = 0, k = 0; i < batch.rowCount; i++) {
      if (k < matching.length && matching.array[k] === i) k++;
      else others.push(i);
    }
    const rest = rowsOf(batch, others);
    this.emit({ ...rest, columns: [...rest.columns, ...this.#node.right.props.schema.map((f) => nullColumn(f.type, rest.rowCount))] });
  }

  #note(port: number, side: KeyedRows, batch: Batch): void {
    const { slots, keys } = side.add(batch, signs(batch));
    const marks = this.#marksOf(port);
    for (let i = 0; i < batch.rowCount; i++) {
      const slot = slots[i] as number;
      if (marks[slot] === 1) continue;
      marks[slot] = 1;
      const key = keys[i] as number;
      (this.#group(key)[port] as Half).changed.push(slot);
      this.#dirty.add(key);
    }
  }

  #marksOf(port: number): Uint8Array {
    const at = port === 0 ? 0 : 1;
    const { high } = this.#sides[at].rows;
    if (high > this.#marks[at].length) this.#marks[at] = grownTo(this.#marks[at], high);
    return this.#marks[at];
  }

  #group(key: number): Group {
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = [{ sorted: [], changed: [] }, { sorted: [], changed: [] }]));
    return group;
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    this.#sides.forEach((side, port) => {
      const { slots, keys } = side.load();
      for (let i = 0; i < slots.length; i++) (this.#group(keys[i] as number)[port] as Half).sorted.push(slots[i] as number);
    });
    this.#grow();
    const { counts } = this.#sides[0];
    for (const group of this.#groups.values()) {
      group.forEach((half, port) => half.sorted.sort(this.#orders[port]));
      for (const slot of group[0].sorted) {
        this.#match[slot] = this.#best(slot, group[1].sorted) + 1;
        this.#shown[slot] = counts[slot] as number;
      }
    }
  }

  #grow(): void {
    const need = this.#sides[0].rows.high;
    if (need <= this.#match.length) return;
    const match = new Int32Array(Math.ceil(need * 1.6) + 64);
    match.set(this.#match);
    this.#match = match;
    const shown = new Float64Array(match.length);
    shown.set(this.#shown);
    this.#shown = shown;
    this.#listed = grownTo(this.#listed, need);
  }

  /** Whether the left slot's time is on the asked side of the right slot's. */
  #fits(left: number, right: number): boolean {
    const c = this.#across(left, right);
    return c === 0 ? !this.#strict : c > 0 === this.#below;
  }

  /** The right slot for a left one, or -1. */
  #best(left: number, right: readonly number[]): number {
    // Those that fit are the first ones of `right` when the greatest is wanted, else the last ones.
    const border = firstWhere(right, (r) => this.#fits(left, r) !== this.#below);
    return (this.#below ? right[border - 1] : right[border]) ?? -1;
  }

  /** The left slots that a change of the right slot may give another match. */
  #affected(right: number, [left, others]: Group): readonly number[] {
    const order = this.#orders[1];
    const time = sameTime(this.#sides[1].columns[this.#node.rightTime] as StateColumn);
    const fits = (r: number) => firstWhere(left.sorted, (l) => this.#fits(l, r) === this.#below);
    const at = firstWhere(others.sorted, (r) => order(r, right) > 0);
    let next = this.#below ? at : at - 1;
    const step = this.#below ? 1 : -1;
    while (others.sorted[next] !== undefined && time(others.sorted[next] as number, right)) next += step;
    const beyond = others.sorted[next];
    const own = fits(right);
    if (this.#below) return left.sorted.slice(own, beyond === undefined ? undefined : fits(beyond));
    return left.sorted.slice(beyond === undefined ? 0 : fits(beyond), own);
  }

  override onWatermark(port: number, micros: bigint): void {
    this.#hold(this.#watermark.advance(port, micros));
  }
  override onEnd(port: number): void {
    this.#hold(this.#watermark.end(port));
  }
  #hold(micros: bigint | null): void {
    if (micros !== null) this.#held.hold(micros);
  }

  override onBarrier(_barrier: Barrier): void {
    this.#load();
    this.#grow();
    const changes = new Changes();
    const gone: [number[], number[]] = [[], []];
    for (const key of this.#dirty) {
      const group = this.#group(key);
      const [left, right] = group;
      for (const slot of left.changed) this.#matchAgain(slot);
      for (const port of [0, 1] as const) settle(group[port], this.#sides[port], this.#marksOf(port), this.#orders[port], gone[port]);
      if (right.changed.length > RANGES_MAX) for (const slot of left.sorted) this.#matchAgain(slot);
      else for (const r of right.changed) for (const slot of this.#affected(r, group)) this.#matchAgain(slot);
      for (let i = 0; i < this.#again.length; i++) {
        const slot = this.#again.array[i] as number;
        this.#listed[slot] = 0;
        this.#change(slot, right.sorted, changes);
      }
      this.#again.clear();
      left.changed.length = 0;
      right.changed.length = 0;
      if (left.sorted.length === 0 && right.sorted.length === 0) {
        this.#groups.delete(key);
        this.#sides[0].releaseKey(key);
      }
    }
    this.#dirty.clear();
    this.#send(changes);
    gone.forEach((slots, port) => {
      const { rows } = this.#sides[port] as KeyedRows;
      for (const slot of slots) rows.remove(slot);
      rows.compact();
    });
    this.#held.release(this.context.output);
  }

  #matchAgain(slot: number): void {
    if (this.#listed[slot] === 1) return;
    this.#listed[slot] = 1;
    this.#again.push(slot);
  }

  #change(slot: number, right: readonly number[], changes: Changes): void {
    const inner = this.#node.type === 'inner';
    const before = this.#match[slot] as number;
    const count = Math.max(0, this.#sides[0].counts[slot] as number);
    const after = count === 0 ? 0 : this.#best(slot, right) + 1;
    const was = inner && before === 0 ? 0 : (this.#shown[slot] as number);
    const is = inner && after === 0 ? 0 : count;
    if (before === after) changes.push(slot, before - 1, is - was);
    else {
      changes.push(slot, before - 1, -was);
      changes.push(slot, after - 1, is);
    }
    this.#match[slot] = after;
    this.#shown[slot] = count;
  }

  #send({ ops, left, right }: Changes): void {
    const [own, other] = this.#sides;
    const columnsOf = (rows: Int32Array, n: number, from: number): Column[] => {
      const partners = right.array.subarray(from, from + n);
      return [
        ...own.columns.map((c) => c.gather(rows, n)),
        ...other.columns.map((c) => (other.rows.high === 0 ? nullColumn(c.type, n) : c.gather(partners, n))),
      ];
    };
    const insertsOnly = !ops.array.subarray(0, ops.length).includes(DELETE);
    drainChanges(ops.array, left.array, left.length, insertsOnly, columnsOf, (batch) => this.emit(batch));
  }
}

/** Output rows to come: an op, the left slot, the right slot or -1. */
class Changes {
  readonly ops = new IntList();
  readonly left = new IntList();
  readonly right = new IntList();
  push(left: number, right: number, times: number): void {
    for (let k = Math.abs(times); k > 0; k--) {
      this.ops.push(times > 0 ? INSERT : DELETE);
      this.left.push(left);
      this.right.push(right);
    }
  }
}

function rowsOf(batch: Batch, rows: IntList): Batch {
  const n = rows.length;
  const at = rows.array.subarray(0, n);
  const { ops } = batch;
  // Halves of an update may lie apart now.
  return { rowCount: n, ops: ops === null ? null : Uint8Array.from(at, (i) => ((ops[i] as number) % 3 === 0 ? (ops[i] as number) : ops[i] === 1 ? DELETE : INSERT)), columns: batch.columns.map((c) => gather(c, at, n)) };
}

function grownTo(marks: Uint8Array, high: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(Math.ceil(high * 1.6) + 64);
  grown.set(marks);
  return grown;
}

/** Puts changed rows where they belong, and clears their marks. */
function settle(half: Half, side: KeyedRows, marks: Uint8Array, order: SlotOrder, gone: number[]): void {
  const { counts } = side;
  const { changed, sorted } = half;
  for (const slot of changed) if (counts[slot] === 0) gone.push(slot);
  if (changed.length > RANGES_MAX) {
    const kept = sorted.filter((s) => marks[s] !== 1);
    for (const slot of changed) {
      marks[slot] = 0;
      if ((counts[slot] as number) > 0) kept.push(slot);
    }
    half.sorted = kept.sort(order);
    return;
  }
  for (const slot of changed) {
    marks[slot] = 0;
    const last = sorted[sorted.length - 1];
    // Most rows come in order of time.
    if (last === undefined || order(last, slot) < 0) {
      if ((counts[slot] as number) > 0) sorted.push(slot);
      continue;
    }
    const at = firstWhere(half.sorted, (s) => order(s, slot) >= 0);
    const there = half.sorted[at] === slot;
    const present = (counts[slot] as number) > 0;
    if (present && !there) half.sorted.splice(at, 0, slot);
    else if (!present && there) half.sorted.splice(at, 1);
  }
}

/** The first position from which on `test` holds; it must not hold again for fewer. */
function firstWhere(list: readonly number[], test: (slot: number) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(list[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Compares a slot of one column with a slot of another. */
function crossOrder(left: StateColumn, right: StateColumn): SlotOrder {
  if (left.physical === 'i64' && right.physical === 'i64') {
    return (a, b) => {
      const x = left.words;
      const y = right.words;
      const high = (x[2 * a + 1] as number) - (y[2 * b + 1] as number);
      return high !== 0 ? high : ((x[2 * a] as number) >>> 0) - ((y[2 * b] as number) >>> 0);
    };
  }
  const compare = comparatorOf(left.type);
  return (a, b) => compare(left.value(a), right.value(b));
}

function sameTime(column: StateColumn): (a: number, b: number) => boolean {
  const order = crossOrder(column, column);
  return (a, b) => order(a, b) === 0;
}
