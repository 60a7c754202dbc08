import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { play } from './history.ts';
import { historyOf, shrink } from './property.ts';
import { regression } from './regression.ts';
import { Totals } from './totals.ts';

/**
 * `npm run property -- [--minutes m] [--seed s] [--keep] [--tries n] [--to folder]`: random histories until the time is over; with --keep past
 * failures too. A failure is made small by at most n tries and written as an .slt file, to sql-tests/regressions unless told otherwise.
 */
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false }, tries: { type: 'string', default: '400' }, to: { type: 'string', default: join(import.meta.dirname, '../regressions') } } });
const end = performance.now() + Number(values.minutes) * 60_000;
const totals = new Totals();
for (let seed = Number(values.seed); performance.now() < end; seed++) {
  const { history, decisions } = historyOf(seed);
  const verdict = await play(history);
  totals.add(history, verdict);
  if (verdict.kind === 'right') continue;
  const small = await shrink(seed, history, decisions, Number(values.tries));
  const path = join(values.to, `seed-${seed}.slt`);
  writeFileSync(path, regression(small.history, `property seed ${seed}, parallelism ${small.history.parallelism}`));
  const views = small.history.steps.flatMap((s) => (s.kind === 'view' ? [`${s.name}: ${s.sql}`] : []));
  console.error(`seed ${seed}, parallelism ${small.history.parallelism}: written to ${path}\n${views.join('\n')}\n${small.message.slice(0, 1500)}\n`);
  process.exitCode = 1;
  if (!values.keep) break;
}
console.log(totals.toString());
