import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EVENT_CONSTRUCTS, STORED_CONSTRUCTS } from './constructs.ts';
import { playEvents, shrinkEvents } from './event-time.ts';
import { play } from './history.ts';
import { historyOf, shrink } from './property.ts';
import { regression } from './regression.ts';
import { Totals } from './totals.ts';

/**
 * `npm run property -- [--minutes m] [--seed s] [--keep] [--tries n] [--to folder] [--only stored|events]`: random histories until the time is
 * over, over stored tables and over sources with event time in turn; with --keep past failures too. A failure is made small by at most n
 * tries: that of a stored history is written as an .slt file (to sql-tests/regressions unless told otherwise), that of sources is printed.
 * A construct that a run of five minutes or more never drew fails it.
 */
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false }, tries: { type: 'string', default: '400' }, only: { type: 'string' }, to: { type: 'string', default: join(import.meta.dirname, '../regressions') } } });
const PROGRESS_MS = 60_000;
const minutes = Number(values.minutes);
const start = performance.now();
const end = start + minutes * 60_000;
const stored = new Totals();
const events = new Totals();
const kinds = { stored: STORED_CONSTRUCTS, events: EVENT_CONSTRUCTS };
let told = start;

async function playStored(seed: number): Promise<boolean> {
  const { history, decisions } = historyOf(seed);
  const verdict = await play(history);
  stored.add(verdict);
  if (verdict.kind === 'right') return true;
  const small = await shrink(seed, history, decisions, Number(values.tries));
  const path = join(values.to, `seed-${seed}.slt`);
  writeFileSync(path, regression(small.history, `property seed ${seed}, parallelism ${small.history.parallelism}`));
  const views = small.history.steps.flatMap((s) => (s.kind === 'view' ? [`${s.name}: ${s.sql}`] : []));
  console.error(`seed ${seed}, parallelism ${small.history.parallelism}: written to ${path}\n${views.join('\n')}\n${(small.message === '' ? verdict.message : small.message).slice(0, 1500)}\n`);
  return false;
}

async function playSources(seed: number): Promise<boolean> {
  const verdict = await playEvents(seed);
  events.add(verdict);
  if (verdict.kind === 'right') return true;
  console.error(`seed ${seed} of sources: ${verdict.message.slice(0, 1500)}\n${await shrinkEvents(seed)}\n`);
  return false;
}

for (let seed = Number(values.seed); performance.now() < end; seed++) {
  const right = [values.only === 'events' || (await playStored(seed)), values.only === 'stored' || (await playSources(seed))].every(Boolean);
  if (performance.now() - told > PROGRESS_MS) {
    told = performance.now();
    console.log(`${Math.round((told - start) / 60_000)} min, seed ${seed}; stored: ${stored.summary()}; sources: ${events.summary()}`);
  }
  if (right) continue;
  process.exitCode = 1;
  if (!values.keep) break;
}
for (const kind of ['stored', 'events'] as const) {
  if (values.only !== undefined && values.only !== kind) continue;
  const totals = kind === 'stored' ? stored : events;
  console.log(`${kind}: ${totals.toString()}`);
  const missing = totals.missing(kinds[kind]);
  if (missing.length > 0) console.log(`never drawn: ${missing.join(', ')}`);
  if (missing.length > 0 && minutes >= 5) process.exitCode = 1;
}
