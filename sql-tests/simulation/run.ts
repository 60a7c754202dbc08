import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';
import type { ReplayReport } from './replay.ts';

/**
 * `npm run simulate -- [--seed n] [--minutes m] [--steps s]`: histories over known views from a seed on, until one
 * fails or the time is over. A seed is one history: it replays exactly. Random views: `npm run property`.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, steps: { type: 'string', default: '100' } },
});
const end = performance.now() + Number(values.minutes) * 60_000;
const steps = Number(values.steps);
const total = { histories: 0, refused: 0, changes: 0, checks: 0, crashes: 0 };
for (let seed = Number(values.seed); performance.now() < end; seed++) {
  const report: ReplayReport = await simulate(seed, steps);
  total.histories++;
  for (const key of ['changes', 'checks', 'crashes', 'refused'] as const) total[key] += report[key];
  if (process.stdout.isTTY) process.stdout.write(`\rseed ${seed}: ${total.histories} histories, ${total.changes} changes, ${total.checks} checks, ${total.crashes} crashes `);
  if (report.failure === null) continue;
  console.error(`\nseed ${seed} fails:\n${report.failure.message}`);
  process.exitCode = 1;
  break;
}
console.log(`${total.histories} histories, ${total.refused} views refused, ${total.changes} changes, ${total.checks} checks of all views, ${total.crashes} crashes`);
