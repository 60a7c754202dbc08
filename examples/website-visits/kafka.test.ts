import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaUnavailable, startKafka, type KafkaBroker } from '../../scripts/kafka.ts';
import { startServerProcess, type ServerProcess } from '../../scripts/server-process.ts';
import { Rng } from '../../src/common/rng.ts';

/** The main job over a real broker and the real server process, which is killed at random moments. */
const why = await kafkaUnavailable();
const here = import.meta.dirname;
const START = Date.UTC(2026, 0, 1);
const BRACKETS = ['18-25', '26-40', '41-55', '55+'];
const PAGES = ['/', '/login', '/cart', '/search', '/about', '/products/1', '/products/2', '/checkout', '/help', '/index.html', '/app.js', '/logo.png'];
const MINUTE = 60_000;

interface Visit {
  readonly id: string;
  readonly lat: string;
  readonly age: string;
  readonly page: string;
  readonly status: number;
  readonly bytes: number;
  readonly ms: number;
}

const iso = (ms: number): string => new Date(ms).toISOString().slice(0, -1);

function visits(count: number): Visit[] {
  const rng = new Rng(7);
  const pick = <T>(from: readonly T[]): T => from[rng.uint32() % from.length] as T;
  return Array.from({ length: count }, (_, i) => ({
    id: `e${i}`,
    lat: rng.uint32() % 5 === 0 ? '' : String((rng.uint32() % 180) - 90),
    age: pick(BRACKETS), page: pick(PAGES), status: pick([200, 200, 200, 200, 301, 404, 500]), bytes: 100 + (rng.uint32() % 900),
    // About twelve minutes of event time, never more than two seconds out of order.
    ms: START + Math.floor((i / count) * 12 * MINUTE) - (rng.uint32() % 2000),
  }));
}

const message = (v: Visit): string =>
  JSON.stringify({
    ip: '10.0.0.1', id: v.id, lat: v.lat, lng: v.lat, user_agent: 'test', age_bracket: v.age, opted_into_marketing: true, http_request: `GET ${v.page}?q=1 HTTP/1.1`,
    http_response: v.status, file_size_bytes: v.bytes, event_datetime: '01/Jan/2026:00:00:00 +0000', event_ts: iso(v.ms),
  });

/** What the views must hold, computed from the messages themselves. */
function expected(all: readonly Visit[]): { readonly minutes: string[]; readonly pages: string[]; readonly rates: string[] } {
  const count = <K>(key: (v: Visit) => K, weight: (v: Visit) => number = () => 1): Map<K, number> => {
    const out = new Map<K, number>();
    for (const v of all) out.set(key(v), (out.get(key(v)) ?? 0) + weight(v));
    return out;
  };
  const minute = (v: Visit): string => `${iso(Math.floor(v.ms / MINUTE) * MINUTE)}|${v.age}`;
  const perMinute = count(minute);
  const bytes = count(minute, (v) => v.bytes);
  const pages = [...count((v) => v.page)].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 10);
  const total = count((v) => v.age);
  const client = count((v) => v.age, (v) => (v.status >= 400 && v.status < 500 ? 1 : 0));
  const server = count((v) => v.age, (v) => (v.status >= 500 ? 1 : 0));
  return {
    minutes: [...perMinute].map(([k, n]) => `${k}|${n}|${bytes.get(k)}`).sort(),
    pages: pages.map(([p, n]) => `${p}|${n}`),
    rates: [...total].map(([age, n]) => `${age}|${n}|${client.get(age)}|${server.get(age)}`).sort(),
  };
}

