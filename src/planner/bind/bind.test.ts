import { describe, expect, it } from 'vitest';
import { Params } from './context.ts';
import { explainPlan } from '../explain.ts';
import { TestDatabase } from '../testing.ts';
import { verifyPlan } from '../verify.ts';

const database = new TestDatabase(`
  CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(5), n NUMERIC, r ROW<a INT, b ROW<c TEXT>>);
  CREATE TABLE u (id BIGINT, tag TEXT);
  CREATE TABLE s (id INT, ts TIMESTAMP(3), at TIMESTAMPTZ(3) METADATA FROM 'timestamp', later AS ts + INTERVAL '1' HOUR, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
    WITH ('connector' = 'datagen');
  CREATE TABLE sink (id BIGINT, total DECIMAL(10, 2)) WITH ('connector' = 'blackhole');
  CREATE VIEW v (key, label) AS SELECT id, name FROM t;
  CREATE MATERIALIZED VIEW mv AS SELECT tag, count(*) AS n FROM u GROUP BY tag;
`);

function plan(sql: string): string[] {
  const made = database.plan(sql);
  verifyPlan(made);
  return explainPlan(made).split('\n');
}

describe('plans', () => {
  const cases: readonly (readonly [sql: string, ...plan: string[]])[] = [
    ['SELECT id + 1 AS x FROM t WHERE name = \'a\'', 'Project id + 1 AS x', '  Filter name = \'a\'', '    Scan t (id, name, n, r)'],
    ['SELECT r.a, t.r.b.c FROM t', 'Project r.a AS a, r.b.c AS c', '  Scan t (id, name, n, r)'],
    ['SELECT label FROM v', 'Project label', '  Project id AS key, name AS label', '    Scan t (id, name, n, r)'],
    ['SELECT * FROM mv', 'Project tag, n', '  Scan materialized view mv (tag, n)'],
    [
      'SELECT id, later FROM s',
      'Project id, later',
      '  Watermark ts AS CAST(ts - \'00:00:05\'::interval AS timestamp(3) without time zone), idle after 30000 ms',
      '    Project id, ts, at, ts + \'01:00:00\'::interval AS later',
      '      Scan s [datagen] (id, ts, at)',
    ],
    [
      'SELECT t.id FROM t JOIN u ON t.id = u.id',
      'Project id#0 AS id',
      '  Join inner ON CAST(id#0 AS bigint) = id#4',
      '    Scan t (id, name, n, r)',
      '    Scan u (id, tag)',
    ],
    [
      'SELECT tag, sum(id) FILTER (WHERE id > 1) AS s FROM u GROUP BY tag HAVING count(*) > 2 ORDER BY s DESC LIMIT 3',
      'Limit 3',
      '  Sort s DESC',
      '    Project tag, sum AS s',
      '      Filter count > 2',
      '        Aggregate GROUP BY tag; sum(id) FILTER (id > 1); count(*)',
      '          Scan u (id, tag)',
    ],
    [
      'SELECT name FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)',
      'Project name',
      '  Filter EXISTS (subquery 1)',
      '    subquery 1:',
      '      Project 1 AS ?column?',
      '        Filter id = CAST(outer.id AS bigint)',
      '          Scan u (id, tag)',
      '    Scan t (id, name, n, r)',
    ],
    [
      'SELECT id, row_number() OVER (PARTITION BY name ORDER BY id DESC) AS rn FROM t',
      'Project id, row_number AS rn',
      '  Over row_number() OVER (PARTITION BY name ORDER BY id DESC)',
      '    Scan t (id, name, n, r)',
    ],
    [
      'SELECT window_start, count(*) FROM TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL \'1\' MINUTE)) GROUP BY window_start, window_end',
      'Project window_start, count',
      '  Aggregate GROUP BY window_start, window_end; count(*)',
      '    Window tumble ts, size 00:01:00',
      '      Watermark ts AS CAST(ts - \'00:00:05\'::interval AS timestamp(3) without time zone), idle after 30000 ms',
      '        Project id, ts, at, ts + \'01:00:00\'::interval AS later',
      '          Scan s [datagen] (id, ts, at)',
    ],
    ['SELECT id FROM t UNION ALL SELECT id FROM u', 'UNION ALL', '  Project CAST(id AS bigint) AS id', '    Scan t (id, name, n, r)', '  Project id', '    Scan u (id, tag)'],
    ['SELECT t.id, g FROM t, generate_series(1, t.id) AS g', 'Project id, generate_series AS g', '  Join inner lateral', '    Scan t (id, name, n, r)', '    TableFunction generate_series(1, outer.id)'],
    ['SELECT count(*) FROM t', 'Project count', '  Aggregate count(*)', '    Scan t (id, name, n, r)'],
    ['SELECT 1 + 1.5, NULL, \'x\'', 'Project 1 + 1.5 AS ?column?, NULL AS ?column?, \'x\' AS ?column?', '  Values ()'],
  ];
  it.each(cases.map((c) => [c[0], c.slice(1)] as const))('%s', (sql, expected) => {
    expect(plan(sql)).toEqual(expected);
  });
});

