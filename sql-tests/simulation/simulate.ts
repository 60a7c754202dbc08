import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../src/common/batch/batch.ts';
import { objectId } from '../../src/common/ids.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row, Value } from '../../src/common/types/value.ts';
import type { Store } from '../../src/store/api.ts';
import { SimClock } from '../../src/runtime/testing/sim-clock.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';

/**
 * One seed, one history: views over stored tables under a seeded scheduler, random changes in random cuts, flushes, crashes
 * and restarts onto other parallelisms. After every flush each view must equal the naive evaluator's answer.
 */

const TABLES = `CREATE TABLE t (id INT PRIMARY KEY, k INT, v INT, s TEXT); CREATE TABLE u (k INT, w BIGINT);`;

/** Every kind of operator and what stands on what: a view over views, a diamond, a self-join with an aggregate. */
const VIEWS: readonly (readonly [string, string])[] = [
  ['v_filter', 'SELECT id, v * 2 AS d, s FROM t WHERE v > 3 AND k IS NOT NULL'],
  ['v_group', 'SELECT k, COUNT(*) AS n, SUM(v) AS total, MIN(v) AS low, MAX(v) AS high, AVG(v) AS mean FROM t GROUP BY k'],
  ['v_global', 'SELECT COUNT(*) AS n, SUM(v) AS total, COUNT(DISTINCT k) AS ks, COUNT(*) FILTER (WHERE v > 5) AS big FROM t'],
  ['v_having', 'SELECT s, COUNT(*) AS n FROM t GROUP BY s HAVING COUNT(*) > 2'],
  ['v_distinct', 'SELECT DISTINCT k, s FROM t'],
  ['v_inner', 'SELECT t.id, u.w FROM t JOIN u ON t.k = u.k'],
  ['v_left', 'SELECT t.id, t.k, u.w FROM t LEFT JOIN u ON t.k = u.k AND u.w > t.v'],
  ['v_right', 'SELECT t.id, u.k, u.w FROM t RIGHT JOIN u ON t.k = u.k'],
  ['v_full', 'SELECT t.id, u.k, u.w FROM t FULL JOIN u ON t.k = u.k AND t.v < u.w'],
  ['v_semi', 'SELECT id, v FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k)'],
  ['v_anti', 'SELECT id, v FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND u.w > 4)'],
  ['v_union', 'SELECT k, v FROM t UNION ALL SELECT k, CAST(w AS INT) FROM u'],
  ['v_top', 'SELECT id, v FROM t ORDER BY v DESC, id LIMIT 3'],
  ['v_rank', 'SELECT k, id, v FROM (SELECT k, id, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC, id) AS r FROM t) AS x WHERE r <= 2'],
  ['v_two', 'SELECT g.k, g.n, u.w FROM v_group AS g JOIN u ON g.k = u.k'],
  ['v_self', 'SELECT t.id, t.v - g.low AS over FROM t JOIN v_group AS g ON t.k = g.k'],
  ['v_three', 'SELECT n, COUNT(*) AS ks, SUM(total) AS total FROM v_group GROUP BY n'],
  ['v_diamond', 'SELECT a.k, a.n, b.s FROM v_group AS a JOIN v_distinct AS b ON a.k = b.k'],
];

/** Now and then a checkpoint cannot be written: its domain starts over from the one before. */
function failing(store: Store, random: () => number): Store {
  const commit = store.commitCheckpoint.bind(store);
  store.commitCheckpoint = async (checkpoint) => {
    if (random() < 0.03) throw new Error('the disk refused a write');
    return await commit(checkpoint);
  };
  return store;
}

export interface SimulationReport {
  readonly seed: number;
  readonly changes: number;
  readonly flushes: number;
  readonly crashes: number;
  /** Null: every view was right every time. */
  readonly failure: string | null;
}

