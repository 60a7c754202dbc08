import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { INT, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { firstRow } from '../../planner/physical/first-row.ts';
import { Bag, field, Harness, input } from '../testing/harness.ts';

const SCHEMA: Schema = [field('k', TEXT), field('t', TIMESTAMP), field('v', INT)];
const plan = firstRow(input(SCHEMA, { watermarkColumns: [1], distribution: { kind: 'hash', keys: [0] } }), [0], [{ column: 1, descending: false, nullsFirst: false }]);
const before = (a: Row, b: Row): boolean => Number(a[1]) < Number(b[1]) || (a[1] === b[1] && Number(a[2]) < Number(b[2]));

describe('the first row of a key by event time', () => {
  it('is sent when the watermark has passed it, over restarts; late rows of keys not yet sent are counted', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new Rng(seed);
      const harness = new Harness(plan);
      const bag = new Bag();
      const best = new Map<Row[number] | undefined, Row>();
      let mark = -1n;
      let late = 0;
      harness.operator.onWatermark(0, mark);
      harness.barrier();
      for (let step = 0; step < 15; step++) {
        for (let k = rng.int(6); k > 0; k--) {
          const row: Row = [rng.pick(['a', 'b', 'c', 'd', null]), mark + BigInt(rng.int(12) - 3), rng.int(5)];
          const known = best.get(row[0]);
          const sent = known !== undefined && (known[1] as bigint) <= mark;
          if ((row[1] as bigint) <= mark) late += sent ? 0 : 1;
          else if (known === undefined || (!sent && before(row, known))) best.set(row[0], row);
          harness.send(0, SCHEMA, [{ op: 0, row }]);
        }
        if (rng.int(2) === 0) harness.operator.onWatermark(0, (mark += BigInt(rng.int(4))));
        harness.barrier(true);
        bag.apply(harness.take());
        expect(bag.text()).toEqual(Bag.of([...best.values()].filter((r) => (r[1] as bigint) <= mark)).text());
        expect(harness.lateRows).toBe(late);
        if (rng.int(4) === 0) harness.restore(bag);
      }
      harness.operator.onEnd(0);
      harness.barrier();
      bag.apply(harness.take());
      expect(bag.text()).toEqual(Bag.of([...best.values()]).text());
    }
  });

  it('reports rows without a time', () => {
    const harness = new Harness(plan);
    harness.send(0, SCHEMA, [{ op: 0, row: ['a', 9n, 1] }, { op: 0, row: ['a', 5n, 1] }, { op: 0, row: ['b', null, 1] }]);
    expect(harness.errors.map((e) => e.error.message)).toEqual(['the event time that rows are deduplicated by is null']);
    harness.operator.onWatermark(0, 5n);
    harness.barrier();
    expect(harness.take()).toEqual([{ op: 0, row: ['a', 5n, 1] }]);
  });
});
