import type { Writer } from '@platformatic/kafka';
import { library, type Library } from './library.ts';
import { SqlError } from '../../common/errors.ts';
import type { ConnectorContext } from '../api.ts';
import { BytesOut, putBytes } from '../bytes-out.ts';
import { Cluster, RETRIABLE } from './client.ts';

const HEADER_BYTES = 61;
/** Below the broker's default limit of a message batch, 1 MiB. */
const BATCH_BYTES = 960 * 1024;
const DUPLICATE_SEQUENCE = 46;
const MESSAGE_TOO_LARGE = 10;
const RETRY_MS = 100;

function putVarint(out: BytesOut, value: number): void {
  if (value >= 0 && value < 64) {
    out.reserve(1);
    out.buffer[out.length++] = value * 2;
    return;
  }
  let v = value >= 0 ? value * 2 : -value * 2 - 1;
  out.reserve(10);
  while (v > 127) {
    out.buffer[out.length++] = (v % 128) | 128;
    v = Math.floor(v / 128);
  }
  out.buffer[out.length++] = v;
}
const varintBytes = (value: number): number => {
  if (value >= -64 && value < 64) return 1;
  if (value >= -8192 && value < 8192) return 2;
  let v = value >= 0 ? value * 2 : -value * 2 - 1;
  let n = 1;
  for (; v > 127; n++) v = Math.floor(v / 128);
  return n;
};

const fieldBytes = (part: Uint8Array | null): number => (part === null ? 1 : varintBytes(part.length) + part.length);
function putField(out: BytesOut, part: Uint8Array | null): void {
  if (part === null) putVarint(out, -1);
  else {
    putVarint(out, part.length);
    putBytes(out, part, 0, part.length);
  }
}

export type Header = readonly [string, Uint8Array | null];

/** The open record batch of one partition. */
class OpenBatch {
  readonly out = new BytesOut(16_384);
  count = 0;
  baseMs = 0;
  maxMs = 0;

  append(key: Uint8Array | null, value: Uint8Array | null, timestampMs: number, headers: readonly Header[]): void {
    if (this.count === 0) {
      this.out.length = HEADER_BYTES;
      this.baseMs = timestampMs;
      this.maxMs = timestampMs;
    }
    if (timestampMs > this.maxMs) this.maxMs = timestampMs;
    const delta = timestampMs - this.baseMs;
    let size = 1 + varintBytes(delta) + varintBytes(this.count) + varintBytes(headers.length) + fieldBytes(key) + fieldBytes(value);
    if (headers.length > 0) for (const [k, v] of headers) size += fieldBytes(Buffer.from(k)) + fieldBytes(v);
    const o = this.out;
    o.reserve(size + 16);
    putVarint(o, size);
    o.buffer[o.length++] = 0;
    putVarint(o, delta);
    putVarint(o, this.count);
    putField(o, key);
    putField(o, value);
    putVarint(o, headers.length);
    if (headers.length > 0) {
      for (const [k, v] of headers) {
        putField(o, Buffer.from(k));
        putField(o, v);
      }
    }
    this.count++;
  }

  /** The finished batch, and an empty one is begun. */
  seal(producerId: bigint, epoch: number, sequence: number): Buffer {
    const taken = this.out.take();
    const b = Buffer.from(taken.buffer, taken.byteOffset, taken.length);
    b.fill(0, 0, HEADER_BYTES);
    b.writeInt32BE(b.length - 12, 8);
    b.writeInt32BE(-1, 12);
    b.writeInt8(2, 16);
    b.writeInt32BE(this.count - 1, 23);
    b.writeBigInt64BE(BigInt(this.baseMs), 27);
    b.writeBigInt64BE(BigInt(this.maxMs), 35);
    b.writeBigInt64BE(producerId, 43);
    b.writeInt16BE(epoch, 51);
    b.writeInt32BE(sequence, 53);
    b.writeInt32BE(this.count, 57);
    b.writeUInt32BE(library().crc32c(b.subarray(21)) >>> 0, 17);
    this.count = 0;
    return b;
  }
}

