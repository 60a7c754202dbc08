import type { Batch } from '../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import type { Epoch, JobId, ObjectId } from '../common/ids.ts';
import type { Row } from '../common/types/value.ts';
import type { Barrier } from '../exec/operator.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { CheckpointBlock } from '../store/api.ts';
import { Stopwatch } from './activity.ts';
import { JobInstance } from './job-instance.ts';
import type { Relation } from './job-parts.ts';
import type { InstanceHost, WorkerSite } from './job-site.ts';
import type { Attach, BarrierMessage, Deploy, ToWorker } from './messages.ts';
import { projection } from './output.ts';
import { PermanentFailure, toPlain } from './plain-error.ts';
import type { Task } from './task.ts';

export interface WorkerOptions extends WorkerSite {
  /** There is something to run. */
  readonly onRunnable: () => void;
  /** Chooses the next task and how much is read at once, in simulations. */
  readonly random: (() => number) | undefined;
}

interface Run {
  readonly message: BarrierMessage;
  readonly remaining: Set<Task>;
  readonly blocks: CheckpointBlock[];
  readonly places: Map<JobId, { offsets: Record<string, JsonValue>; watermarks: Record<string, string> }>;
}

const POLL_ROWS = 4096;
/** Batches a task handles before another one's turn. */
const STEPS = 4;