describe.skipIf(why !== null)(`website visits through Kafka${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let broker: KafkaBroker;
  let kafka: kafkajs.Kafka;
  let producer: kafkajs.Producer;
  let server: ServerProcess;
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-visits-'));

  beforeAll(async () => {
    broker = await startKafka();
    kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'website-visit', numPartitions: 3 }, { topic: 'website-out', numPartitions: 2 }] });
    await admin.disconnect();
    producer = kafka.producer();
    await producer.connect();
    server = await startServerProcess(dataDir, ['--parallelism', '2']);
  }, 120_000);
  afterAll(async () => {
    await server?.kill();
    await producer?.disconnect();
    await broker?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  const rows = async (sql: string): Promise<string[]> => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user: 'millrace', database: 'millrace' });
    await client.connect();
    try {
      const result = await client.query({ text: sql, rowMode: 'array', types: { getTypeParser: () => (v: string) => v } as never });
      const last = Array.isArray(result) ? result.at(-1) : result;
      return (last?.rows ?? []).map((r: readonly (string | null)[]) => r.map((v) => v ?? '').join('|'));
    } finally {
      await client.end();
    }
  };
  const send = (values: readonly (string | Buffer | null)[], partition?: number): Promise<unknown> =>
    producer.send({ topic: 'website-visit', messages: values.map((value, i) => ({ value, ...(partition === undefined ? { partition: i % 3 } : { partition }) })) });
  const until = async (sql: string, wanted: (got: readonly string[]) => boolean): Promise<readonly string[]> => {
    const end = Date.now() + 30_000;
    for (;;) {
      const got = await rows(sql);
      if (wanted(got) || Date.now() > end) return got;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  it('equals an uninterrupted run over the same messages, however often the server is killed', { timeout: 120_000 }, async () => {
    await rows(readFileSync(join(here, 'kafka.sql'), 'utf8').replaceAll('${bootstrap}', broker.bootstrap));
    for (const statement of readFileSync(join(here, 'views.sql'), 'utf8').split(/;\s*$/m)) if (statement.trim() !== '') await rows(statement);
    const all = visits(6000);
    const rng = new Rng(11);
    for (let from = 0; from < all.length; from += 1000) {
      await send(all.slice(from, from + 1000).map(message));
      await new Promise((resolve) => setTimeout(resolve, 50 + (rng.uint32() % 900)));
      await server.kill();
      server = await startServerProcess(dataDir, ['--parallelism', from % 2000 === 0 ? '1' : '2']);
    }
    // One late minute on every partition closes the windows before it.
    const closing: Visit = { ...(all[0] as Visit), id: 'last', age: 'closing', ms: START + 30 * MINUTE };
    for (const p of [0, 1, 2]) await send([message({ ...closing, id: `last${p}` })], p);
    const want = expected(all);
    const minutes = await until(`SELECT to_char(window_start, 'YYYY-MM-DD"T"HH24:MI:SS.MS'), age_bracket, visits, bytes FROM visits_per_minute WHERE age_bracket <> 'closing' ORDER BY 1, 2`, (got) => got.length === want.minutes.length);
    expect(minutes).toEqual(want.minutes);
    const closed = [...all, ...[0, 1, 2].map((p) => ({ ...closing, id: `last${p}` }))];
    expect(await rows('SELECT page, visits FROM top_pages ORDER BY visits DESC, page')).toEqual(expected(closed).pages);
    expect(await rows(`SELECT age_bracket, visits, client_errors, server_errors FROM error_rates WHERE age_bracket <> 'closing' ORDER BY age_bracket`)).toEqual(want.rates);
    const out = await consumed(kafka, closed.length);
    expect(new Set(out.keys())).toEqual(new Set(closed.map((v) => JSON.stringify({ event_id: v.id, event_ts: iso(v.ms) }))));
    for (const v of all.filter((x) => x.lat === '').slice(0, 20)) expect(out.get(JSON.stringify({ event_id: v.id, event_ts: iso(v.ms) }))).toMatchObject({ lat: -1, lng: -1, page: v.page });
  });

  it('lists what cannot be read and goes on', { timeout: 60_000 }, async () => {
    const before = Number((await rows('SELECT sum(visits) FROM error_rates'))[0]);
    const good = { ...(visits(1)[0] as Visit), ms: START + 31 * MINUTE };
    const fields = JSON.parse(message(good)) as Record<string, unknown>;
    await send(['{"id": "broken', JSON.stringify({ ...fields, id: 'no-time', event_ts: null }), JSON.stringify({ ...fields, id: 'wrong', http_response: 'many' }), message({ ...good, id: 'good' })], 1);
    await until('SELECT sum(visits) FROM error_rates', ([sum]) => Number(sum) >= before + 1);
    expect(Number((await rows('SELECT sum(visits) FROM error_rates'))[0])).toBe(before + 1);
    const errors = await until('SELECT DISTINCT convert_from(raw, \'UTF8\'), split, record_offset, field, reason FROM millrace_catalog.job_errors ORDER BY 3', (got) => got.length >= 3);
    const about = (text: string): string => errors.find((e) => e.includes(text)) ?? `nothing about ${text} in ${errors.join('\n')}`;
    expect(about('{"id": "broken')).toMatch(/1\|\d+\|/);
    expect(about('no-time')).toContain('event_ts');
    expect(about('wrong')).toContain('http_response');
  });
});

/** Values by key of the topic website-out, read by a client that is not ours. */
async function consumed(kafka: kafkajs.Kafka, keys: number): Promise<Map<string, unknown>> {
  const consumer = kafka.consumer({ groupId: 'outside' });
  const out = new Map<string, unknown>();
  await consumer.connect();
  await consumer.subscribe({ topics: ['website-out'], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, 20_000);
    consumer
      .run({
        eachMessage: async ({ message: m }) => {
          out.set(m.key?.toString() ?? '', JSON.parse(m.value?.toString() ?? 'null'));
          if (out.size >= keys) {
            clearTimeout(timer);
            resolve();
          }
          await Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return out;
}
