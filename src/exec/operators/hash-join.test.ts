import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import type { Rng } from '../../common/rng.ts';
import { BIGINT, BOOLEAN, INT, TEXT } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { Expr } from '../../planner/expr.ts';
import type { PhysicalHashJoin } from '../../planner/physical.ts';
import { Bag, Harness, field, input, props } from '../testing/harness.ts';
import { checkProperty } from '../testing/property.ts';

describe('hashJoin', () => {
  const left: Schema = [field('k', INT), field('t', TEXT), field('a', BIGINT)];
  const right: Schema = [field('k', INT), field('t', TEXT), field('b', BIGINT)];
  const make = (rng: Rng): Row => [rng.int(6) === 0 ? null : rng.int(3), rng.pick(['x', 'y', null]), BigInt(rng.int(4))];
  const less = builtins.find('<');
  const overload = less?.kind === 'scalar' ? less.overloads.findIndex((o) => o.args[0] === 'bigint') : -1;
  const residual: Expr = {
    kind: 'call', name: '<', overload, type: BOOLEAN, nullable: true,
    args: [{ kind: 'column', index: 2, type: BIGINT, nullable: true }, { kind: 'column', index: 5, type: BIGINT, nullable: true }],
  };
  const cases = (['inner', 'left', 'right', 'full', 'semi', 'anti'] as const).flatMap((type) =>
    [false, true].flatMap((withResidual) => [[], [0], [0, 1]].map((insertsOnly) => ({ type, withResidual, insertsOnly }))),
  );
  for (const { type, withResidual, insertsOnly } of cases) {
    const changelog = (side: number): 'append-only' | 'retract' => (insertsOnly.includes(side) ? 'append-only' : 'retract');
    it(`${type}${withResidual ? ' with a condition' : ''}${insertsOnly.map((side) => `, inserts only on ${side}`).join('')}`, () => {
      const node: PhysicalHashJoin = {
        kind: 'hashJoin',
        props: props(type === 'semi' || type === 'anti' ? left : [...left, ...right]),
        left: input(left, { changelog: changelog(0), distribution: { kind: 'hash', keys: [0, 1] } }),
        right: input(right, { changelog: changelog(1), distribution: { kind: 'hash', keys: [0, 1] } }),
        type, leftKeys: [0, 1], rightKeys: [0, 1], residual: withResidual ? residual : null, windowKeys: [],
      };
      checkProperty(type, node, [{ schema: left, make, appendOnly: insertsOnly.includes(0) }, { schema: right, make, appendOnly: insertsOnly.includes(1) }], ([l = [], r = []]) => {
        const matches = (a: Row, b: Row): boolean => a[0] !== null && a[1] !== null && a[0] === b[0] && a[1] === b[1] && (!withResidual || (a[2] as bigint) < (b[2] as bigint));
        if (type === 'semi' || type === 'anti') return l.filter((a) => r.some((b) => matches(a, b)) === (type === 'semi'));
        const out: Row[] = l.flatMap((a) => r.filter((b) => matches(a, b)).map((b) => [...a, ...b]));
        if (type === 'left' || type === 'full') out.push(...l.filter((a) => !r.some((b) => matches(a, b))).map((a) => [...a, null, null, null]));
        if (type === 'right' || type === 'full') out.push(...r.filter((b) => !l.some((a) => matches(a, b))).map((b) => [null, null, null, ...b]));
        return out;
      }, 8);
    });
  }

  it('reports pairs whose condition fails and goes on', () => {
    const find = (name: string, kind: string): number => {
      const def = builtins.find(name);
      return def?.kind === 'scalar' ? def.overloads.findIndex((o) => o.args.length === 2 && o.args[0] === kind && o.args[1] === kind) : -1;
    };
    const of = (index: number): Expr => ({ kind: 'column', index, type: BIGINT, nullable: true });
    const quotient: Expr = { kind: 'call', name: '/', overload: find('/', 'bigint'), type: BIGINT, nullable: true, args: [of(2), of(5)] };
    const failing: Expr = { kind: 'call', name: '<', overload: find('<', 'bigint'), type: BOOLEAN, nullable: true, args: [quotient, of(5)] };
    const node: PhysicalHashJoin = {
      kind: 'hashJoin', props: props([...left, ...right]), left: input(left), right: input(right), type: 'left',
      leftKeys: [0], rightKeys: [0], residual: failing, windowKeys: [],
    };
    const harness = new Harness(node);
    harness.send(1, right, [{ op: 0, row: [1, 'x', 0n] }, { op: 0, row: [1, 'y', 5n] }, { op: 0, row: [2, 'z', 0n] }]);
    harness.send(0, left, [{ op: 0, row: [1, 'a', 6n] }, { op: 0, row: [2, 'b', 6n] }]);
    const bag = new Bag();
    bag.apply(harness.take());
    expect(bag.list()).toEqual([[1, 'a', 6n, 1, 'y', 5n], [2, 'b', 6n, null, null, null]]);
    expect(harness.errors.map((e) => e.error.message)).toEqual(['division by zero', 'division by zero']);
    harness.send(0, left, [{ op: 3, row: [1, 'a', 6n] }, { op: 3, row: [2, 'b', 6n] }]);
    bag.apply(harness.take());
    expect(bag.list()).toEqual([]);
  });

  it('frees the rows of windows that are over, those that came back too', () => {
    const time: Schema = [field('w', { kind: 'timestamp', precision: 3 }), field('a', BIGINT)];
    for (const changelog of ['append-only', 'retract'] as const) {
      const side = input(time, { changelog });
      const node: PhysicalHashJoin = {
        kind: 'hashJoin', props: props([...time, ...time], { changelog }), left: side, right: side, type: 'inner', leftKeys: [0], rightKeys: [0], residual: null, windowKeys: [0],
      };
      const harness = new Harness(node);
      const entries = (): number => harness.entryCounts.reduce((n, c) => n + c, 0);
      harness.send(0, time, [{ op: 0, row: [10n, 1n] }, { op: 0, row: [10n, 2n] }, { op: 0, row: [20n, 1n] }]);
      harness.send(1, time, [{ op: 0, row: [20n, 7n] }]);
      if (changelog === 'retract') {
        harness.send(0, time, [{ op: 3, row: [10n, 2n] }]);
        harness.barrier(true);
        harness.send(0, time, [{ op: 0, row: [20n, 9n] }]);
      } else harness.barrier(true);
      const bag = new Bag();
      bag.apply(harness.take());
      harness.restore(bag);
      harness.operator.onWatermark(0, 10n);
      harness.operator.onWatermark(1, 10n);
      harness.barrier(true);
      expect(entries()).toBe(2);
      harness.restore(bag);
      expect(entries()).toBe(2);
      harness.operator.onWatermark(0, 20n);
      harness.operator.onWatermark(1, 30n);
      harness.barrier();
      expect(entries()).toBe(0);
      harness.send(1, time, [{ op: 0, row: [20n, 8n] }]);
      expect(harness.lateRows).toBe(1);
      expect(harness.take()).toEqual([]);
    }
  });
});
