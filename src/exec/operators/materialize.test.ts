import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { objectId } from '../../common/ids.ts';
import { INT, TEXT } from '../../common/types/sql-type.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { SCHEMA, row } from '../testing/any-rows.ts';
import { Harness, field, input, props, type Change } from '../testing/harness.ts';
import { checkProperty } from '../testing/property.ts';

describe('materialize and normalize', () => {
  it('keeps a multiset', () => {
    const node: PhysicalPlan = { kind: 'materialize', props: props(SCHEMA), input: input(SCHEMA), relation: objectId(1), keys: null, conflict: 'checked' };
    checkProperty('multiset', node, [{ schema: SCHEMA, make: row }], ([rows = []]) => rows);
  });
  it('keeps the last row per key', () => {
    const schema: Schema = [field('v', TEXT), field('k', INT, false)];
    const node: PhysicalPlan = { kind: 'normalize', props: props(schema), input: input(schema, { changelog: 'upsert' }), keys: [1] };
    const harness = new Harness(node);
    const step = (changes: Change[]): Change[] => {
      harness.send(0, schema, changes);
      harness.barrier();
      return harness.take();
    };
    expect(step([{ op: 0, row: ['a', 1] }, { op: 2, row: ['b', 1] }, { op: 0, row: ['c', 2] }])).toEqual([{ op: 0, row: ['b', 1] }, { op: 0, row: ['c', 2] }]);
    expect(step([{ op: 3, row: [null, 1] }, { op: 2, row: ['d', 2] }])).toEqual([{ op: 3, row: ['b', 1] }, { op: 1, row: ['c', 2] }, { op: 2, row: ['d', 2] }]);
    expect(step([{ op: 3, row: [null, 2] }, { op: 0, row: ['d', 2] }])).toEqual([]);
  });
});
