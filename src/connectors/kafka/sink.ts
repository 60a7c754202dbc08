import { library } from './library.ts';
import { DELETE, INSERT, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { Value } from '../../common/types/value.ts';
import type { Committable, ConnectorContext, Encoder, SinkSpec, SinkWriter } from '../api.ts';
import { BytesOut } from '../bytes-out.ts';
import { read } from '../options.ts';
import { Cluster, kafkaProperties } from './client.ts';
import { keySchema, layoutOf } from './payload.ts';
import { Producer, type Header } from './produce.ts';

const HIGH_WATER_BYTES = 8 * 1024 * 1024;

/** How a changelog by key is written: tombstones for deletions, and the last record of a key within a buffer. */
export interface UpsertWriting {
  /** Keys held back, and for how long at most; null writes each change at once. */
  readonly buffer: { readonly rowsMax: number; readonly intervalMs: number } | null;
}

interface HeldRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
  readonly headers: readonly Header[];
}

/** At least once: a checkpoint waits until the brokers have acknowledged all that came before it. */
export class KafkaWriter implements SinkWriter {
  readonly highWaterBytes: number = HIGH_WATER_BYTES;
  readonly #spec: SinkSpec;
  readonly #task: number;
  readonly #context: ConnectorContext;
  readonly #cluster: Cluster;
  readonly #producer: Producer;
  readonly #value: Encoder;
  readonly #key: Encoder | null;
  readonly #topics: readonly string[];
  readonly #partitioner: string;
  /** Batches that came before the partitions were known. */
  readonly #early: Batch[] = [];
  #partitions = new Map<string, number>();
  #started = false;
  #starting: Promise<void>;
  #next = 0;
  #drain: (() => void) | null = null;
  readonly #upsert: UpsertWriting | null;
  /** Records held back, by topic and key. */
  readonly #held = new Map<string, HeldRecord>();
  #heldBytes = 0;
  #cancelFlush: (() => void) | null = null;

