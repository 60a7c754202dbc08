import pg from 'pg';
import { startPostgres, postgresMissing } from '../scripts/postgres.ts';
import { BenchEngine } from './support/engine.ts';

/**
 * A stream joined FOR SYSTEM_TIME AS OF processing time with a table of a PostgreSQL on the same machine, without and with a
 * cache; one worker. `node bench/lookups.ts [rows]`
 */
const ROWS = Number(process.argv[2] ?? 200_000);
const KEYS = 10_000;
const CACHES: Readonly<Record<string, string>> = {
  none: '',
  partial: ", 'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '100000'",
  full: ", 'lookup.cache' = 'FULL', 'lookup.full-cache.periodic-reload.interval' = '1 h'",
};

const missing = postgresMissing();
if (missing !== undefined) console.log(`nothing to measure against: ${missing}`);
else {
  const server = await startPostgres();
  const client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: server.database });
  try {
    await client.connect();
    await client.query(`CREATE TABLE dim AS SELECT k, 'name of ' || k AS name FROM generate_series(1, ${KEYS}) AS k; ALTER TABLE dim ADD PRIMARY KEY (k); ANALYZE dim`);
    for (const [name, options] of Object.entries(CACHES)) {
      const engine = await BenchEngine.open(1);
      try {
        await engine.run(`SET 'table.dml-sync' = 'true';
          CREATE TABLE events (k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '${ROWS}', 'rows-per-second' = '100000000', 'fields.k.min' = '1', 'fields.k.max' = '${KEYS}');
          CREATE TABLE dim (k INT, name TEXT) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://${server.host}:${server.port}/${server.database}', 'username' = '${server.user}', 'table-name' = 'dim'${options});
          CREATE TABLE out (k INT, name TEXT) WITH ('connector' = 'blackhole')`);
        const start = process.hrtime.bigint();
        await engine.run('INSERT INTO out SELECT e.k, d.name FROM events e JOIN dim FOR SYSTEM_TIME AS OF PROCTIME() AS d ON e.k = d.k');
        const seconds = Number(process.hrtime.bigint() - start) / 1e9;
        console.log(`cache ${name.padEnd(8)} ${Math.round(ROWS / seconds).toLocaleString('en')} look-ups/s`);
      } finally {
        await engine.close();
      }
    }
  } finally {
    await client.end();
    await server.stop();
  }
}
