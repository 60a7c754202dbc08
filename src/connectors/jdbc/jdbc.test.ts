import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { postgresMissing, startPostgres, type Postgres } from '../../../scripts/postgres.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INT, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, UUID } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { maskedOptions, resolveOptions } from '../registry.ts';
import { openSource, outputSchema, readAll, sourceSpec, testContext } from '../test-support.ts';
import type { Options, SinkSpec, SourceSpec } from '../api.ts';
import { jdbc } from './jdbc.ts';

describe('a jdbc table', () => {
  it('takes PostgreSQL URLs and says what is wrong with others', () => {
    const check = (more: Options): void => {
      const { connector, options } = resolveOptions({ connector: 'jdbc', url: 'jdbc:postgresql://h/d', 'table-name': 't', ...more });
      connector.validate?.(options, [{ name: 'a', type: TEXT, nullable: true }], 'source');
    };
    expect(() => check({})).not.toThrow();
    expect(() => check({ url: 'jdbc:mysql://h/d' })).toThrow('a JDBC URL of mysql is not supported');
    expect(() => check({ url: 'postgres://h/d' })).toThrow('option "url" is not a JDBC URL');
    expect(() => check({ 'table-name': 'a..b' })).toThrow('invalid value for option "table-name"');
    expect(() => check({ 'scan.partition.column': 'a' })).toThrow('must all be set, or none');
    expect(() => check({ 'scan.partition.column': 'a', 'scan.partition.num': '2', 'scan.partition.lower-bound': '0', 'scan.partition.upper-bound': '9' })).toThrow('no column of integers');
    expect(() => check({ 'lookup.cach': 'NONE' })).toThrow('unknown option "lookup.cach"');
  });
  it('never prints a password', () => {
    const shown = maskedOptions({ connector: 'jdbc', url: 'jdbc:postgresql://u:hush@h/d?user=x&password=hush&ssl=true', password: 'hush', 'table-name': 't' });
    expect(JSON.stringify(shown)).not.toContain('hush');
    expect(shown['url']).toBe('jdbc:postgresql://u:******@h/d?user=x&password=******&ssl=true');
  });
  it('reads the old names of the cache options', () => {
    const { connector, options } = resolveOptions({ connector: 'jdbc', url: 'jdbc:postgresql://h/d', 'table-name': 't', 'lookup.cache.max-rows': '5', 'lookup.cache.ttl': '1 min' });
    expect(connector.withKey?.(options, [])).toMatchObject({ 'lookup.cache': 'PARTIAL', 'lookup.partial-cache.max-rows': '5', 'lookup.partial-cache.expire-after-write': '1 min' });
  });
});

