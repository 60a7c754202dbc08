import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing, startPostgres, type Postgres } from '../scripts/postgres.ts';
import { NaiveDatabase } from './oracle/naive-database.ts';
import type { Database, Outside } from './runner/database.ts';
import { MillraceDatabase } from './runner/millrace-database.ts';
import { parseSlt } from './runner/parse-slt.ts';
import { outsidePostgres, PostgresDatabase } from './runner/postgres-database.ts';
import { leavesNaiveOut, MODES, needsOutside, runFile, type FileReport, type Mode } from './runner/run-file.ts';

const here = import.meta.dirname;
const all = globSync(join(here, '{slt,regressions}/**/*.slt')).sort();
const beside = new Set(all.filter((file) => needsOutside(parseSlt(file))));
const files = all.filter((file) => !beside.has(file));

async function failures(file: string, db: Database, mode: Mode, parallelism: number, outside: Outside | null = null): Promise<readonly string[]> {
  let report: FileReport;
  try {
    report = await runFile(parseSlt(file), db, mode, parallelism, outside);
  } finally {
    await db.close();
  }
  return report.failures.map((f) => `${relative(here, f.record.file)}:${f.record.line}: ${f.message}`);
}

describe.each(files.map((file) => [relative(here, file), file] as const))('%s', (_, file) => {
  if (!leavesNaiveOut(parseSlt(file))) {
    it('naive evaluator of the unoptimized plans', async () => {
      expect(await failures(file, new NaiveDatabase(), 'one-shot', 1)).toEqual([]);
    });
  }
  for (const mode of MODES) {
    it.each([1, 3])(`${mode} at parallelism %i`, async (parallelism) => {
      expect(await failures(file, new MillraceDatabase(parallelism), mode, parallelism)).toEqual([]);
    });
  }
});

const missing = postgresMissing();
describe.skipIf(missing !== undefined)(`PostgreSQL agrees${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  it.each(files.map((file) => [relative(here, file), file] as const))('on %s', async (_, file) => {
    expect(await failures(file, new PostgresDatabase(postgres), 'one-shot', 1)).toEqual([]);
  });

  // One after the other: they share the tables outside.
  describe.each([...beside].map((file) => [relative(here, file), file] as const))('%s, with tables of PostgreSQL', (_, file) => {
    for (const mode of MODES) {
      it.each([1, 3])(`${mode} at parallelism %i`, async (parallelism) => {
        expect(await failures(file, new MillraceDatabase(parallelism), mode, parallelism, outsidePostgres(postgres))).toEqual([]);
      });
    }
  });
});