interface Sealed {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}
interface Target {
  readonly topic: string;
  readonly partition: number;
  readonly open: OpenBatch;
  /** Sealed but unacknowledged, in order; the first may be under way. */
  readonly queue: Buffer[];
  sequence: number;
}

/**
 * An idempotent producer (acks=all): one batch under way per partition, sent again with the same sequence number until it
 * is acknowledged, so that a lost reply makes no duplicate.
 */
export class Producer {
  readonly #cluster: Cluster;
  readonly #context: ConnectorContext;
  readonly #targets = new Map<string, Target>();
  readonly #acks: number;
  readonly #timeoutMs: number;
  readonly #batchBytes: number;
  #producer: { readonly id: bigint; readonly epoch: number } | null = null;
  #leaders = new Map<string, number>();
  #running: Promise<void> | null = null;
  #failure: Error | null = null;
  #queued = 0;
  onProgress: () => void = () => undefined;

  /** @param requestBytesMax the client property `max.request.size`: no batch grows beyond it but for a single record. */
  constructor(cluster: Cluster, context: ConnectorContext, timeoutMs: number, requestBytesMax: number) {
    this.#batchBytes = Math.min(BATCH_BYTES, requestBytesMax);
    this.#cluster = cluster;
    this.#context = context;
    this.#acks = -1;
    this.#timeoutMs = timeoutMs;
  }

  get pendingBytes(): number {
    return this.#queued;
  }

