import { describe, expect, it } from 'vitest';
import { objectId } from '../../common/ids.ts';
import { Rng } from '../../common/rng.ts';
import type { Firing } from './context.ts';
import { Bag, type Change } from '../../exec/testing/harness.ts';
import { explainPhysical } from '../../planner/physical/explain.ts';
import { growthWarnings } from '../../planner/physical/growth.ts';
import { PlanDatabase } from '../testing/database.ts';
import { PlanRun } from '../testing/run.ts';
import { DDL, HOURLY, TUMBLE, WINDOWED } from '../testing/windowed.ts';

function run(sql: string, workers: number, twoPhase: boolean, firing?: Firing): { readonly got: Bag; readonly db: PlanDatabase; readonly late: number } {
  const db = new PlanDatabase(DDL + HOURLY);
  const { plan } = db.physical(sql, { kind: 'materialize', relation: objectId(900), name: 'v', firing }, { twoPhase });
  if (firing === undefined) expect(plan.props.changelog).toBe('append-only');
  const running = new PlanRun(plan, workers);
  const rng = new Rng(workers + (twoPhase ? 10 : 0));
  const got = new Bag();
  let now = 0;
  for (let round = 0; round < 12; round++) {
    for (const table of ['bid', 'auction']) {
      const changes: Change[] = Array.from({ length: rng.int(6) }, () => {
        now += rng.int(1500);
        const d = BigInt(now - rng.int(3000) + 5000);
        const row = table === 'bid' ? [BigInt(rng.int(3)), rng.int(5) === 0 ? null : BigInt(rng.int(4)), BigInt(rng.int(9)), d] : [BigInt(rng.int(9)), BigInt(rng.int(4)), null, d];
        return { op: 0, row };
      });
      db.bag(db.relation(table)).apply(changes);
      running.send(db.relation(table), changes);
    }
    running.barrier();
    got.apply(running.take());
  }
  const early = got.list().length;
  running.end();
  got.apply(running.take());
  expect(early, 'windows close while rows still come').toBeGreaterThan(0);
  return { got, db, late: running.late };
}

/** Deduplication by event time that keeps the first row. */
const FIRST: readonly string[] = [
  'SELECT auction, bidder, price, ts FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY ts, price, bidder) AS n FROM bid) s WHERE n = 1',
  'SELECT n, bidder, price FROM (SELECT *, row_number() OVER (PARTITION BY bidder, price ORDER BY ts) AS n FROM bid) s WHERE n <= 1',
  'SELECT DISTINCT ON (bidder) bidder, price, auction, ts FROM bid ORDER BY bidder, ts, price DESC, auction',
  'SELECT price + 1 AS p FROM bid QUALIFY row_number() OVER (PARTITION BY price % 4 ORDER BY ts, price) = 1',
  `SELECT window_end, count(*) FROM TABLE(TUMBLE((SELECT price, ts FROM bid QUALIFY row_number() OVER (PARTITION BY price ORDER BY ts) = 1), DESCRIPTOR(ts), INTERVAL '3' SECOND)) GROUP BY window_start, window_end`,
];

describe('the first row of a key by event time', () => {
  it.each(FIRST)('is sent once and agrees with the naive evaluator: %s', (sql) => {
    for (const workers of [1, 3]) {
      const { got, db, late } = run(sql, workers, false);
      expect(late).toBe(0);
      expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
    }
  });

  it('is updated where its peers are asked for too, and so is the last', () => {
    const db = new PlanDatabase(DDL);
    for (const sql of ['SELECT price FROM bid QUALIFY row_number() OVER (PARTITION BY auction ORDER BY ts DESC) = 1', 'SELECT price FROM bid QUALIFY rank() OVER (PARTITION BY auction ORDER BY ts) = 1']) {
      expect(db.physical(sql).plan.props.changelog).toBe('retract');
    }
  });
});

