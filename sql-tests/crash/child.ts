import { Millrace } from '../../src/index.ts';

/**
 * A program with a data directory that is going to be killed. Moves money between accounts until then, and says on
 * standard output which transfer has been acknowledged.
 */
const [dataDir, first] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: child.ts DIRECTORY [FIRST]');
const db = await Millrace.open({ dataDir, threads: true, parallelism: 2 });
if (first === undefined) {
  await db.execute(`
    CREATE TABLE transfers (id INT PRIMARY KEY, source INT, target INT, amount INT);
    CREATE MATERIALIZED VIEW balances AS
      SELECT account, SUM(amount) AS balance
      FROM (SELECT source AS account, -amount AS amount FROM transfers UNION ALL SELECT target, amount FROM transfers) GROUP BY account;
    CREATE MATERIALIZED VIEW total AS SELECT SUM(balance) AS total FROM balances;
  `);
}
process.stdout.write('ready\n');
for (let id = Number(first ?? '1'); ; id++) {
  await db.query('INSERT INTO transfers VALUES ($1, $2, $3, $4)', [id, id % 7, (id * 3) % 11, id % 100]);
  process.stdout.write(`${id}\n`);
}
