const TIME = `d BIGINT NOT NULL, ts AS to_timestamp_ltz(d, 3), WATERMARK FOR ts AS ts - INTERVAL '4' SECOND) WITH ('connector' = 'datagen')`;
export const DDL: string = `
  CREATE TABLE bid (auction BIGINT NOT NULL, bidder BIGINT, price BIGINT NOT NULL, ${TIME};
  CREATE TABLE auction (id BIGINT NOT NULL, seller BIGINT, category BIGINT, ${TIME};
`;
export const TUMBLE = (t: string): string => `TABLE(TUMBLE(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '10' SECOND))`;
const HOP = (t: string): string => `TABLE(HOP(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND))`;

const CUMULATE = (t: string): string => `TABLE(CUMULATE(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '12' SECOND, INTERVAL '-1' SECOND))`;
const SESSION = (t: string, by: string): string => `TABLE(SESSION(TABLE ${t} PARTITION BY ${by}, DESCRIPTOR(ts), INTERVAL '2' SECOND))`;

const counts = (name: string, columns: string): string =>
  `(SELECT ${columns}count(*) AS num, window_start AS starttime, window_end AS endtime FROM ${HOP('bid')} GROUP BY auction, window_start, window_end) ${name}`;

/** Queries over `bid`, `auction` and `hourly` whose windows are sent once, at the watermark. */
export const WINDOWED: readonly string[] = [
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

/** A view of windows that others are made over. */
export const HOURLY: string = `CREATE VIEW hourly AS SELECT window_time, count(*) AS n FROM ${TUMBLE('bid')} GROUP BY window_start, window_end, window_time;`;
