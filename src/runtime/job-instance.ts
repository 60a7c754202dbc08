import type { Batch } from '../common/batch/batch.ts';
import { readValue } from '../common/batch/builder.ts';
import type { Clock } from '../common/clock.ts';
import type { Epoch, ObjectId } from '../common/ids.ts';
import { InternalError } from '../common/errors.ts';
import { Rng } from '../common/rng.ts';
import { physicalOf } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Row } from '../common/types/value.ts';
import type { Schema } from '../common/batch/batch.ts';
import type { ConnectorContext, JsonValue } from '../connectors/api.ts';
import { connectorNamed } from '../connectors/registry.ts';
import { buildOperator } from '../exec/build.ts';
import { isAsking, type Barrier, type Operator, type OperatorContext } from '../exec/operator.ts';
import { MaterializeOperator } from '../exec/operators/materialize.ts';
import { ownerOf, type CheckpointedState } from '../exec/state-api.ts';
import type { EvalContext } from '../functions/define.ts';
import type { PhysicalPlan, PhysicalSink, PhysicalSource } from '../planner/physical.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { CheckpointBlock } from '../store/api.ts';
import { Activity } from './activity.ts';
import type { ErrorRecord, LateRecord, NodeActivity } from './api.ts';
import { LocalChannel, type Receiver, type Sender } from './exchange/channel.ts';
import { fragmentsOf, type Edge, type Fragment, type FragmentInput, type JobGraph } from './fragment.ts';
import { ChannelInput, PulseInput, type InputTarget, type TaskInput } from './input.ts';
import type { Deploy, FromWorker, JobAck, Turn, WorkerActivity } from './messages.ts';
import { TaskOutput } from './output.ts';
import { outsideOf } from './outside.ts';
import { PermanentFailure } from './plain-error.ts';
import { ResultOperator } from './result-operator.ts';
import { SinkOperator } from './sink-operator.ts';
import { ScanInput } from './scan-input.ts';
import { UpsertFold } from './upsert-fold.ts';
import { SourceInput } from './source-input.ts';
import { TableInput } from './table-input.ts';
import { Task, type TaskHooks } from './task.ts';

/** What an instance asks of the worker it is on. */
export interface InstanceHost {
  readonly worker: number;
  readonly parallelism: number;
  readonly clock: Clock;
  readonly workDir: string;
  readonly post: (message: FromWorker) => void;
  readonly print: ((line: string, stderr: boolean) => void) | undefined;
  readonly wake: (task: Task) => void;
  readonly pollRows: () => number;
  readonly failed: (instance: JobInstance, error: unknown) => void;
  /** The sending end, on this worker, of an edge to another one; and the receiving end. */
  readonly sender: (deploy: Deploy, edge: Edge, to: number) => Sender;
  readonly receiver: (deploy: Deploy, edge: Edge, from: number) => Receiver;
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

interface Scan {
  readonly channel: LocalChannel;
  readonly relation: ObjectId;
  readonly columns: readonly number[];
  readonly snapshotOnly: boolean;
  subscribed: boolean;
}

/** One job's tasks on one worker. */
export class JobInstance {
  readonly deploy: Deploy;
  readonly tasks: Task[] = [];
  readonly scans: Map<string, Scan> = new Map();
  /** Relations that it keeps. */
  readonly relations: Map<ObjectId, { readonly task: Task; readonly operator: MaterializeOperator; readonly node: PhysicalPlan }> = new Map();
  readonly tables: Map<ObjectId, LocalChannel> = new Map();
  readonly #host: InstanceHost;
  readonly #sources = new Map<string, SourceInput>();
  readonly #tableInputs = new Map<string, TableInput>();
  readonly #sinks = new Map<string, SinkOperator>();
  readonly #results: ResultOperator[] = [];
  readonly #scanInputs: ScanInput[] = [];
  readonly #injected: TaskInput[] = [];
  readonly #eval: JobEval;
  readonly #local = new Map<number, LocalChannel>();
  readonly #activity = new Map<string, Activity>();
  #errors: ErrorRecord[] = [];
  #late: LateRecord[] = [];
  #lateCount = 0;
  #badCount = 0;
  #active = false;
  #failed = false;
  /** Positions at a checkpoint, until it is durable. */
  readonly #positions = new Map<Epoch, ReadonlyMap<string, ReadonlyMap<string, JsonValue>>>();

