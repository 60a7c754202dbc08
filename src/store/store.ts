import { join } from 'node:path';
import { systemClock, type Clock } from '../common/clock.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import type { JobId, ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { Checkpoint, CheckpointStats, Disk, KeyValue, RecoveredCheckpoint, Store } from './api.ts';
import { Commits } from './commits.ts';
import { diskError } from './disk-errors.ts';
import { openLevel } from './level.ts';
import { encodeManifest, type GroupRef, type ManifestRecord } from './manifest.ts';
import { NodeDisk } from './node-disk.ts';
import { manifestKey, openManifest } from './open-manifest.ts';
import { planRelocation } from './relocation.ts';
import { Segments, type BlockBytes } from './segments.ts';
import { Serial } from './serial.ts';
import type { StateIndex } from './state-index.ts';
import { TableLog } from './table-log.ts';

/** The layout of a data directory. A newer one is refused. */
const FORMAT_VERSION = 1;
const FORMAT_KEY = 'format';
const CATALOG_PREFIX = 'catalog/';
export interface StoreOptions {
  /** The data directory; made when it is not there. */
  readonly dir: string;
  /** The file system, default the real one. */
  readonly disk?: Disk;
  /** The key-value store, default LevelDB in `dir`/kv. */
  readonly kv?: KeyValue;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  readonly clock?: Clock;
  /** Bytes at which a new segment file begins, default 64 MB. */
  readonly segmentBytes?: number;
  /** Bytes at which a new file of a table log begins, default 16 MB. */
  readonly logFileBytes?: number;
  /** Manifest records after which they are put together into one, default 64. */
  readonly manifestRecordsMax?: number;
}

