import type { Batch, Schema } from '../common/batch/batch.ts';
import type { Clock } from '../common/clock.ts';
import type { ObjectId } from '../common/ids.ts';
import type { SqlType } from '../common/types/sql-type.ts';

/**
 * The contract between the engine and connectors. A connector moves bytes or batches and knows nothing of operators. A
 * format reads bytes. Both are descriptors in a registry; adding one touches its folder and one line there.
 */

/** One option of a connector or format: documented, checked and masked from this table. */
export interface OptionSpec {
  /** Flink's name, e.g. `scan.startup.mode`. A trailing `.*` accepts a whole family (`properties.*`); `#` stands for a column name. */
  readonly name: string;
  readonly type: 'string' | 'int' | 'bigint' | 'double' | 'boolean' | 'duration' | 'memory' | 'list' | 'enum';
  readonly values?: readonly string[];
  readonly required?: boolean;
  /** Text form of the default. */
  readonly default?: string;
  /** Never printed. */
  readonly secret?: boolean;
  readonly doc: string;
}

/** Options after validation: text by name, defaults filled in. Plain data. */
export type Options = Readonly<Record<string, string>>;

/** A column of the declared table that a connector fills from outside the payload. */
export interface MetadataField {
  readonly key: string;
  readonly type: SqlType;
  readonly writable: boolean;
  readonly doc: string;
}

/** What the planner asks of a source: plain data, sent to every worker. */
export interface SourceSpec {
  readonly connector: string;
  readonly options: Options;
  /** All physical (stored in the payload) columns as declared. */
  readonly physical: Schema;
  /** What the plan reads: positions in `physical`, then metadata keys; the output batch has these columns in this order. */
  readonly projection: readonly number[];
  readonly metadata: readonly { readonly key: string; readonly type: SqlType }[];
  /** Columns of `physical` whose values are in the names of folders, outermost first. */
  readonly partitionedBy?: readonly string[];
  /** A row limit the plan can prove sufficient, for bounded previews. */
  readonly limit?: number;
}

/** A part of a source that is read in order by one reader, and its place: plain JSON, kept in the checkpoint. */
export interface Split {
  readonly id: string;
  /** Where to start (or go on): the connector's own JSON. */
  readonly position: JsonValue;
  /** True when the split ends by itself. */
  readonly bounded: boolean;
}
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A record that could not be read; goes to the error view. */
export interface BadRecord {
  readonly splitId: string;
  /** Place within the split, as text: a Kafka offset, a file's byte position. */
  readonly offset: string;
  readonly raw: Uint8Array;
  readonly reason: string;
  /** The field concerned, when known. */
  readonly field: string | null;
}

/** Rows of ONE split, in order. */
export interface SourceBatch {
  readonly splitId: string;
  readonly batch: Batch;
  readonly bad: readonly BadRecord[];
  /** Where a row came from, for rows that are refused later; valid until the next poll. */
  readonly origin?: (row: number) => { readonly offset: string; readonly raw: Uint8Array };
}

/**
 * Reads some splits. `poll` is synchronous and never blocks: whatever the connector awaits, it awaits beside it and keeps
 * a bounded amount ready. Positions advance with what `poll` has returned, so that a barrier between two polls is exact.
 */
export interface SourceReader {
  /** Up to about `maxRows` rows; 'idle' when nothing is there now; 'ended' when every split has ended and none will come. */
  poll(maxRows: number): SourceBatch | 'idle' | 'ended';
  /** Called once after 'idle', when a poll may yield again. */
  onReady(wake: () => void): void;
  /** Adds splits found later. */
  addSplits(splits: readonly Split[]): void;
  /** The place behind the last polled row of every split, finished ones included (with `ended`). */
  positions(): readonly { readonly id: string; readonly position: JsonValue; readonly ended: boolean }[];
  /** Splits that are not to be read for now, in place of those said before. A reader without it is paused as a whole. */
  pause?(splits: ReadonlySet<string>): void;
  /**
   * Whether rows of the split are known to wait, so that it isn't idle however long ago its last row was. A reader without
   * it reads all its splits at the same time.
   */
  hasUnread?(splitId: string): boolean;
  /** Told after a checkpoint became durable (Kafka commits group offsets for display). */
  checkpointed?(positions: ReadonlyMap<string, JsonValue>): void;
  close(): Promise<void>;
}

