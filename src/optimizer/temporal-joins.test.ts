import { describe, expect, it } from 'vitest';
import { Rng } from '../common/rng.ts';
import { SqlError } from '../common/errors.ts';
import { Bag, type Change } from '../exec/testing/harness.ts';
import { explainPhysical } from '../planner/physical/explain.ts';
import { PlanDatabase } from './testing/database.ts';
import { PlanRun } from './testing/run.ts';

const DDL = `
  CREATE TABLE orders (id INT, cur INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
  CREATE TABLE rates (cur INT, rate INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND, PRIMARY KEY (cur) NOT ENFORCED) WITH ('connector' = 'datagen');
  CREATE TABLE raw (cur INT, rate INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
  CREATE TABLE t (id INT PRIMARY KEY, cur INT);
  CREATE VIEW latest AS SELECT cur, rate, at FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY cur ORDER BY at DESC) AS n FROM raw) x WHERE n = 1;
`;
/** The query over the table with a key, as the plain evaluator takes it, with the right side put in for `R`. */
const QUERIES: readonly string[] = [
  'SELECT o.id, r.rate FROM orders o JOIN R FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur',
  'SELECT o.id, r.rate, r.at FROM orders o LEFT JOIN R FOR SYSTEM_TIME AS OF o.ts AS r ON r.cur = o.cur',
  'SELECT o.id, r.rate FROM (SELECT id, cur + 1 AS c, ts FROM orders WHERE id > 1) o LEFT JOIN R FOR SYSTEM_TIME AS OF o.ts AS r ON o.c = r.cur AND r.rate > 1',
  // As a comma joins them, the condition is WHERE's.
  'SELECT o.id, r.rate, r.cur FROM orders AS o, R FOR SYSTEM_TIME AS OF o.ts AS r WHERE o.cur = r.cur AND o.id > 2 AND r.rate < 3',
  // Time goes on behind the join.
  "SELECT window_end, COUNT(*), SUM(rate) FROM TABLE(TUMBLE((SELECT o.ts, r.rate FROM orders o LEFT JOIN R FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
];

function check(sql: string, right: string): void {
  let seen = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const rng = new Rng(seed);
    const db = new PlanDatabase(DDL);
    const { plan } = db.physical(sql.replaceAll(' R ', ` ${right} `));
    expect(explainPhysical(plan)).toContain('VersionJoin');
    expect(plan.props.changelog).toBe('append-only');
    const run = new PlanRun(plan, seed % 2 === 0 ? 3 : 1);
    const got = new Bag();
    const rates = db.relation('rates');
    const orders = db.relation('orders');
    const from = db.relation(right === 'latest' ? 'raw' : right);
    const used = new Set<string>();
    let id = 0;
    for (let round = 0; round < 12; round++) {
      // Behind the greatest time so far by less than the watermark is.
      const time = (): bigint => BigInt(round * 4 + rng.int(4)) * 1_000_000n;
      const asked = Array.from({ length: rng.int(5) }, (): Change => ({ op: 0, row: [id++, rng.int(6) === 0 ? null : rng.int(3), time()] }));
      const versions = Array.from({ length: rng.int(3) }, (): Change => ({ op: 0, row: [rng.int(3), rng.int(4), time()] }));
      // One version of a key at a time: of several the last to come stands, whatever the plain evaluator would take.
      const fresh = versions.filter(({ row: [cur, , at] }) => !used.has(`${String(cur)} ${String(at)}`) && used.add(`${String(cur)} ${String(at)}`));
      db.bag(orders).apply(asked);
      db.bag(rates).apply(fresh);
      run.send(orders, asked);
      run.send(from, fresh);
      if (rng.int(2) === 0) run.barrier();
      got.apply(run.take());
    }
    run.end();
    got.apply(run.take());
    expect(got.text(), `seed ${seed}`).toEqual(db.expected(db.plan(sql.replaceAll(' R ', ' rates '))).text());
    expect([run.errors, run.late]).toEqual([[], 0]);
    seen += got.list().length;
  }
  expect(seen).toBeGreaterThan(0);
}

describe('an event-time temporal join', () => {
  for (const right of ['rates', 'latest']) it.each(QUERIES)(`with ${right}: %s`, (sql) => check(sql, right));

  it.each([
    ['SELECT 1 FROM orders o JOIN raw FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur', 'this right side of an event-time temporal join is not supported yet'],
    ['SELECT 1 FROM orders o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur > r.cur', 'the condition of this temporal join does not name "cur", of the right side\'s primary key'],
    ['SELECT o.n FROM (SELECT cur, ts, COUNT(*) AS n FROM orders GROUP BY cur, ts) o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur', 'an event-time temporal join whose left side has updates is not supported yet'],
    ['SELECT 1 FROM orders o JOIN t FOR SYSTEM_TIME AS OF o.ts AS r ON o.cur = r.cur', 'the right side of this temporal join has no event time'],
  ])('%s is refused', (sql, message) => {
    expect(() => new PlanDatabase(DDL).physical(sql)).toThrow(new SqlError('feature_not_supported', message).message);
  });
});
