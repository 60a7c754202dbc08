import type { Epoch, ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import { isAsking, type Barrier, type Operator } from '../exec/operator.ts';
import { ownerOf, type CheckpointedState } from '../exec/state-api.ts';
import type { CheckpointBlock } from '../store/api.ts';
import type { Activity } from './activity.ts';
import type { NodeActivity, SplitStatus } from './api.ts';
import type { LocalChannel } from './exchange/channel.ts';
import { TABLE_SPLIT, type Scan } from './job-inputs.ts';
import { buildParts, type JobParts, type Relation } from './job-parts.ts';
import { JobSite, type InstanceHost } from './job-site.ts';
import type { Deploy, JobAck, Turn, WorkerActivity } from './messages.ts';
import { ScanInput } from './scan-input.ts';
import { SourceInput } from './source-input.ts';
import type { Task } from './task.ts';

/** One job on one worker: what happens to its parts from its deployment to its end. */
export class JobInstance {
  readonly deploy: Deploy;
  readonly tasks: readonly Task[];
  readonly scans: ReadonlyMap<string, Scan>;
  /** Relations that it keeps. */
  readonly relations: ReadonlyMap<ObjectId, Relation>;
  readonly tables: ReadonlyMap<ObjectId, LocalChannel>;
  readonly #host: InstanceHost;
  readonly #site: JobSite;
  readonly #parts: JobParts;
  /** Positions at a checkpoint, until it is durable. */
  readonly #positions = new Map<Epoch, ReadonlyMap<string, ReadonlyMap<string, JsonValue>>>();

  constructor(deploy: Deploy, host: InstanceHost) {
    this.deploy = deploy;
    this.#host = host;
    this.#site = new JobSite(deploy, host);
    const parts = (this.#parts = buildParts(this.#site));
    this.tasks = parts.tasks;
    this.scans = parts.scans;
    this.relations = parts.relations;
    this.tables = parts.tables;
    if (deploy.suspended) for (const task of this.tasks) this.turn(task, 'suspended');
  }
  get job(): Deploy['spec']['id'] {
    return this.deploy.spec.id;
  }
  get hasFailed(): boolean {
    return this.#site.hasFailed;
  }
  fail(error: unknown): void {
    this.#site.fail(error);
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

  start(): void {
    for (const source of this.#parts.sources.values()) source.start();
  }
  load(stateId: string, keyGroup: number, blocks: readonly Uint8Array[]): void {
    const state = this.#states().find((s) => s.id === stateId);
    if (state === undefined) return;
    // An empty base says that there was nothing.
    for (const block of blocks) if (block.length > 0) state.load(keyGroup, block);
  }
  align(groups: ReadonlyMap<string, bigint>): void {
    for (const source of this.#parts.sources.values()) source.align(groups);
  }
  addSplits(source: string, splits: Deploy['splits'][string]): void {
    this.#parts.sources.get(source)?.addSplits(splits);
  }
  taken(bytes: number): void {
    for (const result of this.#parts.results) result.taken(bytes);
    for (const task of this.tasks) this.#host.wake(task);
  }
  /** Nobody waits any more for what it asks the world outside. */
  abandon(): void {
    for (const task of this.tasks) {
      for (const { operator } of task.stations) if (isAsking(operator)) operator.abandon();
      this.#host.wake(task);
    }
  }

  /** Barriers enter where no other task brings them. */
  inject(barrier: Barrier): void {
    this.#site.closing(barrier.nowMicros);
    for (const input of this.#parts.injected) input.inject(barrier);
    for (const task of this.tasks) this.#host.wake(task);
  }
  barrierDone(barrier: Barrier): void {
    this.#site.eval.nowMicros = barrier.nowMicros;
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
    this.#site.active(true);
    this.#host.wake(task);
  }
  /** Places of the sources that a task reads, while it stands at the barrier. */
  notePositions(task: Task, barrier: Barrier, into: { offsets: Record<string, JsonValue>; watermarks: Record<string, string> }): void {
    for (const [id, table] of this.#parts.tableInputs) {
      if (table.watermark !== null && task.inputs.includes(table)) into.watermarks[`${id}/${TABLE_SPLIT}`] = String(table.watermark);
    }
    for (const [id, source] of this.#parts.sources) {
      if (!task.inputs.includes(source)) continue;
      const positions = source.positions();
      for (const p of positions) into.offsets[`${id}/${p.id}`] = { position: p.position, ended: p.ended };
      for (const [split, micros] of source.watermarks()) into.watermarks[`${id}/${split}`] = String(micros);
      const known = this.#positions.get(barrier.epoch) ?? new Map<string, ReadonlyMap<string, JsonValue>>();
      this.#positions.set(barrier.epoch, new Map([...known, [id, new Map(positions.map((p) => [p.id, p.position]))]]));
    }
  }
  checkpointed(epoch: Epoch): void {
    for (const [id, positions] of this.#positions.get(epoch) ?? []) this.#parts.sources.get(id)?.checkpointed(positions);
    for (const old of this.#positions.keys()) if (old <= epoch) this.#positions.delete(old);
  }
  get hasSinks(): boolean {
    return this.#parts.sinks.size > 0;
  }
  prepare(checkpoint: number): Promise<{ readonly sink: string; readonly value: JsonValue }[]> {
    return Promise.all([...this.#parts.sinks].map(async ([sink, operator]) => ({ sink, value: await operator.prepare(checkpoint) })));
  }
  /** What each operator has done so far. */
  inspect(): WorkerActivity {
    const operators = new Map(this.tasks.flatMap((t) => t.stations.map(({ node, operator }) => [node.props.stateId, operator] as const)));
    const held = new Map(this.#parts.scanInputs.map((i) => [i.node.props.stateId, i.state] as const));
    const nodes = [...this.#site.activities].map(([id, activity]): [string, NodeActivity] => {
      const operator = operators.get(id);
      const kept = [...(operator?.states ?? []), ...(held.has(id) ? [held.get(id) as CheckpointedState] : [])];
      return [id, nodeActivity(activity, operator, kept)];
    });
    return { nodes: new Map(nodes), splits: this.#splits() };
  }
  ack(offsets: JobAck['offsets'], watermarks: JobAck['watermarks']): JobAck {
    const states = this.#states();
    const { rowsLate, rowsBad } = this.#site.records;
    return {
      job: this.job, offsets, watermarks, rowsLate, rowsBad, hasSinks: this.hasSinks, splits: this.#splits(),
      ...this.#site.records.take(),
      wakeMicros: this.#wakeMicros(),
      ended: this.tasks.every((t) => t.fragment.outputs.length > 0 || t.ended),
      rowsIn: total([...this.#parts.sources.values()], (s) => s.rows),
      rowsOut: this.#rowsOut(),
      stateEntries: total(states, (s) => s.entryCount),
      stateBytes: total(states, (s) => s.byteCount),
    };
  }
  #splits(): SplitStatus[] {
    return [...this.#parts.sources.values()].flatMap((s) => s.status());
  }
  /** What has left the job, by whatever way. */
  #rowsOut(): number {
    const { sinks, results } = this.#parts;
    const kept = this.tasks.filter((t) => t.fragment.outputs.length === 0);
    return total(kept, (t) => t.output.rows) + total([...sinks.values()], (s) => s.rows) + total(results, (r) => r.rows);
  }
  #wakeMicros(): bigint | null {
    let first: bigint | null = null;
    for (const { wakeMicros: at } of this.tasks) if (at !== null && (first === null || at < first)) first = at;
    return first;
  }
  close(): void {
    for (const task of this.tasks) task.close();
  }
}

const total = <T>(parts: readonly T[], of: (part: T) => number): number => parts.reduce((n, p) => n + of(p), 0);

/** One worker's counts of a node, with what its operator waits for and keeps. */
function nodeActivity({ rowsOut, rowsDealt, watermark, rowsLate, rowsBad, bytesOut, busyMs, blockedMs }: Activity, operator: Operator | undefined, kept: readonly CheckpointedState[]): NodeActivity {
  return {
    rowsOut, rowsDealt, rowsDealtMost: rowsDealt, workers: 1, watermark, rowsLate, rowsBad, bytesOut, busyMs, busiestMs: busyMs, blockedMs,
    waitsFor: operator?.waitsFor?.() ?? null,
    expired: operator?.expired?.() ?? 0,
    stateEntries: total(kept, (s) => s.entryCount),
    stateBytes: total(kept, (s) => (s.entryCount === 0 ? 0 : s.byteCount)),
  };
}