export interface ConnectorContext {
  readonly clock: Clock;
  /** Seeds generators; the same in every restart of a job. */
  readonly seed: number;
  /** Where a relative path starts. */
  readonly workDir: string;
  /** A line for the log; never a secret. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Where `print` writes; undefined is the process's stdout. */
  readonly print?: (line: string, stderr: boolean) => void;
  /** A failure that the job must hear of between polls. */
  readonly fail: (error: Error) => void;
}

/** Lives beside the coordinator: finds splits. */
export interface SplitEnumerator {
  /**
   * The splits to begin with, `parallelism` being a wish for generators. `saved` are those of the checkpoint that a job
   * goes on from: what is not among them came while the job was stopped and is read from its beginning; those among them
   * may be left out of the result.
   */
  discover(parallelism: number, saved?: readonly Split[]): Promise<readonly Split[]>;
  /** Watches for more until closed. */
  watch?(found: (splits: readonly Split[]) => void): void;
  close(): Promise<void>;
}

/** What the planner asks of a sink: plain data. */
export interface SinkSpec {
  readonly connector: string;
  readonly options: Options;
  /** Columns of the incoming batches, in order; `metadata` ones are written to the connector's fields of that key. */
  readonly schema: Schema;
  readonly metadata: readonly { readonly column: number; readonly key: string }[];
  /** The declared primary key, as columns of `schema`. */
  readonly primaryKey: readonly number[];
  /** The columns of PARTITIONED BY, as columns of `schema`, outermost first. */
  readonly partitionedBy?: readonly number[];
  readonly table: string;
  /** No connector's: the stored table of that number. */
  readonly stored?: ObjectId;
  /** INSERT OVERWRITE: what other runs have written is replaced when the input has ended. Names this run, also after a restart; letters and digits. */
  readonly overwrite?: string;
}

/** A committable of one writer and checkpoint: small JSON, kept in the checkpoint until committed. */
export type Committable = JsonValue;

/** Writes changelog batches of one task. `write` is synchronous and only buffers. */
export interface SinkWriter {
  write(batch: Batch): void;
  /** Unwritten bytes; the task takes no input while above `highWaterBytes`. */
  readonly pendingBytes: number;
  readonly highWaterBytes: number;
  /** Called once, when `pendingBytes` has sunk below the mark again. */
  onDrain(wake: () => void): void;
  /** No row with an event time at or below comes any more (but late ones); the largest 64-bit number at the end of the input. */
  watermark?(micros: bigint): void;
  /** At a checkpoint's barrier: resolves when everything written so far is safe outside; the result is committed after the checkpoint is durable. */
  prepare(checkpointId: number): Promise<Committable>;
  close(): Promise<void>;
}

/** Lives beside the coordinator; commits what the writers of a durable checkpoint prepared. Idempotent: called again after a crash. */
export interface SinkCommitter {
  commit(checkpointId: number, committables: readonly Committable[]): Promise<void>;
  close(): Promise<void>;
}

/** What the planner asks of a connector that finds rows by key: plain data. Output columns are those of the `SourceSpec`. */
export interface LookupSpec extends SourceSpec {
  /** The columns of the output, all physical, that rows are looked up by. */
  readonly keys: readonly number[];
}

/** The rows of a request's keys, in any order. */
export interface LookupAnswer {
  readonly batch: Batch;
  /** For each row of `batch` its key's place in the request. */
  readonly key: Int32Array;
}

/** Finds rows by key. Answers show what the system outside holds at some moment between request and answer. */
export interface LookupReader {
  /** The most keys that one request may hold. */
  readonly keysPerRequest: number;
  /**
   * The rows that have one of the keys, none of which is NULL or there twice. @param keys columns in the order of the spec's.
   * @param signal says that nobody waits for the answer any more. Errors: tried again as often as `lookup.max-retries` says.
   */
  lookup(keys: Batch, signal: AbortSignal): Promise<LookupAnswer>;
  close(): Promise<void>;
}

/** What is asked of a connector that knows a table's partitions: plain data. */
export interface PartitionsSpec {
  readonly options: Options;
  /** The columns of PARTITIONED BY, outermost first. */
  readonly partitionedBy: readonly string[];
}

export interface Partition {
  /** As the connector writes it, e.g. `dt=2024-01-01/hm=10%3A30`. */
  readonly name: string;
  /** For each column its value as text, null for NULL. */
  readonly values: readonly (string | null)[];
}