/** One worker, whatever thread it is on: runs tasks, handles the coordinator's messages. */
export class WorkerCore {
  readonly #options: WorkerOptions;
  readonly #host: InstanceHost;
  readonly #jobs = new Map<JobId, JobInstance>();
  readonly #owner = new Map<Task, JobInstance>();
  readonly #runs = new Map<Epoch, Run>();
  #ready: Task[] = [];
  #closed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { random, clock } = options;
    const nowMs = (): number => clock.monotonicMs();
    this.#host = {
      worker: options.worker, parallelism: options.parallelism, clock: options.clock, workDir: options.workDir, post: options.post, print: options.print,
      wake: (task) => this.#wake(task),
      pollRows: random === undefined ? () => POLL_ROWS : () => 1 + Math.floor(random() * 40),
      failed: (deploy, error) => this.#failed(deploy, error),
      sender: options.sender, receiver: options.receiver,
      taskHooks: {
        watch: new Stopwatch(nowMs),
        nowMs,
        knows: (barrier) => this.#runs.has(barrier.epoch),
        beforeBarrierLeaves: (task, barrier) => this.#attachScans(task, barrier),
        onBarrierDone: () => {},
        completed: (task, barrier) => this.#completed(task, barrier),
      },
    };
  }

  #wake(task: Task): void {
    if (task.queued || task.closed) return;
    task.queued = true;
    this.#ready.push(task);
    this.#options.onRunnable();
  }
  get runnable(): boolean {
    return this.#ready.length > 0;
  }

  /** Runs one task for a while. */
  step(): void {
    const { random } = this.#options;
    let task: Task | undefined;
    if (random === undefined) task = this.#ready.shift();
    else [task] = this.#ready.splice(Math.floor(random() * this.#ready.length), 1);
    if (task === undefined) return;
    task.queued = false;
    if (task.closed) return;
    const instance = this.#owner.get(task);
    if (instance === undefined || instance.hasFailed) return;
    try {
      if (task.run(random === undefined ? STEPS : 1)) this.#wake(task);
    } catch (error) {
      this.#host.taskHooks.watch.leave(null);
      instance.fail(error);
    }
  }
  #failed(deploy: Deploy, error: unknown): void {
    if (this.#closed) return;
    this.#options.post({ kind: 'failed', job: deploy.spec.id, attempt: deploy.attempt, error: toPlain(error), permanent: error instanceof PermanentFailure });
  }

  handle(message: ToWorker): void {
    switch (message.kind) {
      case 'deploy':
        return this.#deploy(message);
      case 'load':
        return this.#guard(message.job, (i) => i.load(message.stateId, message.keyGroup, message.blocks));
      case 'start':
        for (const job of message.jobs) this.#guard(job, (i) => i.start());
        return;
      case 'abandon':
        for (const job of message.jobs) this.#guard(job, (i) => i.abandon());
        return;
      case 'undeploy':
        for (const job of message.jobs) this.#undeploy(job);
        this.#settle();
        return;
      case 'barrier':
        return this.#barrier(message);
      case 'append':
        return this.#guard(message.job, (i) => void i.tables.get(message.relation)?.trySend({ kind: 'batch', batch: message.batch }));
      case 'lookup':
        return this.#lookup(message);
      case 'forgetIndex':
        return this.#relation(message.relation)?.operator.forgetIndex(message.columns);
      case 'align':
        return this.#guard(message.job, (i) => i.align(message.groups));
      case 'inspect':
        return this.#options.post({ kind: 'inspected', request: message.request, activity: this.#jobs.get(message.job)?.inspect() ?? null });
      case 'taken':
        return this.#guard(message.job, (i) => i.taken(message.bytes));
      case 'splits':
        return this.#guard(message.job, (i) => i.addSplits(message.source, message.splits));
      case 'checkpointed':
        for (const job of message.jobs) this.#guard(job, (i) => i.checkpointed(message.epoch));
        return;
      case 'close':
        this.#closed = true;
        for (const job of [...this.#jobs.keys()]) this.#undeploy(job);
        return;
    }
  }
  #guard(job: JobId, act: (instance: JobInstance) => void): void {
    const instance = this.#jobs.get(job);
    if (instance === undefined || instance.hasFailed) return;
    try {
      act(instance);
    } catch (error) {
      instance.fail(error);
    }
  }

  #deploy(deploy: Deploy): void {
    const { id } = deploy.spec;
    try {
      const instance = new JobInstance(deploy, this.#host);
      this.#jobs.set(id, instance);
      for (const task of instance.tasks) this.#owner.set(task, instance);
      if (deploy.recovered) for (const scan of instance.scans.keys()) this.#subscribe(instance, scan);
      for (const relation of instance.relations.keys()) this.#resubscribe(relation);
      this.#options.post({ kind: 'deployed', job: id, attempt: deploy.attempt, states: instance.stateIds });
    } catch (error) {
      this.#failed(deploy, error);
    }
  }
  /** Changes of a relation into a scan from now on; when the relation comes later, it is found then. */
  #subscribe(instance: JobInstance, id: string): void {
    const scan = instance.scans.get(id);
    if (scan === undefined) return;
    scan.subscribed = true;
    const relation = this.#relation(scan.relation);
    if (relation !== undefined) relation.task.output.addScan(scan.channel, projection(relation.node, scan.columns));
  }
  #resubscribe(relation: ObjectId): void {
    for (const instance of this.#jobs.values()) for (const [id, scan] of instance.scans) if (scan.relation === relation && scan.subscribed) this.#subscribe(instance, id);
  }
  #relation(id: ObjectId): (Relation & { readonly instance: JobInstance }) | undefined {
    for (const instance of this.#jobs.values()) {
      const found = instance.relations.get(id);
      if (found !== undefined) return { instance, ...found };
    }
    return undefined;
  }
  #undeploy(job: JobId): void {
    const instance = this.#jobs.get(job);
    if (instance === undefined) return;
    this.#jobs.delete(job);
    for (const scan of instance.scans.values()) this.#relation(scan.relation)?.task.output.removeScan(scan.channel);
    for (const run of this.#runs.values()) for (const task of instance.tasks) run.remaining.delete(task);
    for (const task of instance.tasks) this.#owner.delete(task);
    try {
      instance.close();
    } catch (error) {
      this.#options.post({ kind: 'log', level: 'warn', message: `stopping ${instance.deploy.spec.name}: ${String(error)}` });
    }
  }
  /** Barriers that waited for tasks which are gone. */
  #settle(): void {
    for (const run of [...this.#runs.values()]) if (run.remaining.size === 0) this.#finish(run);
  }

  #barrier(message: BarrierMessage): void {
    const run: Run = { message, remaining: new Set(), blocks: [], places: new Map() };
    const instances = message.jobs.flatMap((job) => this.#jobs.get(job) ?? []);
    for (const instance of instances) for (const task of instance.tasks) run.remaining.add(task);
    this.#runs.set(message.barrier.epoch, run);
    for (const instance of instances) instance.inject(message.barrier);
    if (run.remaining.size === 0) this.#finish(run);
  }
  #attachScans(task: Task, barrier: Barrier): void {
    const attaches = this.#runs.get(barrier.epoch)?.message.attaches ?? [];
    if (attaches.length === 0) return;
    const owner = this.#owner.get(task);
    for (const [id, relation] of owner?.relations ?? []) {
      if (relation.task !== task) continue;
      for (const attach of attaches) if (attach.relation === id) this.#attach(attach, relation);
    }
  }
  #attach(attach: Attach, relation: Relation): void {
    const instance = this.#jobs.get(attach.job);
    const scan = instance?.scans.get(attach.scan);
    if (instance === undefined || scan === undefined) return;
    if (attach.withSnapshot) for (const batch of relation.operator.snapshot(scan.columns)) if (batch.rowCount > 0) scan.channel.trySend({ kind: 'batch', batch });
    if (scan.snapshotOnly) scan.channel.trySend({ kind: 'end' });
    else {
      this.#subscribe(instance, attach.scan);
      // What it has said before it will not say again.
      const { watermark } = relation.operator;
      if (watermark !== null) scan.channel.trySend({ kind: 'watermark', micros: watermark });
      if (relation.task.idle) scan.channel.trySend({ kind: 'idle' });
      // It may have ended before; then nobody says so again.
      if (relation.task.ended) scan.channel.trySend({ kind: 'end' });
    }
  }

  #completed(task: Task, barrier: Barrier): void {
    const run = this.#runs.get(barrier.epoch);
    const instance = this.#owner.get(task);
    if (run === undefined || instance === undefined) return;
    instance.barrierDone(barrier);
    if (barrier.checkpoint) {
      const { job } = instance;
      const whole = new Set(run.message.rewrite.flatMap((r) => (r.job === job ? [`${r.stateId}/${r.keyGroup}`] : [])));
      if (instance.deploy.result === null) for (const block of instance.gather(task, whole)) run.blocks.push(block);
      let places = run.places.get(job);
      if (places === undefined) run.places.set(job, (places = { offsets: {}, watermarks: {} }));
      instance.notePositions(task, barrier, places);
    }
    for (const turn of run.message.turns) if (turn.job === instance.job) instance.turn(task, turn.to);
    run.remaining.delete(task);
    if (run.remaining.size === 0) this.#finish(run);
  }
  #finish(run: Run): void {
    const { barrier, jobs } = run.message;
    this.#runs.delete(barrier.epoch);
    const instances = jobs.flatMap((job) => this.#jobs.get(job) ?? []);
    this.#options.post({
      kind: 'ack', epoch: barrier.epoch, blocks: run.blocks,
      jobs: instances.map((i) => {
        const places = run.places.get(i.job);
        return i.ack(places?.offsets ?? {}, places?.watermarks ?? {});
      }),
    });
    if (!barrier.checkpoint) return;
    const writing = instances.filter((i) => i.hasSinks);
    if (writing.length === 0) return;
    void Promise.all(
      writing.map(async (i) => {
        try {
          return (await i.prepare(barrier.epoch)).map((c) => ({ job: i.job, ...c }));
        } catch (error) {
          i.fail(error);
          return null;
        }
      }),
    ).then((all) => {
      // A failure has been posted before: the coordinator gives the checkpoint up, or the job.
      if (!this.#closed) this.#options.post({ kind: 'prepared', epoch: barrier.epoch, committables: all.flatMap((a) => a ?? []) });
    });
  }

  /** Between barriers: the rows of the last one. */
  #lookup({ request, relation, by, columns, keys, output }: Extract<ToWorker, { kind: 'lookup' }>): void {
    const found = this.#relation(relation);
    if (by === 'index') {
      const rows = found?.node.kind === 'materialize' && !found.instance.hasFailed ? found.operator.rowsBy(columns, keys) : null;
      if (found === undefined || rows === null) return this.#options.post({ kind: 'found', request, present: null, batch: EMPTY, epoch: null });
      const types = output.map((c) => found.node.props.schema[c]?.type ?? { kind: 'unknown' as const });
      return this.#options.post({ kind: 'found', request, present: new Uint8Array(0), batch: batchFromRows(types, rows.map((row) => output.map((c) => row[c] ?? null))), epoch: found.operator.epoch });
    }
    const order = found?.node.kind === 'materialize' && !found.instance.hasFailed ? found.node.keys?.map((k) => columns.indexOf(k)) : undefined;
    if (found === undefined || order === undefined || order.length !== columns.length || order.includes(-1)) {
      this.#options.post({ kind: 'found', request, present: null, batch: EMPTY, epoch: null });
      return;
    }
    const { schema } = found.node.props;
    const present = new Uint8Array(keys.rowCount);
    const out: Row[] = [];
    rowsFromBatch(columns.map((c) => schema[c]?.type ?? { kind: 'unknown' }), keys).forEach((key, i) => {
      const row = found.operator.lookup(order.map((o) => key[o] ?? null));
      if (row === null) return;
      present[i] = 1;
      if (output.length > 0) out.push(output.map((c) => row[c] ?? null));
    });
    this.#options.post({ kind: 'found', request, present, batch: output.length > 0 ? batchFromRows(output.map((c) => schema[c]?.type ?? { kind: 'unknown' }), out) : EMPTY, epoch: found.operator.epoch });
  }
}

const EMPTY: Batch = { rowCount: 0, ops: null, columns: [] };
