import { describe, expect, it } from 'vitest';
import { objectId } from '../../common/ids.ts';
import { Rng } from '../../common/rng.ts';
import type { Firing } from './context.ts';
import { Bag, type Change } from '../../exec/testing/harness.ts';
import { explainPhysical } from '../../planner/physical/explain.ts';
import { growthWarnings } from '../../planner/physical/growth.ts';
import { PlanDatabase } from '../testing/database.ts';
import { PlanRun } from '../testing/run.ts';

const TIME = `d BIGINT NOT NULL, ts AS to_timestamp_ltz(d, 3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND) WITH ('connector' = 'datagen')`;
const DDL = `
  CREATE TABLE bid (auction BIGINT NOT NULL, bidder BIGINT, price BIGINT NOT NULL, ${TIME};
  CREATE TABLE auction (id BIGINT NOT NULL, seller BIGINT, category BIGINT, ${TIME};
`;
const TUMBLE = (t: string): string => `TABLE(TUMBLE(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '10' SECOND))`;
const HOP = (t: string): string => `TABLE(HOP(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND))`;

const CUMULATE = (t: string): string => `TABLE(CUMULATE(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '12' SECOND, INTERVAL '-1' SECOND))`;
const SESSION = (t: string, by: string): string => `TABLE(SESSION(TABLE ${t} PARTITION BY ${by}, DESCRIPTOR(ts), INTERVAL '2' SECOND))`;

const counts = (name: string, columns: string): string =>
  `(SELECT ${columns}count(*) AS num, window_start AS starttime, window_end AS endtime FROM ${HOP('bid')} GROUP BY auction, window_start, window_end) ${name}`;

