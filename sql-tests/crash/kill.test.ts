import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Millrace } from '../../src/index.ts';

const dir = mkdtempSync(join(tmpdir(), 'millrace-kill-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the program until it has acknowledged `count` more transfers, then kills it. The last that it acknowledged. */
function runAndKill(first: number | undefined, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [new URL('./child.ts', import.meta.url).pathname, dir, ...(first === undefined ? [] : [String(first)])], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let complaints = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.split('\n').length - 2 >= count) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => (complaints += data.toString()));
    child.on('exit', (_, signal) => {
      const lines = said.split('\n').slice(0, -1);
      if (signal === 'SIGKILL') resolve(Number(lines.at(-1)));
      else reject(new Error(`the program ended: ${complaints}`));
    });
  });
}

it('a killed program finds all that it acknowledged, and views that agree with it', async () => {
  let last = 0;
  for (const count of [3, 120, 45, 1, 260]) {
    last = await runAndKill(last === 0 ? undefined : last + 1, count);
    const db = await Millrace.open({ dataDir: dir, threads: false, parallelism: 1 });
    try {
      const [found] = (await db.query('SELECT COUNT(*)::INT, MAX(id) FROM transfers')).rows;
      // At most the one that was under way is there besides.
      expect([last, last + 1]).toContain(found?.[1]);
      expect(found?.[0]).toBe(found?.[1]);
      last = Number(found?.[1]);
      expect((await db.query('SELECT total::INT FROM total')).rows).toEqual([[0]]);
      const kept = await db.query('SELECT account, balance FROM balances ORDER BY account');
      const counted = await db.query(
        'SELECT account, SUM(amount) FROM (SELECT source AS account, -amount AS amount FROM transfers UNION ALL SELECT target, amount FROM transfers) AS t GROUP BY account ORDER BY account',
      );
      expect(kept.rows).toEqual(counted.rows);
    } finally {
      await db.close();
    }
  }
}, 240_000);