  constructor(deploy: Deploy, host: InstanceHost) {
    this.deploy = deploy;
    this.#host = host;
    this.#eval = new JobEval(host.clock.nowMicros(), deploy.spec.timeZone, new Rng(startSeed(deploy.spec.seed * 1000 + host.worker, host.clock.nowMicros())));
    const graph = fragmentsOf(deploy.spec.plans, host.parallelism);
    for (const fragment of graph.fragments) this.#makeTask(fragment);
    graph.fragments.forEach((fragment, i) => this.#connect(this.tasks[i] as Task, fragment, graph));
    if (deploy.suspended) for (const task of this.tasks) this.turn(task, 'suspended');
  }
  get job(): Deploy['spec']['id'] {
    return this.deploy.spec.id;
  }
  get stateIds(): readonly string[] {
    return this.#states().map((s) => s.id);
  }
  #states(): Operator['states'][number][] {
    return this.tasks.flatMap((t) => this.#statesOf(t));
  }

  #statesOf(task: Task): Operator['states'][number][] {
    const held = task.inputs.flatMap((input) => (input instanceof ScanInput && this.deploy.result === null ? [input.state] : []));
    return [...task.stations.flatMap((s) => [...s.operator.states]), ...held];
  }

  #makeTask(fragment: Fragment): void {
    const { worker, parallelism } = this.#host;
    let task: Task | null = null;
    const wake = (): void => {
      if (task !== null) this.#host.wake(task);
    };
    const edges = fragment.outputs.map((edge) => ({
      edge,
      senders: edge.distribution === null ? [this.#localChannel(edge.number)] : Array.from({ length: parallelism }, (_, to) => this.#host.sender(this.deploy, edge, to)),
    }));
    const output = new TaskOutput(edges, worker, parallelism, wake);
    const later: { node: PhysicalPlan; index: number; out: { emit(b: Batch): void; watermark(m: bigint): void } }[] = [];
    task = new Task(
      fragment,
      output,
      (node, index) => {
        // The task does not exist yet: its outputs are found at the first row.
        const slot = { node, index, out: { emit: (_: Batch): void => {}, watermark: (_: bigint): void => {} } };
        later.push(slot);
        const activity = this.#activityOf(node);
        const output = {
          emit: (b: Batch): void => {
            activity.sent(b);
            slot.out.emit(b);
          },
          watermark: (m: bigint): void => {
            activity.watermark = m;
            slot.out.watermark(m);
          },
        };
        return this.#operator(node, output, wake);
      },
      this.#host.taskHooks,
      (node) => this.#activityOf(node),
    );
    for (const slot of later) slot.out = task.outputOf(slot.index);
    for (const { node, operator } of task.stations) {
      if (node.kind === 'materialize' && operator instanceof MaterializeOperator) this.relations.set(node.relation, { task, operator, node });
    }
    this.tasks.push(task);
  }
  #activityOf(node: PhysicalPlan): Activity {
    const id = node.props.stateId;
    let activity = this.#activity.get(id);
    if (activity === undefined) this.#activity.set(id, (activity = new Activity()));
    return activity;
  }
  /** What each operator has done so far. */
  inspect(): WorkerActivity {
    const operators = new Map(this.tasks.flatMap((t) => t.stations.map(({ node, operator }) => [node.props.stateId, operator] as const)));
    const held = new Map(this.#scanInputs.map((i) => [i.node.props.stateId, i.state] as const));
    const nodes = [...this.#activity].map(([id, { rowsOut, rowsDealt, watermark, rowsLate, rowsBad, bytesOut, busyMs, blockedMs }]): [string, NodeActivity] => {
      const operator = operators.get(id);
      const kept = [...(operator?.states ?? []), ...(held.has(id) ? [held.get(id) as CheckpointedState] : [])];
      return [id, {
        rowsOut, rowsDealt, rowsDealtMost: rowsDealt, workers: 1, watermark, rowsLate, rowsBad, waitsFor: operator?.waitsFor?.() ?? null, expired: operator?.expired?.() ?? 0, bytesOut, busyMs, busiestMs: busyMs, blockedMs,
        stateEntries: kept.reduce((n, s) => n + s.entryCount, 0), stateBytes: kept.reduce((n, s) => n + (s.entryCount === 0 ? 0 : s.byteCount), 0),
      }];
    });
    return {
      nodes: new Map(nodes),
      splits: [...this.#sources.values()].flatMap((s) => s.status()),
    };
  }
  #localChannel(edge: number): LocalChannel {
    let channel = this.#local.get(edge);
    if (channel === undefined) this.#local.set(edge, (channel = new LocalChannel()));
    return channel;
  }

