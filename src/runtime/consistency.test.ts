import { afterEach, describe, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import { SimClock } from './testing/sim-clock.ts';
import { SqlRuntime } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
});

const ACCOUNTS = 12;
const STATES = ['running', 'restarting'];

describe('transfers between accounts', () => {
  it.each(Array.from({ length: 12 }, (_, i) => i + 1))('add up in every answer, over crashes too (seed %i)', async (seed) => {
    const rng = new Rng(seed);
    const random = (): number => rng.double();
    const sql = await SqlRuntime.open({ parallelism: 1 + rng.int(3), scheduler: { random }, clock: new SimClock(random) });
    open.push(sql);
    await sql.run(`
      CREATE TABLE account (id INT PRIMARY KEY, branch INT, balance INT);
      CREATE TABLE branch (id INT PRIMARY KEY, name VARCHAR);
      CREATE MATERIALIZED VIEW total AS SELECT SUM(balance) AS s, COUNT(*) AS n FROM account;
      CREATE MATERIALIZED VIEW by_branch AS SELECT branch, SUM(balance) AS s FROM account GROUP BY branch;
      CREATE MATERIALIZED VIEW named AS SELECT b.name, v.s FROM by_branch v JOIN branch b ON b.id = v.branch;
    `);
    const account = sql.table('account');
    const rows = Array.from({ length: ACCOUNTS }, (_, i) => [i, i % 3, 100] as [number, number, number]);
    await sql.change(account, rows, null);
    await sql.change(sql.table('branch'), [[0, 'a'], [1, 'b'], [2, 'c']], null);
    await sql.runtime.flush();
    for (let round = 0; round < 4; round++) {
      const subscription = sql.open('SELECT s FROM total', { mode: 'changes' });
      const moving = (async (): Promise<void> => {
        for (let k = 0; k < 15; k++) {
          const from = rng.int(ACCOUNTS);
          const to = (from + 1 + rng.int(ACCOUNTS - 1)) % ACCOUNTS;
          const amount = rng.int(50);
          const [a, b] = [rows[from], rows[to]];
          if (a === undefined || b === undefined) continue;
          const [a2, b2] = [[a[0], a[1], a[2] - amount], [b[0], b[1], b[2] + amount]] as [[number, number, number], [number, number, number]];
          rows[from] = a2;
          rows[to] = b2;
          await sql.change(account, [a, a2, b, b2], Uint8Array.of(1, 2, 1, 2));
        }
      })();
      for (let k = 0; k < 6; k++) {
        const [total, branches, named, both] = await Promise.all([sql.query('SELECT s, n FROM total'), sql.query('SELECT SUM(s) FROM by_branch'), sql.query('SELECT SUM(s), COUNT(*) FROM named'), sql.query('SELECT (SELECT SUM(s) FROM named) - (SELECT SUM(balance) FROM account)')]);
        expect([total, branches, named, both]).toEqual([['1200|12'], ['1200'], ['1200|3'], ['0']]);
      }
      await moving;
      await sql.runtime.flush();
      // Its sum never changes: the first row is all it sends.
      const seen: string[] = [];
      for (let k = 0; k < 3; k++) {
        const chunk = await subscription.handle.next();
        if (chunk?.kind === 'rows') seen.push(...sql.text(subscription.plan, chunk.batch));
        else break;
      }
      expect(seen).toEqual(['1200']);
      await subscription.handle.close();
      expect(sql.runtime.status().jobs.every((j) => STATES.includes(j.state))).toBe(true);
      await sql.crash({ parallelism: 1 + rng.int(3) });
    }
    await sql.runtime.flush();
    expect((await sql.query('SELECT id, balance FROM account')).sort()).toEqual(rows.map(([id, , balance]) => `${id}|${balance}`).sort());
  });
});
