import type { Batch, Schema } from '../common/batch/batch.ts';
import { readValue } from '../common/batch/builder.ts';
import type { Clock } from '../common/clock.ts';
import { Rng } from '../common/rng.ts';
import { physicalOf } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Row } from '../common/types/value.ts';
import type { ConnectorContext } from '../connectors/api.ts';
import type { OperatorContext, RowError } from '../exec/operator.ts';
import type { EvalContext } from '../functions/define.ts';
import type { PhysicalPlan, PhysicalSource } from '../planner/physical.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';
import { Activity } from './activity.ts';
import type { Receiver, Sender } from './exchange/channel.ts';
import type { Edge } from './fragment.ts';
import { JobRecords } from './job-records.ts';
import type { Deploy, FromWorker } from './messages.ts';
import { PermanentFailure } from './plain-error.ts';
import type { Task, TaskHooks } from './task.ts';

/** What a worker has from outside, and its jobs from it. */
export interface WorkerSite {
  readonly worker: number;
  readonly parallelism: number;
  readonly clock: Clock;
  readonly workDir: string;
  readonly post: (message: FromWorker) => void;
  readonly print: ((line: string, stderr: boolean) => void) | undefined;
  /** The sending end, on this worker, of an edge to another one; and the receiving end. */
  readonly sender: (deploy: Deploy, edge: Edge, to: number) => Sender;
  readonly receiver: (deploy: Deploy, edge: Edge, from: number) => Receiver;
}

/** What a job's instance asks of the worker it is on. */
export interface InstanceHost extends WorkerSite {
  readonly wake: (task: Task) => void;
  readonly pollRows: () => number;
  readonly failed: (deploy: Deploy, error: unknown) => void;
  readonly taskHooks: TaskHooks;
}

/** The clock and chance of a job's expressions; the epoch's time moves at barriers. */
class JobEval implements EvalContext {
  nowMicros: bigint;
  procMicros: bigint;
  watermark: bigint | null = null;
  readonly timeZone: string;
  readonly random: () => number;
  constructor(now: bigint, timeZone: string, rng: Rng) {
    this.nowMicros = now;
    this.procMicros = now;
    this.timeZone = timeZone;
    this.random = () => rng.double();
  }
}

/** Another sequence at every start: what a job drew before a restart must not come again. */
const startSeed = (seed: number, nowMicros: bigint): number => ((seed ^ Number(nowMicros & 0xffff_ffffn)) >>> 0) + Number((nowMicros >> 32n) & 0xf_ffffn) * 2 ** 32;

type ErrorPolicy = Deploy['spec']['errorPolicy'];

/** What all parts of one job on one worker share: clock, counts, and the way to the coordinator. */
export class JobSite {
  readonly deploy: Deploy;
  readonly host: InstanceHost;
  readonly eval: JobEval;
  readonly records: JobRecords = new JobRecords();
  /** By `stateId`; what several tasks run of one node counts as one. */
  readonly activities: Map<string, Activity> = new Map();
  #active = false;
  #failed = false;

  constructor(deploy: Deploy, host: InstanceHost) {
    const { spec } = deploy;
    const now = host.clock.nowMicros();
    this.deploy = deploy;
    this.host = host;
    this.eval = new JobEval(now, spec.timeZone, new Rng(startSeed(spec.seed * 1000 + host.worker, now)));
  }
  get job(): Deploy['spec']['id'] {
    return this.deploy.spec.id;
  }

  activityOf(node: PhysicalPlan): Activity {
    const id = node.props.stateId;
    let activity = this.activities.get(id);
    if (activity === undefined) this.activities.set(id, (activity = new Activity()));
    return activity;
  }