  #operator(node: PhysicalPlan, output: OperatorContext['output'], wake: () => void): Operator {
    switch (node.kind) {
      case 'sink': {
        const sink = new SinkOperator(this.#writer(node), wake, (message) => this.#log('warn', message), foldOf(node), this.deploy.spec.skipsBeginning === true && !this.deploy.recovered);
        this.#sinks.set(node.props.stateId, sink);
        return sink;
      }
      case 'result': {
        const { result } = this.deploy;
        if (result === null) throw new InternalError('a result without a reader');
        const { job } = this;
        // The rows are all on one worker; the others' ends say nothing.
        const here = this.#host.worker === ownerOf(0, this.#host.parallelism);
        const made = new ResultOperator(result, {
          rows: (batch, bytes, epoch) => this.#host.post({ kind: 'rows', job, batch, bytes, epoch }),
          progress: (epoch) => here && this.#host.post({ kind: 'progress', job, epoch }),
          end: () => here && this.#host.post({ kind: 'resultEnd', job }),
        });
        this.#results.push(made);
        return made;
      }
      default:
        return buildOperator(node, { ...this.#context(node, output), outside: outsideOf(this.#connectorContext(), wake) });
    }
  }
  #writer(node: PhysicalSink): ReturnType<NonNullable<ReturnType<typeof connectorNamed>['sink']>['writer']> {
    const { sink } = connectorNamed(node.spec.connector);
    if (sink === undefined) throw new InternalError(`connector "${node.spec.connector}" cannot be written to`);
    return sink.writer(node.spec, this.#host.worker, this.#connectorContext());
  }
  #connectorContext(): ConnectorContext {
    const { print } = this.#host;
    return {
      clock: this.#host.clock, seed: this.deploy.spec.seed, workDir: this.#host.workDir,
      log: (level, message) => this.#log(level, message),
      fail: (error) => this.fail(error),
      ...(print === undefined ? {} : { print }),
    };
  }
  #log(level: 'info' | 'warn' | 'error', message: string): void {
    this.#host.post({ kind: 'log', level, message: `${this.deploy.spec.name}: ${message}` });
  }

  #context(node: PhysicalPlan, output: OperatorContext['output']): OperatorContext {
    const { worker, parallelism, clock } = this.#host;
    const { errorPolicy: usual } = this.deploy.spec;
    const errorPolicy = node.kind === 'source' ? policyOf(node, usual) : usual;
    const activity = this.#activityOf(node);
    return {
      output, worker, parallelism,
      eval: this.#eval,
      state: { register: () => {} },
      rowError: ({ error, row, placeless }) => {
        if (placeless === true && this.deploy.result !== null) return;
        this.#badCount++;
        activity.rowsBad++;
        if (errorPolicy === 'fail') throw new PermanentFailure(error);
        if (errorPolicy === 'ignore') return;
        const schema = inputsOf(node).find((i) => i.props.schema.length === row?.length)?.props.schema ?? node.props.schema;
        const raw = row === null ? null : new TextEncoder().encode(rowText(schema, row));
        this.#refused({ job: this.job, sequence: 0, source: this.deploy.spec.name, split: null, offset: null, raw, reason: error.message, field: null, atMicros: clock.nowMicros() });
      },
      late: (_operator, batch, row) => {
        this.#lateCount++;
        activity.rowsLate++;
        const input = inputsOf(node).find((i) => fits(i.props.schema, batch))?.props;
        if (input === undefined || this.#late.length >= RECORDS_PER_EPOCH) return;
        const { schema } = input;
        const time = batch.columns[input.watermarkColumns[0] ?? -1];
        const eventTime = time?.physical === 'i64' && time.nulls?.[row] !== 1 ? (time.values[row] as bigint) : null;
        const text = rowText(schema, batch.columns.map((c, k) => readValue((schema[k] as Schema[number]).type, c, row)));
        this.#late.push({ job: this.job, operator: describeNode(node), eventTime, watermark: activity.watermark, row: text, atMicros: clock.nowMicros() });
      },
    };
  }

