import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SinkSpec } from '../../src/connectors/api.ts';
import { registerConnector } from '../../src/connectors/registry.ts';
import { memoryConnector } from '../../src/connectors/testing/memory.ts';
import { MemoryLog } from '../../src/connectors/testing/memory-log.ts';
import { duckRows, eventsInDuckDb } from './testing/duckdb.ts';
import { foldedRows, NexmarkEngine } from './testing/run.ts';
import { answerText, queryText, tablesText } from './testing/script.ts';

/** 30 s of event time, over midnight: no two events at the same millisecond, so that no order is left open. */
const EVENTS = 30_000;
const RATE = 1000;
const BASE_MS = 1_700_006_385_000;
const VALUES = { EVENTS: String(EVENTS), RATE: String(RATE), SIDE_INPUT: join(import.meta.dirname, 'side-input.csv') };

const TABLES = tablesText(VALUES).replaceAll('1700000000000', String(BASE_MS)).replaceAll("'max-emit-speed' = 'true'", "'max-emit-speed' = 'false'");
const QUERIES = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7', 'q8', 'q9', 'q11', 'q12', 'q13', 'q14', 'q15', 'q16', 'q17', 'q18', 'q19', 'q20', 'q21', 'q22'];

const log = new MemoryLog();
let schemas: Map<string, SinkSpec['schema']>;
let unregister: () => void;
let db: DuckDBConnection;

beforeAll(async () => {
  schemas = new Map();
  const connector = memoryConnector(log);
  unregister = registerConnector({
    ...connector,
    sink: {
      // Whole changelogs, so that they can be added up.
      accepts: () => ['append-only', 'retract'],
      writer: (spec, task, context) => {
        schemas.set(spec.options['topic'] ?? '', spec.schema);
        return connector.sink?.writer(spec, task, context) ?? context.fail(new Error('no writer')) as never;
      },
      committer: (spec, context) => connector.sink?.committer?.(spec, context) ?? context.fail(new Error('no committer')) as never,
    },
  });
  db = await eventsInDuckDb({ 'events.num': VALUES.EVENTS, 'first-event.rate': VALUES.RATE, 'nexmark.seed': '1', 'nexmark.base-time-millis': String(BASE_MS) });
});
afterAll(() => {
  unregister();
  db.closeSync();
});

/** What a query has written after two kills, at these parallelisms one after the other. `look` is called before each kill. */
async function written(query: string, parallelisms: readonly [number, number, number], values: Readonly<Record<string, string>> = VALUES, look?: () => Promise<void>): Promise<string[]> {
  const topic = `${query}-${parallelisms.join('-')}`;
  const engine = await NexmarkEngine.open(log, parallelisms[0]);
  try {
    await engine.run(`${TABLES}${queryText(query, values).replaceAll("'connector' = 'blackhole'", `'connector' = 'memory', 'topic' = '${topic}'`)}`);
    for (const parallelism of parallelisms.slice(1)) {
      await engine.pass(11_000);
      const { state, rowsIn } = await engine.job();
      expect(state).toBe('running');
      if (look === undefined) expect(rowsIn).toBeGreaterThan(500);
      else await look();
      await engine.killAndRestart(parallelism);
    }
    expect((await engine.job()).state).toBe('running');
    await engine.finished();
  } finally {
    await engine.close();
  }
  return schemas.has(topic) ? foldedRows(log, topic, schemas.get(topic) ?? []) : [];
}

/** `bidder|count|…` added up for each bidder. */
function totals(rows: readonly string[]): string[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const [bidder = '', count] = row.split('|');
    sums.set(bidder, (sums.get(bidder) ?? 0) + Number(count));
  }
  return [...sums].map(([bidder, sum]) => `${bidder}|${sum}`).toSorted();
}

describe('Nexmark against DuckDB', () => {
  it('its events leave no order open', async () => {
    expect(await duckRows(db, 'SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM auction), (SELECT count(*) FROM bid)')).toEqual(['600|1800|27600']);
    expect(await duckRows(db, 'SELECT dateTime FROM (SELECT dateTime FROM person UNION ALL SELECT dateTime FROM auction UNION ALL SELECT dateTime FROM bid) GROUP BY 1 HAVING count(*) > 1')).toEqual([]);
    // q19 breaks ties of prices among the ten highest, q6 among the highest, in an order of its own.
    expect(await duckRows(db, 'SELECT auction, r FROM (SELECT auction, rank() OVER (PARTITION BY auction ORDER BY price DESC) AS r FROM bid) WHERE r <= 10 GROUP BY ALL HAVING count(*) > 1')).toEqual([]);
  });

  for (const query of QUERIES) {
    it.each([[[1, 1, 3]], [[3, 3, 1]]] as const)(`${query} at parallelism %j, killed in between`, async (parallelisms) => {
      const want = await duckRows(db, answerText(query, VALUES));
      expect(want.length).toBeGreaterThan(0);
      const got = await written(query, parallelisms);
      expect(query === 'q12' ? totals(got) : got).toEqual(want);
    });
  }

  it.each([[[1, 1, 3]], [[3, 3, 1]]] as const)('q10 at parallelism %j, killed in between: folders of minutes, marked when they are over', async (parallelisms) => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-q10-'));
    try {
      const marks = async (): Promise<string[]> => (await readdir(folder, { recursive: true })).filter((n) => n.endsWith('_SUCCESS')).toSorted();
      const seen: string[][] = [];
      await written('q10', parallelisms, { ...VALUES, FOLDER: folder }, async () => void seen.push(await marks()));
      seen.push(await marks());
      const before = 'dt=2023-11-14/hm=23%3A59/_SUCCESS';
      // By the second kill the watermark has passed the minute and the delay, but files are written while the simulated clock runs.
      expect([[], [before]]).toContainEqual(seen.splice(1, 1)[0]);
      expect(seen).toEqual([[], [before, 'dt=2023-11-15/hm=00%3A00/_SUCCESS']]);
      const files = `read_csv('${folder}/*/*/part-*', header = false, names = ['auction', 'bidder', 'price', 'dateTime', 'extra'], hive_partitioning = true, hive_types_autocast = false, types = {'auction': 'BIGINT', 'bidder': 'BIGINT', 'price': 'BIGINT', 'dateTime': 'TIMESTAMP', 'extra': 'VARCHAR'})`;
      expect(await duckRows(db, `SELECT auction, bidder, price, dateTime, extra, dt, hm FROM ${files}`)).toEqual(await duckRows(db, answerText('q10')));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