export type ChangelogKind = 'append-only' | 'retract' | 'upsert';

export interface ConnectorDescriptor {
  readonly name: string;
  readonly doc: string;
  readonly options: readonly OptionSpec[];
  readonly metadata: readonly MetadataField[];
  /** Whether `format` names a format. */
  readonly format: 'required' | 'none';
  readonly source?: {
    /** What the source delivers whatever the format; by default the format says (append-only, or retract for change capture). */
    readonly changelog?: ChangelogKind;
    /** True when the source ends under these options. */
    bounded(options: Options, physical: Schema): boolean;
    /** Columns the connector dictates (nexmark): a table may omit its column list. */
    schema?: Schema;
    /** The dictated columns where they depend on the options; goes before `schema`. */
    schemaFromOptions?(options: Options): Schema | undefined;
    enumerator(spec: SourceSpec, context: ConnectorContext): SplitEnumerator;
    reader(spec: SourceSpec, splits: readonly Split[], context: ConnectorContext): SourceReader;
  };
  readonly sink?: {
    /** Changelogs it can take; `upsert` needs a primary key. */
    accepts(spec: SinkSpec): readonly ChangelogKind[];
    /** Takes `SinkSpec.overwrite`. Its writers are told the greatest watermark when their input has ended. */
    readonly overwrites?: true;
    /** Whether writers want to know the watermark. */
    eventTime?(spec: SinkSpec): boolean;
    writer(spec: SinkSpec, task: number, context: ConnectorContext): SinkWriter;
    committer?(spec: SinkSpec, context: ConnectorContext): SinkCommitter;
  };
  /** Finds rows by key, for FOR SYSTEM_TIME AS OF processing time; its options are those of `LOOKUP_OPTIONS`, where it has more than the keys to say. */
  readonly lookup?: {
    reader(spec: LookupSpec, context: ConnectorContext): LookupReader;
  };
  /** Takes PARTITIONED BY. */
  readonly partitioned?: boolean;
  /** The partitions that are there now, each once, in order of their names; none where nothing has been written yet. Errors: io_error. */
  partitions?(spec: PartitionsSpec, context: ConnectorContext): Promise<readonly Partition[]>;
  /**
   * Options completed by the table's declared primary key (`[]`: none), for connectors that read or write by key. The
   * result is what `validate`, source and sink get. Errors: invalid_table_definition where a key is needed.
   */
  withKey?(options: Options, key: readonly string[]): Options;
  /** Checks beyond the option table; throws SqlError. */
  validate?(options: Options, schema: Schema, use: 'source' | 'sink'): void;
}

/** Messages in one buffer. `lengths[i] === -1` is a NULL payload (a Kafka tombstone). */
export interface MessageBlock {
  readonly data: Uint8Array;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly count: number;
}

export interface Decoded {
  readonly batch: Batch;
  /** For each row of `batch` the index of its message, or null when it is the identity. */
  readonly message: Int32Array | null;
  readonly bad: readonly { readonly message: number; readonly reason: string; readonly field: string | null }[];
}

/** Decodes whole messages into columns, only those the plan reads. A message may be several rows, one behind the other. */
export interface Decoder {
  decode(block: MessageBlock, from: number, to: number): Decoded;
}

/** A growing output buffer; `buffer` may be replaced when it grows. */
export interface ByteSink {
  buffer: Uint8Array;
  length: number;
  /** Makes room for `bytes` more. */
  reserve(bytes: number): void;
}

/** Appends the encoded row; the caller frames it. */
export interface Encoder {
  encode(batch: Batch, row: number, out: ByteSink): void;
}

export interface FormatDescriptor {
  readonly name: string;
  readonly doc: string;
  readonly options: readonly OptionSpec[];
  /** How a file of messages is cut: by newline, or by the format itself. */
  readonly framing: 'lines' | 'whole';
  /** `retract`: messages say what happens to rows, and any change can be written. Absent: every message is a row. */
  readonly changelog?: 'append-only' | 'retract';
  /** What it knows besides the columns; as metadata columns of a table the keys begin with `value.`. */
  readonly metadata?: readonly MetadataField[];
  /** @param metadata is decoded behind the projected columns. */
  decoder(physical: Schema, projection: readonly number[], options: Options, metadata?: readonly { readonly key: string; readonly type: SqlType }[]): Decoder;
  encoder(schema: Schema, columns: readonly number[], options: Options): Encoder;
}
