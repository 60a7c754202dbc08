import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';
import { randomViewsHistory } from './random-views.ts';
import { replay, type ReplayReport } from './replay.ts';

/**
 * `npm run simulate -- [--seed n] [--minutes m] [--steps s] [--random]`: histories from a seed on, until one fails or the time is over;
 * over known views, or with --random over random ones that stand on one another. A seed is one history: it replays exactly.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '1' }, steps: { type: 'string', default: '100' }, random: { type: 'boolean', default: false } },
});
const end = performance.now() + Number(values.minutes) * 60_000;
const steps = Number(values.steps);
const total = { histories: 0, views: 0, refused: 0, changes: 0, checks: 0, crashes: 0 };
for (let seed = Number(values.seed); performance.now() < end; seed++) {
  const history = values.random ? randomViewsHistory(seed, steps, 6) : null;
  const report: ReplayReport = history === null ? await simulate(seed, steps) : await replay(history);
  total.histories++;
  total.views += history?.actions.filter((a) => a.kind === 'view').length ?? 0;
  for (const key of ['changes', 'checks', 'crashes', 'refused'] as const) total[key] += report[key];
  if (process.stdout.isTTY) process.stdout.write(`\rseed ${seed}: ${total.histories} histories, ${total.changes} changes, ${total.checks} checks, ${total.crashes} crashes `);
  if (report.failure === null) continue;
  console.error(`\nseed ${seed} fails:\n${report.failure.message}`);
  process.exitCode = 1;
  break;
}
console.log(`${total.histories} histories, ${total.views} random views (${total.refused} refused), ${total.changes} changes, ${total.checks} checks of all views, ${total.crashes} crashes`);
