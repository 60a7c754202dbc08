import { afterAll, describe, expect, it } from 'vitest';
import { MillraceDatabase } from '../sql-tests/runner/millrace-database.ts';
import { DIALECT } from './docs/dialect-table.ts';

/** The examples of docs/sql/dialect.md. */
describe('rules of the dialect', () => {
  const db = new MillraceDatabase(1);
  afterAll(() => db.close());
  it.each(DIALECT.flatMap(({ rules }) => rules.flatMap(({ what, examples }) => examples.map(([sql, gives]) => [what, sql, gives] as const))))('%s: %s', async (_what, sql, gives) => {
    const outcome = await db.run(sql.startsWith('SELECT ') ? sql : `SELECT ${sql}`);
    const shown = outcome.kind === 'error' ? `ERROR ${outcome.sqlstate}` : outcome.kind === 'rows' ? outcome.rows.map((r) => r.map((c) => c ?? 'NULL').join(' | ')).join(' / ') : outcome.tag;
    expect(shown).toBe(gives);
  });
});
