import { describe, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import type { Row } from '../common/types/value.ts';
import { Bag } from '../exec/testing/harness.ts';
import { explainPhysical } from '../planner/physical/explain.ts';
import { growthWarnings } from '../planner/physical/growth.ts';
import { PlanDatabase } from './testing/database.ts';
import { PlanRun } from './testing/run.ts';

const DDL = `
  CREATE TABLE o (id INT, k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
  CREATE TABLE s (id INT, k INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
  CREATE TABLE t (id INT PRIMARY KEY, k INT, at TIMESTAMP(3));
`;
const JOINED: readonly string[] = [
  "SELECT o.id, s.id FROM o, s WHERE o.k = s.k AND s.at BETWEEN o.ts AND o.ts + INTERVAL '4' SECOND",
  "SELECT o.id, s.id, s.at FROM o LEFT JOIN s ON o.k = s.k AND o.ts BETWEEN s.at - INTERVAL '4' SECOND AND s.at + INTERVAL '1' SECOND",
  "SELECT o.id, s.id, o.ts FROM o RIGHT JOIN s ON o.k = s.k AND s.at > o.ts - INTERVAL '3' SECOND AND s.at < o.ts",
  "SELECT o.id, s.id FROM o FULL JOIN s ON o.k = s.k AND s.at >= o.ts AND o.ts >= s.at - INTERVAL '4' SECOND AND o.id > 3",
  "SELECT o.id, s.id FROM o JOIN s ON s.at BETWEEN o.ts - INTERVAL '1' SECOND AND o.ts",
  "SELECT o.id FROM o WHERE EXISTS (SELECT 1 FROM s WHERE s.k = o.k AND s.at BETWEEN o.ts AND o.ts + INTERVAL '2' SECOND)",
  "SELECT o.id FROM o WHERE NOT EXISTS (SELECT 1 FROM s WHERE s.k = o.k AND s.at BETWEEN o.ts AND o.ts + INTERVAL '2' SECOND)",
  "SELECT o.id, s.id FROM o JOIN s ON o.k = s.k AND o.ts = s.at + INTERVAL '1' SECOND",
  // Nexmark's q7: the rows that hold the maximum of their window.
  "SELECT o.id, o.k, m.w FROM o JOIN (SELECT MAX(k) AS k, window_end AS w FROM TABLE(TUMBLE(TABLE o, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end) m ON o.k = m.k AND o.ts BETWEEN m.w - INTERVAL '10' SECOND AND m.w",
  // Time goes on behind the join: a window over its result is closed by the watermark held back.
  "SELECT window_end, COUNT(*) FROM TABLE(TUMBLE((SELECT o.ts, s.id FROM o LEFT JOIN s ON o.k = s.k AND s.at BETWEEN o.ts AND o.ts + INTERVAL '4' SECOND), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
];

describe('joins whose times bound each other', () => {
  it.each(JOINED)('%s', (sql) => {
    let seen = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const rng = new Rng(seed);
      const db = new PlanDatabase(DDL);
      const bound = db.plan(sql);
      const { plan } = db.physical(sql);
      expect(explainPhysical(plan)).toContain('IntervalJoin');
      expect(plan.props.changelog).toBe('append-only');
      expect(growthWarnings(plan)).toEqual([]);
      const run = new PlanRun(plan, seed % 2 === 0 ? 3 : 1);
      const got = new Bag();
      let id = 0;
      for (let round = 0; round < 12; round++) {
        for (const name of ['o', 's']) {
          const relation = db.relation(name);
          // Behind the greatest time so far by less than the watermark is.
          const rows = Array.from({ length: rng.int(4) }, (): Row => [id++, rng.int(6) === 0 ? null : rng.int(3), BigInt(round * 4 + rng.int(4)) * 1_000_000n]);
          const changes = rows.map((row) => ({ op: 0, row }));
          db.bag(relation).apply(changes);
          run.send(relation, changes);
        }
        if (rng.int(2) === 0) run.barrier();
        got.apply(run.take());
      }
      run.end();
      got.apply(run.take());
      expect(got.text(), `seed ${seed}`).toEqual(db.expected(bound).text());
      expect([run.errors, run.late]).toEqual([[], 0]);
      seen += got.list().length;
    }
    expect(seen).toBeGreaterThan(0);
  });

  it.each([
    "SELECT o.id, t.id FROM o JOIN t ON o.k = t.k AND t.at BETWEEN o.ts AND o.ts + INTERVAL '4' SECOND",
    'SELECT o.id, s.id FROM o JOIN s ON o.k = s.k AND s.at > o.ts',
    "SELECT o.id, c.n FROM o JOIN (SELECT k, at, COUNT(*) AS n FROM s GROUP BY k, at) c ON o.k = c.k AND c.at BETWEEN o.ts AND o.ts + INTERVAL '4' SECOND",
    // Nexmark's q9: bounds that are no constants.
    "SELECT o.id, a.id FROM o JOIN (SELECT *, at + k * INTERVAL '1' SECOND AS expires FROM s) a ON o.k = a.k AND o.ts BETWEEN a.at AND a.expires",
  ])('stays a join of everything: %s', (sql) => {
    const { plan } = new PlanDatabase(DDL).physical(sql);
    expect(explainPhysical(plan)).toContain('HashJoin');
    expect(growthWarnings(plan).join()).toMatch(/keeps all rows/);
  });
});
