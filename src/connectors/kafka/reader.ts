import { library } from './library.ts';
import { assert, SqlError } from '../../common/errors.ts';
import type { BadRecord, ConnectorContext, JsonValue, SourceBatch, SourceReader, SourceSpec, Split } from '../api.ts';
import { Cluster, RETRIABLE, kafkaProperties } from './client.ts';
import { EARLIEST, LATEST, committedOnly, isBounded, offsetsAt } from './enumerator.ts';
import { FETCH_KEY, FETCH_VERSION, fetchRequest, parseFetch, type FetchedPartition } from './fetch.ts';
import type { RecordDecoder } from './payload.ts';
import { RecordBatchReader, type RecordColumns } from './record-batch.ts';

interface OpenPartition {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  /** End offset, exclusive, or null. */
  readonly stop: number | null;
  readonly batches: RecordBatchReader;
  /** Behind the last polled record. */
  offset: number;
  fetchOffset: number;
  /** Where the partition ended when it was last asked, exclusive, as far as its records may be read; 0 before that. */
  knownEnd: number;
  leader: number;
  ended: boolean;
}
/** Records ready to be polled; `behind` is the partition's place when they are used up. */
interface Ready {
  readonly split: OpenPartition;
  readonly records: RecordColumns | null;
  readonly behind: number;
  readonly bytes: number;
  next: number;
  /** Records that Kafka has dropped unread: where they began, and what the error view is told. */
  readonly gap?: { readonly offset: number; readonly reason: string };
}
const NO_RECORDS: RecordColumns = {
  data: new Uint8Array(0), count: 0, keyAt: new Int32Array(0), keyLength: new Int32Array(0), valueAt: new Int32Array(0), valueLength: new Int32Array(0),
  offset: new Float64Array(0), timestampMs: new Float64Array(0), headersAt: new Int32Array(0), leaderEpoch: new Int32Array(0), logAppendTime: new Uint8Array(0),
};
const WARN_EVERY_MS = 5000;
/** A topic that is unknown for so long has been deleted. */
const MISSING_TOPIC_MS = 10_000;
const READY_BYTES_MAX = 16 * 1024 * 1024;
const RETRY_MS = 100;
const OFFSET_OUT_OF_RANGE = 1;

/** Reads partitions with its own fetch loop: one request under way per leader, a bounded amount decoded ahead. */
export class KafkaReader implements SourceReader {
  readonly #o: SourceSpec['options'];
  readonly #context: ConnectorContext;
  readonly #cluster: Cluster;
  readonly #payload: RecordDecoder;
  readonly #committedOnly: boolean;
  readonly #bounded: boolean;
  readonly #splits: OpenPartition[] = [];
  readonly #ready: Ready[] = [];
  readonly #busy = new Set<number>();
  #readyBytes = 0;
  #wake: (() => void) | null = null;
  #locating = false;
  #warned = { text: '', atMs: Number.NEGATIVE_INFINITY };
  #missingSinceMs: number | null = null;
  #committing = false;
  #paused: ReadonlySet<string> = new Set();

  constructor(spec: SourceSpec, payload: RecordDecoder, splits: readonly Split[], context: ConnectorContext) {
    this.#o = spec.options;
    this.#context = context;
    this.#cluster = new Cluster(spec.options, context.clock);
    this.#payload = payload;
    this.#committedOnly = committedOnly(spec.options);
    this.#bounded = isBounded(spec.options);
    this.addSplits(splits);
  }

  addSplits(splits: readonly Split[]): void {
    for (const s of splits) {
      const p = s.position as { readonly [key: string]: JsonValue } | null;
      const [topic, partition, offset, stop] = [p?.['topic'], p?.['partition'], p?.['offset'], p?.['stop'] ?? null];
      assert(typeof topic === 'string' && typeof partition === 'number' && typeof offset === 'number' && (stop === null || typeof stop === 'number'), 'malformed Kafka position');
      this.#splits.push({ id: s.id, topic, partition, stop, offset, fetchOffset: offset, knownEnd: 0, leader: -1, ended: stop !== null && offset >= stop, batches: new RecordBatchReader(this.#committedOnly) });
    }
    this.#kick();
  }