  constructor(spec: SinkSpec, task: number, context: ConnectorContext, upsert: UpsertWriting | null = null) {
    this.#upsert = upsert;
    this.#spec = spec;
    this.#task = task;
    this.#context = context;
    this.#cluster = new Cluster(spec.options, context.clock);
    const metadata = new Set(spec.metadata.map((m) => m.column));
    const columns = spec.schema.map((_, i) => i).filter((i) => !metadata.has(i));
    const physical = columns.map((i) => spec.schema[i] as SinkSpec['schema'][number]);
    const l = layoutOf(spec.options, physical);
    this.#value = l.valueFormat.encoder(spec.schema, l.value.map((i) => columns[i] as number), l.valueOptions);
    const keys = l.key.map((i) => columns[i] as number);
    const renamed = keySchema(l, physical);
    this.#key = l.keyFormat === null ? null : l.keyFormat.encoder(spec.schema.map((f, i) => renamed[keys.indexOf(i)] ?? f), keys, l.keyOptions);
    this.#topics = read.list(spec.options, 'topic');
    this.#partitioner = spec.options['sink.partitioner'] ?? 'default';
    this.#producer = new Producer(this.#cluster, context, Number(kafkaProperties(spec.options)['delivery.timeout.ms'] ?? 120_000), Number(kafkaProperties(spec.options)['max.request.size'] ?? Infinity));
    this.#producer.onProgress = () => {
      if (this.pendingBytes >= this.highWaterBytes) return;
      const go = this.#drain;
      this.#drain = null;
      go?.();
    };
    this.#starting = this.#start();
    this.#starting.catch((e: unknown) => {
      if (!this.#cluster.closed) context.fail(e instanceof Error ? e : new Error(String(e)));
    });
  }

  async #start(): Promise<void> {
    await this.#producer.start();
    await this.#learn(this.#topics);
    this.#started = true;
    for (const b of this.#early.splice(0)) this.write(b);
  }

  async #learn(topics: readonly string[]): Promise<void> {
    const found = await this.#cluster.metadata(topics);
    for (const t of topics) {
      const n = found.get(t)?.length ?? 0;
      if (n === 0) throw new SqlError('undefined_object', `Kafka topic "${t}" does not exist`);
      this.#partitions.set(t, n);
    }
  }

  get pendingBytes(): number {
    // Before the start nothing is counted exactly: a few batches fill the mark.
    return this.#producer.pendingBytes + this.#heldBytes + this.#early.length * 1024 * 1024;
  }

  write(batch: Batch): void {
    if (!this.#started) {
      this.#early.push(batch);
      return;
    }
    const value = new BytesOut(1024);
    const key = new BytesOut(64);
    const nowMs = Number(this.#context.clock.nowMicros() / 1000n);
    for (let i = 0; i < batch.rowCount; i++) {
      const op = batch.ops === null ? INSERT : (batch.ops[i] as number);
      if (this.#upsert !== null && op === UPDATE_BEFORE) continue;
      const gone = this.#upsert !== null && op === DELETE;
      value.length = 0;
      key.length = 0;
      if (!gone) this.#value.encode(batch, i, value);
      this.#key?.encode(batch, i, key);
      const keyBytes = this.#key === null ? null : key.buffer.subarray(0, key.length);
      let topic = this.#topics[0] as string;
      let timestampMs = nowMs;
      let headers: readonly Header[] = [];
      for (const m of this.#spec.metadata) {
        const v = readValue((this.#spec.schema[m.column] as SinkSpec['schema'][number]).type, batch.columns[m.column] as Column, i);
        if (v === null) continue;
        if (m.key === 'topic') topic = v as string;
        else if (m.key === 'timestamp') timestampMs = Number((v as bigint) / 1000n);
        else headers = (v as readonly [Value, Value][]).map(([k, x]): Header => [k as string, x as Uint8Array | null]);
      }
      const valueBytes = gone ? null : value.buffer.subarray(0, value.length);
      if (this.#upsert === null || this.#upsert.buffer === null) this.#producer.append(topic, this.#partition(topic, keyBytes), keyBytes, valueBytes, timestampMs, headers);
      else this.#hold({ topic, key: keyBytes?.slice() ?? null, value: valueBytes?.slice() ?? null, timestampMs, headers }, this.#upsert.buffer);
    }
    if (this.#held.size > 0) return;
    // The keyless partition sticks for one batch of rows.
    this.#next++;
    this.#producer.send();
  }

  #hold(record: HeldRecord, buffer: NonNullable<UpsertWriting['buffer']>): void {
    const id = `${record.topic}\n${Buffer.from(record.key ?? []).toString('latin1')}`;
    const bytes = (r: HeldRecord | undefined): number => (r === undefined ? 0 : (r.key?.length ?? 0) + (r.value?.length ?? 0) + 32);
    this.#heldBytes += bytes(record) - bytes(this.#held.get(id));
    this.#held.set(id, record);
    if (this.#held.size >= buffer.rowsMax || this.#heldBytes >= this.highWaterBytes / 2) this.#flushHeld();
    else this.#cancelFlush ??= this.#context.clock.setTimer(buffer.intervalMs, () => this.#flushHeld());
  }

  #flushHeld(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    if (this.#held.size === 0 || this.#cluster.closed) return;
    for (const r of this.#held.values()) this.#producer.append(r.topic, this.#partition(r.topic, r.key), r.key, r.value, r.timestampMs, r.headers);
    this.#held.clear();
    this.#heldBytes = 0;
    this.#producer.send();
  }

  #partition(topic: string, key: Uint8Array | null): number {
    const n = this.#partitions.get(topic);
    if (n === undefined) throw new SqlError('undefined_object', `Kafka topic "${topic}" is not among those of option "topic"`);
    switch (this.#partitioner) {
      case 'fixed':
        return this.#task % n;
      case 'round-robin':
        return this.#next++ % n;
      default:
        return key === null ? (this.#next + this.#task) % n : (library().murmur2(Buffer.from(key)) & 0x7fffffff) % n;
    }
  }

  onDrain(wake: () => void): void {
    if (this.pendingBytes < this.highWaterBytes) wake();
    else this.#drain = wake;
  }

  async prepare(): Promise<Committable> {
    await this.#starting;
    this.#flushHeld();
    await this.#producer.flush();
    return null;
  }

  close(): Promise<void> {
    this.#cancelFlush?.();
    return this.#cluster.close();
  }
}
