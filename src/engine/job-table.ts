import type { CheckpointInfo, JobErrorInfo, JobInfo, LateRowInfo, SourceSplitInfo } from '../catalog/system/context.ts';
import type { CatalogObject } from '../catalog/objects.ts';
import type { ObjectId } from '../common/ids.ts';
import { jobId } from '../common/ids.ts';
import type { RelationFacts } from '../optimizer/physical/context.ts';
import type { JobStatus, Runtime, RuntimeRecords } from '../runtime/api.ts';
import { flowOf, type Flow } from './cycles.ts';
import { stageOf } from './error-target.ts';
import { definitionOf } from './definition.ts';
import type { JobObject, PlannedJob } from './job-specs.ts';
import type { JobMeta } from './persist.ts';

/** A job as users see it: a materialized view, an INSERT, a statement set. Stored tables are jobs too, and not listed. */
export interface JobEntry {
  readonly object: JobObject;
  readonly meta: JobMeta;
  readonly kind: 'table' | 'materialized view' | 'insert' | 'statement set';
  /** Not running any more, or never was: what the runtime can't tell. */
  readonly ended: { readonly state: 'finished' | 'stopped' | 'failed'; readonly error: string | null; readonly last: JobStatus | null } | null;
}

/** Ended jobs that are still listed. */
const ENDED_MAX = 100;

/** The jobs of an engine, and what planning asks about the relations they keep. */
export class JobTable {
  readonly entries: Map<ObjectId, JobEntry> = new Map();
  readonly #facts = new Map<ObjectId, RelationFacts>();
  readonly #flows = new Map<ObjectId, Flow>();
  readonly #restarts = new Map<number, number>();

  add(object: JobObject, meta: JobMeta, planned: PlannedJob | null, error: string | null = null): void {
    const kind = object.kind === 'table' ? 'table' : object.kind === 'materializedView' ? 'materialized view' : /^\s*(begin|execute)\s+statement\s+set/i.test(object.sql) ? 'statement set' : 'insert';
    const ended = meta.finished ? { state: 'finished' as const, error: null, last: null } : error === null ? null : { state: 'failed' as const, error, last: null };
    this.entries.set(object.id, { object, meta, kind, ended });
    if (planned !== null) this.#flows.set(object.id, flowOf(planned.spec.plans));
    const root = planned?.spec.plans[0];
    if (object.kind === 'sink' || root === undefined) return;
    const appendOnly = object.kind === 'table' ? object.appendOnly : root.props.changelog === 'append-only';
    this.#facts.set(object.id, {
      changelog: appendOnly ? 'append-only' : 'retract',
      ...(object.kind === 'table' ? { eventTime: appendOnly && object.watermark !== null } : { watermarkColumns: appendOnly ? root.props.watermarkColumns : [] }),
    });
  }

  facts(id: ObjectId): RelationFacts | undefined {
    return this.#facts.get(id);
  }

  flow(id: ObjectId): Flow | undefined {
    return this.#flows.get(id);
  }

  /** An object in the place of the one with its id (renamed, commented). */
  changed(object: JobObject): void {
    const entry = this.entries.get(object.id);
    if (entry !== undefined) this.entries.set(object.id, { ...entry, object });
  }

  /** What is kept of the job beside its object. */
  metaChanged(meta: JobMeta): void {
    const entry = this.entries.get(meta.id);
    if (entry !== undefined) this.entries.set(meta.id, { ...entry, meta });
  }

  /** The job has ended and stays listed. */
  end(id: ObjectId, state: 'finished' | 'stopped' | 'failed', last: JobStatus | null, error: string | null = null): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.set(id, { ...entry, ended: { state, error, last } });
    const ended = [...this.entries.values()].filter((e) => e.ended?.state === 'stopped');
    for (const e of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) this.entries.delete(e.object.id);
  }

  remove(id: ObjectId): void {
    this.entries.delete(id);
    this.#facts.delete(id);
    this.#flows.delete(id);
  }

  restarted(id: number): void {
    this.#restarts.set(id, (this.#restarts.get(id) ?? 0) + 1);
  }

  *infos(runtime: Runtime): Iterable<JobInfo> {
    const status = runtime.status();
    const running = new Map(status.jobs.map((j) => [Number(j.id), j]));
    for (const { object, meta, kind, ended } of this.entries.values()) {
      if (object.kind === 'table') continue;
      const now = ended?.last ?? running.get(object.id);
      yield {
        id: object.id, name: object.name, kind, state: ended?.state ?? (now?.state === 'starting' ? 'creating' : (now?.state ?? 'creating')), sql: definitionOf(object), createdAt: meta.createdAt,
        parallelism: status.parallelism, restarts: this.#restarts.get(object.id) ?? 0, error: ended?.error ?? now?.error ?? null, rowsIn: BigInt(now?.rowsIn ?? 0),
        rowsOut: BigInt(now?.rowsOut ?? 0), stateBytes: BigInt(now?.stateBytes ?? 0), watermark: lowestWatermark(now), lateRows: BigInt(now?.rowsLate ?? 0), epoch: BigInt(status.lastEpoch),
      };
    }
  }
}

