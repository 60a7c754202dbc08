import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import type { Rng } from '../../common/rng.ts';
import { BIGINT, INT, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { TopNNumber } from '../../planner/logical.ts';
import type { PhysicalTopN } from '../../planner/physical.ts';
import { structuralKey } from '../expr/compile.ts';
import { Harness, field, input, props } from '../testing/harness.ts';
import { checkProperty } from '../testing/property.ts';

describe('topN', () => {
  const schema: Schema = [field('p', INT), field('o', INT), field('s', TEXT)];
  const make = (rng: Rng): Row => [rng.int(2), rng.int(5) === 0 ? null : rng.int(4), rng.pick(['a', 'b', 'c'])];
  const order = [{ column: 1, descending: true, nullsFirst: true }];
  const naive = (rows: readonly Row[], partition: readonly number[], offset: number, limit: number, number: TopNNumber, rank: boolean): Row[] => {
    const parts = new Map<unknown, Row[]>();
    for (const r of rows) parts.set(structuralKey(partition.map((p) => r[p])), [...(parts.get(structuralKey(partition.map((p) => r[p]))) ?? []), r]);
    const o = (v: Value | undefined): number => (v === null || v === undefined ? 99 : Number(v));
    return [...parts.values()].flatMap((part) => {
      part.sort((a, b) => o(b[1]) - o(a[1]) || Number(a[0]) - Number(b[0]) || (String(a[2]) < String(b[2]) ? -1 : String(a[2]) > String(b[2]) ? 1 : 0));
      return part.flatMap((r, i) => {
        const before = part.filter((q) => o(q[1]) > o(r[1]));
        const numbers = { rows: i + 1, withTies: i + 1, rank: before.length + 1, denseRank: new Set(before.map((q) => o(q[1]))).size + 1 };
        const upTo = number === 'withTies' ? numbers.rank : numbers[number];
        return numbers[number] > offset && upTo <= offset + limit ? [rank ? [...r, BigInt(numbers[number])] : r] : [];
      });
    });
  };
  const cases: readonly (readonly [number[], number, number, TopNNumber, boolean, boolean])[] = [
    [[0], 0, 2, 'rows', false, false], [[], 1, 3, 'rows', true, false], [[0], 0, 3, 'rows', true, true], [[0], 2, Infinity, 'rows', false, false],
    [[0], 0, 1, 'rows', false, true], [[0], 0, 1, 'rows', true, true], [[0, 2], 0, 1, 'rows', false, true],
    [[0], 0, 2, 'rank', true, false], [[0], 1, 3, 'rank', false, true], [[], 0, 2, 'denseRank', true, true], [[0], 1, 1, 'denseRank', true, false],
    [[0], 0, 2, 'withTies', false, false], [[], 2, 2, 'withTies', false, true], [[0], 0, 0, 'rank', false, false], [[0], 0, 1, 'rank', false, true], [[0], 0, 1, 'withTies', false, true],
  ];
  for (const [partition, offset, limit, number, rank, appendOnly] of cases) {
    it(`partition ${partition.length}, offset ${offset}, limit ${limit}, ${number}${rank ? ', numbered' : ''}${appendOnly ? ', append-only' : ''}`, () => {
      const node: PhysicalTopN = {
        kind: 'topN', closes: null, props: props(rank ? [...schema, field('n', BIGINT)] : schema),
        input: input(schema, { changelog: appendOnly ? 'append-only' : 'retract', distribution: partition.length === 0 ? { kind: 'single' } : { kind: 'hash', keys: partition } }),
        partition, order, offset, limit, number, rank,
      };
      checkProperty('topN', node, [{ schema, make, appendOnly }], ([rows = []]) => naive(rows, partition, offset, limit, number, rank));
    });
  }
  it('frees the first row of a window that is over, and lets no late row take its place', () => {
    const timed: Schema = [field('w', TIMESTAMP), field('v', INT)];
    const harness = new Harness({
      kind: 'topN', closes: 0, props: props(timed), input: input(timed, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
      partition: [0], order: [{ column: 1, descending: true, nullsFirst: true }], offset: 0, limit: 1, number: 'rows', rank: false,
    });
    harness.send(0, timed, [{ op: 0, row: [10n, 1] }, { op: 0, row: [20n, 1] }]);
    harness.operator.onWatermark(0, 10n);
    harness.barrier();
    expect(harness.take().map((c) => c.row)).toEqual([[10n, 1], [20n, 1]]);
    harness.send(0, timed, [{ op: 0, row: [10n, 9] }]);
    harness.barrier();
    expect([harness.take(), harness.lateRows]).toEqual([[], 1]);
    expect(harness.operator.states.reduce((n, s) => n + s.entryCount, 0)).toBe(1);
  });
});
