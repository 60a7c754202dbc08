import { SqlError } from '../src/common/errors.ts';
import { registerConnector } from '../src/connectors/registry.ts';
import { keyedRows, keyedUpserts } from './support/keyed-rows.ts';
import { apart, median, timed } from './support/measure.ts';
import { pipeline, planOf } from './support/pipeline.ts';

/**
 * One line for each class of query: CPU time an event and bytes of state a key, at several numbers of keys. The plan's operators
 * in one thread, a barrier about every 100 ms and a checkpoint's deltas each second of work; the rows are made beforehand.
 * `node bench/classes.ts [name…]`
 */
/** `KEYS=100000` measures at that many alone. */
const KEYS = process.env['KEYS']?.split(',').map(Number) ?? [10_000, 100_000, 1_000_000];
const ROWS = 1_000_000;
/** Measured rounds, after one to warm up. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);

/** `a`: events of random keys. `b`: others. `d`: a row for each key. `u`: as `a`, each in the place of the one of its key. */
const TABLES = (keys: number): string => {
  const watermark = "WATERMARK FOR ts AS ts - INTERVAL '1' SECOND";
  const table = (name: string, rows: number, order: boolean, seed: number): string =>
    `CREATE TABLE ${name} (${watermark}) WITH ('connector' = 'keyed-rows', 'rows' = '${rows}', 'keys' = '${keys}', 'order' = '${order}', 'seed' = '${seed}');`;
  return [
    table('a', ROWS, false, 1), table('b', ROWS, false, 2), table('d', keys, true, 3),
    `CREATE TABLE u (k BIGINT, v BIGINT, s TEXT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'keyed-upserts', 'rows' = '${ROWS}', 'keys' = '${keys}', 'seed' = '4');`,
  ].join('\n');
};

const tumble = (t: string): string => `TABLE(TUMBLE(TABLE ${t}, DESCRIPTOR(ts), INTERVAL '10' SECOND))`;
const W = 'window_start, window_end';

const CLASSES: Readonly<Record<string, string>> = {
  'filter and project': 'SELECT k, v * 2, s FROM a WHERE MOD(k, 3) <> 0',
  'group: count, sum': 'SELECT k, count(*), sum(v) FROM a GROUP BY k',
  'group by text': 'SELECT s, count(*), sum(v) FROM a GROUP BY s',
  'group: min, max, avg': 'SELECT k, min(v), max(v), avg(v) FROM a GROUP BY k',
  'group: min, max of updates': 'SELECT MOD(k, 1000), min(v), max(v) FROM u GROUP BY MOD(k, 1000)',
  'group: aggregate of an aggregate': 'SELECT n, count(*) FROM (SELECT k, count(*) AS n FROM a GROUP BY k) GROUP BY n',
  'distinct values of one group': 'SELECT count(DISTINCT k), count(DISTINCT k) FILTER (WHERE v < 1000), count(DISTINCT k) FILTER (WHERE v >= 1000) FROM a',
  'distinct values of many groups': 'SELECT MOD(v, 1000), count(DISTINCT k), count(DISTINCT k) FILTER (WHERE v < 1000) FROM a GROUP BY MOD(v, 1000)',
  'SELECT DISTINCT': 'SELECT DISTINCT k, s FROM a',
  'grouping sets': 'SELECT k, MOD(v, 10), count(*) FROM a GROUP BY GROUPING SETS ((k), (MOD(v, 10)), ())',
  'array_agg of every tenth': 'SELECT k, array_agg(v) FROM a WHERE v < 100000 GROUP BY k',
  'last row of a key': 'SELECT k, v, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS r FROM a) WHERE r = 1',
  'first row of a key': 'SELECT k, v, s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts) AS r FROM a) WHERE r = 1',
  'highest ten of a key, ranked': 'SELECT k, v, s, r FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS r FROM a) WHERE r <= 10',
  'highest hundred of all': 'SELECT k, v, s FROM a ORDER BY v DESC LIMIT 100',
  'join of events with rows by key': 'SELECT a.k, a.v, d.s FROM a JOIN d ON a.k = d.k',
  'left join': 'SELECT a.k, a.v, d.s FROM a LEFT JOIN d ON a.k = d.k AND d.v < 500000',
  'full join': 'SELECT a.k, a.v, d.s FROM a FULL JOIN d ON a.k = d.k AND d.v < 500000',
  'semi join': 'SELECT a.k, a.v FROM a WHERE EXISTS (SELECT 1 FROM d WHERE d.k = a.k AND d.v < 500000)',
  'anti join': 'SELECT a.k, a.v FROM a WHERE NOT EXISTS (SELECT 1 FROM d WHERE d.k = a.k AND d.v < 500000)',
  'join of two aggregates': 'SELECT x.k, x.n, y.n FROM (SELECT k, count(*) AS n FROM a GROUP BY k) x JOIN (SELECT k, sum(v) AS n FROM b GROUP BY k) y ON x.k = y.k',
  'join within a second': "SELECT a.k, a.v, b.v FROM a JOIN b ON a.k = b.k AND b.ts BETWEEN a.ts - INTERVAL '1' SECOND AND a.ts",
  'as-of join by event time': 'SELECT a.k, a.v, b.v FROM a ASOF JOIN b MATCH_CONDITION (a.ts >= b.ts) ON a.k = b.k',
  'temporal join by event time': "SELECT a.k, a.v, v.v FROM a JOIN v FOR SYSTEM_TIME AS OF a.ts ON a.k = v.k",
  'tumbling windows': `SELECT k, ${W}, count(*), sum(v) FROM ${tumble('a')} GROUP BY k, ${W}`,
  'hopping windows, five deep': `SELECT k, ${W}, count(*), sum(v) FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY k, ${W}`,
  'cumulating windows, five steps': `SELECT k, ${W}, count(*), sum(v) FROM TABLE(CUMULATE(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY k, ${W}`,
  'sessions': `SELECT k, ${W}, count(*), sum(v) FROM TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, ${W}`,
  'highest three of each window': `SELECT k, v, ${W} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ${W} ORDER BY v DESC) AS r FROM ${tumble('a')}) WHERE r <= 3`,
  'join of windows': `SELECT x.k, x.v, y.v FROM ${tumble('a')} x JOIN ${tumble('b')} y ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end`,
  'OVER: running sum': 'SELECT k, v, sum(v) OVER (PARTITION BY k ORDER BY ts) FROM a',
  'OVER: last ten rows': 'SELECT k, v, avg(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) FROM a',
  'OVER: last ten seconds': "SELECT k, v, max(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW) FROM a",
  'OVER: lag': 'SELECT k, v, lag(v) OVER (PARTITION BY k ORDER BY ts) FROM a',
  'OVER of updates: rank': 'SELECT k, v, rank() OVER (PARTITION BY MOD(k, 1000) ORDER BY v) FROM u',
  'UNION ALL': 'SELECT k, v FROM a UNION ALL SELECT k, v FROM b',
  'INTERSECT': 'SELECT k FROM a INTERSECT SELECT k FROM d',
  'EXCEPT': 'SELECT k FROM d EXCEPT SELECT k FROM a',
  'upserts made retractable': 'SELECT k, v, s FROM u WHERE v < 500000',
  'temporal filter': "SELECT k, v FROM a WHERE ts > NOW() - INTERVAL '1' HOUR",
};

