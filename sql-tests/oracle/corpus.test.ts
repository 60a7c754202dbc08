import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing, startPostgres, type Postgres } from '../../scripts/postgres.ts';
import type { Database } from '../runner/database.ts';
import { MillraceDatabase } from '../runner/millrace-database.ts';
import { PostgresDatabase } from '../runner/postgres-database.ts';
import { answerOf, parseCorpus, type Case } from './corpus-file.ts';
import { NaiveDatabase } from './naive-database.ts';
import { RULES } from './rules.ts';

const folder = join(import.meta.dirname, 'corpus');
const files = globSync('*.txt', { cwd: folder }).sort().map((file): readonly [string, readonly Case[]] => [file, parseCorpus(readFileSync(join(folder, file), 'utf8'))]);

async function prepare(db: Database): Promise<void> {
  for (const statement of readFileSync(join(folder, 'setup.sql'), 'utf8').split(';\n')) {
    if (statement.trim() !== '') expect(await db.run(statement), statement).not.toMatchObject({ kind: 'error' });
  }
}

/** What is wrong with the answers. Where a rule is named the rule's answer counts, or PostgreSQL's: the difference is gone then. */
async function wrong(file: string, db: Database, cases: readonly Case[], accepts: (c: Case, got: string) => boolean): Promise<string[]> {
  const out: string[] = [];
  for (const c of cases) {
    const got = answerOf(c.sql, await db.run(c.sql));
    if (!accepts(c, got)) out.push(`${file}:${c.line}: ${c.sql}\n--- expected\n${c.differs?.answer ?? c.answer}\n+++ got\n${got}`);
  }
  return out;
}

const dialect = (c: Case, got: string): boolean => got === c.answer || got === c.differs?.answer;

describe('the corpus', () => {
  it('has thousands of cases, each with an answer, and differences by stated rules only', () => {
    const all = files.flatMap(([, cases]) => cases);
    expect(all.length).toBeGreaterThan(4000);
    expect(all.filter((c) => c.answer === null)).toEqual([]);
    expect(all.filter((c) => c.differs !== null && !(c.differs.rule in RULES))).toEqual([]);
  });
});

describe('Millrace answers as PostgreSQL, in rows, types and SQLSTATEs', () => {
  const db = new MillraceDatabase(1);
  beforeAll(() => prepare(db));
  afterAll(() => db.close());
  it.each(files)('%s', async (file, cases) => {
    expect(await wrong(file, db, cases, dialect)).toEqual([]);
  });
});

describe('so does the naive evaluator of the unoptimized plans', () => {
  const db = new NaiveDatabase();
  beforeAll(() => prepare(db));
  it.each(files)('%s', async (file, cases) => {
    // A constant that fails is found while planning or while running: of two errors in one statement either may come first.
    expect(await wrong(file, db, cases, (c, got) => dialect(c, got) || (got.startsWith('ERROR') && c.answer?.startsWith('ERROR') === true))).toEqual([]);
  });
});

const missing = postgresMissing();
describe.skipIf(missing !== undefined)(`PostgreSQL still gives the recorded answers${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let postgres: Postgres;
  let db: PostgresDatabase;
  beforeAll(async () => {
    postgres = await startPostgres();
    db = new PostgresDatabase(postgres);
    await prepare(db);
  });
  afterAll(async () => {
    await db.close();
    await postgres.stop();
  });
  it.each(files)('%s: every seventh', async (file, cases) => {
    expect(await wrong(file, db, cases.filter((_, i) => i % 7 === 0), (c, got) => got === c.answer)).toEqual([]);
  });
});
