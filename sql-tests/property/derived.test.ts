import { expect, it } from 'vitest';
import type { PhysicalProps } from '../../src/planner/physical.ts';
import { PlanDatabase } from '../../src/optimizer/testing/database.ts';
import { PlanRun } from '../../src/optimizer/testing/run.ts';
import { checkDerived, checkDerivedTimes, type Derived } from './derived.ts';

const SEEDS = 150;

it.each([
  ['random queries', checkDerived],
  ['queries by event time', checkDerivedTimes],
] as const)('derived keys, changelog kinds, placements and event times hold: %s', (_, check) => {
  const made: Derived[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) made.push(check(seed));
  expect(made.filter((d) => d.kind === 'right').length).toBeGreaterThan(SEEDS / 2);
  expect(made.reduce((n, d) => n + d.keys, 0)).toBeGreaterThan(SEEDS);
});

it('finds what does not hold', () => {
  const scan = new PlanDatabase('CREATE TABLE t (id INT PRIMARY KEY, k INT)');
  const { plan } = scan.physical('SELECT k, id FROM t');
  if (plan.kind !== 'materialize') throw new Error('no materialize');
  const { input } = plan;
  const send = (props: Partial<PhysicalProps>, workers = 1): void => {
    const run = new PlanRun({ ...plan, input: { ...input, props: { ...input.props, ...props } } }, workers, true);
    run.send(scan.relation('t'), [{ op: 0, row: [1, 5] }, { op: 0, row: [2, 5] }, { op: 0, row: [3, 5] }]);
    run.send(scan.relation('t'), [{ op: 3, row: [2, 5] }]);
    run.barrier();
  };
  expect(() => send({})).not.toThrow();
  expect(() => send({ streamKey: [0] })).toThrow('several rows have one key');
  expect(() => send({ changelog: 'append-only' })).toThrow('taken back');
  expect(() => send({ distribution: { kind: 'single' } }, 3)).toThrow('all are on one');
});