export async function simulate(seed: number, steps: number): Promise<SimulationReport> {
  const rng = new Rng(seed);
  const below = (n: number): number => rng.uint32() % n;
  const random = (): number => rng.uint32() / 2 ** 32;
  const counts = { changes: 0, flushes: 0, crashes: 0 };
  let armed = false;
  const rt = await SqlRuntime.open({ parallelism: 1 + below(3), scheduler: { random }, clock: new SimClock(random), wrapStore: (store) => failing(store, () => (armed ? random() : 1)) });
  const made: string[] = [];
  const waiting = [...VIEWS];
  try {
    await rt.run(TABLES);
    armed = true;
    const [t, u] = [rt.table('t'), rt.table('u')];
    const rows = (id: number): Row[] => {
      const found = rt.db.rows.get(objectId(id)) ?? [];
      rt.db.rows.set(objectId(id), found);
      return found;
    };
    const small = (): Value => (below(8) === 0 ? null : below(6));
    const change = async (): Promise<void> => {
      const out: Row[] = [];
      const ops: number[] = [];
      const table = below(3) === 0 ? u : t;
      const now = rows(table);
      for (let n = 1 + below(6); n > 0; n--) {
        const act = below(5);
        if (act < 3 || now.length === 0) {
          const id = below(40);
          if (table === t && now.some((r) => r[0] === id)) continue;
          const row: Row = table === t ? [id, small(), below(12), below(5) === 0 ? null : `s${below(3)}`] : [small(), BigInt(below(10))];
          now.push(row);
          out.push(row);
          ops.push(INSERT);
        } else {
          const at = below(now.length);
          const before = now[at] as Row;
          if (act === 3) {
            now.splice(at, 1);
            out.push(before);
            ops.push(DELETE);
          } else {
            const after: Row = table === t ? [before[0] ?? null, small(), below(12), before[3] ?? null] : [before[0] ?? null, BigInt(below(10))];
            now[at] = after;
            out.push(before, after);
            ops.push(UPDATE_BEFORE, UPDATE_AFTER);
          }
        }
      }
      if (out.length === 0) return;
      counts.changes += out.length;
      await rt.change(table, out, Uint8Array.from(ops));
    };
    const verify = async (): Promise<string | null> => {
      counts.flushes++;
      for (const [name, got, wanted] of await rt.check(...made)) {
        if (JSON.stringify(got) !== JSON.stringify(wanted)) return `${name} at parallelism ${rt.runtime.status().parallelism}, after ${JSON.stringify(counts)}:\n got ${got.join(' ; ')}\nwant ${wanted.join(' ; ')}`;
      }
      return null;
    };
    for (let step = 0; step < steps; step++) {
      const act = below(20);
      if (act < 12) await change();
      else if (act < 15 && waiting.length > 0) {
        // A view that stands on others waits for them.
        const at = waiting.findIndex(([, sql]) => VIEWS.every(([name]) => !sql.includes(name) || made.includes(name)));
        const [view] = waiting.splice(at < 0 ? 0 : at, 1);
        if (view !== undefined) {
          try {
            await rt.run(`CREATE MATERIALIZED VIEW ${view[0]} AS ${view[1]}`);
            made.push(view[0]);
          } catch (error) {
            if (!String(error).includes('the disk refused')) throw error;
            // It was refused, and so nothing can stand on it.
            for (const other of waiting.filter(([, sql]) => sql.includes(view[0]))) waiting.splice(waiting.indexOf(other), 1);
          }
        }
      } else if (act < 18) {
        const failure = await verify();
        if (failure !== null) return { seed, ...counts, failure };
      } else if (act === 18) {
        counts.crashes++;
        await rt.crash({ parallelism: 1 + below(3) });
      } else {
        await rt.runtime.checkpoint().catch((error: unknown) => {
          if (!String(error).includes('the disk refused')) throw error;
        });
      }
    }
    const failure = await verify();
    return { seed, ...counts, failure };
  } catch (error) {
    return { seed, ...counts, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await rt.runtime.close({ abrupt: true });
  }
}