/** Queries whose windows are sent once, at the watermark. */
const WINDOWED: readonly string[] = [
  `SELECT window_start, window_end, count(*), sum(price) FROM ${TUMBLE('bid')} GROUP BY window_start, window_end`,
  `SELECT auction, window_end, max(price), count(DISTINCT bidder) FROM ${TUMBLE('bid')} GROUP BY auction, window_start, window_end`,
  `SELECT a2, s, n FROM (SELECT auction + 1 AS a2, window_start AS s, window_end AS e, avg(price) AS n FROM ${HOP('bid')} WHERE price > 2 GROUP BY auction + 1, window_start, window_end) q`,
  `SELECT DISTINCT bidder, window_start, window_end FROM ${TUMBLE('bid')}`,
  `SELECT max(num), starttime FROM ${counts('c', '')} GROUP BY starttime, endtime`,
  `SELECT b.auction, b.num, b.starttime FROM ${counts('b', 'auction, ')} JOIN (SELECT max(num) AS maxn, starttime, endtime FROM ${counts('c', '')} GROUP BY starttime, endtime) m
     ON b.starttime = m.starttime AND b.endtime = m.endtime AND b.num >= m.maxn`,
  `SELECT p.id, p.s, b.b FROM (SELECT seller AS id, window_start AS s, window_end AS e FROM ${TUMBLE('auction')} GROUP BY seller, window_start, window_end) p
     JOIN (SELECT bidder AS b, window_start AS s, window_end AS e FROM ${TUMBLE('bid')} GROUP BY bidder, window_start, window_end) b ON p.id = b.b AND p.s = b.s AND p.e = b.e`,
  `SELECT window_start, window_end, count(*), sum(price) FROM ${CUMULATE('bid')} GROUP BY window_start, window_end`,
  `SELECT auction, window_end, count(*), count(DISTINCT bidder) FROM ${CUMULATE('bid')} WHERE price > 1 GROUP BY auction, window_start, window_end`,
  `SELECT auction, window_start, window_end, avg(price) FROM ${CUMULATE('bid')} GROUP BY auction, window_start, window_end`,
  `SELECT max(n), e FROM (SELECT auction, window_start AS s, window_end AS e, count(*) AS n FROM ${CUMULATE('bid')} GROUP BY auction, window_start, window_end) c GROUP BY s, e`,
  `SELECT auction, window_start, window_end, count(*), min(price) FROM ${SESSION('bid', 'auction')} GROUP BY auction, window_start, window_end`,
  `SELECT bidder, price, window_end, window_time, count(*) FROM ${SESSION('bid', 'bidder')} GROUP BY bidder, price, window_start, window_end, window_time`,
  `SELECT auction, bidder, window_start FROM ${SESSION('bid', 'auction')}`,
  `SELECT window_end, sum(n) FROM TABLE(TUMBLE((SELECT window_time AS wt, count(*) AS n FROM ${SESSION('bid', 'auction')} GROUP BY auction, window_start, window_end, window_time), DESCRIPTOR(wt), INTERVAL '9' SECOND)) GROUP BY window_start, window_end`,
  `SELECT window_start, window_end, count(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MONTH, INTERVAL '10' SECOND)) GROUP BY window_start, window_end`,
  `SELECT window_start, window_end, count(*) FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '2' SECOND)) GROUP BY window_start, window_end`,
  `SELECT bidder, count(*) AS n, SESSION_START(ts, INTERVAL '2' SECOND), SESSION_END(ts, INTERVAL '2' SECOND) AS e FROM bid GROUP BY bidder, SESSION(ts, INTERVAL '2' SECOND)`,
  `SELECT TUMBLE_START(ts, INTERVAL '4' SECOND) AS s, auction + 1 AS a1, max(price) FROM bid WHERE price > 1 GROUP BY TUMBLE(ts, INTERVAL '4' SECOND), auction + 1 HAVING TUMBLE_END(ts, INTERVAL '4' SECOND) > to_timestamp_ltz(0, 3)`,
  `SELECT HOP_END(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND) AS e, HOP_ROWTIME(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND), count(*) FROM bid GROUP BY HOP(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND)`,
  `SELECT auction + 1 AS a, count(*) FROM bid GROUP BY a, SESSION(ts, INTERVAL '1' SECOND)`,
  `SELECT auction, price, s, e FROM (SELECT auction, price, d, window_start AS s, window_end AS e, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY price DESC, d, bidder) AS n FROM ${TUMBLE('bid')}) t WHERE n <= 2`,
  `SELECT auction, n, e, rank_no FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s, e ORDER BY n DESC, auction) AS rank_no FROM (SELECT auction, window_start AS s, window_end AS e, count(*) AS n FROM ${HOP('bid')} GROUP BY auction, window_start, window_end) c) t WHERE rank_no <= 2`,
  `SELECT bidder, d, window_end FROM ${CUMULATE('bid')} QUALIFY ROW_NUMBER() OVER (PARTITION BY window_start, window_end, bidder ORDER BY d, auction, price) = 1`,
  `SELECT auction, price, window_end FROM ${SESSION('bid', 'auction')} QUALIFY ROW_NUMBER() OVER (PARTITION BY window_start, window_end, auction ORDER BY price, d, bidder) = 1`,
  ...['LEFT', 'RIGHT', 'FULL'].map((type) => `SELECT p.id, p.n, p.e, b.b, b.n AS bn, b.e AS be FROM (SELECT seller AS id, count(*) AS n, window_start AS s, window_end AS e FROM ${TUMBLE('auction')} GROUP BY seller, window_start, window_end) p
     ${type} JOIN (SELECT bidder AS b, count(*) AS n, window_start AS s, window_end AS e FROM ${TUMBLE('bid')} GROUP BY bidder, window_start, window_end) b ON p.id = b.b AND p.s = b.s AND p.e = b.e AND p.n >= b.n`),
  ...['LEFT', 'FULL'].map((type) => `SELECT a.id, b.price, a.window_end FROM ${TUMBLE('auction')} a ${type} JOIN ${TUMBLE('bid')} b ON a.id = b.auction AND a.window_start = b.window_start AND a.window_end = b.window_end`),
  `SELECT a.id, a.window_end FROM ${TUMBLE('auction')} a WHERE NOT EXISTS (SELECT 1 FROM ${TUMBLE('bid')} b WHERE a.id = b.auction AND a.window_start = b.window_start AND a.window_end = b.window_end)`,
  `SELECT a.id, a.window_end FROM ${TUMBLE('auction')} a WHERE a.id IN (SELECT auction FROM ${TUMBLE('bid')} b WHERE a.window_start = b.window_start AND a.window_end = b.window_end)`,
  `SELECT window_end, sum(n) FROM TABLE(TUMBLE((SELECT a.window_time AS wt, b.price AS n FROM ${TUMBLE('auction')} a LEFT JOIN ${TUMBLE('bid')} b ON a.id = b.auction AND a.window_end = b.window_end), DESCRIPTOR(wt), INTERVAL '20' SECOND)) GROUP BY window_start, window_end`,
  `SELECT w2.window_end, sum(w2.n) FROM TABLE(TUMBLE(TABLE hourly, DESCRIPTOR(window_time), INTERVAL '20' SECOND)) w2 GROUP BY w2.window_start, w2.window_end`,
];

const VIEW = `CREATE VIEW hourly AS SELECT window_time, count(*) AS n FROM ${TUMBLE('bid')} GROUP BY window_start, window_end, window_time;`;

function run(sql: string, workers: number, twoPhase: boolean, firing?: Firing): { readonly got: Bag; readonly db: PlanDatabase; readonly late: number } {
  const db = new PlanDatabase(DDL + VIEW);
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
      for (const earlyMicros of [0n, 1000n]) {
        const { got, db, late } = run(sql, workers, true, { earlyMicros, lateMicros: 0n, latenessMicros: 0n });
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
