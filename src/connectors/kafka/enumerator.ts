import { library } from './library.ts';
import { SqlError } from '../../common/errors.ts';
import type { ConnectorContext, Options, Split, SplitEnumerator } from '../api.ts';
import { read } from '../options.ts';
import { Cluster, RETRIABLE, kafkaCode, kafkaProperties, type PartitionLeader } from './client.ts';

/** ListOffsets' marks for the two ends. */
export const EARLIEST = -2n;
export const LATEST = -1n;

export const isBounded = (o: Options): boolean => (o['scan.bounded.mode'] ?? 'unbounded') !== 'unbounded';
export const committedOnly = (o: Options): boolean => kafkaProperties(o)['isolation.level'] !== 'read_uncommitted';

/** `partition:0,offset:42;partition:1,offset:300` */
export function parseSpecificOffsets(text: string, option: string): Map<number, number> {
  const out = new Map<number, number>();
  for (const part of text.split(';').map((s) => s.trim()).filter((s) => s !== '')) {
    const m = /^partition\s*:\s*(\d+)\s*,\s*offset\s*:\s*(\d+)$/.exec(part);
    if (m === null) throw new SqlError('invalid_parameter_value', `invalid option "${option}": "${part}"`, { hint: "It is written 'partition:0,offset:42;partition:1,offset:300'." });
    out.set(Number(m[1]), Number(m[2]));
  }
  return out;
}

/** Offsets by partition at a time in milliseconds, or at EARLIEST or LATEST; of a time past the end, the end. */
export async function offsetsAt(cluster: Cluster, topic: string, partitions: readonly PartitionLeader[], timestamp: bigint, isolation: 0 | 1): Promise<Map<number, number>> {
  const out = new Map<number, number>();
  let leaders = partitions;
  for (let attempt = 0; out.size < partitions.length; attempt++) {
    if (attempt > 0) {
      if (attempt > 50) throw new SqlError('connection_failure', `Kafka gives no offsets for topic "${topic}"`);
      await cluster.sleep(100);
      leaders = (await cluster.metadata([topic])).get(topic) ?? leaders;
    }
    for (const node of new Set(leaders.map((l) => l.leader))) {
      const broker = cluster.broker(node);
      const asked = leaders.filter((l) => l.leader === node && !out.has(l.partition));
      if (broker === undefined || asked.length === 0) continue;
      try {
        const reply = await cluster.call(broker, library().listOffsetsV6, -1, isolation, [{ name: topic, partitions: asked.map((l) => ({ partitionIndex: l.partition, currentLeaderEpoch: -1, timestamp })) }]);
        for (const p of reply.topics[0]?.partitions ?? []) out.set(p.partitionIndex, Number(p.offset));
      } catch (e) {
        const code = kafkaCode(e);
        if (code !== null && !RETRIABLE.has(code)) throw new SqlError('connection_failure', `Kafka refuses the offsets of topic "${topic}" (code ${code})`, { cause: e });
      }
    }
  }
  if (timestamp >= 0n && [...out.values()].some((v) => v < 0)) {
    const end = await offsetsAt(cluster, topic, partitions.filter((p) => (out.get(p.partition) ?? -1) < 0), LATEST, isolation);
    for (const [p, v] of end) out.set(p, v);
  }
  return out;
}

/** Finds the partitions of a table's topics and where each begins (and ends). */
export class KafkaEnumerator implements SplitEnumerator {
  readonly #o: Options;
  readonly #context: ConnectorContext;
  readonly #cluster: Cluster;
  readonly #seen = new Set<string>();
  #cancel: (() => void) | null = null;

  constructor(o: Options, context: ConnectorContext) {
    this.#o = o;
    this.#context = context;
    this.#cluster = new Cluster(o, context.clock);
  }

  async #topics(): Promise<Map<string, PartitionLeader[]>> {
    const pattern = this.#o['topic-pattern'];
    if (pattern !== undefined) {
      const re = new RegExp(`^(?:${pattern})$`);
      const all = await this.#cluster.metadata(null);
      return new Map([...all].filter(([name]) => re.test(name)));
    }
    const names = read.list(this.#o, 'topic');
    const found = await this.#cluster.metadata(names);
    const missing = names.filter((n) => !found.has(n));
    if (missing.length > 0) throw new SqlError('undefined_object', `Kafka topic "${missing.join('", "')}" does not exist`);
    return found;
  }

  /** Partitions that came while a job was stopped are read from their beginning, whatever the start-up mode says. */
  discover(_parallelism: number, saved: readonly Split[] = []): Promise<readonly Split[]> {
    for (const s of saved) this.#seen.add(s.id);
    return this.#find(saved.length > 0);
  }