interface Line {
  readonly name: string;
  readonly error: string | null;
  readonly figures: readonly { readonly keys: number; readonly nsPerEvent: number; readonly bytesPerKey: number; readonly rowsOut: number }[];
}

async function once(plan: ReturnType<typeof planOf>): Promise<{ readonly ns: number; readonly bytes: number; readonly out: number }> {
  const p = await pipeline(plan);
  let bytes = 0;
  const run = await timed(0, () => {
    let mark = performance.now();
    let epochs = 0;
    while (p.step(4096) !== 'ended') {
      const now = performance.now();
      if (now - mark < 100) continue;
      mark = now;
      p.barrier(++epochs % 10 === 0);
      bytes = Math.max(bytes, p.stateBytes());
    }
    p.barrier(true);
  });
  bytes = Math.max(bytes, p.stateBytes());
  await p.close();
  return { ns: (run.cpuMs * 1e6) / p.rowsIn(), bytes, out: p.rowsOut() };
}

async function measure(name: string): Promise<Line> {
  registerConnector(keyedRows);
  registerConnector(keyedUpserts);
  const figures: Line['figures'][number][] = [];
  try {
    for (const keys of KEYS) {
      const query = CLASSES[name] ?? '';
      const versioned = query.includes(' v FOR SYSTEM_TIME') ? `CREATE VIEW v AS SELECT k, v, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS r FROM b) WHERE r = 1;` : '';
      const plan = planOf(`${TABLES(keys)} ${versioned} ${query}`);
      const runs: Awaited<ReturnType<typeof once>>[] = [];
      for (let round = 0; round <= ROUNDS; round++) runs.push(await once(plan));
      const kept = runs.slice(1);
      figures.push({ keys, nsPerEvent: median(kept.map((r) => r.ns)), bytesPerKey: median(kept.map((r) => r.bytes)) / keys, rowsOut: kept[0]?.out ?? 0 });
    }
    return { name, error: null, figures };
  } catch (error) {
    if (error instanceof SqlError) return { name, error: error.message, figures };
    throw error;
  }
}

const padded = (n: number | undefined, unit: string): string => (n === undefined ? '-' : `${n.toFixed(0)}${unit}`).padStart(8);

export async function classes(names: readonly string[] = Object.keys(CLASSES)): Promise<Line[]> {
  console.log(`\nQuery classes, operators in one thread: CPU ns an event, bytes of state a key\n${'what'.padEnd(36)}${KEYS.map((k) => `${(k / 1000).toFixed(0)} K keys`.padStart(17)).join('')}`);
  const lines: Line[] = [];
  for (const name of names) {
    const line = await apart<Line>(import.meta.filename, ['--one', name]);
    lines.push(line);
    console.log(`${name.padEnd(36)}${line.error ?? line.figures.map((f) => ` ${padded(f.nsPerEvent, '')}${padded(f.bytesPerKey, ' B')}`).join('')}`);
  }
  return lines;
}

if (process.argv[1] === import.meta.filename) {
  const args = process.argv.slice(2);
  if (args[0] === '--one') process.send?.(await measure(args[1] ?? ''));
  else await classes(args.length > 0 ? args : undefined);
}
