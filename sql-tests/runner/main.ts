import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { postgresMissing, startPostgres } from '../../scripts/postgres.ts';
import { NaiveDatabase } from '../oracle/naive-database.ts';
import { completeFile } from './complete.ts';
import { MillraceDatabase } from './millrace-database.ts';
import { parseSlt } from './parse-slt.ts';
import { outsidePostgres, PostgresDatabase } from './postgres-database.ts';
import type { Database } from './database.ts';
import { leavesNaiveOut, MODES, needsOutside, runFile, type Mode } from './run-file.ts';

/**
 * `npm run slt [-- [--complete] [--mode m] [--parallelism n] [file[:line] …]]`: all files of sql-tests in every mode at parallelism 1
 * and 3, by the naive evaluator, and by PostgreSQL where it is installed.
 */
const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { complete: { type: 'boolean', default: false }, mode: { type: 'string' }, parallelism: { type: 'string' } },
});
const wanted = positionals.map((p) => /^(.*?)(?::(\d+))?$/.exec(p)?.slice(1) ?? [p]);
const files = wanted.length > 0 ? wanted.map(([file = '', line]) => ({ file, line: line === undefined ? null : Number(line) })) : globSync(join(root, '{slt,regressions}/**/*.slt')).sort().map((file) => ({ file, line: null }));
const modes: readonly Mode[] = values.complete ? ['one-shot'] : MODES.filter((m) => values.mode === undefined || m === values.mode);
const parallelisms = values.parallelism === undefined ? (values.complete ? [1] : [1, 3]) : [Number(values.parallelism)];
const oracle = !values.complete && values.mode === undefined;
const wanting = files.some(({ file }) => needsOutside(parseSlt(file)));
const postgres = (!oracle && !wanting) || postgresMissing() !== undefined ? null : await startPostgres();
const outside = postgres === null ? null : outsidePostgres(postgres);

let records = 0;
let failed = 0;
for (const { file, line } of files) {
  const parsed = parseSlt(file);
  if (outside === null && needsOutside(parsed)) {
    console.log(`${relative(process.cwd(), file)}: left out, ${postgresMissing() ?? ''}`);
    continue;
  }
  const runs: readonly (readonly [string, Mode, number, () => Database])[] = [
    ...modes.flatMap((mode) => parallelisms.map((p) => [`${mode} P=${p}`, mode, p, () => new MillraceDatabase(p)] as const)),
    ...(!oracle || leavesNaiveOut(parsed) ? [] : [['naive', 'one-shot', 1, () => new NaiveDatabase()] as const]),
    ...(!oracle || postgres === null ? [] : [['postgres', 'one-shot', 1, () => new PostgresDatabase(postgres)] as const]),
  ];
  let changed = 0;
  for (const [label, mode, parallelism, open] of runs) {
    const db = open();
    try {
      // A single record needs the statements before it, not the other queries.
      const chosen = line === null ? parsed : parsed.filter((r) => r.kind !== 'query' || (r.line <= line && line < r.to + 1));
      const report = await runFile(chosen, db, mode, parallelism, outside);
      records += report.records;
      if (values.complete) changed += completeFile(file, report.answers);
      else {
        failed += report.failures.length;
        for (const f of report.failures) console.error(`${relative(process.cwd(), f.record.file)}:${f.record.line} (${label}): ${f.message}\n`);
      }
    } finally {
      await db.close();
    }
  }
  console.log(`${relative(process.cwd(), file)}: ${parsed.length} records${values.complete ? `, ${changed} changed` : ''}`);
}
await postgres?.stop();
console.log(`${files.length} files, ${records} records run${postgres === null ? '' : ', PostgreSQL agreeing'}, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
