import { expect, it } from 'vitest';
import { play } from './history.ts';
import { historyOf } from './property.ts';

const SEEDS = 60;

it('random views over random changes and crashes equal the naive evaluator at every check', { timeout: 120_000 }, async () => {
  const seen = { right: 0, unsupported: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { history } = historyOf(seed);
    const verdict = await play(history);
    if (verdict.kind === 'wrong') expect.fail(`seed ${seed}: ${history.query}\n${verdict.message}`);
    seen[verdict.kind]++;
  }
  expect(seen.right).toBeGreaterThan(SEEDS / 2);
});
