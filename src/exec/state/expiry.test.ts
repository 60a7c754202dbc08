import { expect, it } from 'vitest';
import { Expiry } from './expiry.ts';

const micros = (ms: number): bigint => BigInt(ms) * 1000n;

it('hands over what has not been written for the TTL, once', () => {
  const e = new Expiry(6400);
  const gone: number[] = [];
  const at = (ms: number): void => e.expire(micros(ms), (slot) => void gone.push(slot));
  for (let ms = 0; ms <= 10_000; ms += 50) e.note(1, e.rounded(micros(ms)));
  e.note(2, e.rounded(micros(10_000)));
  e.note(3, e.rounded(micros(10_000)));
  e.forget(3);
  at(16_399);
  expect(gone).toEqual([]);
  at(16_500);
  expect(gone).toEqual([1, 2]);
  at(90_000);
  expect([gone.length, e.count]).toEqual([2, 2]);
});

it('takes restored times in any order, and slots that are used again', () => {
  const e = new Expiry(100);
  for (const [slot, at] of [[0, 500], [1, 300], [2, 400], [3, 300]] as const) e.note(slot, at);
  e.forget(1);
  e.note(1, 600);
  const gone: number[] = [];
  e.expire(micros(450), (slot) => void gone.push(slot));
  expect(gone).toEqual([3]);
  e.expire(micros(700), (slot) => void gone.push(slot));
  expect(gone).toEqual([3, 2, 0, 1]);
});
