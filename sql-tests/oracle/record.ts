import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../scripts/postgres.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Database } from '../runner/database.ts';
import { MillraceDatabase } from '../runner/millrace-database.ts';
import { PostgresDatabase } from '../runner/postgres-database.ts';
import { answerOf, parseCorpus, printCase, type Case } from './corpus-file.ts';
import { castMatrix, commonTypes, functionCalls, operatorMatrix } from './make-calls.ts';
import { randomQueries } from './make-queries.ts';
import { ruleOf, ruleOfWritten } from './rules.ts';

/**
 * `node sql-tests/oracle/record.ts [--generate] [file …]`: asks PostgreSQL for the answers of the corpus and writes them down;
 * with --generate the made files are made anew. Cases on which Millrace disagrees without a rule are printed and left out of
 * made files; in files written by hand they stay, so that the test shows them.
 */
const folder = join(import.meta.dirname, 'corpus');
const MADE: Readonly<Record<string, () => readonly Case[]>> = {
  'made-calls.txt': () => functionCalls(new Rng(1)),
  'made-operators.txt': () => operatorMatrix(new Rng(2)),
  'made-casts.txt': () => castMatrix(new Rng(3)),
  'made-common-types.txt': () => commonTypes(new Rng(4)),
  'made-queries.txt': () => randomQueries(400),
};
const { values, positionals } = parseArgs({ allowPositionals: true, options: { generate: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } } });

/** Not held against each other: what PostgreSQL does not have, and what Millrace refuses as not supported. */
const foreign = (answer: string): boolean => /^ERROR (42601|42883|0A000|42725|42704|42804|42P10|42P18|42846|428C9)$/.test(answer);

async function ask(db: Database, sql: string): Promise<string> {
  try {
    return answerOf(sql, await db.run(sql));
  } catch (error) {
    return `BROKEN ${String(error).split('\n')[0]}`;
  }
}

const postgres = await startPostgres();
const theirs = new PostgresDatabase(postgres);
const ours = new MillraceDatabase(1);
for (const statement of readFileSync(join(folder, 'setup.sql'), 'utf8').split(';\n')) {
  if (statement.trim() === '') continue;
  for (const db of [theirs, ours]) {
    const done = await db.run(statement);
    if (done.kind === 'error') throw new Error(`${db.dialect}: ${done.message}: ${statement}`);
  }
}
const files = positionals.length > 0 ? positionals.map((p) => basename(p)) : [...new Set([...globSync('*.txt', { cwd: folder }), ...(values.generate ? Object.keys(MADE) : [])])].sort();
for (const file of files) {
  const path = join(folder, file);
  const make = values.generate ? MADE[file] : undefined;
  const comments = make === undefined ? readFileSync(path, 'utf8').split('\n').filter((l) => l.startsWith('#')) : ['# Made by record.ts --generate; not edited by hand.'];
  const seen = new Set<string>();
  const kept: Case[] = [];
  const count = { agree: 0, rule: 0, foreign: 0, refused: 0, disagree: 0 };
  for (const c of make === undefined ? parseCorpus(readFileSync(path, 'utf8')) : make()) {
    if (seen.has(c.sql)) continue;
    seen.add(c.sql);
    const answer = await ask(theirs, c.sql);
    const own = await ask(ours, c.sql);
    if (answer === own) {
      count.agree++;
      kept.push({ ...c, answer, differs: null });
      continue;
    }
    const rule = c.differs?.rule ?? (make === undefined ? ruleOfWritten : ruleOf)(c.sql, answer, own);
    if (rule !== undefined) {
      count.rule++;
      kept.push({ ...c, answer, differs: { rule, answer: own } });
    } else if (make !== undefined && own === 'ERROR 0A000') {
      count.refused++;
      if (values.verbose) console.log(`refused: ${c.expression ?? c.sql}\n  PostgreSQL ${answer}`);
    } else if (make !== undefined && foreign(answer) && !own.startsWith('BROKEN') && (file === 'made-calls.txt' || /\bTABLE\(/.test(c.sql) || !own.startsWith('ERROR'))) count.foreign++;
    else {
      count.disagree++;
      if (make === undefined) kept.push({ ...c, answer, differs: null });
      console.log(`${file}: ${c.expression ?? c.sql}\n  PostgreSQL ${answer.replaceAll('\n', '\n    ')}\n  Millrace   ${own.replaceAll('\n', '\n    ')}`);
    }
  }
  writeFileSync(path, make === undefined ? rewritten(readFileSync(path, 'utf8'), kept) : `${[...comments, '', ...kept.map(printCase)].join('\n').trimEnd()}\n`);
  console.log(`${file}: ${JSON.stringify(count)}`);
}
await theirs.close();
await ours.close();
await postgres.stop();

/** A file written by hand with its comments, its order and the answers put in. */
function rewritten(text: string, cases: readonly Case[]): string {
  const queue = new Map(cases.map((c) => [c.sql, c]));
  const out: string[] = [];
  for (const piece of text.replace(/\n+$/, '').split('\n\n')) {
    const lines = piece.split('\n');
    const lead = lines.findIndex((l) => !l.startsWith('#'));
    const comments = lead < 0 ? lines : lines.slice(0, lead);
    const body = lead < 0 ? '' : lines.slice(lead).join('\n');
    const printed = parseCorpus(body).flatMap((c) => {
      const found = queue.get(c.sql);
      return found === undefined ? [] : [printCase(found).replace(/\n$/, '')];
    });
    out.push([...comments, ...printed].join('\n'));
  }
  return `${out.join('\n\n')}\n`;
}
