import { afterEach, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import { registerConnector } from '../connectors/registry.ts';
import { memoryConnector } from '../connectors/testing/memory.ts';
import { MemoryLog } from '../connectors/testing/memory-log.ts';
import { SimClock } from './testing/sim-clock.ts';
import { SqlRuntime } from './testing/sql-runtime.ts';

const gone: (() => void)[] = [];
afterEach(() => {
  for (const close of gone.splice(0)) close();
});

it('a query whose snapshot is lost with a job that restarts gives no row twice', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const rng = new Rng(seed);
    const random = (): number => rng.double();
    const log = new MemoryLog({ random, lossRate: 0.2, latencyMs: 20 });
    gone.push(registerConnector(memoryConnector(log)));
    log.create('t', 3);
    const sql = await SqlRuntime.open({ parallelism: 3, scheduler: { random }, clock: new SimClock(random) });
    await sql.run(`CREATE TABLE t (id INT, k INT) WITH ('connector' = 'memory', 'topic' = 't'); CREATE MATERIALIZED VIEW v AS SELECT id, k FROM t`);
    for (let id = 0; id < 60; id++) {
      log.append('t', id % 3, [[id, rng.int(4)]]);
      if (id % 4 > 0) continue;
      const rows = await sql.query('SELECT id FROM v');
      expect(new Set(rows).size, `seed ${seed}: ${rows.join(' ')}`).toBe(rows.length);
    }
    await sql.runtime.close({ abrupt: true });
    gone.pop()?.();
  }
});