  /** Once per epoch the coordinator hears that there is something to close. */
  active(soon: boolean): void {
    this.eval.procMicros = this.host.clock.nowMicros();
    if (this.#active && !soon) return;
    this.#active = true;
    this.host.post({ kind: 'active', job: this.job, soon });
  }
  /** A barrier closes the epoch; what comes of a stored table's changes from here on is processed at its time. */
  closing(nowMicros: bigint): void {
    this.#active = false;
    if (nowMicros > this.eval.procMicros) this.eval.procMicros = nowMicros;
  }
  /** Once: what fails after that does so because of it. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.host.failed(this.deploy, error);
  }
  get hasFailed(): boolean {
    return this.#failed;
  }
  log(level: 'info' | 'warn' | 'error', message: string): void {
    this.host.post({ kind: 'log', level, message: `${this.deploy.spec.name}: ${message}` });
  }

  connectorContext(): ConnectorContext {
    const { clock, workDir, print } = this.host;
    return {
      clock, workDir, seed: this.deploy.spec.seed,
      log: (level, message) => this.log(level, message),
      fail: (error) => this.fail(error),
      ...(print === undefined ? {} : { print }),
    };
  }
  operatorContext(node: PhysicalPlan, output: OperatorContext['output']): OperatorContext {
    const { worker, parallelism } = this.host;
    const policy = this.errorPolicy(node);
    const activity = this.activityOf(node);
    return {
      output, worker, parallelism,
      eval: this.eval,
      state: { register: () => {} },
      rowError: (error) => this.#rowError(node, activity, policy, error),
      late: (_operator, batch, row) => this.#late(node, activity, batch, row),
    };
  }
  /** What a refused row does: what a source's table says goes before what the job was started with. */
  errorPolicy(node: PhysicalPlan): ErrorPolicy {
    const { errorPolicy } = this.deploy.spec;
    return (node.kind === 'source' ? declaredPolicy(node) : null) ?? errorPolicy;
  }

  #rowError(node: PhysicalPlan, activity: Activity, policy: ErrorPolicy, { error, row, placeless }: RowError): void {
    if (placeless === true && this.deploy.result !== null) return;
    this.records.rowsBad++;
    activity.rowsBad++;
    if (policy === 'fail') throw new PermanentFailure(error);
    if (policy === 'ignore') return;
    const schema = inputsOf(node).find((i) => i.props.schema.length === row?.length)?.props.schema ?? node.props.schema;
    const raw = row === null ? null : new TextEncoder().encode(recordText(schema, row));
    this.records.refused({ job: this.job, sequence: 0, source: this.deploy.spec.name, split: null, offset: null, raw, reason: error.message, field: null, atMicros: this.host.clock.nowMicros() });
  }
  #late(node: PhysicalPlan, activity: Activity, batch: Batch, row: number): void {
    this.records.rowsLate++;
    activity.rowsLate++;
    const input = inputsOf(node).find((i) => fits(i.props.schema, batch))?.props;
    if (input === undefined || !this.records.wantsLate) return;
    const { schema } = input;
    const time = batch.columns[input.watermarkColumns[0] ?? -1];
    const eventTime = time?.physical === 'i64' && time.nulls?.[row] !== 1 ? (time.values[row] as bigint) : null;
    const text = recordText(schema, batch.columns.map((c, k) => readValue((schema[k] as Schema[number]).type, c, row)));
    this.records.late({ job: this.job, operator: describeNode(node), eventTime, watermark: activity.watermark, row: text, atMicros: this.host.clock.nowMicros() });
  }
}

function declaredPolicy({ spec: { options } }: PhysicalSource): ErrorPolicy | null {
  const said = options['error-handling.mode'] ?? options['error.policy'];
  return said === 'log' || said === 'ignore' || said === 'fail' ? said : null;
}

const fits = (schema: Schema, batch: Batch): boolean => schema.length === batch.columns.length && schema.every((f, i) => physicalOf(f.type) === batch.columns[i]?.physical);
const recordText = (schema: Schema, row: Row): string => `(${row.map((v, i) => (v === null ? 'NULL' : textOut(v, schema[i]?.type ?? { kind: 'varchar' }))).join(', ')})`;
