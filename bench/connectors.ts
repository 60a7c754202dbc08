import { cpus } from 'node:os';
import kafkajs from 'kafkajs';
import { createTopic, startKafka } from '../scripts/kafka.ts';
import type { Schema } from '../src/common/batch/batch.ts';
import { BIGINT, DOUBLE, INT, TEXT, TIMESTAMP } from '../src/common/types/sql-type.ts';
import type { Options } from '../src/connectors/api.ts';
import { BytesOut, putByte } from '../src/connectors/bytes-out.ts';
import { frameLines } from '../src/connectors/formats/frame.ts';
import { json } from '../src/connectors/formats/json.ts';
import { kafka } from '../src/connectors/kafka/kafka.ts';
import { resolveOptions, schemaFromOptions } from '../src/connectors/registry.ts';
import { openSource, sourceSpec, testContext } from '../src/connectors/test-support.ts';
import type { SourceSpec } from '../src/connectors/api.ts';

/**
 * Speed of generators, the JSON format and Kafka, one thread each.
 *
 *     node bench/connectors.ts [nexmark] [json] [kafka]
 */
const wanted = new Set(process.argv.slice(2));
const runs = (name: string): boolean => wanted.size === 0 || wanted.has(name);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const best = async (rounds: number, run: () => number | Promise<number>): Promise<number> => {
  let top = 0;
  for (let i = 0; i < rounds; i++) top = Math.max(top, await run());
  return top;
};

async function drain(spec: SourceSpec): Promise<{ rows: number; ms: number }> {
  const reader = await openSource(spec, testContext());
  const t = performance.now();
  let rows = 0;
  for (;;) {
    const got = reader.poll(4096);
    if (got === 'ended') break;
    if (got === 'idle') await new Promise<void>((wake) => reader.onReady(wake));
    else rows += got.batch.rowCount;
  }
  const ms = performance.now() - t;
  await reader.close();
  return { rows, ms };
}

async function nexmark(): Promise<void> {
  const o: Options = { connector: 'nexmark', 'nexmark.table': 'bid', 'events.num': '10000000' };
  const schema = schemaFromOptions(o) as Schema;
  for (const [name, projection] of [['auction, bidder, price, dateTime', [0, 1, 2, 5]], ['all columns', [0, 1, 2, 3, 4, 5, 6]]] as const) {
    const rate = await best(3, async () => {
      const { rows, ms } = await drain(sourceSpec(o, schema, { projection }));
      return rows / ms / 1000;
    });
    say(`nexmark bid (${name}): ${rate.toFixed(1)} M rows/s`);
  }
}

const JSON_SCHEMA: Schema = ([['id', BIGINT], ['user_name', TEXT], ['amount', DOUBLE], ['quantity', INT], ['country', TEXT], ['ts', TIMESTAMP], ['note', TEXT]] as const).map(([name, type]) => ({ name, type, nullable: true }));

async function jsonFormat(): Promise<void> {
  const line = (i: number): string =>
    `{"id":${1_000_000 + i},"user_name":"user-${i % 5000}-abcdefgh","amount":${(i % 100_000) / 100},"quantity":${i % 50},"country":"Netherlands","ts":"2024-05-01 12:34:${String(i % 60).padStart(2, '0')}.123","note":"a longer text of some forty characters ${i}"}\n`;
  const data = Buffer.from(Array.from({ length: 100_000 }, (_, i) => line(i)).join(''));
  const block = frameLines(data, 0, data.length);
  const mb = data.length / 1e6;
  for (const [name, projection] of [['all 7 fields', [0, 1, 2, 3, 4, 5, 6]], ['2 of 7', [0, 2]]] as const) {
    const decoder = json.decoder(JSON_SCHEMA, projection, {});
    const rate = await best(7, () => {
      const t = performance.now();
      for (let i = 0; i < block.count; i += 4096) decoder.decode(block, i, Math.min(block.count, i + 4096));
      return (mb / (performance.now() - t)) * 1000;
    });
    say(`json decode (${name}): ${rate.toFixed(0)} MB/s, ${(((data.length / block.count) * 1000) / rate).toFixed(0)} ns a message of ${Math.round(data.length / block.count)} bytes`);
  }
  const parse = await best(5, () => {
    const t = performance.now();
    for (let i = 0; i < block.count; i++) JSON.parse(data.toString('utf8', block.offsets[i], (block.offsets[i] ?? 0) + (block.lengths[i] ?? 0)));
    return (mb / (performance.now() - t)) * 1000;
  });
  say(`JSON.parse: ${parse.toFixed(0)} MB/s`);
  const { batch } = json.decoder(JSON_SCHEMA, [0, 1, 2, 3, 4, 5, 6], {}).decode(block, 0, block.count);
  const encoder = json.encoder(JSON_SCHEMA, [0, 1, 2, 3, 4, 5, 6], {});
  const out = new BytesOut(1 << 20);
  const rate = await best(5, () => {
    out.length = 0;
    const t = performance.now();
    for (let i = 0; i < batch.rowCount; i++) {
      encoder.encode(batch, i, out);
      putByte(out, 10);
    }
    return (out.length / 1e6 / (performance.now() - t)) * 1000;
  });
  say(`json encode: ${rate.toFixed(0)} MB/s`);
}

async function kafkaRates(): Promise<void> {
  const broker = await startKafka();
  try {
    const admin = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    await createTopic(admin, 'bench');
    await admin.disconnect();
    const n = 1_000_000;
    const source: Options = { connector: 'nexmark', 'nexmark.table': 'bid', 'events.num': String(Math.ceil((n * 50) / 46)) };
    const schema = schemaFromOptions(source) as Schema;
    const base: Options = { connector: 'kafka', topic: 'bench', format: 'json', 'properties.bootstrap.servers': broker.bootstrap };
    const writer = kafka.sink?.writer({ connector: 'kafka', options: resolveOptions(base).options, schema, metadata: [], primaryKey: [], table: 't' }, 0, testContext());
    if (writer === undefined) return;
    const reader = await openSource(sourceSpec(source, schema), testContext());
    let t = performance.now();
    for (let got = reader.poll(4096); typeof got === 'object'; got = reader.poll(4096)) {
      writer.write(got.batch);
      if (writer.pendingBytes >= writer.highWaterBytes) await new Promise<void>((wake) => writer.onDrain(wake));
    }
    await writer.prepare(1);
    say(`kafka write: ${(n / (performance.now() - t)).toFixed(0)} K msg/s`);
    await writer.close();
    const read: Options = { ...base, 'scan.startup.mode': 'earliest-offset', 'scan.bounded.mode': 'latest-offset' };
    for (const [name, projection] of [['auction, price', [0, 2]], ['all 7 fields', [0, 1, 2, 3, 4, 5, 6]]] as const) {
      for (let i = 0; i < 2; i++) {
        const cpu = process.cpuUsage();
        t = performance.now();
        const { rows, ms } = await drain(sourceSpec(read, schema, { projection }));
        const used = process.cpuUsage(cpu);
        if (i === 1) say(`kafka read (json, ${name}): ${(rows / ms).toFixed(0)} K msg/s, ${((used.user + used.system) / rows).toFixed(2)} µs CPU a message`);
      }
    }
  } finally {
    await broker.stop();
  }
}

say(`Node ${process.version}, ${cpus()[0]?.model ?? ''}`);
if (runs('nexmark')) await nexmark();
if (runs('json')) await jsonFormat();
if (runs('kafka')) await kafkaRates();