describe('names', () => {
  const cased = new TestDatabase('CREATE TABLE bids (itemName TEXT, "Price" INT, price INT)');
  it('an unquoted name matches exactly, else the one that differs in case', () => {
    expect(cased.plan('SELECT ITEMNAME, price FROM Bids').schema.map((f) => f.name)).toEqual(['ITEMNAME', 'price']);
    expect(cased.plan('SELECT * FROM BIDS').schema.map((f) => f.name)).toEqual(['itemName', 'Price', 'price']);
  });
  it('is ambiguous when several differ in case', () => {
    expect(() => cased.plan('SELECT PRICE FROM bids')).toThrow('column reference "PRICE" is ambiguous');
  });
  it('a quoted name matches exactly only', () => {
    expect(() => cased.plan('SELECT "itemname" FROM bids')).toThrow('column "itemname" does not exist');
    expect(cased.plan('SELECT "Price" FROM "bids"').schema.length).toBe(1);
  });
});

describe('types', () => {
  const type = (sql: string): string => database.plan(`SELECT ${sql}`).schema.map((f) => JSON.stringify(f.type)).join();
  it.each([
    ['1', '{"kind":"int"}'], ['3000000000', '{"kind":"bigint"}'], ['99999999999999999999', '{"kind":"numeric"}'], ['0.908', '{"kind":"decimal","precision":3,"scale":3}'],
    ['-2147483648', '{"kind":"int"}'], ['\'x\'', '{"kind":"varchar"}'], ['1e3', '{"kind":"numeric"}'], ['CAST(1 AS DECIMAL)', '{"kind":"decimal","precision":10,"scale":0}'],
    ['0.908 * 5000000000', '{"kind":"decimal","precision":23,"scale":3}'],
  ])('%s', (sql, expected) => {
    expect(type(sql)).toBe(expected);
  });
});

describe('parameters', () => {
  const types = (sql: string): string[] => {
    const params = new Params();
    database.bind(sql, params);
    return params.all().map((t) => t.kind);
  };
  it('take their type from where they stand first', () => {
    expect(types('SELECT * FROM t WHERE id = $1 AND name = $2')).toEqual(['int', 'varchar']);
    expect(types('INSERT INTO u VALUES ($1, $2)')).toEqual(['bigint', 'varchar']);
    expect(types('SELECT $1')).toEqual(['varchar']);
    expect(types('SELECT * FROM t LIMIT $1')).toEqual(['bigint']);
    expect(types('SELECT $1::date, id = ANY($2) FROM t')).toEqual(['date', 'array']);
  });
  it('declared types stay', () => {
    const params = new Params([{ kind: 'smallint' }]);
    database.bind('SELECT * FROM u WHERE id = $1', params);
    expect(params.all()).toEqual([{ kind: 'smallint' }]);
  });
});

