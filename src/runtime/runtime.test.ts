import { afterEach, describe, expect, it } from 'vitest';
import { SqlRuntime, type SqlRuntimeOptions } from './testing/sql-runtime.ts';

const open: SqlRuntime[] = [];
const start = async (options: SqlRuntimeOptions = {}): Promise<SqlRuntime> => {
  const made = await SqlRuntime.open(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const sql of open.splice(0)) await sql.runtime.close({ abrupt: true });
});
const same = (checked: Awaited<ReturnType<SqlRuntime['check']>>): void => {
  for (const [name, got, wanted] of checked) expect(got, name).toEqual(wanted);
};

const DDL = `
  CREATE TABLE orders (id INT PRIMARY KEY, customer INT, amount BIGINT);
  CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR);
  CREATE MATERIALIZED VIEW totals AS SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY customer;
  CREATE MATERIALIZED VIEW named AS SELECT c.name, t.n, t.total FROM totals t JOIN customers c ON c.id = t.customer;
  CREATE MATERIALIZED VIEW best AS SELECT * FROM named ORDER BY total DESC LIMIT 2;
`;

describe.each([1, 2, 3])('views with %i workers', (parallelism) => {
  it('follow their tables', async () => {
    const sql = await start({ parallelism });
    await sql.run(DDL);
    for (let i = 0; i < 5; i++) {
      await sql.run(`INSERT INTO customers VALUES (${i}, 'name ${i}')`);
      for (let k = 0; k < 4; k++) await sql.run(`INSERT INTO orders VALUES (${i * 10 + k}, ${(i * 3 + k) % 5}, ${i * k + 7})`);
      same(await sql.check('totals', 'named', 'best', 'orders'));
    }
    expect(await sql.query('SELECT SUM(total) FROM totals')).toEqual(sql.expected('SELECT SUM(amount) FROM orders'));
    expect(await sql.query('SELECT 1 + 1')).toEqual(['2']);
  });

  it('made later hold what was there before', async () => {
    const sql = await start({ parallelism });
    await sql.run('CREATE TABLE t (a INT, b INT)');
    for (let i = 0; i < 50; i++) await sql.run(`INSERT INTO t VALUES (${i % 7}, ${i})`);
    const more = (async () => {
      for (let i = 50; i < 100; i++) await sql.run(`INSERT INTO t VALUES (${i % 7}, ${i})`);
    })();
    await sql.run('CREATE MATERIALIZED VIEW v AS SELECT a, COUNT(*) AS n, MAX(b) AS m FROM t GROUP BY a');
    await sql.run('CREATE MATERIALIZED VIEW w AS SELECT n, COUNT(*) AS k FROM v GROUP BY n');
    await more;
    same(await sql.check('v', 'w', 't'));
  });
});
