import { INSERT, type Batch } from '../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { InternalError } from '../../common/errors.ts';
import { epoch } from '../../common/ids.ts';
import type { Row } from '../../common/types/value.ts';
import type { EvalContext } from '../../functions/define.ts';
import { buildOperator } from '../../exec/build.ts';
import { evaluate } from '../../exec/expr/interpret.ts';
import { hashRows, keyGroup } from '../../exec/hash.ts';
import type { Operator, OperatorContext } from '../../exec/operator.ts';
import { checkedOperator } from '../../exec/operators/checked.ts';
import { ownerOf } from '../../exec/state-api.ts';
import type { Change } from '../../exec/testing/harness.ts';
import type { PhysicalExchange, PhysicalPlan, PhysicalSource } from '../../planner/physical.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { lagOf } from '../../planner/physical/watermark-lag.ts';
import { PropsCheck } from './check-props.ts';

/** Runs a physical plan in one thread, for tests, on any number of workers: exchanges place rows, shared subplans run once. */

export const testEval: EvalContext = { nowMicros: 1_700_000_000_000_000n, procMicros: 1_700_000_000_000_000n, timeZone: 'UTC', watermark: null, random: () => 0.5 };

interface Task {
  readonly node: PhysicalPlan;
  /** One a worker; none for nodes that only pass rows on. */
  readonly operators: Operator[];
  readonly consumers: { readonly task: Task; readonly port: number }[];
  /** Per worker, of exchanges. */
  readonly marks: (bigint | null)[];
  /** Null where nothing is checked beyond what operators are. */
  readonly check: PropsCheck | null;
}

const PASSING: ReadonlySet<string> = new Set(['exchange', 'shared', 'sink', 'result']);

/** Where a split update pair's halves stand alone. */
const single = (op: number): number => (op === 1 ? 3 : op === 2 ? 0 : op);

export class PlanRun {
  readonly errors: string[] = [];
  /** What operators see of the clock; NOW() of the epoch and the time of batches are one here. */
  readonly #eval = { ...testEval };
  late = 0;
  /** Sources send late rows, too. */
  lateInput = false;
  /** None of them by more than the lag that the plan gives its watermark. */
  lateWithinLag = false;
  readonly watermarks: bigint[] = [];
  #out: Change[] = [];
  readonly #tasks: Task[] = [];
  readonly #byId = new Map<string, Task>();
  readonly #sourceMarks = new Map<string, bigint>();
  readonly #root: PhysicalPlan;
  readonly #workers: number;
  #epoch = 0;
  readonly #checking: boolean;

  /** @param checking hold every node's derived properties against its output. */
  constructor(root: PhysicalPlan, workers = 1, checking = false) {
    this.#root = root;
    this.#workers = workers;
    this.#checking = checking;
    this.#make(root);
  }