function lowestWatermark(job: JobStatus | undefined): bigint | null {
  let lowest: bigint | null = null;
  for (const s of job?.splits ?? []) {
    if (s.idle || s.ended) continue;
    if (s.watermark === null) return null;
    if (lowest === null || s.watermark < lowest) lowest = s.watermark;
  }
  return lowest;
}

export function* splitInfos(runtime: Runtime, records: RuntimeRecords): Iterable<SourceSplitInfo> {
  const bad = Map.groupBy(records.errors(), (e) => `${e.job}/${e.source}/${e.split ?? ''}`);
  for (const job of runtime.status().jobs) {
    const newest = new Map<string, bigint>();
    for (const s of job.splits) if (s.watermark !== null && s.watermark > (newest.get(s.source) ?? s.watermark - 1n)) newest.set(s.source, s.watermark);
    for (const s of job.splits) {
      const lead = newest.get(s.source);
      yield {
        jobId: job.id, source: s.source, split: s.split, position: s.position, watermark: s.watermark, lagMicros: s.watermark === null || lead === undefined ? null : lead - s.watermark,
        idle: s.idle, rows: BigInt(s.rows), errors: BigInt(bad.get(`${job.id}/${s.source}/${s.split}`)?.length ?? 0),
      };
    }
  }
}

export function* errorInfos(records: RuntimeRecords, jobs: JobTable): Iterable<JobErrorInfo> {
  const names = new Map([...jobs.entries.values()].map((e) => [jobId(e.object.id), e.object.name]));
  for (const e of records.errors()) {
    yield { jobId: e.job, source: e.source, split: e.split ?? '', offset: e.offset ?? '', raw: e.raw ?? new Uint8Array(), reason: e.reason, field: e.field, at: e.atMicros, sequence: BigInt(e.sequence), stage: stageOf(e), jobName: names.get(e.job) ?? '' };
  }
}

export function* lateInfos(records: RuntimeRecords): Iterable<LateRowInfo> {
  for (const l of records.late()) yield { jobId: l.job, operator: l.operator, eventTime: l.eventTime, watermark: l.watermark, row: l.row, at: l.atMicros };
}

export function* checkpointInfos(runtime: Runtime): Iterable<CheckpointInfo> {
  const last = runtime.status().lastCheckpoint;
  if (last === null) return;
  const durationMicros = BigInt(Math.round(last.durationMs * 1000));
  yield { id: BigInt(last.id), epoch: BigInt(last.epoch), domain: 'all', startedAt: last.atMicros - durationMicros, durationMicros, bytes: BigInt(last.bytes), status: 'completed' };
}

/** The runtime's view of one job. */
export const statusOf = (runtime: Runtime, id: ObjectId): JobStatus | null => runtime.status().jobs.find((j) => j.id === jobId(id)) ?? null;

export function noteChanged(core: { readonly jobs: JobTable }, object: CatalogObject): void {
  if (object.kind === 'table' || object.kind === 'materializedView' || object.kind === 'sink') core.jobs.changed(object);
}