  async #find(later: boolean): Promise<readonly Split[]> {
    const splits: Split[] = [];
    for (const [topic, all] of await this.#topics()) {
      const fresh = all.filter((p) => !this.#seen.has(`${topic}:${p.partition}`));
      // What came later is no part of a table that ends.
      if (fresh.length === 0 || (later && isBounded(this.#o))) continue;
      const start = await this.#start(topic, fresh, later);
      const stop = await this.#stop(topic, fresh);
      for (const { partition } of fresh) {
        const id = `${topic}:${partition}`;
        this.#seen.add(id);
        splits.push({ id, bounded: stop !== null, position: { topic, partition, offset: start.get(partition) ?? 0, stop: stop?.get(partition) ?? null } });
      }
    }
    return splits;
  }

  async #start(topic: string, partitions: readonly PartitionLeader[], later: boolean): Promise<Map<number, number>> {
    const isolation = committedOnly(this.#o) ? 1 : 0;
    const at = (t: bigint): Promise<Map<number, number>> => offsetsAt(this.#cluster, topic, partitions, t, isolation);
    if (later) return at(EARLIEST);
    switch (this.#o['scan.startup.mode'] ?? 'group-offsets') {
      case 'earliest-offset':
        return at(EARLIEST);
      case 'latest-offset':
        return at(LATEST);
      case 'timestamp':
        return at(read.bigint(this.#o, 'scan.startup.timestamp-millis') ?? 0n);
      case 'specific-offsets': {
        const given = parseSpecificOffsets(this.#o['scan.startup.specific-offsets'] ?? '', 'scan.startup.specific-offsets');
        const rest = await this.#reset(topic, partitions.filter((p) => !given.has(p.partition)), 'earliest');
        for (const p of partitions) rest.set(p.partition, given.get(p.partition) ?? rest.get(p.partition) ?? 0);
        return rest;
      }
      default: {
        const committed = await this.#committed(topic, partitions);
        const rest = await this.#reset(topic, partitions.filter((p) => !committed.has(p.partition)), kafkaProperties(this.#o)['auto.offset.reset'] ?? 'none');
        return new Map([...rest, ...committed]);
      }
    }
  }

  async #reset(topic: string, partitions: readonly PartitionLeader[], where: string): Promise<Map<number, number>> {
    if (partitions.length === 0) return new Map();
    if (where !== 'earliest' && where !== 'latest') {
      throw new SqlError('invalid_parameter_value', `no committed offset for partition ${partitions[0]?.partition ?? 0} of topic "${topic}"`, {
        hint: "Set 'scan.startup.mode' to earliest-offset or latest-offset, or 'properties.auto.offset.reset' to earliest or latest.",
      });
    }
    return offsetsAt(this.#cluster, topic, partitions, where === 'earliest' ? EARLIEST : LATEST, committedOnly(this.#o) ? 1 : 0);
  }

  async #committed(topic: string, partitions: readonly PartitionLeader[]): Promise<Map<number, number>> {
    const group = kafkaProperties(this.#o)['group.id'];
    if (group === undefined) return new Map();
    const topics = [{ name: topic, partitionIndexes: partitions.map((p) => p.partition) }];
    const reply = await this.#cluster.patiently(async () =>
      this.#cluster.call(await this.#cluster.coordinator(group), library().offsetFetchV8, [{ groupId: group, memberId: null, memberEpoch: -1, topics }], false),
    );
    const out = new Map<number, number>();
    for (const p of reply.groups[0]?.topics[0]?.partitions ?? []) if (p.committedOffset >= 0n) out.set(p.partitionIndex, Number(p.committedOffset));
    return out;
  }

  async #stop(topic: string, partitions: readonly PartitionLeader[]): Promise<Map<number, number> | null> {
    const isolation = committedOnly(this.#o) ? 1 : 0;
    switch (this.#o['scan.bounded.mode'] ?? 'unbounded') {
      case 'unbounded':
        return null;
      case 'latest-offset':
        return offsetsAt(this.#cluster, topic, partitions, LATEST, isolation);
      case 'timestamp':
        return offsetsAt(this.#cluster, topic, partitions, read.bigint(this.#o, 'scan.bounded.timestamp-millis') ?? 0n, isolation);
      case 'group-offsets':
        return this.#committed(topic, partitions);
      default:
        return parseSpecificOffsets(this.#o['scan.bounded.specific-offsets'] ?? '', 'scan.bounded.specific-offsets');
    }
  }

  watch(found: (splits: readonly Split[]) => void): void {
    const interval = read.durationMs(this.#o, 'scan.topic-partition-discovery.interval') ?? 300_000;
    if (interval <= 0 || isBounded(this.#o)) return;
    const again = (): void => {
      this.#cancel = this.#context.clock.setTimer(interval, () => {
        if (this.#cluster.closed) return;
        this.#find(true).then(
          (splits) => {
            if (splits.length > 0 && !this.#cluster.closed) found(splits);
          },
          (e: unknown) => this.#context.log('warn', `looking for Kafka partitions failed: ${e instanceof Error ? e.message : String(e)}`),
        ).finally(() => {
          if (!this.#cluster.closed) again();
        });
      });
    };
    again();
  }

  close(): Promise<void> {
    this.#cancel?.();
    return this.#cluster.close();
  }
}
