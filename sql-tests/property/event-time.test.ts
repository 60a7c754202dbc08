import { expect, it } from 'vitest';
import { eventQueries, playEvents } from './event-time.ts';
import { FOUND } from './found-events.ts';

const RANDOM = Array.from({ length: 24 }, (_, i) => ({ seed: 5000 + i, queries: eventQueries(5000 + i) }));

it('windows, window functions and joins in order of event time show only what they end with, and end with what the naive evaluator gives', async () => {
  let views = 0;
  for (const { seed, queries } of [...FOUND, ...RANDOM]) {
    const verdict = await playEvents(seed, queries);
    if (verdict.kind === 'wrong') expect.fail(`seed ${seed}: ${verdict.message}`);
    views += verdict.views;
  }
  expect(views).toBeGreaterThan(RANDOM.length / 2);
});
