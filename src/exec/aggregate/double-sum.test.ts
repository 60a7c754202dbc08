import { describe, expect, it } from 'vitest';
import { Rng } from '../../common/rng.ts';
import { DOUBLE, REAL, type SqlType } from '../../common/types/sql-type.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import { builtins } from '../../functions/registry.ts';
import { StateColumn } from '../state/state-column.ts';
import type { Accumulator } from './accumulator.ts';
import { doubleSumAccumulator } from './double-sum.ts';

function overloadOf(name: string, kind: string): AggregateOverload {
  const def = builtins.find(name);
  const found = def?.kind === 'aggregate' ? def.overloads.find((o) => o.args[0] === kind) : undefined;
  if (found === undefined) throw new Error(`no ${name}(${kind})`);
  return found;
}
function makeState(a: Accumulator): StateColumn[] {
  return a.stateTypes.map((t) => {
    const c = new StateColumn(t);
    c.grow(4);
    for (let s = 0; s < 4; s++) c.clear(s, false);
    return c;
  });
}
const KINDS: readonly ((rng: Rng) => number)[] = [
  (rng) => rng.int(100_000) / 100,
  (rng) => (rng.int(2_000_000) - 1_000_000) / 1000,
  (rng) => (rng.int(1000) - 500) * 2 ** (rng.int(120) - 60),
  (rng) => (rng.int(1000) - 500) * 2 ** (rng.int(2000) - 1060),
  (rng) => rng.pick([0, -0, 1e300, -1e300, 1, 5e-324, -5e-324, Number.MAX_VALUE, 0.1, 1 / 3]),
  (rng) => rng.pick([NaN, Infinity, -Infinity, 1.5, -1.5]),
];

describe('sums of doubles', () => {
  for (const [name, kind] of [['sum', 'double'], ['avg', 'double'], ['sum', 'real'], ['avg', 'real']] as const) {
    it(`${name}(${kind}) is what the function tables say, after every change`, () => {
      const overload = overloadOf(name, kind);
      const types: readonly SqlType[] = [kind === 'real' ? REAL : DOUBLE];
      const a = doubleSumAccumulator(overload, kind === 'real');
      for (let seed = 1; seed <= 120; seed++) {
        const rng = new Rng(seed);
        const make = KINDS[seed % KINDS.length] as (rng: Rng) => number;
        const state = makeState(a);
        let model = overload.init();
        const live: number[] = [];
        for (let step = 0; step < 40; step++) {
          const back = live.length > 0 && rng.int(3) === 0;
          const v = back ? (live.splice(rng.int(live.length), 1)[0] as number) : kind === 'real' ? Math.fround(make(rng)) : make(rng);
          if (!back) live.push(v);
          a.update(state, Int32Array.of(1), 1, Int8Array.of(back ? -1 : 1), [{ physical: 'f64', values: Float64Array.of(v), nulls: null }]);
          if (back && overload.retract !== null) model = overload.retract(model, [v], types);
          else model = overload.insert(model, [v], types);
          let expected: unknown;
          try {
            expected = overload.result(model, DOUBLE, types);
          } catch {
            expect(() => a.result(state, Int32Array.of(1), 1)).toThrow();
            continue;
          }
          const got = a.result(state, Int32Array.of(1), 1);
          expect(got.nulls !== null && got.nulls[0] === 1 ? null : got.physical === 'f64' ? got.values[0] : undefined, `seed ${seed}, step ${step}`).toBe(expected);
        }
        // Halves merge into the whole.
        const merged = makeState(a);
        for (let i = 0; i < 2; i++) a.merge(merged, Int32Array.of(2), 1, a.partial(state, Int32Array.of(1), 1));
        let twice: unknown;
        try {
          twice = overload.result(overload.merge === null ? model : overload.merge(model, model), DOUBLE, types);
        } catch {
          continue;
        }
        const got = a.result(merged, Int32Array.of(2), 1);
        expect(got.nulls !== null && got.nulls[0] === 1 ? null : got.physical === 'f64' ? got.values[0] : undefined).toBe(twice);
      }
    });
  }
});