describe('statements', () => {
  it('INSERT into a stored table is DML, into a connector a job', () => {
    expect(database.bind('INSERT INTO u SELECT id, name FROM t')).toMatchObject({ kind: 'insert', mode: 'dml' });
    expect(database.bind('INSERT INTO u (id) SELECT id FROM s')).toMatchObject({ kind: 'insert', mode: 'job', columns: [0, 1] });
    expect(database.bind('INSERT INTO sink SELECT id, n FROM t')).toMatchObject({ kind: 'insert', mode: 'job' });
  });
  it('INSERT casts to the columns, and a text too long is an error rather than cut', () => {
    const bound = database.bind('INSERT INTO t (id, name) SELECT id, tag FROM u');
    expect(bound.kind === 'insert' && explainPlan(bound.plan).split('\n')).toEqual([
      'Project id, tag AS name, NULL AS n, NULL AS r', '  Project CAST(id AS integer) AS id, assign_varchar(tag, 5) AS tag', '    Scan u (id, tag)',
    ]);
  });
  it('UPDATE gives the row before and after', () => {
    const bound = database.bind('UPDATE u SET tag = upper(tag) WHERE id = 1');
    expect(bound.kind === 'update' && explainPlan(bound.plan).split('\n')[0]).toBe('Project id, tag, id, upper(tag) AS tag');
  });
  it('EMIT is kept beside the plan', () => {
    expect(database.bind('SELECT * FROM mv EMIT CHANGES')).toMatchObject({ kind: 'query', emit: 'changes' });
  });
  it('what a query reads is told', () => {
    expect(database.bind('SELECT * FROM s')).toMatchObject({ reads: { bounded: false, constant: false, system: false } });
    expect(database.bind('SELECT random()')).toMatchObject({ reads: { bounded: true, constant: true, volatile: ['random'] } });
    expect(database.bind('SELECT * FROM pg_class')).toMatchObject({ reads: { system: true } });
  });
  it('a view over a temporary table is temporary', () => {
    const own = new TestDatabase('CREATE TEMPORARY TABLE tmp (a INT)');
    expect(own.bind('CREATE VIEW w AS SELECT * FROM tmp')).toMatchObject({ kind: 'create', object: { session: 1 }, notices: ['view "w" will be a temporary view'] });
  });
  it('a temporary table shadows a permanent one', () => {
    const own = new TestDatabase('CREATE TABLE a (x INT); CREATE TEMPORARY TABLE a (y INT);');
    expect(own.plan('SELECT * FROM a').schema.map((f) => f.name)).toEqual(['y']);
  });
  it('SHOW CREATE TABLE prints what makes the table anew', () => {
    const own = new TestDatabase('CREATE TABLE a (x INT PRIMARY KEY, "Y" TEXT DEFAULT \'q\', z AS x + 1)');
    const [text = ''] = own.run('SHOW CREATE TABLE a');
    expect(text).toBe('CREATE TABLE public.a (\n  x integer NOT NULL,\n  "Y" text DEFAULT \'q\',\n  z integer AS x + 1,\n  CONSTRAINT a_pkey PRIMARY KEY (x)\n)');
    expect(new TestDatabase(text).run('SHOW CREATE TABLE a')).toEqual([text]);
  });
  it('SHOW TABLES lists with LIKE', () => {
    expect(database.run('SHOW TABLES LIKE \'s%\'')).toEqual(['s', 'sink']);
    expect(database.run('SHOW MATERIALIZED VIEWS')).toEqual(['mv']);
  });
  it('DESCRIBE has Flink\'s columns', () => {
    expect(database.run('DESCRIBE s')).toEqual([
      'id|integer|TRUE|||', 'ts|timestamp(3) without time zone|TRUE|||ts - INTERVAL \'5\' SECOND', 'at|timestamp(3) with time zone|TRUE||METADATA FROM \'timestamp\' VIRTUAL|',
      'later|timestamp without time zone|TRUE||AS ts + INTERVAL \'1\' HOUR|',
    ]);
  });
});
