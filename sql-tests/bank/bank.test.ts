import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { afterAll, describe, expect, it } from 'vitest';
import { startServerProcess, type ServerProcess } from '../../scripts/server-process.ts';
import { Rng } from '../../src/common/rng.ts';

/** Transfers between accounts over the wire: nobody may ever see a total that is off, whatever is killed meanwhile. */
const ACCOUNTS = 20;
const START = 100;
const TOTAL = ACCOUNTS * START;
const WRITERS = 3;

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bank-'));
let server: ServerProcess | null = null;
afterAll(async () => {
  await server?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port: server?.port ?? 0, user: 'millrace', database: 'millrace' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Runs until `stop`; a connection that dies with the server ends it quietly. */
async function during(stop: AbortSignal, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await connected();
  try {
    while (!stop.aborted) await work(client);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const READS = [
  'SELECT SUM(balance) AS total FROM account',
  'SELECT total FROM total',
  'SELECT SUM(total) AS total FROM by_group',
  'SELECT SUM(a.balance) AS total FROM account AS a JOIN by_group AS g ON a.grp = g.grp',
];

describe('bank', () => {
  it('no read and no epoch of a subscription shows anything but the constant, over kills and changes of parallelism', async () => {
    server = await startServerProcess(dataDir, ['--parallelism', '2', '--epoch-interval', '20', '--checkpoint-interval', '100']);
    const setUp = await connected();
    await setUp.query('CREATE TABLE account (id INT PRIMARY KEY, grp INT, balance BIGINT)');
    await setUp.query(`INSERT INTO account SELECT i, i % 4, ${START} FROM generate_series(1, ${ACCOUNTS}) AS g(i)`);
    await setUp.query('CREATE MATERIALIZED VIEW total AS SELECT SUM(balance) AS total, COUNT(*) AS accounts FROM account');
    await setUp.query('CREATE MATERIALIZED VIEW by_group AS SELECT grp, SUM(balance) AS total FROM account GROUP BY grp');
    await setUp.end();
    const rng = new Rng(5);
    const counts = { transfers: 0, reads: 0, changes: 0 };
    for (const parallelism of ['3', '1', '2']) {
      const stop = new AbortController();
      const work: Promise<void>[] = [];
      for (let w = 0; w < WRITERS; w++) {
        work.push(
          during(stop.signal, async (client) => {
            const [from, to, amount] = [1 + (rng.uint32() % ACCOUNTS), 1 + (rng.uint32() % ACCOUNTS), rng.uint32() % 50];
            if (from === to) return;
            await client.query('UPDATE account SET balance = balance + CASE WHEN id = $1 THEN -$3::bigint ELSE $3::bigint END WHERE id IN ($1, $2)', [from, to, amount]);
            counts.transfers++;
          }),
        );
      }
      work.push(
        during(stop.signal, async (client) => {
          const sql = READS[rng.uint32() % READS.length] as string;
          const { rows } = await client.query<{ total: string }>(sql);
          if (sql.includes('JOIN')) expect(Number(rows[0]?.total)).toBe(TOTAL);
          else expect({ sql, total: rows[0]?.total }).toEqual({ sql, total: String(TOTAL) });
          counts.reads++;
        }),
      );
      work.push(subscribed(stop.signal, counts));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      stop.abort();
      await server.kill();
      await Promise.all(work);
      server = await startServerProcess(dataDir, ['--parallelism', parallelism, '--epoch-interval', '20', '--checkpoint-interval', '100']);
      const after = await connected();
      for (const sql of READS) expect({ sql, rows: (await after.query(sql)).rows }).toEqual({ sql, rows: [{ total: String(TOTAL) }] });
      await after.end();
    }
    expect(counts.transfers).toBeGreaterThan(0);
    expect(counts.reads).toBeGreaterThan(0);
    expect(counts.changes).toBeGreaterThan(0);
    expect(await server.stop()).toBe(0);
    server = null;
  });
});

/** Follows the groups: after every whole epoch their sum is the constant. */
async function subscribed(stop: AbortSignal, counts: { changes: number }): Promise<void> {
  const client = await connected();
  const groups = new Map<string, bigint>();
  let epoch = '';
  let rest = '';
  const settled = (): void => {
    if (groups.size > 0) expect({ epoch, sum: [...groups.values()].reduce((a, b) => a + b, 0n) }).toEqual({ epoch, sum: BigInt(TOTAL) });
  };
  try {
    const stream = client.query(copyStreams.to('COPY (SUBSCRIBE TO by_group) TO STDOUT'));
    stop.addEventListener('abort', () => stream.destroy(), { once: true });
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [at = '', op = '', group = '', total = ''] = line.split('\t');
        // A row of the next epoch: the one before is whole.
        if (at !== epoch) settled();
        epoch = at;
        counts.changes++;
        if (op === '+I' || op === '+U') groups.set(group, BigInt(total));
        else if (op === '-D') groups.delete(group);
      }
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
