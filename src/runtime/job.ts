import type { JobId, ObjectId } from '../common/ids.ts';
import type { JsonValue, SplitEnumerator } from '../connectors/api.ts';
import type { PhysicalMaterialize, PhysicalSink, PhysicalSource, PhysicalTableInput, PhysicalTableScan } from '../planner/physical.ts';
import type { JobProgress } from '../store/api.ts';
import { Alignment } from './alignment.ts';
import type { ErrorRecord, JobSpec, JobStatus, LateRecord } from './api.ts';
import type { Domain } from './domain.ts';
import { nodesOf } from './fragment.ts';
import type { Attach, JobAck, ResultOptions, Turn } from './messages.ts';

/** A job as the coordinator knows it. */
export interface Job {
  readonly spec: JobSpec;
  readonly sources: readonly PhysicalSource[];
  readonly scans: readonly PhysicalTableScan[];
  readonly tables: readonly PhysicalTableInput[];
  readonly sinks: readonly PhysicalSink[];
  /** Relations that it keeps. */
  readonly relations: readonly PhysicalMaterialize[];
  readonly result: ResultOptions | null;
  /** Some operator looks rows up in a connector. */
  readonly asksOutside: boolean;
  readonly alignment: Alignment;
  attempt: number;
  /** `paused` is said by `paused`. */
  state: Exclude<JobStatus['state'], 'paused'>;
  /** Of a job that is finished: what its sinks were given last is committed. Until then it is shown as running. */
  committed: boolean;
  paused: boolean;
  /** The job that is paused at the barrier at which this one begins. */
  succeeds: Job | null;
  drained: boolean;
  /** What its workers were told last. */
  told: Turn['to'];
  error: Error | null;
  domain: Domain | null;
  /** Scans that begin at the next barrier. */
  attaches: readonly Attach[];
  /** Of its last durable checkpoint. */
  progress: JobProgress | null;
  /** By worker, of the last barrier. */
  acks: (JobAck | null)[];
  errors: ErrorRecord[];
  /** The number of its last error record; of the last that was handed over (`onErrors`). */
  errorSequence: number;
  errorsHanded: number;
  handingErrors: boolean;
  late: LateRecord[];
  enumerators: SplitEnumerator[];
  /** Failures since the last checkpoint. */
  failures: number;
  /** Another job's failure came before its first checkpoint. */
  interrupted: boolean;
  started: boolean;
  /** Of a query that goes on: begin with the rows that are there. */
  withSnapshot: boolean;
  readonly finished: { readonly resolve: () => void; readonly reject: (error: Error) => void }[];
}

/** How a job is to behave. */
export const wantedTurn = (job: Job): Turn['to'] => (job.drained ? 'drained' : job.paused ? 'suspended' : 'running');

export function newJob(spec: JobSpec, result: ResultOptions | null): Job {
  const nodes = nodesOf(spec.plans);
  const sources = nodes.filter((n) => n.kind === 'source');
  return {
    spec, result,
    sources,
    asksOutside: nodes.some((n) => n.kind === 'connectorLookup'),
    alignment: new Alignment(sources),
    scans: nodes.filter((n) => n.kind === 'tableScan'),
    tables: nodes.filter((n) => n.kind === 'tableInput'),
    sinks: nodes.filter((n) => n.kind === 'sink'),
    relations: nodes.filter((n) => n.kind === 'materialize'),
    attempt: 0, state: 'starting', committed: false, paused: spec.paused ?? false, succeeds: null, drained: false, told: 'running', error: null, domain: null, attaches: [], progress: null, acks: [], errors: [], errorSequence: 0, errorsHanded: 0, handingErrors: false, late: [], enumerators: [], failures: 0, interrupted: false, started: false, withSnapshot: true, finished: [],
  };
}

const isObject = (v: JsonValue | undefined): v is { readonly [key: string]: JsonValue } => typeof v === 'object' && v !== null && !Array.isArray(v);

/** What the coordinator keeps of a job in `JobProgress.extra`. */
export interface JobExtra {
  /** Positions in the logs of stored tables. */
  readonly tables: ReadonlyMap<ObjectId, number>;
  readonly errors: readonly ErrorRecord[];
  readonly errorSequence: number;
  readonly errorsHanded: number;
  readonly late: readonly LateRecord[];
  /** The name under which sinks prepared their committables. */
  readonly prepared: number;
}

