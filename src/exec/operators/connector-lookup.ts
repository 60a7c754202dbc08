import { DELETE, TARGET_BATCH_ROWS, type Batch, type Schema } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { LookupReader } from '../../connectors/api.ts';
import { matchedOnly } from '../lookup/matched.ts';
import type { PhysicalConnectorLookup } from '../../planner/physical.ts';
import { gather, IntList, nullColumn } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import { LookupAnswers } from '../lookup/answers.ts';
import { FullTable } from '../lookup/full-table.ts';
import { LookupRequests } from '../lookup/requests.ts';
import { LookupSteps } from '../lookup/steps.ts';
import type { AskingOperator, Barrier, OperatorContext, Outside } from '../operator.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { NetRows } from './net-rows.ts';
import { PairTest } from './pair-test.ts';
import { SeenRows } from './seen-rows.ts';

/** Left rows that are not all sent yet. */
interface Waiting {
  readonly kind: 'rows';
  readonly batch: Batch;
  /** Of each row's key; -1 where it holds a NULL. */
  readonly numbers: Int32Array;
  /** Rows still to be sent, ascending. */
  left: Int32Array;
  /** Of `left`, so many first ones are known to be answered. */
  ready: number;
}
interface Mark {
  readonly kind: 'watermark';
  readonly micros: bigint;
}

/** Left rows that may wait before no more are taken. */
const ROWS_MAX = 2 * TARGET_BATCH_ROWS;

/**
 * Each left row with the rows that a connector finds for its keys.
 *
 * Input: any but upsert. Output: inserts, and the retractions of the left side. Watermarks stay behind the rows before them; a
 * barrier waits until everything before it has been answered. Rows of a left side that only inserts are sent as answers come,
 * in order unless the plan says otherwise; those of another at barriers.
 * State: of a left side with retractions its rows with what they were joined with, O(left rows); else none.
 * Errors: those of the connector, and connection_failure when a look-up takes too long: the job starts again from its checkpoint.
 */
export class ConnectorLookupOperator extends BaseOperator implements AskingOperator {
  readonly #node: PhysicalConnectorLookup;
  readonly #rightTypes: readonly SqlType[];
  readonly #keyTypes: readonly SqlType[];
  readonly #outside: Outside;
  readonly #reader: LookupReader;
  readonly #answers: LookupAnswers;
  readonly #requests: LookupRequests;
  readonly #steps: LookupSteps;
  readonly #test: PairTest | null;
  readonly #leftGroups: ((batch: Batch) => Int32Array) | null;
  readonly #queue: (Waiting | Mark)[] = [];
  /** Null where the left side only inserts. */
  readonly #updates: { readonly net: NetRows; readonly seen: SeenRows } | null;
  #waitingRows = 0;
  #held: bigint | null = null;
  #settling = false;
  #abandoned = false;
  #loaded = false;

