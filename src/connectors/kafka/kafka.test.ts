import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTopic, kafkaUnavailable, startKafka, type KafkaBroker } from '../../../scripts/kafka.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { BIGINT, BYTEA, INT, TEXT, type SqlType } from '../../common/types/sql-type.ts';
import type { Options, Split } from '../api.ts';
import { resolveOptions } from '../registry.ts';
import { openSource, readAll, sourceSpec, testContext } from '../test-support.ts';
import { kafka } from './kafka.ts';

const why = await kafkaUnavailable();
const schema: Schema = [{ name: 'id', type: INT, nullable: true }, { name: 's', type: TEXT, nullable: true }];
const LTZ: SqlType = { kind: 'timestamptz', precision: 3 };
const HEADERS: SqlType = { kind: 'map', key: TEXT, value: BYTEA };

describe.skipIf(why !== null)(`kafka against a real broker${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let broker: KafkaBroker;
  let client: kafkajs.Kafka;
  let admin: kafkajs.Admin;
  let producer: kafkajs.Producer;
  beforeAll(async () => {
    broker = await startKafka();
    client = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    admin = client.admin();
    await admin.connect();
    // A request that is sent again on a busy machine must not write its messages twice.
    producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
  });
  afterAll(async () => {
    await producer?.disconnect();
    await admin?.disconnect();
    await broker?.stop();
  });

  const options = (topic: string, over: Options = {}): Options => ({
    connector: 'kafka', topic, format: 'json', 'properties.bootstrap.servers': broker.bootstrap,
    'scan.startup.mode': 'earliest-offset', 'scan.bounded.mode': 'latest-offset', 'properties.fetch.max.wait.ms': '50', ...over,
  });
  const create = (topic: string, numPartitions = 1, config: Record<string, string> = {}): Promise<void> => createTopic(admin, topic, numPartitions, config);
  const message = (i: number, pad = 0) => ({ key: `k${i}`, value: JSON.stringify({ id: i, s: `v${i}${'-'.repeat(pad)}` }) });
  const ids = async (o: Options): Promise<number[]> => {
    const spec = sourceSpec(o, schema);
    const reader = await openSource(spec, testContext());
    const { rows } = await readAll(spec, reader, Infinity, 1000);
    await reader.close();
    return rows.map((r) => r.row[0] as number);
  };
  const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => i + from);

  it.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])('reads %s batches with metadata', async (compression) => {
    const topic = `c-${compression}`;
    await create(topic, 1, { 'compression.type': compression });
    const messages = range(2000).map((i) => ({ ...message(i, 50), timestamp: String(1_700_000_000_000 + i), headers: { h: `x${i}` } }));
    for (let i = 0; i < 2000; i += 500) await producer.send({ topic, messages: messages.slice(i, i + 500) });
    const spec = sourceSpec(options(topic), schema, {
      metadata: [{ key: 'offset', type: BIGINT }, { key: 'timestamp', type: LTZ }, { key: 'headers', type: HEADERS }, { key: 'topic', type: TEXT }, { key: 'partition', type: INT }, { key: 'timestamp-type', type: TEXT }, { key: 'leader-epoch', type: INT }],
    });
    const reader = await openSource(spec, testContext());
    const { rows } = await readAll(spec, reader, Infinity, 333);
    expect(rows.length).toBe(2000);
    for (const i of [0, 999, 1999]) {
      expect(rows[i]?.row).toEqual([i, `v${i}${'-'.repeat(50)}`, BigInt(i), BigInt(1_700_000_000_000 + i) * 1000n, [['h', new Uint8Array(Buffer.from(`x${i}`))]], topic, 0, 'CreateTime', 0]);
    }
    expect(reader.positions()).toEqual([{ id: `${topic}:0`, position: { topic, partition: 0, offset: 2000, stop: 2000 }, ended: true }]);
    await reader.close();
  });

  it('shows committed records only', async () => {
    const topic = 'tx';
    await create(topic);
    const open = async (id: string): Promise<kafkajs.Producer> => {
      const p = client.producer({ transactionalId: id, maxInFlightRequests: 1, idempotent: true, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await p.connect();
      return p;
    };
    const a = await open('a');
    const b = await open('b');
    const transact = async (p: kafkajs.Producer, from: number, n: number, commit: boolean): Promise<void> => {
      for (let attempt = 0; ; attempt++) {
        try {
          const t = await p.transaction();
          await t.send({ topic, messages: range(n, from).map((i) => message(i, 200)) });
          await (commit ? t.commit() : t.abort());
          return;
        } catch (e) {
          if (attempt > 20) throw e;
          await delay(50);
        }
      }
    };
    // Two aborted ones of one producer, committed ones around.
    await transact(a, 0, 5, true);
    await transact(a, 100, 5, false);
    await transact(a, 5, 5, true);
    await transact(a, 200, 5, false);
    // Interleaved, and one long enough that its abort marker lies beyond a small fetch.
    const ta = await a.transaction();
    const tb = await b.transaction();
    await ta.send({ topic, messages: range(20, 300).map((i) => message(i, 500)) });
    await tb.send({ topic, messages: range(5, 10).map((i) => message(i, 500)) });
    await ta.send({ topic, messages: range(20, 320).map((i) => message(i, 500)) });
    await tb.commit();
    await ta.abort();
    await producer.send({ topic, messages: range(5, 15).map((i) => message(i)) });
    const all = await ids(options(topic));
    expect(all).toEqual(range(20));
    expect(await ids(options(topic, { 'properties.max.partition.fetch.bytes': '2000' }))).toEqual(range(20));
    // From every offset: what comes is the tail of the whole.
    for (const offset of [3, 6, 11, 14, 22, 27, 40, 60]) {
      const tail = await ids(options(topic, { 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': `partition:0,offset:${offset}` }));
      expect(tail).toEqual(range(20).slice(20 - tail.length));
    }
    expect((await ids(options(topic, { 'properties.isolation.level': 'read_uncommitted' }))).length).toBe(70);
    await a.disconnect();
    await b.disconnect();
  });

  it('resumes, reads many partitions, follows keys and tombstones, reports bad records', async () => {
    const topic = 'parts';
    await create(topic, 3);
    await producer.send({ topic, messages: [...range(900).map((i) => message(i)), { key: 'k1', value: null }, { key: 'k2', value: 'junk' }] });
    const spec = sourceSpec(options(topic), schema);
    const reader = await openSource(spec, testContext());
    const head = await readAll(spec, reader, 400, 100);
    const splits: Split[] = reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: true }));
    await reader.close();
    const again = kafka.source?.reader(spec, splits, testContext());
    const tail = await readAll(spec, again as NonNullable<typeof again>);
    await again?.close();
    expect([...head.rows, ...tail.rows].map((r) => r.row[0] as number).toSorted((x, y) => x - y)).toEqual(range(900));
    expect([...head.bad, ...tail.bad].map((b) => Buffer.from(b.raw).toString())).toEqual(['junk']);

    const keyed: Schema = [{ name: 'k_key', type: TEXT, nullable: true }, ...schema];
    const keyedSpec = sourceSpec(options(topic, { 'key.format': 'raw', 'key.fields': 'k_key', 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY' }), keyed);
    const keyedReader = await openSource(keyedSpec, testContext());
    const got = await readAll(keyedSpec, keyedReader);
    await keyedReader.close();
    expect(got.rows.length).toBe(900);
    expect(got.rows.every((r) => r.row[0] === `k${String(r.row[1])}`)).toBe(true);
  });

  it('begins by time and by group, commits for display and finds new partitions', async () => {
    const topic = 'start';
    await create(topic);
    await producer.send({ topic, messages: range(10).map((i) => ({ ...message(i), timestamp: String(1000 + i) })) });
    expect(await ids(options(topic, { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '1007' }))).toEqual([7, 8, 9]);
    expect(await ids(options(topic, { 'scan.startup.mode': 'latest-offset' }))).toEqual([]);
    expect(await ids(options(topic, { 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': 'partition:0,offset:4' }))).toEqual([0, 1, 2, 3]);
    const group = options(topic, { 'scan.startup.mode': 'group-offsets', 'properties.group.id': 'g' });
    await expect(ids(group)).rejects.toThrow('no committed offset');
    const spec = sourceSpec({ ...group, 'properties.auto.offset.reset': 'earliest' }, schema);
    const reader = await openSource(spec, testContext());
    await readAll(spec, reader, 6, 6);
    reader.checkpointed?.(new Map(reader.positions().map((p) => [p.id, p.position])));
    for (let i = 0; i < 100 && (await admin.fetchOffsets({ groupId: 'g', topics: [topic] }))[0]?.partitions[0]?.offset !== '6'; i++) await delay(50);
    await reader.close();
    expect(await ids(group)).toEqual([6, 7, 8, 9]);

    const live = sourceSpec(options(topic, { 'scan.bounded.mode': 'unbounded', 'scan.startup.mode': 'latest-offset', 'scan.topic-partition-discovery.interval': '50 ms' }), schema);
    const enumerator = kafka.source?.enumerator(live, testContext());
    const first = (await enumerator?.discover(1)) ?? [];
    const liveReader = kafka.source?.reader(live, first, testContext());
    enumerator?.watch?.((splits) => liveReader?.addSplits(splits));
    await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    // A new producer: the other one still knows one partition.
    const fresh = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await fresh.connect();
    for (const partition of [1, 0]) await fresh.send({ topic, messages: [{ ...message(50 + partition), partition }] });
    await fresh.disconnect();
    const got = await readAll(live, liveReader as NonNullable<typeof liveReader>, 2);
    expect(got.rows.map((r) => r.row[0]).toSorted()).toEqual([50, 51]);
    await enumerator?.close();
    await liveReader?.close();
  });

  it('leaves paused partitions alone until they are wanted again', async () => {
    await create('pausing', 2);
    for (const partition of [0, 1]) await producer.send({ topic: 'pausing', messages: range(300).map((i) => ({ ...message(partition * 1000 + i), partition })) });
    const spec = sourceSpec(options('pausing'), schema);
    const reader = await openSource(spec, testContext());
    const [first, second] = reader.positions().map((p) => p.id);
    reader.pause?.(new Set([first ?? '']));
    const { rows } = await readAll(spec, reader, 300, 100);
    expect(new Set(rows.map((r) => r.splitId))).toEqual(new Set([second]));
    expect(reader.poll(100)).toBe('idle');
    expect(reader.hasUnread?.(second ?? '')).toBe(false);
    reader.pause?.(new Set());
    const rest = await readAll(spec, reader, 100, 100);
    expect(rest.rows.length).toBe(100);
    // The others were fetched with these and only wait to be polled: their partition is not idle.
    expect(reader.hasUnread?.(first ?? '')).toBe(true);
    expect((await readAll(spec, reader)).rows.length).toBe(200);
    expect(reader.hasUnread?.(first ?? '')).toBe(false);
    await reader.close();
  });

  it('writes what kafkajs reads, keyed as Java does', async () => {
    await create('out', 4);
    await create('by-kafkajs', 4);
    const columns: Schema = [{ name: 'id', type: INT, nullable: true }, { name: 's', type: TEXT, nullable: true }, { name: 'h', type: HEADERS, nullable: true }, { name: 'ts', type: LTZ, nullable: true }];
    const o = resolveOptions({ connector: 'kafka', topic: 'out', 'properties.bootstrap.servers': broker.bootstrap, 'key.format': 'raw', 'key.fields': 's', 'value.format': 'json' }).options;
    const writer = kafka.sink?.writer({ connector: 'kafka', options: o, schema: columns, metadata: [{ column: 2, key: 'headers' }, { column: 3, key: 'timestamp' }], primaryKey: [], table: 't' }, 0, testContext());
    const n = 3000;
    for (let i = 0; i < n; i += 1000) writer?.write(batchFromRows(columns, range(1000, i).map((j) => [j, `k${j}`, [['a', new Uint8Array([j & 255])]], BigInt(j) * 1000n])));
    await writer?.prepare(1);
    expect(writer?.pendingBytes).toBe(0);
    await writer?.close();
    await producer.send({ topic: 'by-kafkajs', messages: range(n).map((i) => message(i)) });
    const counts = async (topic: string): Promise<string[]> => (await admin.fetchTopicOffsets(topic)).map((p) => `${p.partition}:${p.high}`).toSorted();
    expect(await counts('out')).toEqual(await counts('by-kafkajs'));
    const consumer = client.consumer({ groupId: 'check' });
    await consumer.connect();
    await consumer.subscribe({ topic: 'out', fromBeginning: true });
    const seen: kafkajs.KafkaMessage[] = [];
    await new Promise<void>((done) => {
      void consumer.run({ eachMessage: ({ message: m }) => Promise.resolve(void (seen.push(m) === n && done())) });
    });
    await consumer.disconnect();
    const m = seen.find((x) => x.key?.toString() === 'k1234');
    expect([m?.value?.toString(), m?.timestamp, Buffer.from(m?.headers?.['a'] as Buffer)[0]]).toEqual(['{"id":1234,"s":"k1234"}', '1234', 1234 & 255]);
  });

  it('keeps batches below the limit of the topic', async () => {
    await create('small', 1, { 'max.message.bytes': '20000' });
    const rows = batchFromRows(schema, range(1000).map((i) => [i, 'x'.repeat(100)]));
    const write = async (over: Options): Promise<void> => {
      const o = resolveOptions({ connector: 'kafka', topic: 'small', format: 'json', 'properties.bootstrap.servers': broker.bootstrap, ...over }).options;
      const writer = kafka.sink?.writer({ connector: 'kafka', options: o, schema, metadata: [], primaryKey: [], table: 't' }, 0, testContext({ fail: () => undefined }));
      writer?.write(rows);
      try {
        await writer?.prepare(1);
      } finally {
        await writer?.close();
      }
    };
    await expect(write({})).rejects.toThrow('Kafka refused a write to topic "small" partition 0 (code 10)');
    await write({ 'properties.max.request.size': '16384' });
    expect(await ids(options('small'))).toEqual(range(1000));
  });

  it('authenticates with SASL', async () => {
    await create('sasl');
    await producer.send({ topic: 'sasl', messages: [message(1)] });
    const o = (password: string): Options => options('sasl', {
      'properties.bootstrap.servers': broker.saslBootstrap, 'properties.security.protocol': 'SASL_PLAINTEXT', 'properties.sasl.mechanism': 'PLAIN',
      'properties.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="${password}";`,
    });
    expect(await ids(o('alice-secret'))).toEqual([1]);
    await expect(ids(o('wrong'))).rejects.toThrow('could not reach Kafka');
  });

  it('outlives a restart of the broker, reading and writing', async () => {
    const topic = 'restart';
    await create(topic);
    const o = options(topic, { 'scan.bounded.mode': 'unbounded' });
    const spec = sourceSpec(o, schema);
    const reader = await openSource(spec, testContext());
    const sinkOptions = resolveOptions({ connector: 'kafka', topic, format: 'json', 'properties.bootstrap.servers': broker.bootstrap }).options;
    const writer = kafka.sink?.writer({ connector: 'kafka', options: sinkOptions, schema, metadata: [], primaryKey: [], table: 't' }, 0, testContext());
    writer?.write(batchFromRows(schema, range(5).map((i) => [i, null])));
    await writer?.prepare(1);
    expect((await readAll(spec, reader, 5)).rows.map((r) => r.row[0])).toEqual(range(5));
    const up = broker.restart();
    writer?.write(batchFromRows(schema, range(5, 5).map((i) => [i, null])));
    const flushed = writer?.prepare(2);
    await up;
    await flushed;
    expect((await readAll(spec, reader, 5)).rows.map((r) => r.row[0])).toEqual(range(5, 5));
    await writer?.close();
    await reader.close();
  });

  it('reads partitions that came while it was stopped from their beginning, and reports records that are gone', async () => {
    const topic = 'later';
    await create(topic);
    const o = options(topic, { 'scan.bounded.mode': 'unbounded', 'scan.startup.mode': 'latest-offset' });
    const spec = sourceSpec(o, schema);
    const reader = await openSource(spec, testContext());
    await producer.send({ topic, messages: range(3).map((i) => message(i)) });
    expect((await readAll(spec, reader, 3)).rows.map((r) => r.row[0])).toEqual(range(3));
    const saved: Split[] = reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: false }));
    await reader.close();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    const fresh = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await fresh.connect();
    // One by one: kafkajs sends a whole request again when one of its partitions is not there yet.
    for (const partition of [1, 0]) await fresh.send({ topic, messages: [{ ...message(10 + partition), partition }] });
    await fresh.disconnect();
    const enumerator = kafka.source?.enumerator(spec, testContext());
    const found = (await enumerator?.discover(1, saved)) ?? [];
    await enumerator?.close();
    expect(found.map((s) => s.position)).toEqual([{ topic, partition: 1, offset: 0, stop: null }]);
    const again = kafka.source?.reader(spec, [...saved, ...found], testContext());
    expect((await readAll(spec, again as NonNullable<typeof again>, 2)).rows.map((r) => r.row[0]).toSorted()).toEqual([10, 11]);
    await again?.close();

    // As after the topic was deleted and made again.
    const gone: Split[] = [{ id: `${topic}:0`, bounded: false, position: { topic, partition: 0, offset: 99, stop: null } }];
    const late = kafka.source?.reader(spec, gone, testContext());
    const got = await readAll(spec, late as NonNullable<typeof late>, 5);
    await late?.close();
    expect(got.rows.map((r) => r.row[0])).toEqual([0, 1, 2, 10]);
    expect(got.bad.map((b) => [b.offset, b.reason])).toEqual([['99', `Kafka has no offset 99 in ${topic}:0 any more, reading goes on at 0`]]);
  });

  it('says what is wrong', async () => {
    await expect(ids(options('no-such'))).rejects.toThrow('Kafka topic "no-such" does not exist');
    await expect(ids(options('x', { 'properties.bootstrap.servers': '127.0.0.1:1' }))).rejects.toThrow('could not reach Kafka at 127.0.0.1:1');
  });
});

it('checks kafka options', () => {
  const base: Options = { connector: 'kafka', topic: 't', format: 'json', 'properties.bootstrap.servers': 'h:1' };
  const check = (over: Options, use: 'source' | 'sink' = 'source'): void => {
    const { options } = resolveOptions({ ...base, ...over });
    kafka.validate?.(options, schema, use);
  };
  check({});
  expect(() => check({ 'topic-pattern': 'x' })).toThrow('exactly one');
  expect(() => check({ 'scan.startup.mode': 'earliest' })).toThrow('invalid value');
  expect(() => check({ 'key.format': 'json' })).toThrow('key.fields');
  expect(() => check({ 'key.format': 'json', 'key.fields': 'nope' })).toThrow('no column "nope"');
  expect(() => check({ 'key.format': 'json', 'key.fields': 'id', 'key.json.ignore-parse-errors': 'true' })).not.toThrow();
  expect(() => check({ 'sink.delivery-guarantee': 'exactly-once' }, 'sink')).toThrow('not supported');
  expect(() => check({ 'scan.startup.mode': 'timestamp' })).toThrow('timestamp-millis');
  expect(() => check({ 'properties.bootstrap.servers': 'nonsense' })).toThrow('bootstrap.servers');
});