  /** Starts what can be started: looking up leaders, a fetch for every leader without one. */
  #kick(): void {
    if (this.#cluster.closed) return;
    const open = this.#splits.filter((s) => !s.ended && !this.#paused.has(s.id) && (s.stop === null || s.fetchOffset < s.stop));
    if (open.some((s) => s.leader < 0) && !this.#locating) {
      this.#locating = true;
      this.#locate().then(
        () => {
          this.#locating = false;
          this.#kick();
        },
        (e: unknown) => {
          this.#locating = false;
          this.#retry(e);
        },
      );
    }
    if (this.#isFull()) return;
    for (const leader of new Set(open.map((s) => s.leader))) {
      if (leader < 0 || this.#busy.has(leader)) continue;
      this.#busy.add(leader);
      this.#fetch(leader, open.filter((s) => s.leader === leader)).then(
        (pause) => {
          if (pause) this.#later(() => this.#busy.delete(leader));
          else {
            this.#busy.delete(leader);
            this.#kick();
          }
        },
        (e: unknown) => {
          for (const s of this.#splits) if (s.leader === leader) s.leader = -1;
          this.#busy.delete(leader);
          this.#retry(e);
        },
      );
    }
  }

  /** Whether enough is there to be polled; what is paused doesn't count. */
  #isFull(): boolean {
    if (this.#paused.size === 0) return this.#readyBytes >= READY_BYTES_MAX;
    return this.#ready.reduce((sum, r) => sum + (this.#paused.has(r.split.id) ? 0 : r.bytes), 0) >= READY_BYTES_MAX;
  }
  pause(splits: ReadonlySet<string>): void {
    this.#paused = splits;
    if (this.#ready.some((r) => !splits.has(r.split.id))) {
      const wake = this.#wake;
      this.#wake = null;
      wake?.();
    }
    this.#kick();
  }

  #later(then: () => void): void {
    this.#context.clock.setTimer(RETRY_MS, () => {
      then();
      this.#kick();
    });
  }

  #retry(e: unknown): void {
    if (this.#cluster.closed) return;
    if (e instanceof SqlError && e.condition !== 'connection_failure') {
      this.#context.fail(e);
      return;
    }
    const text = e instanceof Error ? e.message : String(e);
    const nowMs = this.#context.clock.monotonicMs();
    if (text !== this.#warned.text || nowMs - this.#warned.atMs >= WARN_EVERY_MS) {
      this.#warned = { text, atMs: nowMs };
      this.#context.log('warn', `Kafka: ${text}; trying again`);
    }
    this.#later(() => undefined);
  }

  async #locate(): Promise<void> {
    const topics = [...new Set(this.#splits.filter((s) => !s.ended).map((s) => s.topic))];
    const found = await this.#cluster.metadata(topics);
    let missing = false;
    for (const s of this.#splits) {
      if (s.leader >= 0) continue;
      s.leader = found.get(s.topic)?.find((p) => p.partition === s.partition)?.leader ?? -1;
      if (s.leader < 0 && !s.ended) missing = true;
    }
    const gone = topics.find((t) => !found.has(t));
    if (gone === undefined) this.#missingSinceMs = null;
    else {
      const nowMs = this.#context.clock.monotonicMs();
      this.#missingSinceMs ??= nowMs;
      if (nowMs - this.#missingSinceMs >= MISSING_TOPIC_MS) throw new SqlError('undefined_object', `Kafka topic "${gone}" does not exist any more`);
    }
    if (missing) throw new SqlError('connection_failure', 'a partition has no leader');
  }

  /** One round trip; true asks for a pause before the next. */
  async #fetch(leader: number, splits: readonly OpenPartition[]): Promise<boolean> {
    const broker = this.#cluster.broker(leader);
    if (broker === undefined) throw new SqlError('connection_failure', `Kafka node ${leader} is unknown`);
    const p = kafkaProperties(this.#o);
    const n = (name: string, fallback: number): number => Number(p[name] ?? fallback);
    const wanted = splits.map((s) => ({ topic: s.topic, partition: s.partition, offset: s.fetchOffset }));
    const reply = await this.#cluster.send(
      broker, 'fetch', FETCH_KEY, FETCH_VERSION,
      () => fetchRequest(wanted, this.#committedOnly, n('fetch.max.wait.ms', 500), n('fetch.min.bytes', 1), n('fetch.max.bytes', 52_428_800), n('max.partition.fetch.bytes', 1_048_576)),
      parseFetch,
    );
    if (reply.errorCode !== 0) throw new SqlError('connection_failure', `Kafka refused a fetch (code ${reply.errorCode})`);
    let pause = false;
    for (const got of reply.partitions) {
      const s = splits.find((x) => x.topic === got.topic && x.partition === got.partition);
      if (s === undefined) continue;
      if (got.errorCode === OFFSET_OUT_OF_RANGE) await this.#resetOffset(s);
      else if (got.errorCode !== 0) {
        if (!RETRIABLE.has(got.errorCode)) throw new SqlError('io_error', `Kafka refuses to read topic "${s.topic}" partition ${s.partition} (code ${got.errorCode})`);
        s.leader = -1;
        pause = true;
      } else {
        s.knownEnd = this.#committedOnly ? got.lastStableOffset : got.highWatermark;
        this.#take(s, got);
      }
    }
    return pause;
  }

  #take(s: OpenPartition, got: FetchedPartition): void {
    if (got.records === null || got.records.length === 0) return;
    const { chunks, next } = s.batches.read(got.records, s.fetchOffset, s.stop ?? Infinity, got.aborted, s.id);
    if (next === s.fetchOffset) return;
    s.fetchOffset = next;
    // What lies behind the last record (control records, aborted ones) is passed with it.
    if (chunks.length === 0) this.#ready.push({ split: s, records: null, behind: next, bytes: 0, next: 0 });
    chunks.forEach((records, i) => {
      const last = i === chunks.length - 1;
      this.#ready.push({ split: s, records, behind: last ? next : (records.offset[records.count - 1] as number) + 1, bytes: records.data.length, next: 0 });
      this.#readyBytes += records.data.length;
    });
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  async #resetOffset(s: OpenPartition): Promise<void> {
    const where = kafkaProperties(this.#o)['auto.offset.reset'] ?? 'earliest';
    if (where !== 'earliest' && where !== 'latest') throw new SqlError('data_exception', `offset ${s.fetchOffset} of topic "${s.topic}" partition ${s.partition} is not in Kafka any more`);
    const at = await offsetsAt(this.#cluster, s.topic, [{ partition: s.partition, leader: s.leader, epoch: -1 }], where === 'earliest' ? EARLIEST : LATEST, this.#committedOnly ? 1 : 0);
    const offset = at.get(s.partition) ?? 0;
    const reason = `Kafka has no offset ${s.fetchOffset} in ${s.id} any more, reading goes on at ${offset}`;
    this.#context.log('warn', reason);
    s.batches.reset();
    this.#ready.push({ split: s, records: null, behind: offset, bytes: 0, next: 0, gap: { offset: s.fetchOffset, reason } });
    s.fetchOffset = offset;
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  poll(maxRows: number): SourceBatch | 'idle' | 'ended' {
    for (;;) {
      const at = this.#paused.size === 0 ? 0 : this.#ready.findIndex((r) => !this.#paused.has(r.split.id));
      const head = this.#ready[at];
      if (head === undefined) return this.#bounded && this.#splits.every((s) => s.ended) ? 'ended' : 'idle';
      const s = head.split;
      if (head.records === null) {
        this.#ready.splice(at, 1);
        this.#advance(s, head.behind);
        if (head.gap === undefined) continue;
        const { columns } = this.#payload.decode(NO_RECORDS, 0, 0, s.topic, s.partition);
        const bad = { splitId: s.id, offset: String(head.gap.offset), raw: new Uint8Array(0), reason: head.gap.reason, field: null };
        return { splitId: s.id, batch: { rowCount: 0, ops: null, columns }, bad: [bad] };
      }
      const r = head.records;
      const from = head.next;
      const to = Math.min(r.count, from + maxRows);
      const d = this.#payload.decode(r, from, to, s.topic, s.partition);
      head.next = to;
      if (to === r.count) {
        this.#ready.splice(at, 1);
        const full = this.#isFull();
        this.#readyBytes -= head.bytes;
        this.#advance(s, head.behind);
        if (full) this.#kick();
      } else this.#advance(s, r.offset[to] as number);
      if (d.rows === 0 && d.bad.length === 0) continue;
      const origin = (message: number): { offset: string; raw: Uint8Array } => {
        const at = r.valueAt[message] as number;
        return { offset: String(r.offset[message]), raw: new Uint8Array(r.data.subarray(at, at + Math.max(0, r.valueLength[message] as number))) };
      };
      const bad = d.bad.map((b): BadRecord => ({ splitId: s.id, ...origin(b.message), reason: b.reason, field: b.field }));
      return { splitId: s.id, batch: { rowCount: d.rows, ops: d.ops, columns: d.columns }, bad, origin: (row) => origin(d.message[row] as number) };
    }
  }

  #advance(s: OpenPartition, offset: number): void {
    s.offset = offset;
    if (s.stop !== null && offset >= s.stop) s.ended = true;
  }

  /** Rows that were fetched and not polled, or that the broker says are there. */
  hasUnread(splitId: string): boolean {
    const split = this.#splits.find((s) => s.id === splitId);
    if (split === undefined || split.ended) return false;
    return split.fetchOffset < Math.min(split.knownEnd, split.stop ?? Infinity) || this.#ready.some((r) => r.split === split);
  }

  onReady(wake: () => void): void {
    if (this.#ready.some((r) => !this.#paused.has(r.split.id)) || (this.#bounded && this.#splits.every((s) => s.ended))) wake();
    else this.#wake = wake;
  }

  positions(): readonly { id: string; position: JsonValue; ended: boolean }[] {
    return this.#splits.map((s) => ({ id: s.id, position: { topic: s.topic, partition: s.partition, offset: s.offset, stop: s.stop }, ended: s.ended }));
  }

  /** Shows the progress in the consumer group; nothing depends on it. */
  checkpointed(positions: ReadonlyMap<string, JsonValue>): void {
    const group = kafkaProperties(this.#o)['group.id'];
    if (group === undefined || this.#committing) return;
    const byTopic = new Map<string, { partitionIndex: number; committedOffset: bigint; committedLeaderEpoch: number; committedMetadata: string }[]>();
    for (const s of this.#splits) {
      const p = positions.get(s.id) as { readonly [key: string]: JsonValue } | null | undefined;
      const offset = p?.['offset'];
      if (typeof offset !== 'number') continue;
      const list = byTopic.get(s.topic) ?? [];
      list.push({ partitionIndex: s.partition, committedOffset: BigInt(offset), committedLeaderEpoch: -1, committedMetadata: '' });
      byTopic.set(s.topic, list);
    }
    if (byTopic.size === 0) return;
    this.#committing = true;
    this.#cluster
      .coordinator(group)
      .then((b) => this.#cluster.call(b, library().offsetCommitV8, group, -1, '', null, [...byTopic].map(([name, partitions]) => ({ name, partitions }))))
      .catch((e: unknown) => {
        if (!this.#cluster.closed) this.#context.log('warn', `Kafka: offsets of group ${group} were not committed: ${e instanceof Error ? e.message : String(e)}`);
      })
      .finally(() => (this.#committing = false));
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }
}