const missing = postgresMissing();
describe.skipIf(missing !== undefined)(`against PostgreSQL${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let server: Postgres;
  let client: pg.Client;
  let given: Options;
  beforeAll(async () => {
    server = await startPostgres();
    client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: server.database });
    await client.connect();
    given = { connector: 'jdbc', url: `jdbc:postgresql://${server.host}:${server.port}/${server.database}`, username: server.user, 'table-name': 'public.t' };
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });
  beforeEach(async () => {
    await client.query('DROP TABLE IF EXISTS t');
  });
  const all = async (spec: SourceSpec): Promise<Row[]> => {
    const reader = await openSource(spec, testContext());
    const { rows } = await readAll(spec, reader);
    await reader.close();
    return rows.map((r) => r.row);
  };
  const f = (name: string, type: Schema[number]['type']): Schema[number] => ({ name, type, nullable: true });

  it('reads and writes every type as it is', async () => {
    const schema: Schema = [
      f('i', INT), f('b', BIGINT), f('d', DOUBLE), f('n', { kind: 'decimal', precision: 10, scale: 2 }), f('s', TEXT), f('x', BYTEA), f('u', UUID), f('o', BOOLEAN),
      f('dt', DATE), f('tm', TIME), f('ts', TIMESTAMP), f('tz', TIMESTAMPTZ), f('a', { kind: 'array', element: TEXT }),
    ];
    await client.query('CREATE TABLE t (i int, b bigint, d float8, n numeric(10,2), s varchar(20), x bytea, u uuid, o boolean, dt date, tm time, ts timestamp, tz timestamptz, a text[])');
    await client.query(`INSERT INTO t VALUES (1, 9007199254740993, 0.1, 12.50, 'it''s', '\\x00ff', '00112233-4455-6677-8899-aabbccddeeff', true, '2024-02-29', '12:34:56.789', '2024-01-02 03:04:05.678901', '2024-01-02 03:04:05+02', '{a,NULL,"b c"}')`);
    await client.query('INSERT INTO t (i) VALUES (NULL)');
    const spec = sourceSpec(given, schema);
    const rows = await all(spec);
    await client.query('CREATE TABLE IF NOT EXISTS copy AS SELECT * FROM t WHERE false');
    const { options } = resolveOptions({ ...given, 'table-name': 'copy' });
    const sink: SinkSpec = { connector: 'jdbc', options, schema, metadata: [], primaryKey: [], table: 'copy' };
    const writer = jdbc.sink?.writer(sink, 0, testContext());
    writer?.write(batchFromRows(outputSchema(spec), rows));
    await writer?.prepare(1);
    await writer?.close();
    const difference = await client.query('(TABLE t EXCEPT ALL TABLE copy) UNION ALL (TABLE copy EXCEPT ALL TABLE t)');
    expect(difference.rows).toEqual([]);
    expect((await client.query('SELECT count(*)::int AS n FROM copy')).rows).toEqual([{ n: 2 }]);
    await client.query('DROP TABLE copy');
  });

  it('reads in parts, each row once, NULLs and what lies outside of the bounds too', async () => {
    await client.query('CREATE TABLE t AS SELECT i FROM generate_series(-50, 250) AS i UNION ALL SELECT NULL');
    const spec = sourceSpec({ ...given, 'scan.partition.column': 'i', 'scan.partition.num': '4', 'scan.partition.lower-bound': '0', 'scan.partition.upper-bound': '199', 'scan.fetch-size': '7' }, [f('i', INT)]);
    const rows = await all(spec);
    expect(rows.length).toBe(302);
    expect(new Set(rows.map((r) => r[0])).size).toBe(302);
  });

  it('goes on behind the last row after a restart, by key or by count', async () => {
    await client.query('CREATE TABLE t AS SELECT i, i % 3 AS k FROM generate_series(1, 1000) AS i');
    for (const key of [['i'], []]) {
      const options = jdbc.withKey?.(resolveOptions({ ...given, 'scan.fetch-size': '100' }).options, key) ?? {};
      const spec = { ...sourceSpec(given, [f('i', INT), f('k', INT)]), options, projection: [1, 0] };
      const splits = await jdbc.source?.enumerator(spec, testContext()).discover(1);
      const seen: Row[] = [];
      let left = splits ?? [];
      for (let run = 0; run < 3; run++) {
        const reader = jdbc.source?.reader(spec, left, testContext());
        if (reader === undefined) throw new Error('no reader');
        while (seen.length < (run + 1) * 340) {
          const got = reader.poll(30);
          if (got === 'ended') break;
          if (got === 'idle') await new Promise<void>((resolve) => reader.onReady(resolve));
          else seen.push(...rowsFromBatch(outputSchema(spec), got.batch));
        }
        left = reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: true }));
        await reader.close();
      }
      expect(seen.map((r) => r[1]), key.join()).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    }
  });

  it('finds rows by one and by several keys', async () => {
    await client.query(`CREATE TABLE t (a bigint, b varchar(9), c text); INSERT INTO t VALUES (1, 'x', 'one'), (1, 'x', 'uno'), (2, 'y"\\{', 'two'), (NULL, 'z', 'none')`);
    const schema: Schema = [f('a', BIGINT), f('b', TEXT), f('c', TEXT)];
    const spec = { ...sourceSpec(given, schema, { projection: [2, 1, 0] }), keys: [2, 1] };
    const reader = jdbc.lookup?.reader(spec, testContext());
    const keys = batchFromRows([BIGINT, TEXT], [[1n, 'x'], [2n, 'y"\\{'], [1n, 'y']]);
    const found = await reader?.lookup(keys, new AbortController().signal);
    await reader?.close();
    const rows = found === undefined ? [] : rowsFromBatch(outputSchema(spec), found.batch).map((r, i) => `${found.key[i]}:${r.join('|')}`);
    expect(rows.sort()).toEqual(['0:one|x|1', '0:uno|x|1', '1:two|y"\\{|2']);
  });

  it('writes the last change of each key', async () => {
    await client.query('CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t VALUES (9, \'old\'), (8, \'gone\')');
    const schema: Schema = [f('k', INT), f('v', TEXT)];
    const { options } = resolveOptions({ ...given, 'sink.buffer-flush.max-rows': '0', 'sink.buffer-flush.interval': '0' });
    const writer = jdbc.sink?.writer({ connector: 'jdbc', options, schema, metadata: [], primaryKey: [0], table: 't' }, 0, testContext());
    writer?.write(batchFromRows(schema, [[1, 'a'], [1, 'b'], [2, 'c'], [2, 'c'], [8, 'gone'], [9, 'new']], Uint8Array.from([0, 2, 0, 3, 3, 2])));
    expect((await client.query('SELECT count(*)::int AS n FROM t')).rows).toEqual([{ n: 2 }]);
    await writer?.prepare(1);
    await writer?.close();
    expect((await client.query('SELECT * FROM t ORDER BY k')).rows).toEqual([{ k: 1, v: 'b' }, { k: 9, v: 'new' }]);
  });

  it('tells failures of the network from those of the database', async () => {
    const schema: Schema = [f('k', INT)];
    const lookup = async (options: Options): Promise<string> => {
      const reader = jdbc.lookup?.reader({ ...sourceSpec({ ...given, ...options }, schema), keys: [0] }, testContext());
      try {
        await reader?.lookup(batchFromRows([INT], [[1]]), new AbortController().signal);
        return 'found';
      } catch (error) {
        return `${(error as { condition?: string }).condition} ${String(error)}`;
      } finally {
        await reader?.close();
      }
    };
    expect(await lookup({ 'table-name': 'nowhere' })).toContain('undefined_table');
    expect(await lookup({ url: 'jdbc:postgresql://127.0.0.1:1/x', password: 'hush' })).toMatch(/^connection_failure (?!.*hush)/);
  });
});
