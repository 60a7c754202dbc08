import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTopic, kafkaUnavailable, startKafka, type KafkaBroker } from '../../scripts/kafka.ts';
import { startServerProcess, type ServerProcess } from '../../scripts/server-process.ts';
import { errorRates, lastMessages, PARTITIONS, placeOf, topPages, visitMessages, visitsPerMinute, type VisitMessage } from './testing/visits.ts';

const MESSAGES = 12_000;
const CHUNK = 200;
const KILLS = 4;
const PATIENCE_MS = 90_000;

const why = await kafkaUnavailable();
const script = (name: string, bootstrap: string): string => readFileSync(join(import.meta.dirname, name), 'utf8').replaceAll('${bootstrap}', bootstrap);

/** As Flink writes it: no zeros at the end of the fraction. */
const writtenTime = (ms: number): string => new Date(ms).toISOString().replace(/(\.\d*?)0*Z$/, '$1').replace(/\.$/, '');

describe.skipIf(why !== null)(`website visits on Kafka${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-visits-'));
  let broker: KafkaBroker;
  let client: kafkajs.Kafka;
  let admin: kafkajs.Admin;
  let producer: kafkajs.Producer;
  let server: ServerProcess;

  beforeAll(async () => {
    [broker, server] = await Promise.all([startKafka(), startServerProcess(dataDir, ['--parallelism', '2'])]);
    client = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    admin = client.admin();
    producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await Promise.all([admin.connect(), producer.connect()]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([producer?.disconnect(), admin?.disconnect(), server?.kill()]);
    await broker?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const send = async (topic: string, messages: readonly VisitMessage[]): Promise<void> => {
    await producer.send({ topic, messages: messages.map((m) => ({ partition: m.partition, value: m.value })) });
  };

  /** One connection for one piece of work; rows as `a|b`. */
  async function sql(text: string): Promise<string[]> {
    const connection = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'millrace', database: 'millrace' });
    connection.on('error', () => undefined);
    await connection.connect();
    try {
      const result = await connection.query<(string | null)[]>({ text, rowMode: 'array', types: { getTypeParser: () => (value: string) => value } } as never);
      return (Array.isArray(result) ? [] : result.rows).map((row) => row.map((v) => v ?? '').join('|')).sort();
    } finally {
      await connection.end().catch(() => undefined);
    }
  }

  /** Asks until the answer is right, or shows what it was at last. */
  async function eventually(text: string, expected: readonly string[]): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    let got = await sql(text);
    while (performance.now() < until && JSON.stringify(got) !== JSON.stringify(expected)) {
      await delay(250);
      got = await sql(text);
    }
    expect(got).toEqual(expected);
  }

  it('survives kill -9 at any moment: nothing lost, nothing counted twice', { timeout: 240_000 }, async () => {
    await createTopic(admin, 'website-visit', PARTITIONS);
    await createTopic(admin, 'website-out', 2);
    const out = listen('website-out');
    await sql(script('kafka.sql', broker.bootstrap));
    await sql(script('views.sql', broker.bootstrap));

    const messages = visitMessages(MESSAGES);
    let produced = false;
    const producing = (async () => {
      for (let at = 0; at < messages.length; at += CHUNK) {
        await send('website-visit', messages.slice(at, at + CHUNK));
        await delay(100);
      }
      produced = true;
    })();
    let kills = 0;
    for (; kills < KILLS || !produced; kills++) {
      await delay(randomInt(300, 2000));
      if (kills >= KILLS) continue;
      await server.kill();
      server = await startServerProcess(dataDir, ['--parallelism', kills === 1 ? '3' : '2']);
    }
    await producing;
    const last = lastMessages();
    await send('website-visit', last);
    const all = [...messages, ...last];

    await eventually('SELECT * FROM error_rates', errorRates(all));
    await eventually('SELECT * FROM top_pages', topPages(all));
    await eventually('SELECT window_start, age_bracket, visits, bytes FROM visits_per_minute', visitsPerMinute(all));

    // website-out: each visit at least once, under its key.
    const good = all.flatMap((m) => (m.visit === null ? [] : [m.visit]));
    const wanted = new Map(good.map((v) => [JSON.stringify({ event_id: v.id, event_ts: writtenTime(v.timeMs) }), v]));
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until && [...wanted.keys()].some((key) => !out.records.has(key))) await delay(250);
    await out.stop();
    expect([...out.records.keys()].toSorted()).toEqual([...wanted.keys()].toSorted());
    for (const [key, v] of wanted) {
      const value: unknown = JSON.parse(out.records.get(key) ?? 'null');
      expect(value).toMatchObject({ event_id: v.id, lat: placeOf(v.lat), lng: placeOf(v.lng), age_bracket: v.ageBracket, page: v.page, http_response: v.response, file_size_bytes: v.bytes });
    }

    // What could not be read, with its place and bytes.
    const offsets = new Map<string, string>();
    const next: number[] = Array.from({ length: PARTITIONS }, () => 0);
    for (const m of all) {
      const offset = next[m.partition] ?? 0;
      next[m.partition] = offset + 1;
      if (m.bad !== null) offsets.set(m.value, `${m.partition}|${offset}|${m.bad}`);
    }
    const errors = await sql(
      `SELECT e.split, e.record_offset, convert_from(e.raw, 'UTF8'), e.reason FROM millrace_catalog.job_errors e JOIN millrace_catalog.jobs j ON j.id = e.job WHERE j.name = 'visits_per_minute'`,
    );
    const told = errors.map((row) => {
      const [split = '', offset = '', ...rest] = row.split('|');
      const raw = rest.slice(0, -1).join('|');
      return { raw, place: `${/(\d+)$/.exec(split)?.[1] ?? ''}|${offset}`, reason: rest.at(-1) ?? '' };
    });
    expect(new Set(told.map((t) => t.raw))).toEqual(new Set(offsets.keys()));
    for (const t of told) {
      expect(offsets.get(t.raw)).toMatch(new RegExp(`^${t.place.replace('|', '\\|')}\\|`));
      expect(t.reason).not.toBe('');
    }
    expect(await server.stop()).toBe(0);
    server = await startServerProcess(dataDir, ['--parallelism', '1']);
    await eventually('SELECT * FROM error_rates', errorRates(all));
  });

  it('leaves bad messages out, or fails, when told to', { timeout: 120_000 }, async () => {
    await createTopic(admin, 'few', PARTITIONS);
    const messages = visitMessages(400);
    await send('few', messages);
    const table = (name: string, options: string): string =>
      `CREATE TABLE ${name} (id STRING, http_response INT) WITH ('connector' = 'kafka', 'topic' = 'few', 'properties.bootstrap.servers' = '${broker.bootstrap}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'${options})`;
    await sql(table('lenient', ", 'json.ignore-parse-errors' = 'true'"));
    await sql('CREATE MATERIALIZED VIEW lenient_count AS SELECT count(*) AS n, count(http_response) AS known FROM lenient');
    // The malformed one is left out; of the wrong type only the field.
    await eventually('SELECT * FROM lenient_count', ['399|398']);
    expect(await sql("SELECT e.reason FROM millrace_catalog.job_errors e JOIN millrace_catalog.jobs j ON j.id = e.job WHERE j.name = 'lenient_count'")).toEqual([]);

    await sql(table('strict', ''));
    await sql("SET millrace.on-error = 'fail'; CREATE MATERIALIZED VIEW strict_count AS SELECT count(*) AS n, count(http_response) AS known FROM strict").catch(() => undefined);
    await eventually("SELECT state FROM millrace_catalog.jobs WHERE name = 'strict_count'", ['failed']);
    expect((await sql("SELECT error FROM millrace_catalog.jobs WHERE name = 'strict_count'"))[0]).toContain('cannot be read');
  });

  /** Collects the values of a topic by key, with a client that is not ours. */
  function listen(topic: string): { readonly records: Map<string, string>; readonly stop: () => Promise<void> } {
    const records = new Map<string, string>();
    const consumer = client.consumer({ groupId: 'outside' });
    const running = (async () => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: ({ message }) => {
          records.set(message.key?.toString() ?? '', message.value?.toString() ?? '');
          return Promise.resolve();
        },
      });
    })();
    return {
      records,
      stop: async () => {
        await running;
        await consumer.disconnect();
      },
    };
  }
});
