import { describe, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import { INT } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { Bag, randomChanges } from '../exec/testing/harness.ts';
import { explainPhysical } from '../planner/physical/explain.ts';
import { PlanDatabase } from './testing/database.ts';
import { PlanRun, testEval } from './testing/run.ts';

/** Conditions on NOW(): at every barrier a job shows what the query gives at that moment, whether rows came or not. */

const DDL = `
  CREATE TABLE e (id INT NOT NULL PRIMARY KEY, k INT, ts TIMESTAMP(3), tz TIMESTAMPTZ, d DATE);
  CREATE TABLE f (id INT NOT NULL PRIMARY KEY, k INT);
`;
const QUERIES = [
  "SELECT * FROM e WHERE tz > NOW() - INTERVAL '10' SECOND",
  "SELECT id FROM e WHERE tz >= CURRENT_TIMESTAMP - INTERVAL '10' SECOND AND k = 1",
  "SELECT id, ts FROM e WHERE ts < LOCALTIMESTAMP",
  "SELECT id FROM e WHERE tz + INTERVAL '3' SECOND <= NOW()",
  "SELECT id FROM e WHERE tz BETWEEN NOW() - INTERVAL '20' SECOND AND NOW() - INTERVAL '5' SECOND",
  "SELECT id FROM e WHERE NOW() - INTERVAL '5' SECOND < tz AND ts < LOCALTIMESTAMP AND id > 1",
  "SELECT id FROM e WHERE tz > DATE_TRUNC('minute', NOW())",
  'SELECT id FROM e WHERE d = CURRENT_DATE',
  "SELECT id FROM e WHERE ts > NOW() - INTERVAL '1' MINUTE",
  "SELECT k, COUNT(*), MAX(tz) FROM e WHERE tz > NOW() - INTERVAL '10' SECOND GROUP BY k",
  "SELECT COUNT(*) FROM e WHERE tz > NOW() - INTERVAL '10' SECOND",
  "SELECT k, MAX(tz) FROM e GROUP BY k HAVING MAX(tz) > NOW() - INTERVAL '10' SECOND",
  "SELECT e.id, f.id FROM e LEFT JOIN f ON e.k = f.k WHERE e.tz > NOW() - INTERVAL '10' SECOND",
  "SELECT f.id, e.id FROM f LEFT JOIN (SELECT * FROM e WHERE tz > NOW() - INTERVAL '10' SECOND) e ON e.k = f.k",
  "SELECT id FROM f WHERE k IN (SELECT k FROM e WHERE tz > NOW() - INTERVAL '10' SECOND)",
  "SELECT k, id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY tz DESC) AS n FROM e WHERE tz > NOW() - INTERVAL '10' SECOND) t WHERE n <= 2",
  "SELECT id FROM e WHERE tz > NOW() - INTERVAL '10' SECOND UNION ALL SELECT id FROM f",
];

const at = (rng: Rng, now: bigint): bigint => now + BigInt(rng.int(60) - 35) * 1_000_000n;
const maybe = <T>(rng: Rng, value: T): T | null => (rng.int(8) === 0 ? null : value);
const DAY = 86_400_000_000n;

describe('a condition on NOW()', () => {
  it.each(QUERIES)('%s', (sql) => {
    let seen = 0;
    let moved = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const rng = new Rng(seed);
      const db = new PlanDatabase(DDL);
      const bound = db.plan(sql);
      const { plan } = db.physical(sql);
      const run = new PlanRun(plan, seed % 2 === 0 ? 3 : 1);
      const got = new Bag();
      let now = testEval.nowMicros;
      let ids = 1;
      for (let round = 0; round < 16; round++) {
        if (round < 9 && rng.int(3) > 0) {
          const e = (r: Rng): Row => [ids++, maybe(r, r.int(3)), maybe(r, at(r, now)), maybe(r, at(r, now)), maybe(r, Number(now / DAY) + r.int(3) - 1)];
          for (const [name, make] of [['e', e], ['f', (r: Rng): Row => [ids++, maybe(r, r.int(3))]]] as const) {
            const id = db.relation(name);
            run.send(id, randomChanges(rng, db.bag(id), rng.int(5), make));
          }
        }
        now += rng.pick([0n, 1n, 999_999n, 3_000_000n, 8_000_000n, 30_000_000n, DAY]);
        run.barrier(now);
        const changes = run.take();
        moved += changes.length;
        got.apply(changes);
        expect(got.text(), `seed ${seed} round ${round}`).toEqual(db.expected(bound, now).text());
        seen += got.list().length;
      }
      expect(run.errors).toEqual([]);
    }
    expect(seen).toBeGreaterThan(0);
    expect(moved).toBeGreaterThan(0);
  });

  it('is not one where the clock stands elsewhere: refused over rows that change', () => {
    const db = new PlanDatabase(DDL);
    for (const where of ["tz > NOW() - INTERVAL '1' HOUR OR tz < NOW() - INTERVAL '2' HOUR", 'NOW() - tz < INTERVAL \'1\' HOUR', 'EXTRACT(HOUR FROM NOW()) = 3']) {
      expect(() => db.physical(`SELECT id FROM e WHERE ${where}`)).toThrow(/in a condition over rows that may be updated or deleted/);
    }
  });

  it('is tested once a row where the result can take nothing back; rows that are only held up are held up there too', () => {
    const db = new PlanDatabase("CREATE TABLE s (a INT, at TIMESTAMPTZ) WITH ('connector' = 'datagen')");
    const sink = (where: string) => {
      const spec = { connector: 'test', options: {}, schema: [{ name: 'a', type: INT, nullable: true }], metadata: [], primaryKey: [], table: 'out' };
      return db.physical(`SELECT a FROM s WHERE ${where}`, { kind: 'sink', spec, accepts: ['append-only'] });
    };
    const once = sink("at > NOW() - INTERVAL '1' HOUR");
    expect(explainPhysical(once.plan)).not.toContain('TemporalFilter');
    expect(once.notices.join()).toMatch(/now\(\) is evaluated once for each row/);
    const held = sink("at < NOW() - INTERVAL '1' HOUR");
    expect(explainPhysical(held.plan)).toContain('TemporalFilter');
    expect(held.notices).toEqual([]);
  });
});
