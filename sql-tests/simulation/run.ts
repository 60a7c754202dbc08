import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

/** `npm run simulate -- [--seed n] [--minutes m] [--steps s]`: histories from seed on, until one fails or the time is over. */
const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, steps: { type: 'string', default: '120' } } });
const end = performance.now() + Number(values.minutes) * 60_000;
const total = { histories: 0, changes: 0, flushes: 0, crashes: 0 };
for (let seed = Number(values.seed); performance.now() < end; seed++) {
  const report = await simulate(seed, Number(values.steps));
  total.histories++;
  total.changes += report.changes;
  total.flushes += report.flushes;
  total.crashes += report.crashes;
  if (process.stdout.isTTY) process.stdout.write(`\rseed ${seed}: ${total.histories} histories, ${total.changes} changes, ${total.flushes} checks, ${total.crashes} crashes `);
  if (report.failure !== null) {
    console.error(`\nseed ${seed} fails; again with --seed ${seed} --steps ${values.steps}\n${report.failure}`);
    process.exitCode = 1;
    break;
  }
}
console.log(`\n${total.histories} histories, ${total.changes} changes, ${total.flushes} checks of all views, ${total.crashes} crashes`);