describe('event-time windows', () => {
  it.each(WINDOWED)('are sent once and agree with the naive evaluator: %s', (sql) => {
    for (const workers of [1, 3]) {
      for (const twoPhase of [false, true]) {
        const { got, db, late } = run(sql, workers, twoPhase);
        expect(late).toBe(0);
        expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
      }
    }
  });

  const FIRED: readonly string[] = [WINDOWED[0], WINDOWED[1], WINDOWED[5], ...WINDOWED.filter((q) => /CUMULATE|SESSION|ROW_NUMBER|LEFT JOIN/.test(q))].filter((q) => q !== undefined);
  it.each(FIRED)('sent before they are over, end up the same: %s', (sql) => {
    for (const workers of [1, 3]) {
      for (const [earlyMicros, latenessMicros] of [[0n, 0n], [1000n, 0n], [0n, 7_000_000n], [null, 7_000_000n]] as const) {
        const { got, db, late } = run(sql, workers, true, { earlyMicros, lateMicros: 0n, latenessMicros });
        expect(late).toBe(0);
        expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
      }
    }
  });

  it('take late rows for as long as they may be late, and correct what was sent', () => {
    const db = new PlanDatabase(DDL);
    const sql = `SELECT window_end, count(*) FROM ${TUMBLE('bid')} GROUP BY window_start, window_end`;
    for (const earlyMicros of [null, 0n]) {
      const { plan } = db.physical(sql, { kind: 'materialize', relation: objectId(900), name: 'v', firing: { earlyMicros, lateMicros: 0n, latenessMicros: 20_000_000n } });
      expect(plan.props.changelog).toBe('retract');
      const running = new PlanRun(plan, 1);
      running.lateInput = true;
      const got = new Bag();
      const send = (...ms: number[]): string[] => {
        running.send(db.relation('bid'), ms.map((d) => ({ op: 0, row: [1n, 2n, 3n, BigInt(d)] })));
        running.barrier();
        got.apply(running.take());
        return got.text();
      };
      const row = (end: number, n: bigint): string => Bag.of([[BigInt(end) * 1_000_000n, n]]).text()[0] as string;
      expect(send(1000, 2000)).toEqual(earlyMicros === null ? [] : [row(10, 2n)]);
      expect(send(14_500)).toEqual(earlyMicros === null ? [row(10, 2n)] : [row(10, 2n), row(20, 1n)]);
      expect(send(9000)).toEqual(earlyMicros === null ? [row(10, 3n)] : [row(10, 3n), row(20, 1n)]);
      expect(send(34_500)).toEqual(earlyMicros === null ? [row(10, 3n), row(20, 1n)] : [row(10, 3n), row(20, 1n), row(40, 1n)]);
      expect(running.late).toBe(0);
      send(9500);
      expect(running.late).toBe(1);
      expect(got.text()).toContain(row(10, 3n));
    }
  });

  it('over processing time follow the clock', () => {
    const db = new PlanDatabase(DDL + 'CREATE VIEW b2 AS SELECT *, PROCTIME() AS p FROM bid;');
    const sql = `SELECT auction, window_start, window_end, count(*) FROM TABLE(TUMBLE(TABLE b2, DESCRIPTOR(p), INTERVAL '10' SECOND)) WHERE price > 0 GROUP BY auction, window_start, window_end`;
    const { plan, notices } = db.physical(sql);
    expect([plan.props.changelog, notices]).toEqual(['append-only', []]);
    for (const workers of [1, 3]) {
      const running = new PlanRun(plan, workers);
      const at = (seconds: number): bigint => 1_700_000_000_000_000n + BigInt(seconds) * 1_000_000n;
      const send = (price: bigint): void => running.send(db.relation('bid'), [{ op: 0, row: [1n, 2n, price, 5000n] }]);
      const row = (from: number, n: bigint): Change => ({ op: 0, row: [1n, at(from), at(from + 10), n] });
      running.barrier(at(1));
      send(1n);
      send(0n);
      running.barrier(at(5));
      send(2n);
      expect(running.take()).toEqual([]);
      running.barrier(at(10));
      running.barrier(at(10));
      expect(running.take()).toEqual([row(0, 2n)]);
      send(3n);
      running.barrier(at(15));
      running.barrier(at(40));
      running.barrier(at(40));
      expect(running.take()).toEqual([row(10, 1n)]);
      expect(running.late).toBe(0);
    }
  });

  it('over processing time need rows that stay', () => {
    const db = new PlanDatabase(`CREATE TABLE s (id INT PRIMARY KEY, k INT);`);
    const sql = "SELECT window_end, count(*) FROM TABLE(TUMBLE((SELECT k, PROCTIME() AS p FROM s), DESCRIPTOR(p), INTERVAL '10' SECOND)) GROUP BY window_start, window_end";
    expect(() => db.physical(sql)).toThrow('processing time over rows that may be updated or deleted is not supported');
  });

  it('without a watermark are updated, with a notice', () => {
    const db = new PlanDatabase(`CREATE TABLE plain (x INT, ts TIMESTAMP(3)) WITH ('connector' = 'datagen');`);
    const { plan, notices } = db.physical(`SELECT window_end, count(*) FROM ${TUMBLE('plain')} GROUP BY window_start, window_end`);
    expect(plan.props.changelog).toBe('retract');
    expect(notices).toEqual(['column "ts" has no watermark: the windows over it are updated as rows come, and their state is kept for ever']);
    expect(explainPhysical(plan, { state: false })).toContain('WindowAssign');
  });

  it('grouped by one border only are ordinary groups', () => {
    const db = new PlanDatabase(DDL);
    const { plan } = db.physical(`SELECT window_end, count(*) FROM ${TUMBLE('bid')} GROUP BY window_end`);
    expect(explainPhysical(plan, { state: false })).toContain('GroupAggregate');
  });

  it('keep the key of a row by either border', () => {
    const db = new PlanDatabase(DDL);
    const { plan } = db.physical(`SELECT auction, window_end, count(*) FROM ${TUMBLE('bid')} GROUP BY auction, window_start, window_end`);
    expect(plan.kind === 'materialize' && plan.keys).toEqual([0, 1]);
  });

  it('need no warning, where groups and joins do', () => {
    const db = new PlanDatabase(DDL);
    expect(growthWarnings(db.physical(WINDOWED[5] ?? '').plan)).toEqual([]);
    const [join, group] = ['SELECT b.price FROM bid b JOIN auction a ON b.auction = a.id', 'SELECT auction, count(*) FROM bid GROUP BY auction'].map((q) => growthWarnings(db.physical(q).plan));
    expect(join?.[0]).toContain('the join on auction keeps all rows of both sides for ever');
    expect(group?.[0]).toContain('the state of the aggregate by auction grows with every new auction for ever');
  });
});
