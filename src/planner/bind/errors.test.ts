import { describe, expect, it } from 'vitest';
import { SqlError } from '../../common/errors.ts';
import { TestDatabase } from '../testing.ts';

/** SQLSTATE, text and the piece of the statement that the error points at. Texts are PostgreSQL's where it has the error. */

const database = new TestDatabase(`
  CREATE TABLE emp (id INT PRIMARY KEY, name TEXT, dept INT, hired DATE);
  CREATE TABLE dept (id INT PRIMARY KEY, title TEXT);
  CREATE TABLE s (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
  CREATE TABLE sink (id INT, note TEXT) WITH ('connector' = 'blackhole');
  CREATE VIEW ve AS SELECT id FROM emp;
`);

function failure(sql: string): SqlError {
  try {
    database.bind(sql);
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error(`no error: ${sql}`);
}

const at = (sql: string, e: SqlError): string | null => (e.span === undefined ? null : sql.slice(e.span.start, e.span.end));

const cases: readonly (readonly [sql: string, state: string, message: string, place: string | null])[] = [
  ["SELECT OBJECT_OF('u', 'a', id) FROM emp", '0A000', 'OBJECT_OF is not supported yet', "OBJECT_OF('u', 'a', id)"],
  ['SELECT transform(ARRAY[id], x => x + nam) FROM emp', '42703', 'column "nam" does not exist', 'nam'],
  ["SELECT REGEXP_EXTRACT(name, '(') FROM emp", '2201B', 'invalid regular expression: parentheses () not balanced', "'('"],
  ['SELECT make_interval(dayz => id) FROM emp', '42883', 'function make_interval has no parameter "dayz"', 'dayz'],
  ['SELECT * FROM jsonb_to_recordset(\'[]\')', '42601', 'a column definition list is required for functions returning "record"', "jsonb_to_recordset('[]')"],
  ['SELECT nope FROM emp', '42703', 'column "nope" does not exist', 'nope'],
  ['SELECT e.nope FROM emp e', '42703', 'column e.nope does not exist', 'e.nope'],
  ['SELECT x.id FROM emp e', '42P01', 'missing FROM-clause entry for table "x"', 'x.id'],
  ['SELECT id FROM nope', '42P01', 'relation "nope" does not exist', 'nope'],
  ['SELECT id FROM emp e, dept d', '42702', 'column reference "id" is ambiguous', 'id'],
  ['SELECT name, count(*) FROM emp', '42803', 'column "emp.name" must appear in the GROUP BY clause or be used in an aggregate function', 'name'],
  ['SELECT sum(count(*)) FROM emp', '42803', 'aggregate function calls cannot be nested', 'count(*)'],
  ['SELECT 1 FROM emp WHERE count(*) > 1', '42803', 'aggregate functions are not allowed in WHERE', 'count(*)'],
  ['SELECT 1 FROM emp WHERE rank() OVER () = 1', '42P20', 'window functions are not allowed in WHERE', 'rank() OVER ()'],
  ['SELECT id FROM emp ORDER BY 3', '42P10', 'ORDER BY position 3 is not in select list', '3'],
  ['SELECT DISTINCT name FROM emp ORDER BY id', '42P10', 'for SELECT DISTINCT, ORDER BY expressions must appear in select list', 'id'],
  ['SELECT 1, 2 UNION SELECT 1', '42601', 'each UNION query must have the same number of columns', 'SELECT 1'],
  ['SELECT 1 UNION SELECT TRUE', '42804', 'UNION types integer and boolean cannot be matched', 'TRUE'],
  ['SELECT 1 + \'a\'', '22P02', 'invalid input syntax for type integer: "a"', '\'a\''],
  ['SELECT 1 + TRUE', '42883', 'operator does not exist: integer + boolean', '+'],
  ['SELECT nofunc(1)', '42883', 'function nofunc(integer) does not exist', 'nofunc(1)'],
  ['SELECT 1 FROM emp WHERE name', '42804', 'argument of WHERE must be type boolean, not type text', 'name'],
  ['SELECT (SELECT id, name FROM emp)', '42601', 'subquery must return only one column', '(SELECT id, name FROM emp)'],
  ['SELECT 1 FROM emp e JOIN dept e ON TRUE', '42712', 'table name "e" specified more than once', 'dept e'],
  ['SELECT CAST(TRUE AS DATE)', '42846', 'cannot cast type boolean to date', 'CAST(TRUE AS DATE)'],
  ['SELECT 1::nosuch', '42704', 'type "nosuch" does not exist', 'nosuch'],
  ['SELECT 1 FROM emp JOIN dept USING (nope)', '42703', 'column "nope" specified in USING clause does not exist in left table', 'nope'],
  ['SELECT row_number() FROM emp', '42809', 'window function row_number requires an OVER clause', 'row_number()'],
  ['SELECT t.x FROM (SELECT 1) t(x, y)', '42P10', 'table "t" has 1 columns available but 2 columns specified', null],
  ['INSERT INTO emp (id, nope) VALUES (1, 2)', '42703', 'column "nope" of relation "emp" does not exist', 'nope'],
  ['INSERT INTO emp (id) VALUES (1, 2)', '42601', 'INSERT has more expressions than target columns', '2'],
  ['INSERT INTO emp (id, name) VALUES (1)', '42601', 'INSERT has more target columns than expressions', 'name'],
  ['INSERT INTO emp (hired) VALUES (1)', '42804', 'column "hired" is of type date but expression is of type integer', '1'],
  ['INSERT INTO s SELECT 1, NULL', '42809', 'cannot insert into table "s": connector "datagen" only reads', null],
  ['SELECT * FROM sink', '42809', 'cannot read from table "sink": connector "blackhole" only writes', 'sink'],
  ['UPDATE sink SET id = 1', '42809', 'cannot update table "sink"', 'sink'],
  ['UPDATE emp SET id = 1, id = 2', '42601', 'multiple assignments to same column "id"', 'id'],
  ['DELETE FROM ve', '42809', 'cannot delete from view "ve"', 've'],
  ["CREATE TABLE p (a INT, d TEXT) PARTITIONED BY (d) WITH ('connector' = 'blackhole')", '0A000', 'PARTITIONED BY of connector "blackhole" is not supported yet', 'd'],
  ['CREATE TABLE emp (a INT)', '42P07', 'relation "emp" already exists', 'emp'],
  ['CREATE TABLE z (a INT, a INT)', '42701', 'column "a" specified more than once', 'a'],
  ['CREATE TABLE z (a INT, PRIMARY KEY (b))', '42703', 'column "b" named in key does not exist', 'b'],
  ['CREATE TABLE z (a INT, WATERMARK FOR a AS a)', '42804', 'the watermark column must be of type timestamp or timestamptz, not integer', 'a'],
  ['CREATE TABLE z (a INT METADATA) ', '42P16', 'stored table cannot have metadata column "a"', 'a INT METADATA'],
  ['CREATE TABLE z (a AS b + 1)', '42703', 'column "b" does not exist', 'b'],
  ['CREATE TABLE z (a INT CHECK (a > 1))', '0A000', 'CHECK is not supported yet', 'CHECK (a > 1)'],
  ['CREATE VIEW z AS SELECT 1 AS a, 2 AS a', '42701', 'column "a" specified more than once', '2 AS a'],
  ['CREATE VIEW z AS SELECT $1', '42P02', 'views may not depend on parameters', 'CREATE VIEW z AS SELECT $1'],
  ['CREATE MATERIALIZED VIEW z AS SELECT * FROM pg_class', '0A000', 'a materialized view of catalog relations is not supported yet', 'CREATE MATERIALIZED VIEW z AS SELECT * FROM pg_class'],
  ['DROP TABLE nope', '42P01', 'table "nope" does not exist', 'nope'],
  ['DROP VIEW emp', '42809', '"emp" is not a view', 'emp'],
  ['CREATE SCHEMA public', '42P06', 'schema "public" already exists', 'public'],
  ['CREATE TABLE pg_catalog.z (a INT)', '42501', 'permission denied to create "pg_catalog.z"', 'pg_catalog.z'],
  ['INSERT INTO pg_class (relname) VALUES (\'x\')', '42501', 'permission denied: "pg_class" is a system catalog', 'pg_class'],
  ['SELECT * FROM TABLE(SESSION(TABLE s, DESCRIPTOR(ts), INTERVAL \'1\' MONTH))', '0A000', 'a session gap in months or years is not supported yet', 'INTERVAL \'1\' MONTH'],
  ['SELECT * FROM TUMBLE(emp, hired, INTERVAL \'5\' MINUTE)', '42804', 'the time column of TUMBLE must be of type timestamp or timestamptz, not date', 'hired'],
  ['SELECT * FROM HOP(s, ts, INTERVAL \'1\' MONTH, INTERVAL \'3\' MONTH)', '0A000', 'a window size in months or years is not supported yet', 'INTERVAL \'3\' MONTH'],
  ['SELECT * FROM TUMBLE(s, ts, INTERVAL \'1\' MONTH + INTERVAL \'1\' DAY)', '0A000', 'a window size of months and days is not supported yet', 'INTERVAL \'1\' MONTH + INTERVAL \'1\' DAY'],
  ['SELECT TUMBLE_START(ts, INTERVAL \'1\' MINUTE) FROM s GROUP BY TUMBLE(ts, INTERVAL \'2\' MINUTE)', '42803', 'TUMBLE_START must have the arguments of the TUMBLE in GROUP BY', 'TUMBLE_START(ts, INTERVAL \'1\' MINUTE)'],
  ['SELECT TUMBLE_START(ts, INTERVAL \'1\' MINUTE) FROM s', '42803', 'TUMBLE_START needs a GROUP BY TUMBLE(…)', 'TUMBLE_START(ts, INTERVAL \'1\' MINUTE)'],
  ['SELECT 1 FROM s GROUP BY TUMBLE(ts, INTERVAL \'1\' MINUTE), HOP(ts, INTERVAL \'1\' MINUTE, INTERVAL \'2\' MINUTE)', '0A000', 'grouping by two windows is not supported yet', 'HOP(ts, INTERVAL \'1\' MINUTE, INTERVAL \'2\' MINUTE)'],
  ['SELECT * FROM CUMULATE(s, ts, INTERVAL \'3\' MINUTE, INTERVAL \'10\' MINUTE)', '22023', 'the size of CUMULATE must be a multiple of its step', 'INTERVAL \'10\' MINUTE'],
  ['SELECT * FROM TABLE(SESSION(TABLE s PARTITION BY nope, DESCRIPTOR(ts), INTERVAL \'1\' MINUTE))', '42703', 'column "nope" does not exist', 'nope'],
  ['SELECT * FROM TUMBLE(s, ts, INTERVAL \'0\' MINUTE)', '22023', 'window size must be positive', 'INTERVAL \'0\' MINUTE'],
  ['WITH RECURSIVE r AS (SELECT n + 1 FROM r) SELECT * FROM r', '42P19', 'recursive query "r" does not have the form non-recursive-term UNION [ALL] recursive-term', null],
  ['SELECT grouping(name) FROM emp GROUP BY GROUPING SETS ((id), ())', '42803', 'arguments to GROUPING must be grouping expressions of the associated query level', 'grouping(name)'],
  ['SELECT id FROM emp WHERE grouping(id) = 0', '42803', 'grouping operations are not allowed in WHERE', 'grouping(id)'],
  ['SELECT * EXCLUDE (nope) FROM emp', '42703', 'column "nope" does not exist', 'nope'],
  ['SELECT * FROM emp, LATERAL TABLE(SNAPSHOT(input => TABLE emp)) AS s', '0A000', 'SNAPSHOT(…) is not supported yet', null],
  ['SELECT * FROM emp FOR SYSTEM_TIME AS OF now()', '0A000', 'FOR SYSTEM_TIME AS OF here is not supported yet', null],
  ['CREATE TABLE z (a INT) WITH (\'connector\' = \'nope\')', '42704', 'connector "nope" does not exist', '\'nope\''],
];

describe('errors', () => {
  it.each(cases)('%s', (sql, state, message, place) => {
    const e = failure(sql);
    expect({ state: e.sqlstate, message: e.message }).toEqual({ state, message });
    if (place !== null) expect(at(sql, e)).toBe(place);
  });

  it('names the nearest column, table and function', () => {
    expect(failure('SELECT nmae FROM emp').hint).toBe('Perhaps you meant to reference the column "emp.name".');
    expect(failure('SELECT id FROM epm').hint).toBe('Perhaps you meant "emp".');
    expect(failure('SELECT uper(name) FROM emp').hint).toBe('Perhaps you meant "upper".');
  });

  it('an error inside a view names the view, not a place in the statement', () => {
    const own = new TestDatabase('CREATE TABLE a (x INT); CREATE VIEW b AS SELECT x FROM a;');
    const [view] = [...own.catalog.snapshot().relations('millrace', 1)].filter((r) => r.kind === 'view');
    if (view?.kind === 'view') own.catalog.replace({ ...view, sql: 'SELECT y FROM a' });
    expect(() => own.plan('SELECT * FROM b')).toThrow('column "y" does not exist');
  });
});
