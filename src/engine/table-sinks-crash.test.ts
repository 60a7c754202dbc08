import { afterEach, describe, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import { MemoryContent, memoryStore } from '../store/memory.ts';
import type { Store } from '../store/api.ts';
import { SimMachine } from '../store/sim.ts';
import { openStore } from '../store/store.ts';
import { TestEngine } from './testing/harness.ts';

/** A store whose machine goes down at one of the writes by which rows get into stored tables, before or after it is done. */
class Failing {
  readonly content = new MemoryContent();
  left = Number.POSITIVE_INFINITY;
  after = false;
  down = false;
  #told = Promise.withResolvers<true>();

  /** Resolves when it goes down. */
  get gone(): Promise<true> {
    return this.#told.promise;
  }
  store(): Store {
    const store = memoryStore(this.content);
    this.down = false;
    this.#told = Promise.withResolvers();
    const [appendLogs, commitCheckpoint, truncateLog] = [store.appendLogs.bind(store), store.commitCheckpoint.bind(store), store.truncateLog.bind(store)];
    const step = async <T>(write: () => Promise<T>): Promise<T> => {
      if (this.down) throw new Error('the machine is down');
      if (--this.left > 0) return await write();
      this.down = true;
      this.#told.resolve(true);
      if (this.after) await write();
      throw new Error('the machine goes down');
    };
    store.appendLogs = (parts) => step(() => appendLogs(parts));
    store.commitCheckpoint = (checkpoint) => step(() => commitCheckpoint(checkpoint));
    store.truncateLog = (table, position) => step(() => truncateLog(table, position));
    return store;
  }
}

let t: TestEngine;
afterEach(async () => {
  await t.close();
});
const soon = (sql: string, rows: readonly string[]): Promise<void> => expect.poll(() => t.run(sql)).toEqual(rows);

describe('a crash at any write between a job and its stored tables', () => {
  for (const after of [false, true]) {
    it(`${after ? 'after' : 'before'} it is done, loses and doubles nothing, whatever the number of workers is then`, async () => {
      for (let at = 1; at <= 9; at++) {
        const machine = new Failing();
        t = await TestEngine.open({ store: machine.store(), parallelism: 1 });
        await t.run(`CREATE TABLE a (k INT, n INT) APPEND ONLY; CREATE TABLE t (k INT, n INT); CREATE TABLE sums (k INT PRIMARY KEY, n BIGINT); CREATE TABLE b (id INT PRIMARY KEY, n INT)`);
        await t.run(`CREATE SINK x INTO t FROM a; CREATE SINK y INTO sums AS SELECT k, sum(n) FROM a GROUP BY k; CREATE SINK z INTO sums AS SELECT id + 100, n FROM b`);
        await t.run('INSERT INTO a VALUES (1, 1), (2, 2), (1, 3); INSERT INTO b VALUES (1, 1), (2, 2)');
        machine.after = after;
        machine.left = at;
        // On a slow machine all may have been done before.
        const all = async (): Promise<boolean> => (await t.run('SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM sums)'))[0] === '7';
        await expect.poll(() => Promise.race([machine.gone, all()])).toBe(true);
        await t.engine.close({ abrupt: true });
        machine.left = Number.POSITIVE_INFINITY;
        t = await TestEngine.open({ store: machine.store(), parallelism: 1 + (at % 3) });
        await soon('SELECT k, n FROM t ORDER BY k, n', ['1|1', '1|3', '2|2']);
        await soon('SELECT k, n FROM sums ORDER BY k', ['1|4', '2|2', '101|1', '102|2']);
        await t.run('INSERT INTO a VALUES (2, 5), (3, 0); DELETE FROM b WHERE id = 1');
        await soon('SELECT k, n FROM sums ORDER BY k', ['1|4', '2|7', '3|0', '102|2']);
        await soon('SELECT k, n FROM t ORDER BY k, n', ['1|1', '1|3', '2|2', '2|5', '3|0']);
        await t.engine.close();
      }
    });
  }

  it('on a disk that forgets what was not synced', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const machine = new SimMachine(new Rng(seed));
      const store = (): Promise<Store> => openStore({ dir: '/data', disk: machine.disk(), kv: machine.keyValue(), log: () => {} });
      t = await TestEngine.open({ store: await store() });
      await t.run('CREATE TABLE a (k INT, n INT) APPEND ONLY; CREATE TABLE t (k INT, n INT); CREATE TABLE sums (k INT PRIMARY KEY, n BIGINT)');
      await t.run('CREATE SINK x INTO t FROM a; CREATE SINK y INTO sums AS SELECT k, sum(n) FROM a GROUP BY k');
      await t.run('INSERT INTO a VALUES (1, 1), (2, 2), (1, 3)');
      machine.crashAt = machine.operations + 3 * seed;
      let done = false;
      const watch = async (): Promise<void> => {
        while (!done && !machine.crashed) done = (await t.run('SELECT (SELECT count(*) FROM t) + (SELECT count(*) FROM sums)'))[0] === '5';
      };
      watch().catch(() => {});
      await expect.poll(() => done || machine.crashed).toBe(true);
      machine.crash();
      await t.engine.close({ abrupt: true }).catch(() => {});
      machine.restart();
      t = await TestEngine.open({ store: await store(), parallelism: 1 + (seed % 3) });
      await soon('SELECT k, n FROM t ORDER BY k, n', ['1|1', '1|3', '2|2']);
      await soon('SELECT k, n FROM sums ORDER BY k', ['1|4', '2|2']);
      await t.run('INSERT INTO a VALUES (2, 5)');
      await soon('SELECT k, n FROM sums ORDER BY k', ['1|4', '2|7']);
      await soon('SELECT k, n FROM t ORDER BY k, n', ['1|1', '1|3', '2|2', '2|5']);
      await t.engine.close();
    }
  });
});