/** What a checkpoint says of the job's records. */
export function restoreRecords(job: Job, extra: JobExtra): void {
  job.errors = [...extra.errors];
  job.errorSequence = extra.errorSequence;
  job.errorsHanded = extra.errorsHanded;
  job.late = [...extra.late];
}

export function extraToJson(extra: JobExtra): JsonValue {
  return {
    tables: Object.fromEntries([...extra.tables].map(([id, position]) => [String(id), position])),
    errors: extra.errors.map((e) => ({ ...e, raw: e.raw === null ? null : Buffer.from(e.raw).toString('base64'), atMicros: String(e.atMicros) })),
    errorSequence: extra.errorSequence,
    errorsHanded: extra.errorsHanded,
    late: extra.late.map((e) => ({ ...e, eventTime: e.eventTime === null ? null : String(e.eventTime), watermark: e.watermark === null ? null : String(e.watermark), atMicros: String(e.atMicros) })),
    prepared: extra.prepared,
  };
}
export function extraFromJson(value: JsonValue | undefined, job: JobId, tableIds: readonly ObjectId[]): JobExtra {
  const object = isObject(value) ? value : {};
  const tables = isObject(object['tables']) ? object['tables'] : {};
  const list = (v: JsonValue | undefined): readonly { readonly [key: string]: JsonValue }[] => (Array.isArray(v) ? v.filter(isObject) : []);
  const text = (v: JsonValue | undefined): string => (typeof v === 'string' ? v : '');
  const micros = (v: JsonValue | undefined): bigint | null => (typeof v === 'string' ? BigInt(v) : null);
  const number = (v: JsonValue | undefined): number => (typeof v === 'number' ? v : 0);
  const textOrNull = (v: JsonValue | undefined): string | null => (typeof v === 'string' ? v : null);
  return {
    tables: new Map(tableIds.flatMap((id) => (typeof tables[String(id)] === 'number' ? [[id, Number(tables[String(id)])] as const] : []))),
    errors: list(object['errors']).map((e) => ({
      job, sequence: number(e['sequence']), source: text(e['source']), split: textOrNull(e['split']), offset: textOrNull(e['offset']), raw: typeof e['raw'] === 'string' ? new Uint8Array(Buffer.from(e['raw'], 'base64')) : null,
      reason: text(e['reason']), field: textOrNull(e['field']), atMicros: BigInt(text(e['atMicros']) || '0'),
    })),
    late: list(object['late']).map((e) => ({ job, operator: text(e['operator']), eventTime: micros(e['eventTime']), watermark: micros(e['watermark']), row: text(e['row']), atMicros: BigInt(text(e['atMicros']) || '0') })),
    errorSequence: number(object['errorSequence']),
    errorsHanded: number(object['errorsHanded']),
    prepared: number(object['prepared']),
  };
}

/** Where a job begins whose sources go on from those of another: positions and watermarks of that one's last checkpoint, under its own names. */
export function placesOf(from: Job, to: Job, places: ReadonlyMap<string, string>): JobProgress {
  const renamed = <T>(all: { readonly [split: string]: T }): { [split: string]: T } => Object.fromEntries(
    [...places].flatMap(([mine, theirs]) => Object.entries(all).flatMap(([key, value]) => (key.startsWith(`${theirs}/`) ? [[`${mine}${key.slice(theirs.length)}`, value] as const] : []))),
  );
  return {
    job: to.spec.id, offsets: renamed(from.progress?.offsets ?? {}), watermarks: renamed(from.progress?.watermarks ?? {}), committables: {},
    extra: extraToJson({ tables: new Map(), errors: [], errorSequence: 0, errorsHanded: 0, late: [], prepared: 0 }),
  };
}

/** A split's place in a checkpoint. */
export function savedSplits(progress: JobProgress | null, source: string): readonly { readonly id: string; readonly position: JsonValue; readonly ended: boolean }[] {
  const prefix = `${source}/`;
  return Object.entries(progress?.offsets ?? {}).flatMap(([key, value]) =>
    key.startsWith(prefix) && isObject(value) ? [{ id: key.slice(prefix.length), position: value['position'] ?? null, ended: value['ended'] === true }] : [],
  );
}