  constructor(node: PhysicalConnectorLookup, context: OperatorContext) {
    super(context);
    this.#node = node;
    const { stateId } = node.props;
    const { spec, lookups } = node;
    const left = typesOf(node.left.props.schema);
    const read: Schema = [...spec.projection.map((i) => spec.physical[i] as Schema[number]), ...spec.metadata.map((m) => ({ name: m.key, type: m.type, nullable: true }))];
    this.#rightTypes = typesOf(node.right);
    this.#keyTypes = node.leftKeys.map((k) => left[k] as SqlType);
    if (context.outside === undefined) throw new InternalError('a look-up in a connector without a way there');
    const outside = (this.#outside = context.outside);
    this.#reader = lookups.cache.kind === 'full' ? new FullTable(spec, typesOf(read), lookups.cache, outside) : outside.lookup(spec);
    this.#answers = new LookupAnswers(stateId, this.#keyTypes, this.#rightTypes, lookups.cache);
    this.#steps = new LookupSteps(node, read, context);
    this.#requests = new LookupRequests(this.#reader, lookups, outside, {
      table: node.table,
      keysOf: (numbers) => this.#answers.keyColumns(numbers),
      answered: (numbers, batch, key) => {
        const found = this.#steps.apply({ batch, key });
        this.#answers.answered(numbers, found.batch, found.key, outside.clock.monotonicMs());
      },
    });
    this.#test = node.residual === null ? null : new PairTest(node.residual, [...left, ...this.#rightTypes], context, `${node.kind} ${stateId}`);
    this.#leftGroups = groupsBy(node.left, node.leftKeys, context);
    if (node.left.props.changelog === 'append-only') this.#updates = null;
    else {
      this.#updates = { net: new NetRows(`${stateId}.net`, left), seen: new SeenRows(`${stateId}.seen`, left, this.#rightTypes) };
      this.register(this.#updates.net.rows);
      this.register(this.#updates.seen.rows);
    }
  }

  override onBatch(_port: number, batch: Batch): void {
    if (this.#abandoned) return;
    if (this.#updates === null) {
      this.#ask(batch);
      this.resume();
      return;
    }
    this.#updates.net.add(batch, this.#groupsOf(batch));
  }
  override onWatermark(_port: number, micros: bigint): void {
    if (this.#updates !== null) this.#held = micros;
    else if (this.#queue.length === 0) this.context.output.watermark(micros);
    else this.#queue.push({ kind: 'watermark', micros });
  }
  get paused(): boolean {
    return !this.#abandoned && (this.#requests.full || this.#waitingRows >= ROWS_MAX);
  }

  settle(): boolean {
    if (this.#abandoned) return true;
    if (this.#updates !== null && !this.#settling) {
      this.#settling = true;
      if (!this.#loaded) this.#updates.seen.load();
      this.#loaded = true;
      const { inserted, deleted } = this.#updates.net.take();
      if (deleted.rowCount > 0) this.#retract(deleted, this.#updates.seen);
      if (inserted.rowCount > 0) this.#ask(inserted);
      this.resume();
    }
    return this.#queue.length === 0;
  }
  override onBarrier(_barrier: Barrier): void {
    this.#settling = false;
    if (this.#held !== null) this.context.output.watermark(this.#held);
    this.#held = null;
  }

  abandon(): void {
    this.#abandoned = true;
    this.#queue.length = 0;
    this.#requests.close();
  }

  #groupsOf(batch: Batch): Int32Array {
    return this.#leftGroups?.(batch) ?? hashColumns(this.#leftKeys(batch), this.#keyTypes, batch.rowCount).map(keyGroup);
  }
  #leftKeys(batch: Batch): Column[] {
    return this.#node.leftKeys.map((k) => batch.columns[k] as Column);
  }

  #ask(batch: Batch): void {
    const numbers = this.#answers.use(this.#leftKeys(batch), batch.rowCount, this.#outside.clock.monotonicMs(), (number) => this.#requests.add(number));
    this.#requests.send();
    this.#queue.push({ kind: 'rows', batch, numbers, left: Int32Array.from({ length: batch.rowCount }, (_, i) => i), ready: 0 });
    this.#waitingRows += batch.rowCount;
  }

  resume(): void {
    let sent = false;
    while (this.#queue.length > 0) {
      const first = this.#queue[0] as Waiting | Mark;
      if (first.kind === 'watermark') this.context.output.watermark(first.micros);
      else if (!this.#isReady(first)) break;
      else {
        this.#sendRows(first, first.left);
        sent = true;
      }
      this.#queue.shift();
    }
    if (!this.#node.lookups.ordered && this.#updates === null) sent = this.#sendAhead() || sent;
    if (sent) this.#answers.trim();
  }
  #isReady(w: Waiting): boolean {
    for (; w.ready < w.left.length; w.ready++) {
      const number = w.numbers[w.left[w.ready] as number] as number;
      if (number >= 0 && !this.#answers.isAnswered(number)) return false;
    }
    return true;
  }
  /** Without order: answered rows go, up to the first watermark. */
  #sendAhead(): boolean {
    let sent = false;
    for (const w of this.#queue) {
      if (w.kind === 'watermark') break;
      const some = new IntList();
      const rest = new IntList();
      for (const i of w.left) {
        const number = w.numbers[i] as number;
        (number < 0 || this.#answers.isAnswered(number) ? some : rest).push(i);
      }
      if (some.length === 0) continue;
      w.left = rest.array.slice(0, rest.length);
      w.ready = 0;
      this.#sendRows(w, some.array.subarray(0, some.length));
      sent = true;
    }
    while (this.#queue[0]?.kind === 'rows' && this.#queue[0].left.length === 0) this.#queue.shift();
    return sent;
  }

  /** Sends rows whose keys are answered, and lets go of their keys. */
  #sendRows({ batch, numbers }: Waiting, rows: Int32Array): void {
    const seen = this.#updates?.seen ?? null;
    const found = this.#pairs(batch, numbers, rows);
    const groups = seen === null ? null : this.#groupsOf(batch);
    for (let from = 0; from < found.left.length; from += TARGET_BATCH_ROWS) {
      const size = Math.min(TARGET_BATCH_ROWS, found.left.length - from);
      const left = found.left.array.subarray(from, from + size);
      const right = found.right.array.subarray(from, from + size);
      const columns = this.#columns(batch, left, right, size);
      if (seen !== null && groups !== null) seen.add(columns, left, right, size, left.map((i) => groups[i] as number));
      this.emit(this.#node.type === 'left' ? { rowCount: size, ops: null, columns } : matchedOnly(columns, right, size));
    }
    seen?.came(batch.rowCount);
    for (const i of rows) {
      const number = numbers[i] as number;
      if (number >= 0) this.#answers.release(number);
    }
    this.#waitingRows -= rows.length;
  }
  #columns(batch: Batch, left: Int32Array, right: Int32Array, n: number): Column[] {
    const { rows } = this.#answers;
    return [...batch.columns.map((c) => gather(c, left, n)), ...rows.columns.map((c) => (rows.high === 0 ? nullColumn(c.type, n) : c.gather(right, n)))];
  }

  #pairs(batch: Batch, numbers: Int32Array, rows: Int32Array): { readonly left: IntList; readonly right: IntList } {
    const left = new IntList(rows.length);
    const right = new IntList(rows.length);
    const test = this.#test;
    const keepsAll = this.#node.type === 'left' || this.#updates !== null;
    for (const i of rows) {
      const number = numbers[i] as number;
      const slots = number < 0 ? null : this.#answers.slotsOf(number);
      if (slots !== null) {
        for (let k = 0; k < slots.length; k++) {
          left.push(i);
          right.push(slots[k] as number);
        }
      }
      if (keepsAll && test === null && (slots === null || slots.length === 0)) {
        left.push(i);
        right.push(-1);
      }
    }
    return test === null ? { left, right } : this.#tested(test, batch, rows, { left, right }, keepsAll);
  }
  #tested(test: PairTest, batch: Batch, rows: Int32Array, all: { readonly left: IntList; readonly right: IntList }, keepsAll: boolean): { readonly left: IntList; readonly right: IntList } {
    const n = all.left.length;
    const passed = n === 0 ? new Int32Array(0) : test.select(this.#columns(batch, all.left.array.subarray(0, n), all.right.array.subarray(0, n), n), n);
    if (!keepsAll) return { left: picked(all.left, passed), right: picked(all.right, passed) };
    const left = new IntList(rows.length);
    const right = new IntList(rows.length);
    let p = 0;
    for (const i of rows) {
      let any = false;
      for (; p < passed.length && all.left.array[passed[p] as number] === i; p++) {
        any = true;
        left.push(i);
        right.push(all.right.array[passed[p] as number] as number);
      }
      if (!any) {
        left.push(i);
        right.push(-1);
      }
    }
    return { left, right };
  }

  /** Takes back what was sent for the rows. */
  #retract(batch: Batch, seen: SeenRows): void {
    const { slots, shown } = seen.take(batch, this.#node.type === 'left');
    for (let from = 0; from < shown.length; from += TARGET_BATCH_ROWS) {
      const some = shown.array.subarray(from, Math.min(shown.length, from + TARGET_BATCH_ROWS));
      this.emit({ rowCount: some.length, ops: new Uint8Array(some.length).fill(DELETE), columns: seen.outputColumns(some, some.length) });
    }
    seen.remove(slots);
  }

  override close(): void {
    this.#requests.close();
    void this.#reader.close().catch(() => {});
  }
}

function picked(list: IntList, at: Int32Array): IntList {
  const out = new IntList(at.length);
  for (const k of at) out.push(list.array[k] as number);
  return out;
}
