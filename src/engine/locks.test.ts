import { describe, expect, it } from 'vitest';
import { Locks, Mutex } from './locks.ts';

const never = new AbortController().signal;

describe('locks', () => {
  it('are granted in order and may be taken again', async () => {
    const locks = new Locks<string>();
    const order: number[] = [];
    await locks.acquire('t', 1, never);
    await locks.acquire('t', 1, never);
    const second = locks.acquire('t', 2, never).then(() => order.push(2));
    const third = locks.acquire('t', 3, never).then(() => order.push(3));
    locks.releaseAll(1);
    await second;
    locks.releaseAll(2);
    await third;
    expect(order).toEqual([2, 3]);
  });

  it('refuse a circle', async () => {
    const locks = new Locks<string>();
    await locks.acquire('a', 1, never);
    await locks.acquire('b', 2, never);
    const waits = locks.acquire('b', 1, never);
    await expect(locks.acquire('a', 2, never)).rejects.toThrow(/deadlock/);
    locks.releaseAll(2);
    await waits;
  });

  it('are given up by a cancelled wait', async () => {
    const locks = new Locks<string>();
    await locks.acquire('a', 1, never);
    const stop = new AbortController();
    const waits = locks.acquire('a', 2, stop.signal);
    stop.abort();
    await expect(waits).rejects.toThrow(/canceling statement/);
    locks.releaseAll(1);
    await locks.acquire('a', 3, never);
  });

  it('of one kind go one at a time', async () => {
    const mutex = new Mutex();
    const release = await mutex.acquire(never);
    const stop = new AbortController();
    const cancelled = mutex.acquire(stop.signal);
    stop.abort();
    await expect(cancelled).rejects.toThrow();
    let got = false;
    const next = mutex.acquire(never).then((r) => {
      got = true;
      r();
    });
    await Promise.resolve();
    expect(got).toBe(false);
    release();
    await next;
    expect(got).toBe(true);
  });
});
