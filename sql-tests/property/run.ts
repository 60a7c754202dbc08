import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { play } from './history.ts';
import { historyOf, shrink } from './property.ts';
import { regression } from './regression.ts';

/** `npm run property -- [--minutes m] [--seed s] [--keep]`: random histories until the time is over; with --keep past failures too. */
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false } } });
const end = performance.now() + Number(values.minutes) * 60_000;
const total = { queries: 0, unsupported: 0, changes: 0, checks: 0, failures: 0 };
for (let seed = Number(values.seed); performance.now() < end; seed++) {
  const { history, decisions } = historyOf(seed);
  const verdict = await play(history);
  total.queries++;
  total.changes += history.steps.filter((s) => s.kind === 'change').length;
  if (verdict.kind === 'unsupported') total.unsupported++;
  else if (verdict.kind === 'right') total.checks += verdict.checks;
  else {
    total.failures++;
    const small = await shrink(seed, history, decisions);
    const path = join(import.meta.dirname, `../regressions/seed-${seed}.slt`);
    writeFileSync(path, regression(small.history, `property seed ${seed}, parallelism ${small.history.parallelism}`));
    console.error(`seed ${seed}, parallelism ${small.history.parallelism}: written to ${path}\n${small.history.query}\n${small.message.slice(0, 1500)}\n`);
    process.exitCode = 1;
    if (!values.keep) break;
  }
}
console.log(`${total.queries} queries (${total.unsupported} not supported), ${total.changes} changes, ${total.checks} checks, ${total.failures} failures`);
