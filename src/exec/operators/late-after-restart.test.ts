import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { INT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { hashJoin } from '../../planner/physical/hash-join.ts';
import { intervalJoin } from '../../planner/physical/interval-join.ts';
import { topN } from '../../planner/physical/top-n.ts';
import { versionJoin } from '../../planner/physical/version-join.ts';
import { Bag, field, Harness, input } from '../testing/harness.ts';

const SIDE: Schema = [field('k', INT), field('t', TIMESTAMP)];
const side = (name: string): PhysicalPlan => input(SIDE, { changelog: 'append-only', watermarkColumns: [1], stateId: name });
const PAIR: Schema = [...SIDE, ...SIDE];
const insert = (...row: Row) => [{ op: 0, row }];

const TWO: readonly (readonly [string, () => PhysicalPlan])[] = [
  ['a window join', () => hashJoin({ left: side('l'), right: side('r'), type: 'left', leftKeys: [0, 1], rightKeys: [0, 1], residual: null, schema: PAIR })],
  ['an interval join', () => intervalJoin({ left: side('l'), right: side('r'), type: 'left', leftKeys: [0], rightKeys: [0], residual: null, schema: PAIR, leftTime: 1, rightTime: 1, lowerMicros: 0n, upperMicros: 0n })],
  ['a temporal join', () => versionJoin({ left: side('l'), right: input(SIDE, { changelog: 'upsert', streamKey: [0], watermarkColumns: [1] }), type: 'left', leftKeys: [0], rightKeys: [0], leftTime: 1, rightTime: 1, residual: null })],
];

describe('what was late before a restart is late after it', () => {
  it.each(TWO)('in %s', (_, plan) => {
    const harness = new Harness(plan());
    const out = new Bag();
    harness.send(1, SIDE, insert(1, 10n));
    harness.send(0, SIDE, insert(1, 10n));
    for (const port of [0, 1]) harness.operator.onWatermark(port, 20n);
    harness.barrier(true);
    out.apply(harness.take());
    expect(out.list()).toEqual([[1, 10n, 1, 10n]]);
    harness.restore(out);
    // Its partner is forgotten: it must not be sent as one that has none.
    harness.send(0, SIDE, insert(1, 10n));
    for (const port of [0, 1]) harness.operator.onWatermark(port, 30n);
    harness.barrier(true);
    expect([harness.take(), harness.lateRows]).toEqual([[], 1]);
  });

  it('in a Top-N of each window', () => {
    const harness = new Harness(topN({ input: side('i'), partition: [1], order: [{ column: 0, descending: false, nullsFirst: false }], offset: 0, limit: 1, number: 'rows', rank: null, closes: 1 }));
    const out = new Bag();
    harness.send(0, SIDE, insert(1, 10n));
    harness.operator.onWatermark(0, 20n);
    harness.barrier(true);
    out.apply(harness.take());
    expect(out.list()).toEqual([[1, 10n]]);
    harness.restore(out);
    harness.send(0, SIDE, insert(2, 10n));
    harness.barrier(true);
    expect([harness.take(), harness.lateRows]).toEqual([[], 1]);
  });
});
