import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from './testing.ts';

/** Every query that psql 15's backslash commands send must bind and run. */

const folder = new URL('../../sql-tests/wire/psql-queries/', import.meta.url);
const database = new TestDatabase(`
  CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x', ts TIMESTAMP(3), amount DECIMAL(10, 2)) COMMENT 'a table';
  CREATE VIEW v AS SELECT id, name FROM t;
  CREATE MATERIALIZED VIEW mv AS SELECT id, count(*) AS n FROM t GROUP BY id;
`);

function oid(name: string): string {
  const [found] = database.run(`SELECT '${name}'::regclass::oid`);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}
const query = (file: string): string => readFileSync(new URL(file, folder), 'utf8').replace(/'\{([a-z]\w*)\}'/g, (_, name: string) => `'${oid(name)}'`);

describe('psql', () => {
  it.each(readdirSync(folder).filter((f) => f.endsWith('.sql')))('%s', (file) => {
    expect(Array.isArray(database.run(query(file)))).toBe(true);
  });

  const clients = new URL('../../sql-tests/wire/client-queries/', import.meta.url);
  it.each(readdirSync(clients).filter((f) => f.endsWith('.sql')))('other clients: %s', (file) => {
    expect(Array.isArray(database.run(readFileSync(new URL(file, clients), 'utf8')))).toBe(true);
  });

  it('answers other clients', () => {
    const rows = (file: string): string[] => database.run(readFileSync(new URL(file, clients), 'utf8'));
    expect(rows('jdbc-primary-keys.sql')).toEqual(['|public|t|id|1|t_pkey']);
    expect(rows('jdbc-type-by-oid.sql')).toEqual(['t|b|_int4|1007']);
    expect(rows('sqlalchemy-columns.sql').map((r) => r.split('|').slice(0, 4).join('|'))).toEqual(['id|integer||t', `name|character varying(20)|'x'|t`, 'ts|timestamp(3) without time zone||f', 'amount|numeric(10,2)||f']);
    expect(rows('information-schema-keys.sql')).toEqual(['id|t_pkey|integer|NO']);
    expect(rows('psycopg-type-info.sql')).toEqual(['numeric|1700|1231|numeric|,']);
  });

  it('describes a table', () => {
    const columns = readdirSync(folder).map(query).find((q) => q.includes('pg_catalog.format_type(a.atttypid, a.atttypmod),') && q.includes(`'${oid('t')}'`));
    expect(database.run(columns ?? '').map((r) => r.split('|').slice(0, 4).join('|'))).toEqual([
      'id|integer||t', `name|character varying(20)|'x'|t`, 'ts|timestamp(3) without time zone||f', 'amount|numeric(10,2)||f',
    ]);
  });

  it('lists relations', () => {
    expect(database.run(query('d.sql')).map((r) => r.split('|').slice(0, 3).join('|'))).toEqual(['public|mv|materialized view', 'public|t|table', 'public|v|view']);
    expect(database.run(query('di.sql')).map((r) => r.split('|').slice(1, 3).join('|'))).toEqual(['t_pkey|index']);
  });
});
