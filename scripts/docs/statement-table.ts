/** One form of statement. `examples` are bound by a test: those of a refused form must be refused as unsupported. */
export interface StatementEntry {
  readonly form: string;
  readonly doc: string;
  readonly examples: readonly string[];
}

export interface StatementGroup {
  readonly title: string;
  readonly entries: readonly StatementEntry[];
}

/** Objects that the examples speak of. */
export const STATEMENT_SETUP: string = `
CREATE TABLE account (id BIGINT PRIMARY KEY, name STRING, balance DECIMAL(12, 2));
CREATE TABLE visit (page STRING, bytes INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE seen (page STRING, n BIGINT) WITH ('connector' = 'print');
CREATE VIEW rich AS SELECT * FROM account WHERE balance > 1000;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, sum(balance) AS total FROM account;
CREATE SCHEMA shop;
`;

export const STATEMENTS: readonly StatementGroup[] = [
  {
    title: 'Objects',
    entries: [
      { form: 'CREATE TABLE', doc: 'Without a connector a stored table: durable when acknowledged. PRIMARY KEY, NOT NULL, DEFAULT, computed columns. APPEND ONLY refuses UPDATE and DELETE, and then jobs follow the WATERMARK that the table declares.', examples: ['CREATE TABLE reading (sensor INT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL \'5\' SECOND) APPEND ONLY', 'CREATE TABLE item (id INT PRIMARY KEY, price DECIMAL(10, 2) NOT NULL, made TIMESTAMP(3) DEFAULT now())'] },
      { form: 'CREATE TABLE … WITH', doc: 'A pointer to an outside system; metadata columns, computed columns, a watermark.', examples: ["CREATE TABLE click (page STRING, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND) WITH ('connector' = 'datagen')"] },
      { form: 'CREATE TABLE … LIKE', doc: "Another table's definition and more: INCLUDING, EXCLUDING and OVERWRITING parts (ALL, CONSTRAINTS, GENERATED, METADATA, OPTIONS, PARTITIONS, WATERMARKS), by default INCLUDING ALL OVERWRITING OPTIONS.", examples: ['CREATE TABLE account2 (LIKE account)', "CREATE TABLE visit2 (more INT) WITH ('number-of-rows' = '5') LIKE visit (EXCLUDING WATERMARKS)"] },
      { form: 'CREATE TABLE … AS', doc: "A stored table filled by a query; with a connector a table and the job that writes it. Columns are matched by name. A list of names that are the query's own orders its columns (as in Flink); other names rename them (as in PostgreSQL).", examples: ['CREATE TABLE copy AS SELECT * FROM account', "CREATE TABLE pages WITH ('connector' = 'print') AS SELECT page FROM visit", 'CREATE OR REPLACE TABLE copy AS SELECT id FROM account'] },
      { form: 'CREATE VIEW', doc: 'A name for a query. The columns of a * are those of now: what a table gets later is no part of the view.', examples: ['CREATE OR REPLACE VIEW rich AS SELECT *, 1 AS more FROM account','CREATE VIEW poor AS SELECT * FROM account WHERE balance < 10', 'CREATE TEMPORARY VIEW v AS SELECT 1 AS a'] },
      { form: 'CREATE MATERIALIZED VIEW', doc: 'A job that keeps the answer of a query up to date; may stand on tables, connectors and other views. OR REPLACE fills the new one first, then puts it in the place of the old one.', examples: ['CREATE OR REPLACE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM account','CREATE MATERIALIZED VIEW by_page AS SELECT page, count(*) AS n FROM visit GROUP BY page'] },
      { form: 'CREATE SINK', doc: "A job under a name that writes a relation or a query out, to a connector named on the spot ('primary_key' = 'a, b' where it writes by key) or INTO a table. 'snapshot' = 'false': only what changes from then on. OR REPLACE (or REPLACE SINK): the new one takes over at one checkpoint, so that no row is lost or written twice; over connectors it goes on at the old one's positions.", examples: ["CREATE SINK out FROM totals WITH ('connector' = 'print')", "CREATE SINK pages INTO seen AS SELECT page, bytes FROM visit"] },
      { form: 'CREATE FUNCTION', doc: 'A scalar function in SQL: one expression over its parameters, put in the place of each call. A name has one function.', examples: ['CREATE FUNCTION count_char(s STRING, c STRING) RETURNS BIGINT LANGUAGE sql AS $$ SELECT char_length(s) - char_length(replace(s, c, \'\')) $$', "CREATE FUNCTION twice(INT) RETURNS INT LANGUAGE sql STRICT AS 'SELECT $1 + $1'", 'DROP FUNCTION IF EXISTS nothing'] },
      { form: 'CREATE DATABASE, CREATE SCHEMA', doc: 'Name spaces.', examples: ['CREATE DATABASE other', 'CREATE SCHEMA IF NOT EXISTS shop'] },
      { form: 'CREATE SECRET', doc: 'A value under a name, for options: never printed.', examples: ["CREATE SECRET token AS 'abc'"] },
      { form: 'CREATE INDEX', doc: 'Of a stored table or a materialized view, by columns: a SELECT that fixes all of them (=, IN) is answered from the rows in memory, without a job. EXPLAIN says so. The index is kept in memory, made by its first reader. Of a view whose rows only come it has no effect.', examples: ['CREATE INDEX ON account (name) INCLUDE (balance)', 'DROP INDEX IF EXISTS nothing'] },
      { form: 'CREATE SUBSCRIPTION', doc: "A job that keeps the changes of a stored table or a materialized view for some time (retention, by default a day), durably and over restarts. DECLARE c SUBSCRIPTION CURSOR FOR s reads them from now on; SINCE a token, SINCE a time or SINCE begin() from there; FULL gives the rows that are there first. FETCH waits for changes, for at most its timeout; a row has a token (from 1, without a gap), the time, the op and the columns. A token that is no longer kept is an error: nothing is skipped.", examples: ["CREATE SUBSCRIPTION s FROM totals WITH (retention = '1D')", "DROP SUBSCRIPTION IF EXISTS nothing"] },
      { form: 'CREATE CONNECTION', doc: "Options under a name, taken over by tables and sinks that say 'connection' = 'c'; what they say themselves goes before, and `type` stands for the connector. TO KAFKA (BROKER …, SASL …) and TO POSTGRES (HOST …) are other words for it. ALTER CONNECTION … SET, RESET, RENAME TO; a change is refused while jobs run over it.", examples: ["CREATE CONNECTION local WITH ('type' = 'kafka', 'properties.bootstrap.servers' = 'localhost:9092')", "CREATE CONNECTION local TO KAFKA (BROKER 'localhost:9092')"] },
      { form: 'CREATE CATALOG', doc: "Flink's catalog.database.table is PostgreSQL's database.schema.table: a catalog is a database in which CREATE DATABASE makes schemas; elsewhere CREATE DATABASE d makes a database, and d.t means its default schema where there is no schema d. The type is 'generic_in_memory', which is kept over a restart; 'default-database' is made with it. ALTER CATALOG … SET, RESET, COMMENT; ALTER DATABASE … SET.", examples: ["CREATE CATALOG c WITH ('type' = 'generic_in_memory')", "CREATE DATABASE millrace.sales COMMENT 'of the shop'"] },
      { form: 'ALTER TABLE', doc: "ADD, MODIFY, DROP and RENAME of columns (FIRST, AFTER), PRIMARY KEY and WATERMARK; ALTER COLUMN … TYPE, SET and DROP DEFAULT and NOT NULL; SET and RESET of a connector's options. A stored table whose rows look different is written anew. Refused while running jobs read or write the table, and where a view would give other columns.", examples: ['ALTER TABLE account ADD COLUMN since DATE', 'ALTER TABLE account ALTER COLUMN id TYPE NUMERIC', 'ALTER TABLE visit ADD COLUMN kb AS bytes / 1024 AFTER bytes', "ALTER TABLE visit SET ('rows-per-second' = '5')", "ALTER TABLE visit MODIFY WATERMARK FOR at AS at - INTERVAL '1' MINUTE"] },
      { form: 'ALTER VIEW … AS', doc: 'Another query, which has to give what its readers need.', examples: ['ALTER VIEW rich AS SELECT id FROM account'] },
      { form: 'ALTER MATERIALIZED VIEW', doc: "AS: another query, filled first, then put in the old one's place at once. SET, RESET: the settings that its job keeps (it is filled anew). SUSPEND, RESUME: as PAUSE and RESUME JOB. SWAP WITH: exchanges names with another, also of tables, views and sinks. What running jobs stand on is not changed.", examples: ['ALTER MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM account', "ALTER MATERIALIZED VIEW totals SET ('table.exec.state.ttl' = '1 day')", 'ALTER MATERIALIZED VIEW totals SUSPEND', 'ALTER MATERIALIZED TABLE totals RESUME'] },
      { form: 'ALTER … RENAME TO', doc: 'Renames a table, a view, an empty schema or database.', examples: ['ALTER VIEW rich RENAME TO rich_people'] },
      { form: 'COMMENT ON', doc: 'A comment on a relation or a column of a table.', examples: ["COMMENT ON TABLE account IS 'who has what'"] },
      { form: 'DROP', doc: 'With IF EXISTS and CASCADE.', examples: ['DROP MATERIALIZED VIEW totals', 'DROP TABLE IF EXISTS nothing', 'DROP SCHEMA shop'] },
    ],
  },
  {
    title: 'Data',
    entries: [
      { form: 'SELECT', doc: 'Answers for what is there now, and ends. WITH, joins, lateral, subqueries, set operations, window functions, GROUP BY and HAVING, FILTER, ORDER BY, LIMIT.', examples: ['SELECT name, sum(balance) FILTER (WHERE balance > 0) FROM account GROUP BY name HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 3', 'VALUES (1, 2)', 'TABLE account', 'SELECT * EXCLUDE (balance) REPLACE (upper(name) AS name) FROM account', 'SELECT DISTINCT ON (name) name, balance FROM account ORDER BY name, balance DESC', 'SELECT name, balance FROM account ORDER BY balance DESC FETCH FIRST 3 ROWS WITH TIES', 'SELECT name, count(*) FROM account GROUP BY ALL'] },
      { form: 'Subqueries, LATERAL', doc: 'Scalar, EXISTS, IN, ANY, ALL and ARRAY, wherever an expression stands, correlated in any way and at any depth; kept up to date in views too. A scalar subquery that gives several rows is an error; in a view it is reported, and the row that asks is left out until it is well again. CROSS APPLY and OUTER APPLY are lateral joins.', examples: ['SELECT name, (SELECT count(*) FROM account b WHERE b.balance > a.balance) AS above FROM account a', 'SELECT a.name, b.name FROM account a LEFT JOIN LATERAL (SELECT name FROM account c WHERE c.balance < a.balance ORDER BY balance DESC LIMIT 1) b ON TRUE'] },
      { form: 'UNNEST, set-returning functions', doc: 'Arrays and maps as rows, several in step, WITH ORDINALITY; of columns to the left in FROM, or in the select list. LEFT JOIN keeps a row that has none.', examples: ['SELECT name, word, n FROM account CROSS JOIN UNNEST(string_to_array(name, chr(32))) WITH ORDINALITY AS w(word, n)', 'SELECT id, g FROM account LEFT JOIN LATERAL generate_series(1, id) AS g ON TRUE'] },
      { form: 'GROUPING SETS, ROLLUP, CUBE', doc: 'With GROUPING(), GROUPING_ID() and GROUP_ID(). Sets that hold window_start and window_end are windowed aggregates.', examples: ['SELECT name, sum(balance), grouping(name) FROM account GROUP BY ROLLUP (name)'] },
      { form: 'Joins without an equality', doc: 'In a view: where a side has one row at most (an aggregate), or where both sides are stored tables and views; all rows meet on one worker. Refused over endless sources.', examples: ['SELECT a.name FROM account a JOIN account b ON a.balance < b.balance', 'SELECT name FROM account WHERE balance > (SELECT avg(balance) FROM account)'] },
      { form: 'WITH, WITH RECURSIVE', doc: 'A common table read several times is computed once where its uses ask for the same. Recursion runs in a plain SELECT, as UNION or UNION ALL.', examples: ['WITH t AS (SELECT name, sum(balance) AS s FROM account GROUP BY name) SELECT * FROM t WHERE s = (SELECT max(s) FROM t)', 'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT sum(n) FROM r'] },
      { form: 'TUMBLE, HOP', doc: 'Event-time windows, as table functions or attached to a table; closed by the watermark.', examples: ["SELECT window_start, page, count(*) FROM TABLE(TUMBLE(TABLE visit, DESCRIPTOR(at), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, page"] },
      { form: 'FOR SYSTEM_TIME AS OF', doc: 'The right side as it was at the left row’s event time, or as it is now: see [joins by time](time-joins.md).', examples: ['SELECT bytes, name FROM visit JOIN account FOR SYSTEM_TIME AS OF PROCTIME() AS a ON page = a.name'] },
      { form: 'ASOF JOIN', doc: 'The nearest row of the same key: see [joins by time](time-joins.md).', examples: ['SELECT a.name, b.name FROM account a ASOF LEFT JOIN account b MATCH_CONDITION (a.balance > b.balance)'] },
      { form: 'SELECT … EMIT CHANGES', doc: 'Goes on with the changes.', examples: ['SELECT page, count(*) FROM visit GROUP BY page EMIT CHANGES'] },
      { form: 'SUBSCRIBE', doc: 'The rows of a relation or query, then their changes. Options: snapshot, progress.', examples: ['SUBSCRIBE TO totals', 'SUBSCRIBE TO (SELECT * FROM account)'] },
      { form: 'INSERT', doc: 'Into a stored table: done when it returns, with ON CONFLICT and RETURNING. Into a connector: a job.', examples: ["INSERT INTO account VALUES (1, 'a', 2.5)", "INSERT INTO account VALUES (1, 'a', 2.5) ON CONFLICT (id) DO UPDATE SET balance = excluded.balance RETURNING id", 'INSERT INTO seen SELECT page, bytes FROM visit'] },
      { form: 'INSERT OVERWRITE', doc: 'The rows given take the place of all that are there: of a stored table in one change; of files when the input, which has to end, has ended (of a partitioned table in the partitions that get rows). The query may read what it replaces.', examples: ['INSERT OVERWRITE account SELECT id, name, balance + 1 FROM account'] },
      { form: 'UPDATE, DELETE, TRUNCATE', doc: 'Of stored tables.', examples: ['UPDATE account SET balance = balance + 1 WHERE id = 1', 'DELETE FROM account WHERE balance = 0', 'TRUNCATE account'] },
      { form: 'EXECUTE STATEMENT SET', doc: 'Several INSERTs as one job, reading their sources once. BEGIN STATEMENT SET, the INSERTs and END may come one by one.', examples: ['EXECUTE STATEMENT SET BEGIN INSERT INTO seen SELECT page, bytes FROM visit; INSERT INTO seen SELECT page, 0 FROM visit; END'] },
      { form: 'COMPILE PLAN, EXECUTE PLAN', doc: "COMPILE PLAN 'file' [IF NOT EXISTS] FOR an INSERT or a statement set writes it to a file of the server, with the settings that go into the job and the names of its states; EXECUTE PLAN 'file' starts the job, or refuses when an operator of the plan is no longer there. COMPILE AND EXECUTE PLAN does both.", examples: ["COMPILE PLAN 'seen.json' FOR INSERT INTO seen SELECT page, bytes FROM visit", "EXECUTE PLAN 'seen.json'"] },
      { form: 'COPY', doc: 'COPY t FROM STDIN, COPY t TO STDOUT, COPY (query) TO STDOUT, COPY (SUBSCRIBE …) TO STDOUT; text, csv and binary.', examples: ['COPY account FROM STDIN', 'COPY (SELECT * FROM account) TO STDOUT', 'COPY (SUBSCRIBE TO totals) TO STDOUT'] },
      { form: 'DECLARE, FETCH, CLOSE', doc: 'Cursors over queries and subscriptions.', examples: ['DECLARE c CURSOR FOR SUBSCRIBE TO totals', 'FETCH 10 FROM c', 'CLOSE c'] },
    ],
  },
  {
    title: 'Looking',
    entries: [
      { form: 'EXPLAIN EMPTY', doc: 'Why a view or job has sent nothing, or nothing new: what each operator lets through, which split holds the watermark, what was late or bad.', examples: ['EXPLAIN EMPTY totals'] },
      { form: 'EXPLAIN ANALYZE', doc: 'Of a running job, by its name or number: rows and bytes of each operator, time it worked and waited for room, what it keeps; since it was started, or in the seconds to come (DURATION). Of a query: runs it.', examples: ['EXPLAIN ANALYZE totals', 'EXPLAIN (ANALYZE, DURATION 5) totals', 'EXPLAIN ANALYZE SELECT count(*) FROM account', 'EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM account'] },
      { form: 'EXPLAIN', doc: 'AST, LOGICAL, TRACE, OPTIMIZED, PHYSICAL, GRAPH; CHANGELOG_MODE; PLAN_ADVICE says what may grow or wait for ever; FORMAT TEXT, JSON, DOT, MERMAID.', examples: ['EXPLAIN SELECT * FROM account', 'EXPLAIN (TRACE) SELECT * FROM account', 'EXPLAIN CHANGELOG_MODE SELECT page, count(*) FROM visit GROUP BY page'] },
      { form: 'SHOW', doc: 'TABLES, VIEWS, MATERIALIZED VIEWS, SOURCES, SINKS, SUBSCRIPTIONS, CONNECTIONS, SECRETS, FUNCTIONS (each with FROM a database), DATABASES, SCHEMAS (FROM a catalog), CATALOGS, CURRENT CATALOG, CURRENT DATABASE, COLUMNS FROM t, INDEXES [FROM t], JOBS, CHECKPOINTS, CURSORS, PROCESSLIST, USER FUNCTIONS; [NOT] LIKE and ILIKE. SHOW CREATE TABLE, VIEW, MATERIALIZED VIEW, SINK, CATALOG, DATABASE, CONNECTION gives the statement that makes the object again. A setting; ALL.', examples: ['SHOW TABLES', "SHOW TABLES FROM shop LIKE 'a%'", 'SHOW JOBS', 'SHOW CREATE TABLE account', 'SHOW TimeZone', 'SHOW ALL'] },
      { form: 'DESCRIBE', doc: 'The columns of a relation; DESCRIBE CATALOG, DATABASE (EXTENDED for their options), CONNECTION and JOB.', examples: ['DESCRIBE account', "DESCRIBE CATALOG EXTENDED millrace"] },
    ],
  },
  {
    title: 'Sessions',
    entries: [
      { form: 'SET, RESET', doc: 'See [settings](settings.md).', examples: ["SET TimeZone = 'Europe/Berlin'", "SET 'execution.runtime-mode' = 'streaming'", 'RESET TimeZone'] },
      { form: 'USE', doc: "USE c.d, USE d, USE CATALOG c: the current database and schema. USE d takes the schema d, else the database of that name.", examples: ['USE shop', 'USE CATALOG millrace'] },
      { form: 'EXECUTE IMMEDIATE', doc: 'Runs the statement in a text.', examples: ["EXECUTE IMMEDIATE 'SELECT 1'"] },
      { form: 'BEGIN, COMMIT, ROLLBACK', doc: 'Transactions.', examples: ['BEGIN', 'COMMIT', 'ROLLBACK'] },
      { form: 'PREPARE, EXECUTE, DEALLOCATE', doc: 'Prepared statements.', examples: ['PREPARE p (bigint) AS SELECT * FROM account WHERE id = $1', 'EXECUTE p (1)', 'DEALLOCATE p'] },
      { form: 'STOP JOB, CANCEL JOBS', doc: "Ends INSERT jobs and sinks, by number or name; several may be listed. STOP JOB … WITH DRAIN treats their inputs as ended first: windows fire, and the job finishes.", examples: ["STOP JOB '1'", "STOP JOB 'seen' WITH DRAIN", "CANCEL JOBS '1', '2'"] },
      { form: 'PAUSE JOB, RESUME JOB', doc: 'Holds a job or materialized view up at a checkpoint, also over a restart: its sources are not read, its rows stay readable, and the changes of what it reads are kept for it as their net effect.', examples: ["PAUSE JOB 'totals'", "RESUME JOB 'totals'"] },
      { form: 'FLUSH', doc: 'Waits until everything written before is visible in all views.', examples: ['FLUSH'] },
    ],
  },
];

/** Parsed, and refused with position and hint. */
export const REFUSED: readonly StatementEntry[] = [
  { form: 'CREATE FUNCTION in Java', doc: 'Write it in SQL.', examples: ["CREATE FUNCTION f AS 'com.example.F'"] },
  { form: 'CREATE UNIQUE INDEX', doc: 'A PRIMARY KEY is unique, and enforced in stored tables.', examples: ['CREATE UNIQUE INDEX i ON account (name)'] },
  { form: 'CREATE CATALOG of another system', doc: 'Declare its tables with CREATE TABLE … WITH.', examples: ["CREATE CATALOG c WITH ('type' = 'hive')"] },
  { form: 'MATCH_RECOGNIZE', doc: 'Not there.', examples: ['SELECT * FROM visit MATCH_RECOGNIZE (ORDER BY at MEASURES A.page AS p PATTERN (A) DEFINE A AS bytes > 1)'] },
  { form: 'GRANT, REVOKE', doc: 'Whoever may connect may do everything.', examples: ['GRANT SELECT ON account TO bob'] },
];
