import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { INT, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { versionJoin } from '../../planner/physical/version-join.ts';
import { Bag, field, Harness, input, type Change } from '../testing/harness.ts';

const LEFT: Schema = [field('k', INT), field('t', TIMESTAMP), field('a', TEXT)];
const RIGHT: Schema = [field('k', INT), field('t', TIMESTAMP), field('rate', INT)];
const node = (type: 'inner' | 'left') =>
  versionJoin({ left: input(LEFT, { changelog: 'append-only', watermarkColumns: [1] }), right: input(RIGHT, { changelog: 'upsert', streamKey: [0] }), type, leftKeys: [0], rightKeys: [0], leftTime: 1, rightTime: 1, residual: null });

/** The rows due at the watermark, each with what was in force. */
function expected(left: readonly Row[], versions: readonly Change[], mark: bigint, padded: boolean): Row[] {
  return left.flatMap((l): Row[] => {
    if (typeof l[1] !== 'bigint') return padded ? [[...l, null, null, null]] : [];
    if (l[1] > mark) return [];
    let best: Change | undefined;
    for (const v of versions) if (l[0] !== null && v.row[0] === l[0] && (v.row[1] as bigint) <= l[1] && (best === undefined || (v.row[1] as bigint) >= (best.row[1] as bigint))) best = v;
    if (best !== undefined && best.op !== 3) return [[...l, ...best.row]];
    return padded ? [[...l, null, null, null]] : [];
  });
}

describe('an event-time temporal join', () => {
  it.each(['inner', 'left'] as const)('%s: rows meet the version in force at their time, whatever the order of arrival, over restarts', (type) => {
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new Rng(seed);
      const harness = new Harness(node(type));
      const left: Row[] = [];
      const versions: Change[] = [];
      const marks: [bigint, bigint] = [-1n, -1n];
      const out = new Bag();
      let sent = -1n;
      const settle = (): void => {
        const changes = harness.take();
        for (const { row } of changes) if (typeof row[1] === 'bigint') expect(row[1]).toBeGreaterThan(sent);
        out.apply(changes);
        sent = harness.watermarks.at(-1) ?? sent;
      };
      for (let step = 0; step < 50; step++) {
        const kind = rng.int(10);
        if (kind < 3) {
          const made = Array.from({ length: rng.int(4) + 1 }, (): Row => [rng.int(8) === 0 ? null : rng.int(3), rng.int(12) === 0 ? null : marks[0] + 1n + BigInt(rng.int(8)), rng.pick(['x', 'y'])]);
          left.push(...made);
          harness.send(0, LEFT, made.map((row) => ({ op: 0, row })));
        } else if (kind < 6) {
          const made = Array.from({ length: rng.int(4) + 1 }, (): Change => ({ op: rng.pick([0, 0, 2, 3]), row: [rng.int(3), marks[1] + 1n + BigInt(rng.int(8)), rng.int(100)] }));
          versions.push(...made);
          // What was before is known already.
          for (const c of made) harness.send(1, RIGHT, c.op === 2 ? [{ op: 1, row: [c.row[0] ?? null, 0n, -1] }, c] : [c]);
        } else if (kind < 9) {
          const port = rng.int(2) as 0 | 1;
          marks[port] += BigInt(rng.int(4));
          if (marks[port] >= 0n) harness.operator.onWatermark(port, marks[port]);
        } else {
          const checkpoint = rng.int(2) === 0;
          harness.barrier(checkpoint);
          settle();
          if (checkpoint && rng.int(2) === 0) {
            if (rng.int(2) === 0) harness.save(true);
            harness.restore(out);
            harness.watermarks = [];
            for (const p of [0, 1]) if ((marks[p] ?? -1n) >= 0n) harness.operator.onWatermark(p, marks[p] as bigint);
          }
        }
        settle();
        const mark = marks[0] < marks[1] ? marks[0] : marks[1];
        expect(out.text(), `seed ${seed}, step ${step}`).toEqual(Bag.of(expected(left, versions, mark, type === 'left')).text());
      }
      harness.operator.onEnd(0);
      harness.operator.onEnd(1);
      harness.barrier();
      settle();
      expect(out.text()).toEqual(Bag.of(expected(left, versions, 1n << 60n, type === 'left')).text());
      expect(harness.lateRows).toBe(0);
    }
  });

  it('forgets versions that nobody can ask for', () => {
    const harness = new Harness(node('inner'));
    for (let t = 1n; t <= 20n; t++) harness.send(1, RIGHT, [{ op: 0, row: [1, t, 0] }]);
    harness.send(1, RIGHT, [{ op: 0, row: [2, 3n, 0] }, { op: 3, row: [2, 5n, 0] }]);
    harness.operator.onWatermark(1, 30n);
    harness.operator.onWatermark(0, 15n);
    harness.barrier();
    // Those from 15 to 20; nothing of the deleted key.
    expect(harness.entryCounts).toEqual([0, 6]);
  });

  it('a deletion without a time takes the latest version away; late rows are counted, not padded', () => {
    const harness = new Harness(node('left'));
    harness.send(1, RIGHT, [{ op: 0, row: [1, 5n, 50] }, { op: 0, row: [1, 8n, 80] }, { op: 3, row: [1, null, null] }, { op: 0, row: [2, 5n, 7] }, { op: 3, row: [3, null, null] }]);
    harness.operator.onWatermark(0, 4n);
    harness.send(0, LEFT, [{ op: 0, row: [1, 4n, 'late'] }, { op: 0, row: [1, 9n, 'a'] }, { op: 0, row: [2, 5n, 'b'] }]);
    harness.operator.onWatermark(1, 9n);
    expect(harness.take()).toEqual([]);
    harness.operator.onWatermark(0, 9n);
    expect(harness.take().map((c) => c.row)).toEqual([[2, 5n, 'b', 2, 5n, 7], [1, 9n, 'a', 1, 5n, 50]]);
    expect([harness.lateRows, harness.watermarks]).toEqual([1, [4n, 9n]]);
  });
});
