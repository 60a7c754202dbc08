import type { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import type { Relation } from './tables.ts';

/** The sources that queries by event time read, and random rows of them. */

export interface Source {
  readonly name: string;
  /** Its columns from the third on, with its time and watermark. */
  readonly time: string;
  readonly key?: true;
  readonly start: bigint;
  /** Between one second of a history and the next. */
  readonly unit: bigint;
}

const SECOND = 1_000_000n;
/** A time is at most three seconds behind the greatest before it: with a delay of five none is late, with one of a second some are. */
const WATERMARK = (delay: string, type = 'TIMESTAMP(3)'): string => `ts ${type}, WATERMARK FOR ts AS ts - INTERVAL ${delay}`;
const START = 1_704_067_200_000_000n;
/** In the evening before clocks are put forward in Europe. */
const ZONED_START = 1_711_821_600_000_000n;

export const SOURCES: readonly Source[] = [
  { name: 'e', time: WATERMARK("'5' SECOND"), start: START, unit: SECOND },
  { name: 'f', time: WATERMARK("'5' SECOND"), start: START, unit: SECOND },
  { name: 'r', time: WATERMARK("'5' SECOND"), key: true, start: START, unit: SECOND },
  { name: 'l', time: WATERMARK("'1' SECOND"), start: START, unit: SECOND },
  { name: 'z', time: WATERMARK("'75' MINUTE", 'TIMESTAMP_LTZ(3)'), start: ZONED_START, unit: 900n * SECOND },
  { name: 'g', time: 'ts TIMESTAMP(3)', start: START, unit: SECOND },
];

/** @param name the source's, or that of a table like it. @param options its WITH clause. */
export function sourceSql(source: Source, options: string, name: string = source.name): string {
  return `CREATE TABLE ${name} (k INT, v INT, s TEXT, ${source.time}${source.key === true ? ', PRIMARY KEY (k) NOT ENFORCED' : ''}) WITH (${options})`;
}

/** Its latest rows by key: versions, too. */
export const LATEST = 'CREATE VIEW latest AS SELECT k, v, s, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) AS n FROM f) AS x WHERE n = 1';

/** Rows out of order; all times differ. */
export function makeRows(rng: Rng, count: number, offset: number, source: Source): Row[] {
  const times = makeTimes(rng);
  return Array.from({ length: count }, (_, i) => makeRow(rng, times(), i * 6 + offset, source));
}

/** Seconds that go on by and by, up to three of them back and forth. */
export function makeTimes(rng: Rng): () => number {
  let second = 0;
  return () => {
    second += rng.pick([0, 0, 1, 1, 2, 9]);
    return second - rng.int(4);
  };
}

/** @param number of milliseconds, another one in every row. */
export function makeRow(rng: Rng, at: number, number: number, source: Source): Row {
  const k = rng.int(6) === 0 ? null : rng.int(4);
  return [source.key === true ? (k ?? 0) : k, rng.int(6) === 0 ? null : rng.int(20), rng.pick(['a', 'b', '', 'é']), source.start + BigInt(at) * source.unit + BigInt(number) * 1000n];
}

/** Sources whose rows change: `ups` by key, `ret` by what goes and comes. */
export const CHANGING: readonly { readonly name: string; readonly kind: 'upsert' | 'retract'; readonly sql: string }[] = [
  { name: 'ups', kind: 'upsert', sql: 'CREATE TABLE ups (id INT, k INT, at TIMESTAMP(3), s TEXT, PRIMARY KEY (id) NOT ENFORCED)' },
  { name: 'ret', kind: 'retract', sql: 'CREATE TABLE ret (id INT, k INT, at TIMESTAMP(3), s TEXT)' },
];

const CHANGING_COLUMNS: Relation['columns'] = [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 'at', kind: 'time' }, { name: 's', kind: 'text' }];
export const CHANGING_RELATIONS: readonly [Relation, ...Relation[]] = [{ name: 'ups', columns: CHANGING_COLUMNS }, { name: 'ret', columns: CHANGING_COLUMNS }];

export const changingRow = (rng: Rng, id: number): Row => [id, rng.int(6) === 0 ? null : rng.int(5), rng.int(6) === 0 ? null : START + BigInt(rng.int(12)) * 500_000n, rng.pick([null, 'a', 'b', '', 'A'])];