  #make(node: PhysicalPlan): Task {
    const known = this.#byId.get(node.props.stateId);
    if (known !== undefined) return known;
    const inputs = inputsOf(node).map((i) => this.#make(i));
    const task: Task = { node, operators: [], consumers: [], marks: Array.from({ length: this.#workers }, () => null), check: this.#checking ? new PropsCheck(node, this.#workers) : null };
    if (!PASSING.has(node.kind) && (inputs.length > 0 || node.kind === 'values')) {
      for (let w = 0; w < this.#workers; w++) task.operators.push(this.#operator(task, w));
    }
    inputs.forEach((input, port) => input.consumers.push({ task, port }));
    this.#byId.set(node.props.stateId, task);
    this.#tasks.push(task);
    return task;
  }

  #operator(task: Task, worker: number): Operator {
    const { node } = task;
    const context: OperatorContext = {
      output: { emit: (batch) => this.#emit(task, worker, batch), watermark: (w) => this.#watermark(task, worker, w) },
      eval: this.#eval,
      state: { register: () => {} },
      rowError: ({ error }) => this.errors.push(error.message),
      late: () => this.late++,
      worker,
      parallelism: this.#workers,
    };
    return checkedOperator(node, context, (cx) => buildOperator(node, cx));
  }

  /** A task's output on a worker. */
  #emit(task: Task, worker: number, batch: Batch): void {
    if (batch.rowCount === 0) return;
    this.#checkTimes(task, worker, batch);
    task.check?.batch(worker, batch);
    if (task.node === this.#root) {
      rowsFromBatch(this.#root.props.schema, batch).forEach((row, i) => this.#out.push({ op: batch.ops?.[i] ?? INSERT, row }));
      return;
    }
    for (const consumer of task.consumers) {
      const { operators, node } = consumer.task;
      if (operators.length > 0) operators[worker]?.onBatch(consumer.port, batch);
      else if (node.kind === 'exchange') this.#exchange(consumer.task, node, batch);
      else this.#emit(consumer.task, worker, batch);
    }
  }

  /** No row after a watermark has a time at or below it, in the columns said to be event time. */
  #checkTimes(task: Task, worker: number, batch: Batch): void {
    const { watermarkColumns, schema } = task.node.props;
    const sent = this.#sent.get(`${task.node.props.stateId}/${worker}`);
    const unchecked = this.lateInput && !(this.lateWithinLag && lagOf(task.node) > 0n);
    if (unchecked || watermarkColumns.length === 0 || sent === undefined) return;
    for (const row of rowsFromBatch(schema, batch)) {
      for (const c of watermarkColumns) {
        const time = row[c];
        if (typeof time === 'bigint' && time <= sent) throw new InternalError(`${task.node.kind} sent ${schema[c]?.name} = ${time} after watermark ${sent}`);
      }
    }
  }
  readonly #sent = new Map<string, bigint>();

  #exchange(task: Task, node: PhysicalExchange, batch: Batch): void {
    if (this.#workers === 1) {
      this.#emit(task, 0, batch);
      return;
    }
    const { schema, changelog } = node.props;
    const { to } = node;
    const rows = rowsFromBatch(schema, batch);
    const hashes = to.kind === 'hash' ? hashRows(batch, to.keys, to.keys.map((k) => schema[k]?.type ?? { kind: 'unknown' })) : null;
    const parts = Array.from({ length: this.#workers }, (): { rows: Row[]; ops: number[] } => ({ rows: [], ops: [] }));
    rows.forEach((row, i) => {
      const owner = hashes === null ? 0 : ownerOf(keyGroup(hashes[i] ?? 0), this.#workers);
      const op = batch.ops?.[i] ?? INSERT;
      parts[owner]?.rows.push(row);
      parts[owner]?.ops.push(changelog === 'upsert' ? op : single(op));
    });
    parts.forEach((part, w) => {
      if (part.rows.length > 0) this.#emit(task, w, plain(batchFromRows(schema, part.rows, Uint8Array.from(part.ops))));
    });
  }

  #watermark(task: Task, worker: number, micros: bigint): void {
    this.#sent.set(`${task.node.props.stateId}/${worker}`, micros);
    if (task.node === this.#root && worker === 0) this.watermarks.push(micros);
    for (const consumer of task.consumers) {
      const { operators, node, marks } = consumer.task;
      if (operators.length > 0) operators[worker]?.onWatermark(consumer.port, micros);
      else if (node.kind !== 'exchange') this.#watermark(consumer.task, worker, micros);
      else {
        marks[worker] = micros;
        let min: bigint | null = micros;
        for (const m of marks) if (m === null || (min !== null && m < min)) min = m;
        for (let w = 0; w < this.#workers && min !== null; w++) this.#watermark(consumer.task, w, min);
      }
    }
  }

  /** Changes of a relation, rows with all its columns. */
  send(relation: number, changes: readonly Change[]): void {
    for (const task of this.#tasks) {
      const { node } = task;
      if (node.kind === 'tableScan' && Number(node.relation) === relation) {
        this.#deal(task, changes.map((c) => ({ op: c.op, row: node.columns.map((i) => c.row[i] ?? null) })), changes);
      }
      if (node.kind === 'source' && Number(node.tableId) === relation) this.#read(task, node, changes);
    }
  }

  /** Rows to workers; all changes of one row to the same. */
  #deal(task: Task, changes: readonly Change[], by: readonly Change[]): void {
    const { schema, changelog } = task.node.props;
    for (let w = 0; w < this.#workers; w++) {
      const mine = changes.filter((_, i) => worker(by[i]?.row ?? [], this.#workers) === w);
      if (mine.length === 0) continue;
      const split = mine.length < changes.length;
      const batch = plain(batchFromRows(schema, mine.map((c) => c.row), Uint8Array.from(mine, (c) => (split ? single(c.op) : c.op))));
      if (changelog === 'append-only' && batch.ops !== null) throw new InternalError('changes sent to an append-only leaf');
      this.#emit(task, w, batch);
    }
  }

  #read(task: Task, node: PhysicalSource, changes: readonly Change[]): void {
    const env = { context: testEval };
    const read = changes.map((c) => {
      const reader: Row = node.spec.projection.map((i) => c.row[i] ?? null);
      return { op: c.op, row: node.exprs.map((e) => evaluate(e, reader, env)) };
    });
    this.#deal(task, read, changes);
    const { watermark } = node;
    if (watermark === null) return;
    let max = this.#sourceMarks.get(node.props.stateId) ?? null;
    const before = max;
    for (const { row } of read) {
      const w = evaluate(watermark.expr, row, env);
      if (typeof w === 'bigint' && (max === null || w > max)) max = w;
    }
    if (max === null || max === before) return;
    this.#sourceMarks.set(node.props.stateId, max);
    for (let w = 0; w < this.#workers; w++) this.#watermark(task, w, max);
  }

  /** @param nowMicros NOW() of the epoch that begins. */
  barrier(nowMicros: bigint = testEval.nowMicros): void {
    this.#epoch++;
    for (const { operators } of this.#tasks) {
      for (const operator of operators) operator.onBarrier({ epoch: epoch(this.#epoch), checkpoint: false, nowMicros });
    }
    for (const { check } of this.#tasks) check?.barrier();
  }

  /** All inputs have ended. An operator's end comes after the barrier at which its inputs sent their last rows. */
  end(): void {
    this.#epoch++;
    for (const { node, operators } of this.#tasks) {
      for (const operator of operators) {
        inputsOf(node).forEach((_, port) => operator.onEnd(port));
        operator.onBarrier({ epoch: epoch(this.#epoch), checkpoint: false, nowMicros: this.#eval.nowMicros });
      }
    }
  }

  /** Nodes whose stream key was tried. */
  get keyed(): number {
    return this.#tasks.filter((t) => t.check !== null && t.node.props.streamKey !== null).length;
  }

  /** What reached the root since the last call; a materialized root sends its net change at barriers. */
  take(): Change[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

const plain = (batch: Batch): Batch => (batch.ops?.every((op) => op === INSERT) === true ? { ...batch, ops: null } : batch);

function worker(row: Row, workers: number): number {
  let h = 7;
  for (const v of row) for (const ch of String(v)) h = (h * 31 + ch.charCodeAt(0)) >>> 0;
  return h % workers;
}
