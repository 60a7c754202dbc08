import { DuckDBInstance, DuckDBTimestampValue, type DuckDBConnection } from '@duckdb/node-api';
import { rowsFromBatch } from '../../../src/common/batch/builder.ts';
import type { Schema } from '../../../src/common/batch/batch.ts';
import { schemaFromOptions } from '../../../src/connectors/registry.ts';
import { openSource, sourceSpec, testContext } from '../../../src/connectors/test-support.ts';

const TABLES = ['person', 'auction', 'bid'] as const;

const columnType = (schema: Schema): string =>
  schema.map((f) => `"${f.name}" ${f.type.kind === 'timestamp' ? 'TIMESTAMP' : f.type.kind === 'bigint' ? 'BIGINT' : 'VARCHAR'}`).join(', ');

/** A DuckDB in memory with all events of the generator under these options (and `nexmark.table`). */
export async function eventsInDuckDb(options: Readonly<Record<string, string>>): Promise<DuckDBConnection> {
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  for (const table of TABLES) {
    const given = { connector: 'nexmark', ...options, 'max-emit-speed': 'true', 'nexmark.table': table };
    const schema = schemaFromOptions(given) ?? [];
    await db.run(`CREATE TABLE ${table} (${columnType(schema)})`);
    const reader = await openSource(sourceSpec(given, schema), testContext());
    const appender = await db.createAppender(table);
    for (let got = reader.poll(4096); got !== 'ended' && got !== 'idle'; got = reader.poll(4096)) {
      for (const row of rowsFromBatch(schema, got.batch)) {
        row.forEach((value, i) => {
          if (typeof value === 'string') appender.appendVarchar(value);
          else if (typeof value !== 'bigint') throw new Error(`an event holds ${String(value)}`);
          else if (schema[i]?.type.kind === 'timestamp') appender.appendTimestamp(new DuckDBTimestampValue(value));
          else appender.appendBigInt(value);
        });
        appender.endRow();
      }
    }
    appender.closeSync();
    await reader.close();
  }
  return db;
}

/** The rows of a query as `a|b`, sorted. */
export async function duckRows(db: DuckDBConnection, query: string): Promise<string[]> {
  const reader = await db.runAndReadAll(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (${query.trim().replace(/;$/, '')})`);
  return reader.getRows().map((row) => row.map((v) => (typeof v === 'string' ? v : '')).join('|')).toSorted();
}
