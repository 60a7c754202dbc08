import { INSERT, type Batch } from '../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { InternalError } from '../../common/errors.ts';
import { epoch } from '../../common/ids.ts';
import type { Row } from '../../common/types/value.ts';
import type { EvalContext } from '../../functions/define.ts';
import { buildOperator } from '../../exec/build.ts';
import { evaluate } from '../../exec/expr/interpret.ts';
import type { Operator, OperatorContext } from '../../exec/operator.ts';
import { checkedOperator } from '../../exec/operators/checked.ts';
import type { Change } from '../../exec/testing/harness.ts';
import type { PhysicalPlan, PhysicalSource } from '../../planner/physical.ts';
import { inputsOf } from '../../planner/physical/props.ts';

/** Runs a physical plan in one thread, for tests: exchanges pass rows on, shared subplans run once. */

export const testEval: EvalContext = { nowMicros: 1_700_000_000_000_000n, procMicros: 1_700_000_000_000_000n, timeZone: 'UTC', watermark: null, random: () => 0.5 };

interface Task {
  readonly node: PhysicalPlan;
  readonly operator: Operator | null;
  readonly consumers: { readonly task: Task; readonly port: number }[];
}

/** Nodes that pass on what they get. */
const PASSING: ReadonlySet<string> = new Set(['exchange', 'shared', 'sink', 'result']);

export class PlanRun {
  readonly errors: string[] = [];
  late = 0;
  /** What reached the root since the last `take`. */
  #out: Change[] = [];
  readonly #tasks: Task[] = [];
  readonly #byId = new Map<string, Task>();
  #epoch = 0;
  readonly #root: PhysicalPlan;

  constructor(root: PhysicalPlan) {
    this.#root = root;
    this.#make(root);
  }

  #make(node: PhysicalPlan): Task {
    const known = this.#byId.get(node.props.stateId);
    if (known !== undefined) return known;
    const consumers: Task['consumers'] = [];
    const inputs = inputsOf(node).map((i) => this.#make(i));
    const operator = inputs.length === 0 && node.kind !== 'values' ? null : PASSING.has(node.kind) ? null : this.#operator(node, consumers);
    const task: Task = { node, operator, consumers };
    inputs.forEach((input, port) => input.consumers.push({ task, port }));
    this.#byId.set(node.props.stateId, task);
    this.#tasks.push(task);
    return task;
  }

  #operator(node: PhysicalPlan, consumers: Task['consumers']): Operator {
    const context: OperatorContext = {
      output: { emit: (batch) => (node === this.#root ? this.#collect(batch) : this.#emit(consumers, batch)), watermark: (w) => this.#watermark(consumers, w) },
      eval: testEval,
      state: { register: () => {} },
      rowError: ({ error }) => this.errors.push(error.message),
      late: () => this.late++,
      worker: 0,
      parallelism: 1,
    };
    return checkedOperator(node, context, (cx) => buildOperator(node, cx));
  }

  #emit(consumers: Task['consumers'], batch: Batch): void {
    if (batch.rowCount === 0) return;
    for (const { task, port } of consumers) {
      if (task.operator !== null) task.operator.onBatch(port, batch);
      else this.#arrive(task, batch);
    }
  }

  #arrive(task: Task, batch: Batch): void {
    if (task.node === this.#root) this.#collect(batch);
    else this.#emit(task.consumers, batch);
  }

  #collect(batch: Batch): void {
    rowsFromBatch(this.#root.props.schema, batch).forEach((row, i) => this.#out.push({ op: batch.ops?.[i] ?? INSERT, row }));
  }

  #watermark(consumers: Task['consumers'], micros: bigint): void {
    for (const { task, port } of consumers) {
      if (task.operator !== null) task.operator.onWatermark(port, micros);
      else this.#watermark(task.consumers, micros);
    }
  }

  /** Changes of a relation, rows with all its columns. */
  send(relation: number, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    for (const task of this.#tasks) {
      const { node } = task;
      if (node.kind === 'tableScan' && Number(node.relation) === relation) {
        const rows = changes.map((c) => node.columns.map((i) => c.row[i] ?? null));
        this.#push(task, batchFromRows(node.props.schema, rows, Uint8Array.from(changes, (c) => c.op)));
      }
      if (node.kind === 'source' && Number(node.tableId) === relation) this.#read(task, node, changes);
    }
  }

  #push(task: Task, batch: Batch): void {
    const { props } = task.node;
    if (props.changelog === 'append-only' && batch.ops?.some((op) => op !== INSERT) === true) throw new InternalError('changes sent to an append-only leaf');
    const plain = batch.ops?.every((op) => op === INSERT) === true ? { ...batch, ops: null } : batch;
    if (task.node === this.#root) this.#collect(plain);
    else this.#emit(task.consumers, plain);
  }

  #read(task: Task, node: PhysicalSource, changes: readonly Change[]): void {
    const env = { context: testEval };
    const rows = changes.map((c) => {
      const reader: Row = node.spec.projection.map((i) => c.row[i] ?? null);
      return node.exprs.map((e) => evaluate(e, reader, env));
    });
    this.#push(task, batchFromRows(node.props.schema, rows, Uint8Array.from(changes, (c) => c.op)));
    const { watermark } = node;
    if (watermark === null) return;
    let max: bigint | null = null;
    for (const row of rows) {
      const w = evaluate(watermark.expr, row, env);
      if (typeof w === 'bigint' && (max === null || w > max)) max = w;
    }
    const before = this.#marks.get(node.props.stateId) ?? null;
    if (max === null || (before !== null && max <= before)) return;
    this.#marks.set(node.props.stateId, max);
    this.#watermark(task.consumers, max);
  }
  readonly #marks = new Map<string, bigint>();

  barrier(): void {
    this.#epoch++;
    for (const { operator } of this.#tasks) operator?.onBarrier({ epoch: epoch(this.#epoch), checkpoint: false, nowMicros: testEval.nowMicros });
  }

  /** All inputs have ended. */
  end(): void {
    for (const task of this.#tasks) {
      inputsOf(task.node).forEach((_, port) => task.operator?.onEnd(port));
    }
    this.barrier();
  }

  /** The root's changes; materialize roots send theirs at barriers. */
  take(): Change[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }
}
