import { describe, expect, it } from 'vitest';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { buildOperator } from '../../exec/build.ts';
import type { OperatorContext } from '../../exec/operator.ts';
import { KeyedStore } from '../../exec/state/keyed-store.ts';
import { mergePhases } from '../../planner/physical/merge-phases.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { PlanDatabase } from '../testing/database.ts';
import { testEval } from '../testing/run.ts';

const db = new PlanDatabase(`
  CREATE TABLE src (k INT, name TEXT, x BIGINT, y DOUBLE, d BIGINT, ts AS to_timestamp_ltz(d, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
`);
const HOP = `TABLE(HOP(TABLE src, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '10' SECOND))`;
const TUMBLE = `TABLE(TUMBLE(TABLE src, DESCRIPTOR(ts), INTERVAL '10' SECOND))`;

const aggregates = (p: PhysicalPlan): PhysicalPlan[] => [...(p.kind === 'groupAggregate' || p.kind === 'windowAggregate' ? [p] : []), ...inputsOf(p).flatMap(aggregates)];
const phases = (p: PhysicalPlan): string[] => aggregates(p).map((a) => (a.kind === 'groupAggregate' || a.kind === 'windowAggregate' ? a.phase : ''));

const context: OperatorContext = {
  output: { emit: () => undefined, watermark: () => undefined }, eval: testEval, state: { register: () => undefined },
  rowError: () => undefined, late: () => undefined, worker: 0, parallelism: 1,
};
/** Ids and columns of the states of the aggregates that keep one. */
const states = (p: PhysicalPlan): unknown[] =>
  aggregates(p).flatMap((node) => buildOperator(node, context).states.map((s) => [s.id, s instanceof KeyedStore ? s.types.map((t) => t.kind) : null, s instanceof KeyedStore ? s.keyCount : null]));

describe('merged phases', () => {
  it.each([
    'SELECT k, count(*), sum(x), avg(x), min(name), max(y) FROM src GROUP BY k',
    'SELECT count(*) FILTER (WHERE x > 3), avg(y), sum(y) FROM src',
    'SELECT name, k FROM src GROUP BY name, k',
    `SELECT k, window_end, count(*), sum(x), avg(y) FROM ${TUMBLE} GROUP BY k, window_start, window_end`,
    `SELECT window_start, window_end, max(x) FROM ${HOP} GROUP BY window_start, window_end`,
  ])('keep the states of %s', (sql) => {
    const { plan } = db.physical(sql);
    const merged = mergePhases(plan);
    expect(phases(plan)).toEqual(['final', 'partial']);
    expect(phases(merged)).toEqual(['single']);
    expect(merged.props).toEqual(plan.props);
    expect(states(merged)).toEqual(states(plan));
  });

  it('leave other plans as they are', () => {
    const { plan } = db.physical('SELECT k, count(DISTINCT x) FROM src GROUP BY k');
    expect(mergePhases(plan)).toEqual(plan);
  });
});