/**
 * Opens the store in a data directory. Errors: object_in_use when another process has it, feature_not_supported when a
 * newer server has written it, data_corrupted, disk_full, io_error.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const disk = options.disk ?? new NodeDisk();
  const { dir } = options;
  let kv: KeyValue | undefined;
  try {
    await disk.mkdir(dir);
    kv = options.kv ?? (await openLevel(join(dir, 'kv'), dir));
    await checkFormat(kv, dir);
    const segmentDir = join(dir, 'segments');
    await disk.mkdir(segmentDir);
    await disk.mkdir(join(dir, 'tables'));
    const segmentBytes = options.segmentBytes ?? 64 << 20;
    const opened = await openManifest(kv, disk, segmentDir, segmentBytes, options.log);
    return new DiskStore(options, disk, kv, await Commits.open(kv), opened.index, opened.segments, opened.sequence, opened.records);
  } catch (error) {
    await kv?.close().catch(() => {});
    if (disk instanceof NodeDisk) await disk.close().catch(() => {});
    throw diskError(error, `open the data directory "${dir}"`);
  }
}

async function checkFormat(kv: KeyValue, dir: string): Promise<void> {
  const found = await kv.get(FORMAT_KEY);
  if (found === undefined) {
    await kv.batch(new Map([[FORMAT_KEY, encodeJson({ version: FORMAT_VERSION })]]));
    return;
  }
  const format = decodeJson(found);
  const version = typeof format === 'object' && format !== null && 'version' in format ? format.version : undefined;
  if (version === FORMAT_VERSION) return;
  throw new SqlError('feature_not_supported', `data directory "${dir}" has format version ${String(version)}, this server knows version ${FORMAT_VERSION}`, {
    hint: 'Start the server version that wrote the directory, or a newer one.',
  });
}

class DiskStore implements Store {
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #kv: KeyValue;
  readonly #commits: Commits;
  readonly #clock: Clock;
  readonly #log: StoreOptions['log'];
  readonly #logFileBytes: number;
  readonly #recordsMax: number;
  readonly #index: StateIndex;
  readonly #segments: Segments;
  /** Number of the newest record, and the numbers of all that are kept. */
  #sequence: number;
  #records: number[];
  /** Blocks that the last whole record listed, and those listed since. */
  #wholeRefs = 0;
  #listed = 0;
  readonly #serial = new Serial();
  readonly #logs = new Map<ObjectId, Promise<TableLog>>();
  /** Truncations asked for since the newest checkpoint, done after the next: one may have to step back to this one. */
  #truncations = new Map<ObjectId, number>();
  #closed: Promise<void> | null = null;

  constructor(options: StoreOptions, disk: Disk, kv: KeyValue, commits: Commits, index: StateIndex, segments: Segments, sequence: number, records: number[]) {
    this.#dir = options.dir;
    this.#disk = disk;
    this.#kv = kv;
    this.#commits = commits;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#logFileBytes = options.logFileBytes ?? 16 << 20;
    this.#recordsMax = options.manifestRecordsMax ?? 64;
    this.#index = index;
    this.#segments = segments;
    this.#sequence = sequence;
    this.#records = records;
  }
  #assertOpen(): void {
    if (this.#closed !== null) throw new InternalError('the store is closed');
  }

  async recover(): Promise<RecoveredCheckpoint | null> {
    this.#assertOpen();
    const { newest, jobs } = this.#index;
    return newest === null ? null : { id: newest.id, epoch: newest.epoch, jobs: [...jobs.values()] };
  }

  commitCheckpoint(checkpoint: Checkpoint): Promise<CheckpointStats> {
    this.#assertOpen();
    return this.#serial.run(async () => {
      try {
        return await this.#commit(checkpoint);
      } catch (error) {
        await this.#segments.abandon();
        throw diskError(error, 'write a checkpoint');
      }
    });
  }
  async #commit(checkpoint: Checkpoint): Promise<CheckpointStats> {
    const started = this.#clock.monotonicMs();
    const relocation = await planRelocation(this.#index, this.#segments, this.#log);
    const blocks: BlockBytes[] = [...checkpoint.blocks, ...relocation.blocks];
    const placed = await this.#segments.append(blocks);
    const synced = this.#clock.monotonicMs();
    const refs: GroupRef[] = checkpoint.blocks.map(({ job, stateId, keyGroup, base }, i) => ({
      ...(placed[i] as (typeof placed)[number]),
      job,
      stateId,
      keyGroup,
      replaces: base,
    }));
    // Groups that move are listed anew before this checkpoint's changes of them.
    const moved = relocation.relist(placed.slice(checkpoint.blocks.length));
    const { id, epoch, jobs } = checkpoint;
    await this.#write({ id, epoch, checkpoint: true, jobs, dropped: [], refs: [...moved, ...refs] });
    this.#segments.committed();
    const committed = this.#clock.monotonicMs();
    await this.#collect();
    return { bytes: checkpoint.blocks.reduce((n, b) => n + b.bytes.length, 0), syncMs: synced - started, commitMs: committed - synced };
  }
  /** Commits a record: in the key-value store, then in memory. */
  async #write(record: ManifestRecord): Promise<void> {
    const changes = new Map<string, Uint8Array | null>();
    const sequence = this.#sequence + 1;
    let records = this.#records;
    // Not before as many blocks have been listed anew as the last whole record had: the work stays in proportion.
    const due = records.length >= this.#recordsMax && (this.#listed >= this.#wholeRefs || records.length >= 16 * this.#recordsMax);
    const whole = due && record.checkpoint ? this.#index.snapshot() : null;
    if (whole !== null) {
      for (const old of records) changes.set(manifestKey(old), null);
      changes.set(manifestKey(this.#sequence), encodeManifest(whole));
      records = [this.#sequence];
    }
    changes.set(manifestKey(sequence), encodeManifest(record));
    await this.#change(changes);
    const previous = this.#index.newest;
    this.#index.apply(record, sequence);
    this.#sequence = sequence;
    this.#records = [...records, sequence];
    if (whole !== null) {
      this.#wholeRefs = whole.refs.length;
      this.#listed = 0;
    }
    this.#listed += record.refs.length;
    if (record.checkpoint && previous !== null) this.#index.prune(previous.sequence);
  }
  /** Frees what neither the newest nor the last but one checkpoint needs. A failure leaves it for the next time. */
  async #collect(): Promise<void> {
    try {
      for (const [segment, live] of this.#index.liveBytes) {
        if (live > 0 || segment >= this.#segments.current) continue;
        await this.#segments.remove(segment);
        this.#index.liveBytes.delete(segment);
        this.#index.ends.delete(segment);
      }
      const truncations = this.#truncations;
      this.#truncations = new Map();
      for (const [table, position] of truncations) if (this.#logs.has(table)) await (await this.#tableLog(table)).truncate(position);
      await this.#commits.forget(async (table) => (await this.#knownLog(table))?.first ?? null);
    } catch (error) {
      this.#log('warn', `freeing space in "${this.#dir}" failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async readState(job: JobId, stateId: string, keyGroup: number): Promise<readonly Uint8Array[]> {
    this.#assertOpen();
    const refs = this.#index.valid(job, stateId, keyGroup);
    const blocks: Uint8Array[] = [];
    for (const ref of refs) blocks.push(await this.#segments.read(ref));
    return blocks;
  }
  stateKeyGroups(job: JobId, stateId: string): readonly number[] {
    return this.#index.keyGroups(job, stateId);
  }
  stateSizes(job: JobId): readonly { readonly stateId: string; readonly keyGroup: number; readonly baseBytes: number; readonly deltaBytes: number }[] {
    return this.#index.sizes(job);
  }
  dropJob(job: JobId): Promise<void> {
    this.#assertOpen();
    return this.#serial.run(async () => {
      const { newest } = this.#index;
      if (newest === null || !this.#index.knows(job)) return;
      await this.#write({ id: newest.id, epoch: newest.epoch, checkpoint: false, jobs: [], dropped: [job], refs: [] });
    });
  }

  async readCatalog(): Promise<ReadonlyMap<string, JsonValue>> {
    this.#assertOpen();
    const found = new Map<string, JsonValue>();
    for await (const [key, value] of this.#kv.entries(CATALOG_PREFIX)) found.set(key.slice(CATALOG_PREFIX.length), decodeJson(value));
    return found;
  }
  async writeCatalog(changes: ReadonlyMap<string, JsonValue | null>): Promise<void> {
    this.#assertOpen();
    await this.#change(new Map([...changes].map(([key, value]) => [CATALOG_PREFIX + key, value === null ? null : encodeJson(value)])));
  }
  async #change(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    try {
      await this.#kv.batch(changes);
    } catch (error) {
      throw diskError(error, 'write to the data directory');
    }
  }

  async appendLogs(parts: readonly { readonly table: ObjectId; readonly record: Uint8Array }[]): Promise<readonly number[]> {
    this.#assertOpen();
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return [await (await this.#tableLog(only.table)).append(only.record)];
    try {
      // The logs take the records in the order of the calls: nothing is awaited before all of them wait for their log.
      const commit = this.#commits.begin();
      const outcomes = await Promise.allSettled(parts.map(async ({ table, record }) => (await this.#tableLog(table)).append(record, commit)));
      const positions: number[] = [];
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') {
          positions.push(outcome.value);
          continue;
        }
        this.#commits.giveUp(commit);
        throw outcome.reason;
      }
      await this.#commits.decide(commit, new Map(parts.map(({ table }, i) => [table, positions[i] as number])));
      return positions;
    } catch (error) {
      throw diskError(error, 'write to the logs of tables');
    }
  }
  async *readLog(table: ObjectId, after: number): AsyncIterable<{ readonly position: number; readonly record: Uint8Array }> {
    this.#assertOpen();
    for await (const { position, record, commit } of (await this.#tableLog(table)).read(after)) {
      if (commit === null || (await this.#commits.counts(commit))) yield { position, record };
    }
  }
  async truncateLog(table: ObjectId, position: number): Promise<void> {
    this.#assertOpen();
    this.#truncations.set(table, Math.max(position, this.#truncations.get(table) ?? 0));
  }
  async dropLog(table: ObjectId): Promise<void> {
    this.#assertOpen();
    const log = await this.#tableLog(table);
    this.#logs.delete(table);
    this.#truncations.delete(table);
    await log.drop();
  }
  /** Undefined when there is no log of the table. */
  async #knownLog(table: ObjectId): Promise<TableLog | undefined> {
    if (!this.#logs.has(table) && !(await this.#disk.list(join(this.#dir, 'tables'))).includes(String(table))) return undefined;
    return await this.#tableLog(table);
  }
  #tableLog(table: ObjectId): Promise<TableLog> {
    let log = this.#logs.get(table);
    if (log === undefined) {
      log = TableLog.open(this.#disk, join(this.#dir, 'tables', String(table)), this.#logFileBytes).catch((error: unknown) => {
        this.#logs.delete(table);
        throw diskError(error, 'open the log of a table');
      });
      this.#logs.set(table, log);
    }
    return log;
  }

  close(): Promise<void> {
    this.#closed ??= this.#serial.run(async () => {
      for (const log of this.#logs.values()) await (await log).close();
      await this.#segments.close();
      await this.#kv.close();
      if (this.#disk instanceof NodeDisk) await this.#disk.close();
    });
    return this.#closed;
  }
}

const encodeJson = (value: JsonValue): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const decodeJson = (bytes: Uint8Array): JsonValue => JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