  #connect(task: Task, fragment: Fragment, graph: JobGraph): void {
    const wake = (): void => this.#host.wake(task);
    const inputs = fragment.inputs.map((input) => ({
      feed: input.kind === 'pulse' ? null : input.feed, input: this.#input(task, input, graph, wake), activity: input.kind === 'pulse' || input.kind === 'edge' ? null : this.#activityOf(input.node),
    }));
    task.setInputs(inputs);
  }
  #input(task: Task, input: FragmentInput, graph: JobGraph, wake: () => void): TaskInput {
    if (input.kind === 'pulse') {
      const pulse = new PulseInput();
      this.#injected.push(pulse);
      return pulse;
    }
    const target = input.kind === 'edge' ? task.target(input.feed) : this.#activityOf(input.node).counted(task.target(input.feed));
    switch (input.kind) {
      case 'edge': {
        const edge = graph.edges[input.edge] as Edge;
        const receivers = input.remote ? Array.from({ length: this.#host.parallelism }, (_, from) => this.#host.receiver(this.deploy, edge, from)) : [this.#localChannel(edge.number)];
        const to = input.feed === null || edge.distribution?.kind !== 'hash' ? undefined : task.stations[input.feed.index]?.node;
        return new ChannelInput(to === undefined ? target : this.#activityOf(to).dealt(target), receivers, wake);
      }
      case 'source':
        return this.#source(input.node, target, wake);
      case 'scan': {
        const channel = new LocalChannel(Infinity);
        const { node } = input;
        this.scans.set(node.props.stateId, { channel, relation: node.relation, columns: node.columns, snapshotOnly: node.snapshotOnly, subscribed: false });
        const made = new ScanInput(node, target, channel, wake, (item) => channel.trySend(item), this.#host);
        this.#scanInputs.push(made);
        if (node.snapshotOnly) this.#injected.push(made);
        return made;
      }
      case 'table': {
        const channel = new LocalChannel(Infinity);
        const { node } = input;
        this.tables.set(node.relation, channel);
        const saved = this.deploy.watermarks[`${node.props.stateId}/${TABLE_SPLIT}`];
        const made = new TableInput(node, target, channel, {
          clock: this.#host.clock, wake, active: () => this.active(false), owner: this.#host.worker === node.relation % this.#host.parallelism,
          watermark: saved === undefined ? null : BigInt(saved), context: this.#context(node, { emit: () => {}, watermark: () => {} }),
        });
        this.#tableInputs.set(node.props.stateId, made);
        this.#injected.push(made);
        return made;
      }
    }
  }
  #source(node: Extract<PhysicalPlan, { kind: 'source' }>, target: InputTarget, wake: () => void): SourceInput {
    const { source } = connectorNamed(node.spec.connector);
    if (source === undefined) throw new InternalError(`connector "${node.spec.connector}" cannot be read`);
    const id = node.props.stateId;
    const splits = this.deploy.splits[id] ?? [];
    const reader = source.reader(node.spec, splits, this.#connectorContext());
    const prefix = `${id}/`;
    const watermarks = new Map(Object.entries(this.deploy.watermarks).flatMap(([k, v]) => (k.startsWith(prefix) ? [[k.slice(prefix.length), BigInt(v)] as const] : [])));
    const made = new SourceInput(node, target, reader, splits, {
      job: this.job, clock: this.#host.clock, pollRows: this.#host.pollRows, wake, watermarks, policy: policyOf(node, this.deploy.spec.errorPolicy), empty: this.deploy.empty.includes(id),
      active: (soon) => this.active(soon),
      bad: (record) => {
        this.#badCount++;
        this.#activityOf(node).rowsBad++;
        if (policyOf(node, this.deploy.spec.errorPolicy) === 'log') this.#refused(record);
      },
      log: (level, message) => this.#log(level, message),
      context: this.#context(node, { emit: () => {}, watermark: () => {} }),
    });
    this.#sources.set(id, made);
    this.#injected.push(made);
    return made;
  }

  #refused(record: ErrorRecord): void {
    const { raw } = record;
    if (this.#errors.push(raw === null || raw.length <= RAW_MAX ? record : { ...record, raw: raw.slice(0, RAW_MAX) }) > RECORDS_PER_EPOCH) this.#errors.shift();
  }
  /** Once per epoch the coordinator hears that there is something to close. */
  active(soon: boolean): void {
    this.#eval.procMicros = this.#host.clock.nowMicros();
    if (this.#active && !soon) return;
    this.#active = true;
    this.#host.post({ kind: 'active', job: this.job, soon });
  }
  /** Nobody waits any more for what it asks the world outside. */
  abandon(): void {
    for (const task of this.tasks) {
      for (const { operator } of task.stations) if (isAsking(operator)) operator.abandon();
      this.#host.wake(task);
    }
  }
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#host.failed(this, error);
  }
  get hasFailed(): boolean {
    return this.#failed;
  }

  start(): void {
    for (const source of this.#sources.values()) source.start();
  }
  load(stateId: string, keyGroup: number, blocks: readonly Uint8Array[]): void {
    const state = this.#states().find((s) => s.id === stateId);
    if (state === undefined) return;
    // An empty base says that there was nothing.
    for (const block of blocks) if (block.length > 0) state.load(keyGroup, block);
  }
  align(groups: ReadonlyMap<string, bigint>): void {
    for (const source of this.#sources.values()) source.align(groups);
  }
  addSplits(source: string, splits: Deploy['splits'][string]): void {
    this.#sources.get(source)?.addSplits(splits);
  }
  taken(bytes: number): void {
    for (const result of this.#results) result.taken(bytes);
    for (const task of this.tasks) this.#host.wake(task);
  }

  /** Barriers enter where no other task brings them. */
  inject(barrier: Barrier): void {
    this.#active = false;
    // What comes of a stored table's changes is processed now.
    if (barrier.nowMicros > this.#eval.procMicros) this.#eval.procMicros = barrier.nowMicros;
    for (const input of this.#injected) input.inject(barrier);
    for (const task of this.tasks) this.#host.wake(task);
  }
  barrierDone(barrier: Barrier): void {
    this.#eval.nowMicros = barrier.nowMicros;
  }
  /** Dirty state of one task at a checkpoint; `whole` names key groups whose base is written again. */
  gather(task: Task, whole: ReadonlySet<string>): CheckpointBlock[] {
    const blocks: CheckpointBlock[] = [];
    for (const state of this.#statesOf(task)) {
      for (const { keyGroup, bytes } of state.takeDelta()) {
        if (!whole.has(`${state.id}/${keyGroup}`)) blocks.push({ job: this.job, stateId: state.id, keyGroup, base: false, bytes });
      }
      for (const name of whole) {
        const cut = name.lastIndexOf('/');
        if (name.slice(0, cut) !== state.id) continue;
        const keyGroup = Number(name.slice(cut + 1));
        const bytes = state.takeBase(keyGroup);
        // Another worker's group: an empty base would replace what that one writes.
        if (bytes === null && ownerOf(keyGroup, this.#host.parallelism) !== this.#host.worker) continue;
        blocks.push({ job: this.job, stateId: state.id, keyGroup, base: true, bytes: bytes ?? new Uint8Array(0) });
      }
    }
    return blocks;
  }
  /** From here on one of its tasks behaves differently. */
  turn(task: Task, to: Turn['to']): void {
    task.suspended = to === 'suspended';
    task.draining = to === 'drained';
    for (const input of task.inputs) {
      if (input instanceof SourceInput) {
        if (to === 'suspended') input.suspend();
        else if (to === 'running') input.resume();
        else input.drain();
      } else if (input instanceof ScanInput) {
        if (to === 'suspended') input.pause();
        else if (to === 'running') input.resume();
        else input.drain();
      }
    }
    if (to === 'suspended') return;
    this.active(true);
    this.#host.wake(task);
  }
  /** Places of the sources that a task reads, while it stands at the barrier. */
  notePositions(task: Task, barrier: Barrier, into: { offsets: Record<string, JsonValue>; watermarks: Record<string, string> }): void {
    for (const [id, table] of this.#tableInputs) {
      if (table.watermark !== null && task.inputs.includes(table)) into.watermarks[`${id}/${TABLE_SPLIT}`] = String(table.watermark);
    }
    for (const [id, source] of this.#sources) {
      if (!task.inputs.includes(source)) continue;
      const positions = source.positions();
      for (const p of positions) into.offsets[`${id}/${p.id}`] = { position: p.position, ended: p.ended };
      for (const [split, micros] of source.watermarks()) into.watermarks[`${id}/${split}`] = String(micros);
      const known = this.#positions.get(barrier.epoch) ?? new Map<string, ReadonlyMap<string, JsonValue>>();
      this.#positions.set(barrier.epoch, new Map([...known, [id, new Map(positions.map((p) => [p.id, p.position]))]]));
    }
  }
  checkpointed(epoch: Epoch): void {
    for (const [id, positions] of this.#positions.get(epoch) ?? []) this.#sources.get(id)?.checkpointed(positions);
    for (const old of this.#positions.keys()) if (old <= epoch) this.#positions.delete(old);
  }
  get hasSinks(): boolean {
    return this.#sinks.size > 0;
  }
  prepare(checkpoint: number): Promise<{ readonly sink: string; readonly value: JsonValue }[]> {
    return Promise.all([...this.#sinks].map(async ([sink, operator]) => ({ sink, value: await operator.prepare(checkpoint) })));
  }
  ack(offsets: JobAck['offsets'], watermarks: JobAck['watermarks']): JobAck {
    const errors = this.#errors;
    const late = this.#late;
    this.#errors = [];
    this.#late = [];
    let stateEntries = 0;
    let stateBytes = 0;
    for (const s of this.#states()) {
      stateEntries += s.entryCount;
      stateBytes += s.byteCount;
    }
    const sources = [...this.#sources.values()];
    let rowsOut = 0;
    for (const task of this.tasks) if (task.fragment.outputs.length === 0) rowsOut += task.output.rows;
    for (const sink of this.#sinks.values()) rowsOut += sink.rows;
    for (const result of this.#results) rowsOut += result.rows;
    let wakeMicros: bigint | null = null;
    for (const { wakeMicros: at } of this.tasks) if (at !== null && (wakeMicros === null || at < wakeMicros)) wakeMicros = at;
    return {
      wakeMicros,
      job: this.job, offsets, watermarks, errors, late, stateEntries, stateBytes, rowsOut, hasSinks: this.hasSinks,
      ended: this.tasks.every((t) => t.fragment.outputs.length > 0 || t.ended),
      rowsIn: sources.reduce((sum, s) => sum + s.rows, 0), rowsLate: this.#lateCount, rowsBad: this.#badCount,
      splits: sources.flatMap((s) => s.status()),
    };
  }
  close(): void {
    for (const task of this.tasks) task.close();
  }
}

/** A stored table's log is one split. */
const TABLE_SPLIT = '0';
/** Records of refused and late rows kept between two barriers. */
const RECORDS_PER_EPOCH = 1000;
/** Bytes kept of a record that could not be read. */
const RAW_MAX = 16_384;

/** What a record that cannot be read does: what its table says goes before what the job was started with. */
function policyOf({ spec: { options } }: PhysicalSource, usual: Deploy['spec']['errorPolicy']): Deploy['spec']['errorPolicy'] {
  const said = options['error-handling.mode'] ?? options['error.policy'];
  return said === 'log' || said === 'ignore' || said === 'fail' ? said : usual;
}

const fits = (schema: Schema, batch: Batch): boolean => schema.length === batch.columns.length && schema.every((f, i) => physicalOf(f.type) === batch.columns[i]?.physical);
const rowText = (schema: Schema, row: Row): string => `(${row.map((v, i) => (v === null ? 'NULL' : textOut(v, schema[i]?.type ?? { kind: 'varchar' }))).join(', ')})`;

/** A changelog with retractions into a sink that only overwrites: one change per key and epoch. */
function foldOf(node: PhysicalSink): UpsertFold | null {
  const accepts = connectorNamed(node.spec.connector).sink?.accepts(node.spec) ?? [];
  if (node.input.props.changelog !== 'retract' || accepts.includes('retract') || !accepts.includes('upsert')) return null;
  return new UpsertFold(node.spec.schema.map((f) => f.type), node.spec.primaryKey);
}
