import { describe, expect, it } from 'vitest';
import { objectId } from '../../common/ids.ts';
import { Rng } from '../../common/rng.ts';
import { Bag, type Change } from '../../exec/testing/harness.ts';
import { PlanDatabase } from '../testing/database.ts';
import { PlanRun } from '../testing/run.ts';
import { DDL, HOURLY, WINDOWED } from '../testing/windowed.ts';

/** Every second row is late by up to 16 seconds (their watermark is four behind), of 20 that are allowed. */
function play(sql: string, workers: number, earlyMicros: bigint | null): void {
  const db = new PlanDatabase(DDL + HOURLY);
  const { plan } = db.physical(sql, { kind: 'materialize', relation: objectId(900), name: 'v', firing: { earlyMicros, lateMicros: 0n, latenessMicros: 20_000_000n } });
  const running = new PlanRun(plan, workers, true);
  running.lateInput = true;
  running.lateWithinLag = true;
  const rng = new Rng(workers);
  const got = new Bag();
  let now = 20_000;
  let early = 0;
  for (let round = 0; round < 10; round++) {
    for (const table of ['bid', 'auction']) {
      const changes: Change[] = Array.from({ length: rng.int(5) }, () => {
        now += rng.int(2500);
        const d = BigInt(now - (rng.int(2) === 0 ? rng.int(3000) : rng.int(20_000)));
        const row = table === 'bid' ? [BigInt(rng.int(3)), rng.int(5) === 0 ? null : BigInt(rng.int(4)), BigInt(rng.int(9)), d] : [BigInt(rng.int(4)), BigInt(rng.int(4)), null, d];
        return { op: 0, row };
      });
      db.bag(db.relation(table)).apply(changes);
      running.send(db.relation(table), changes);
    }
    running.barrier();
    got.apply(running.take());
    early = Math.max(early, got.list().length);
    // Sent as rows come, the answer is that of all rows so far.
    if (earlyMicros === 0n) expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
  }
  running.end();
  got.apply(running.take());
  expect(running.late).toBe(0);
  expect(running.errors).toEqual([]);
  expect(early, 'windows close while rows still come').toBeGreaterThan(0);
  expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
}

describe('allowed lateness', () => {
  it.each(WINDOWED)('corrects what was sent at the close: %s', (sql) => {
    play(sql, 3, null);
  });
  it.each(WINDOWED)('keeps what is sent at once right: %s', (sql) => {
    play(sql, 1, 0n);
  });
});
