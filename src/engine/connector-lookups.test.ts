import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { registerConnector } from '../connectors/registry.ts';
import { HandLookup } from '../connectors/testing/hand-lookup.ts';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
let table: HandLookup;
let unregister: () => void;
beforeEach(async () => {
  table = new HandLookup();
  table.rows = [[1, 'one', 10n], [2, 'two', 20n]];
  unregister = registerConnector(table.descriptor('by-hand'));
  db = await TestEngine.open({ parallelism: 3 });
  await db.run("CREATE TABLE d (k INT, name TEXT, v BIGINT) WITH ('connector' = 'by-hand'); CREATE TABLE o (id INT PRIMARY KEY, k INT)");
});
afterEach(async () => {
  await db.close();
  unregister();
});

const JOIN = 'o LEFT JOIN d FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k = d.k';

describe('a look-up in a connector', () => {
  it('holds an epoch until it is answered, so that no read sees half of it', async () => {
    await db.run(`CREATE MATERIALIZED VIEW v AS SELECT o.id, d.name FROM ${JOIN}`);
    await db.run('INSERT INTO o VALUES (1, 1), (2, 2), (3, 3)');
    const read = db.run('SELECT * FROM v ORDER BY id');
    for (const r of [...(await table.waiting(3))]) r.answer();
    expect(await read).toEqual(['1|one', '2|two', '3|']);
  });

  it('takes back what a row was joined with, however the table has changed, also after a restart', async () => {
    table.automatic = true;
    await db.run(`CREATE MATERIALIZED VIEW v AS SELECT o.id, d.name FROM ${JOIN}; CREATE MATERIALIZED VIEW n AS SELECT name, count(*) FROM v GROUP BY name; INSERT INTO o VALUES (1, 1), (2, 2), (3, 1)`);
    expect(await db.run('SELECT * FROM n ORDER BY 1')).toEqual(['one|2', 'two|1']);
    table.rows = [[1, 'uno', 1n]];
    await db.run('DELETE FROM o WHERE id = 1; UPDATE o SET k = 2 WHERE id = 3');
    expect(await db.run('SELECT * FROM n ORDER BY 1')).toEqual(['two|1', '|1']);
    await db.restart();
    await db.run('UPDATE o SET k = 1 WHERE id = 2');
    expect(await db.run('SELECT * FROM v ORDER BY 1')).toEqual(['2|uno', '3|']);
    expect(await db.run('SELECT * FROM n ORDER BY 1')).toEqual(['uno|1', '|1']);
  });

  it('starts again from the checkpoint when the connector fails, and loses and doubles nothing', async () => {
    table.rows = [[1, 'one', 10n]];
    await db.run(`CREATE MATERIALIZED VIEW v AS SELECT o.id, d.name FROM ${JOIN.replace('d FOR', "d /*+ OPTIONS('lookup.max-retries' = '0') */ FOR")}`);
    await db.run('INSERT INTO o VALUES (1, 1), (2, 1)');
    const read = db.run('SELECT * FROM v ORDER BY id');
    const [request] = await table.waiting(1);
    request?.fail(new SqlError('connection_failure', 'gone'));
    (await table.waiting(1))[0]?.answer();
    expect(await read).toEqual(['1|one', '2|one']);
  });

  it('lets a view be dropped that waits for an answer', async () => {
    await db.run(`CREATE MATERIALIZED VIEW v AS SELECT o.id, d.name FROM ${JOIN}; INSERT INTO o VALUES (1, 1)`);
    await table.waiting(1);
    await db.run('DROP MATERIALIZED VIEW v');
    expect(table.requests.length).toBe(0);
    expect(await db.run('SELECT id FROM o')).toEqual(['1']);
  });

  it('is read again by a view made later, and by a plain SELECT', async () => {
    table.automatic = true;
    await db.run('INSERT INTO o VALUES (1, 1), (2, 5)');
    expect(await db.run(`SELECT o.id, d.name, d.v + 1 FROM ${JOIN} ORDER BY id`)).toEqual(['1|one|11', '2||']);
    expect(await db.run('SELECT o.id, d.name FROM o, d FOR SYSTEM_TIME AS OF PROCTIME() AS d WHERE o.k = d.k AND d.v < 15')).toEqual(['1|one']);
    expect(await db.run("SELECT o.id, x.name FROM o JOIN d FOR SYSTEM_TIME AS OF PROCTIME() AS x ON o.k + 1 = x.k AND x.name <> 'one'")).toEqual(['1|two']);
    expect(await db.run('SELECT o.id, d.name FROM (SELECT id, CAST(k AS BIGINT) AS k FROM o) o JOIN d FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k = d.k')).toEqual(['1|one']);
    await db.run(`CREATE MATERIALIZED VIEW v AS SELECT o.id, upper(d.name) AS name FROM ${JOIN}`);
    expect(await db.run('SELECT * FROM v ORDER BY id')).toEqual(['1|ONE', '2|']);
  });

  it('reads the table whole with the cache FULL', async () => {
    await db.run("CREATE TABLE f (k INT, name TEXT) WITH ('connector' = 'by-hand', 'lookup.cache' = 'FULL', 'lookup.full-cache.periodic-reload.interval' = '1 h'); INSERT INTO o VALUES (1, 1), (2, 2)");
    expect(await db.run('SELECT o.id, f.name FROM o JOIN f FOR SYSTEM_TIME AS OF PROCTIME() ON o.k = f.k ORDER BY 1')).toEqual(['1|one', '2|two']);
    expect(table.asked).toBe(0);
  });

  it('says in EXPLAIN how it asks', async () => {
    const text = (await db.run(`EXPLAIN SELECT /*+ LOOKUP('table'='d', 'output-mode'='allow_unordered', 'capacity'='10', 'timeout'='5 s', 'retry-predicate'='lookup_miss', 'retry-strategy'='fixed_delay', 'fixed-delay'='10s', 'max-attempts'='3') */ o.id, d.name
      FROM o JOIN d /*+ OPTIONS('lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '50') */ FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k = d.k WHERE d.v > 5`)).join('\n');
    expect(text).toContain('ConnectorLookup inner by-hand "d" on k = k');
    expect(text).toContain('10 at a time, unordered, timeout 00:00:05, retries 3, a miss 3 times every 00:00:10, partial cache (50 keys)');
  });

  it('refuses what a hint gets wrong, and what cannot be looked up', async () => {
    const q = (hint: string, on = 'o.k = d.k'): Promise<string> => db.error(`SELECT /*+ LOOKUP(${hint}) */ o.id FROM o JOIN d FOR SYSTEM_TIME AS OF PROCTIME() AS d ON ${on}`);
    expect(await q("'table'='d', 'capacty'='3'")).toBe('22023 unknown key "capacty" of hint LOOKUP');
    expect(await q("'capacity'='3'")).toBe('22023 hint LOOKUP needs the key "table"');
    expect(await q("'table'='d', 'capacity'='0'")).toBe('22023 invalid value for "capacity" of hint LOOKUP: "0"');
    expect(await q("'table'='d', 'async'='yes'")).toBe('22023 invalid value for "async" of hint LOOKUP: "yes"');
    expect(await q("'table'='d', 'retry-predicate'='lookup_miss'")).toMatch(/^22023 hint LOOKUP needs all of/);
    expect(await q("'table'='x'")).toBe('42P01 hint LOOKUP names "x", which this query block does not join FOR SYSTEM_TIME AS OF');
    expect(await db.error('CREATE MATERIALIZED VIEW v AS SELECT o.id FROM o JOIN d FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k < d.k')).toMatch(/^0A000 looking up rows of "d" without an equality with one of its columns is not supported/);
    expect(await db.error("SELECT o.id FROM o JOIN d /*+ OPTIONS('lookup.cache' = 'FULL') */ FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k = d.k")).toBe('22023 option "lookup.full-cache.periodic-reload.interval" is required with \'lookup.cache\' = \'FULL\'');
  });
});
