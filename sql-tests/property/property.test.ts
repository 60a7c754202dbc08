import { expect, it } from 'vitest';
import { play } from './history.ts';
import { historyOf } from './property.ts';
import { Totals } from './totals.ts';

const SEEDS = 40;

it('random views over random changes, crashes and faults of the disk equal the naive evaluator at every check', async () => {
  const totals = new Totals();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { history } = historyOf(seed);
    const verdict = await play(history);
    if (verdict.kind === 'wrong') expect.fail(`seed ${seed}: ${history.steps.flatMap((s) => (s.kind === 'view' ? [s.sql] : [])).join('\n')}\n${verdict.message}`);
    totals.add(verdict);
  }
  expect(totals.views).toBeGreaterThan(SEEDS / 2);
});
