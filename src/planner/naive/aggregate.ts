import { InternalError } from '../../common/errors.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { AggregateCall } from '../expr.ts';
import { typeOf, type OuterRows } from '../interpret.ts';
import type { LogicalAggregate } from '../logical.ts';
import { rowKeyOf } from '../row-key.ts';
import type { Compiler, Rows } from './host.ts';
import { PAUSE } from './slices.ts';
import { orderOf } from './sort.ts';

/** One aggregate over a growing set of rows. */
export interface Accumulator {
  add(row: Row, outer: OuterRows | null): void;
  result(): Value;
}

/** Makes fresh accumulators of a call. */
export function accumulator(c: Compiler, call: AggregateCall): () => Accumulator {
  const def = c.host.functions.find(call.name);
  const overload = def?.kind === 'aggregate' ? def.overloads[call.overload] : undefined;
  if (overload === undefined) throw new InternalError(`no aggregate ${call.name}/${call.overload}`);
  const args = call.args.map((a) => c.expr(a));
  const types = call.args.map((a) => typeOf(a));
  const filter = call.filter === null ? null : c.expr(call.filter);
  const keys = call.orderBy.map((k) => c.expr(k.expr));
  const order = orderOf(call.orderBy);
  const keyOf = rowKeyOf(types);
  return () => {
    let state = overload.init();
    const seen = call.distinct ? new Set<string>() : null;
    const waiting: { readonly values: readonly Value[]; readonly key: readonly Value[] }[] = [];
    return {
      add(row, outer) {
        if (filter !== null && filter(row, outer) !== true) return;
        const values = args.map((a) => a(row, outer));
        if (overload.skipsNulls && values.includes(null)) return;
        if (seen !== null) {
          const key = keyOf(values);
          if (seen.has(key)) return;
          seen.add(key);
        }
        if (keys.length > 0) waiting.push({ values, key: keys.map((k) => k(row, outer)) });
        else state = overload.insert(state, values, types);
      },
      result() {
        if (keys.length === 0) return overload.result(state, call.type, types);
        let sorted = overload.init();
        for (const { values } of waiting.toSorted((a, b) => order(a.key, b.key))) sorted = overload.insert(sorted, values, types);
        return overload.result(sorted, call.type, types);
      },
    };
  };
}

export function aggregateRows(c: Compiler, plan: LogicalAggregate): Rows {
  const input = c.plan(plan.input);
  const keys = plan.keys.map((k) => c.expr(k));
  const sets = plan.sets ?? [plan.keys.map((_, i) => i)];
  const keyOf = rowKeyOf(plan.keys.map((k) => typeOf(k)));
  const make = plan.calls.map((call) => accumulator(c, call));
  return function* (outer) {
    const groups = new Map<string, { readonly key: readonly Value[]; readonly set: number; readonly states: readonly Accumulator[] }>();
    // Without keys there is one group, even of no rows.
    sets.forEach((set, n) => {
      if (set.length > 0) return;
      const key = keys.map(() => null);
      groups.set(`${n} ${keyOf(key)}`, { key, set: n, states: make.map((m) => m()) });
    });
    for (const row of input(outer)) {
      if (row === PAUSE) {
        yield PAUSE;
        continue;
      }
      const all = keys.map((k) => k(row, outer));
      for (const [n, set] of sets.entries()) {
        const key = all.map((v, i) => (set.includes(i) ? v : null));
        const id = `${n} ${keyOf(key)}`;
        let group = groups.get(id);
        if (group === undefined) groups.set(id, (group = { key, set: n, states: make.map((m) => m()) }));
        for (const state of group.states) state.add(row, outer);
      }
    }
    for (const { key, set, states } of groups.values()) yield [...key, ...states.map((s) => s.result()), ...(plan.sets === null ? [] : [set])];
  };
}