  append(topic: string, partition: number, key: Uint8Array | null, value: Uint8Array | null, timestampMs: number, headers: readonly Header[]): void {
    const id = `${topic}:${partition}`;
    let t = this.#targets.get(id);
    if (t === undefined) {
      t = { topic, partition, open: new OpenBatch(), queue: [], sequence: 0 };
      this.#targets.set(id, t);
    }
    if (t.open.count > 0 && t.open.out.length + (key?.length ?? 0) + (value?.length ?? 0) > this.#batchBytes) this.#seal(t);
    const before = t.open.out.length;
    t.open.append(key, value, timestampMs, headers);
    this.#queued += t.open.out.length - before;
    if (t.open.out.length >= this.#batchBytes) this.#seal(t);
  }

  #seal(t: Target): void {
    if (t.open.count === 0) return;
    const p = this.#producer ?? { id: -1n, epoch: -1 };
    const count = t.open.count;
    t.queue.push(t.open.seal(p.id, p.epoch, this.#producer === null ? -1 : t.sequence));
    t.sequence = (t.sequence + count) % 0x8000_0000;
  }

  /** Must be done before the first `append`. */
  async start(): Promise<void> {
    const reply = await this.#cluster.patiently(() => this.#cluster.any((b) => this.#cluster.call(b, library().initProducerIdV4, null, 60_000, -1n, -1)));
    this.#producer = { id: reply.producerId, epoch: reply.producerEpoch };
  }

  /** Sends what is there, in the background. */
  send(): void {
    this.#running ??= this.#run().then(
      () => {
        this.#running = null;
      },
      (e: unknown) => {
        this.#running = null;
        this.#failure = e instanceof Error ? e : new Error(String(e));
        if (!this.#cluster.closed) this.#context.fail(this.#failure);
      },
    );
  }

  /** Resolves when everything appended so far is acknowledged. */
  async flush(): Promise<void> {
    while (this.#queued > 0 || this.#running !== null) {
      if (this.#failure !== null) throw this.#failure;
      this.send();
      await this.#running;
    }
    if (this.#failure !== null) throw this.#failure;
  }

  async #run(): Promise<void> {
    let until: number | null = null;
    for (;;) {
      for (const t of this.#targets.values()) if (t.queue.length === 0) this.#seal(t);
      const waiting = [...this.#targets.values()].filter((t) => t.queue.length > 0);
      if (waiting.length === 0) return;
      const unknown = waiting.filter((t) => !this.#leaders.has(`${t.topic}:${t.partition}`));
      let ok = true;
      try {
        if (unknown.length > 0) {
          for (const [topic, partitions] of await this.#cluster.metadata([...new Set(unknown.map((t) => t.topic))])) {
            for (const p of partitions) if (p.leader >= 0) this.#leaders.set(`${topic}:${p.partition}`, p.leader);
          }
        }
        const byLeader = Map.groupBy(waiting, (t) => this.#leaders.get(`${t.topic}:${t.partition}`) ?? -1);
        const done = await Promise.all([...byLeader].map(([leader, targets]) => (leader < 0 ? Promise.resolve(false) : this.#produce(leader, targets))));
        ok = done.every(Boolean);
      } catch (e) {
        if (e instanceof SqlError && e.condition !== 'connection_failure') throw e;
        if (this.#cluster.closed) throw e;
        this.#leaders.clear();
        ok = false;
      }
      this.onProgress();
      if (ok) until = null;
      else {
        until ??= this.#context.clock.monotonicMs() + this.#timeoutMs;
        if (this.#context.clock.monotonicMs() > until) throw new SqlError('connection_failure', 'Kafka did not acknowledge what was written in time');
        await this.#cluster.sleep(RETRY_MS);
      }
    }
  }

  /** Sends the first batch of each target; true when all were acknowledged. */
  async #produce(leader: number, targets: readonly Target[]): Promise<boolean> {
    const broker = this.#cluster.broker(leader);
    if (broker === undefined) {
      this.#leaders.clear();
      return false;
    }
    const sent: Sealed[] = targets.map((t) => ({ topic: t.topic, partition: t.partition, batch: t.queue[0] as Buffer }));
    let failed: unknown;
    const reply = await this.#cluster
      .send(broker, 'produce', 0, 9, () => produceRequest(sent, this.#acks), (r) => {
        try {
          return library().produceV9.parseResponse(0, 0, 9, r);
        } catch (e) {
          // Partition errors come with the whole reply.
          failed = e;
          if (e instanceof Error && 'response' in e && isProduce(e.response)) return e.response;
          throw e;
        }
      });
    let ok = true;
    for (const t of reply.responses) {
      for (const p of t.partitionResponses) {
        const target = targets.find((x) => x.topic === t.name && x.partition === p.index);
        if (target === undefined) continue;
        if (p.errorCode === 0 || p.errorCode === DUPLICATE_SEQUENCE) {
          const batch = target.queue.shift();
          this.#queued = Math.max(0, this.#queued - (batch?.length ?? 0));
        } else if (RETRIABLE.has(p.errorCode)) {
          this.#leaders.delete(`${t.name}:${p.index}`);
          ok = false;
        } else {
          throw new SqlError('io_error', `Kafka refused a write to topic "${t.name}" partition ${p.index} (code ${p.errorCode})`, {
            detail: p.errorMessage ?? undefined,
            hint: p.errorCode === MESSAGE_TOO_LARGE ? "Set 'properties.max.request.size' below the topic's max.message.bytes." : undefined,
            cause: failed,
          });
        }
      }
    }
    return ok;
  }
}

type ProduceReply = ReturnType<Library['produceV9']['parseResponse']>;
const isProduce = (v: unknown): v is ProduceReply => typeof v === 'object' && v !== null && 'responses' in v;

function produceRequest(sent: readonly Sealed[], acks: number): Writer {
  return library().Writer.create()
    .appendString(null)
    .appendInt16(acks)
    .appendInt32(30_000)
    .appendArray([...Map.groupBy(sent, (s) => s.topic)], (w, [topic, list]) => {
      w.appendString(topic).appendArray(list, (v, s) => {
        v.appendInt32(s.partition).appendUnsignedVarInt(s.batch.length + 1).append(s.batch);
      });
    })
    .appendTaggedFields();
}
