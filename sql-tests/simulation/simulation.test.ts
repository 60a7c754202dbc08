import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('simulated histories keep every view equal to the naive evaluator', () => {
  it.each(seeds(1000, 12))('known views, seed %i', async (seed) => {
    expect((await simulate(seed, 80)).failure).toBeNull();
  });
});
