import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

describe('simulated histories', () => {
  it.each(Array.from({ length: 15 }, (_, i) => 1000 + i))('of seed %i keep every view equal to the naive evaluator', async (seed) => {
    expect((await simulate(seed, 80)).failure).toBeNull();
  });
});
