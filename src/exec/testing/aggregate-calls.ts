import type { Schema } from '../../common/batch/batch.ts';
import { compareValues } from '../../common/types/compare.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalAggregateCall } from '../../planner/physical.ts';
import { structuralKey } from '../expr/compile.ts';
import { SCHEMA } from './any-rows.ts';

/** A call of the first overload that takes these types. */
export function call(name: string, args: readonly number[], more: Partial<PhysicalAggregateCall> = {}, schema: Schema = SCHEMA): PhysicalAggregateCall {
  const def = builtins.find(name);
  if (def?.kind !== 'aggregate') throw new Error(name);
  const types = args.map((a) => (schema[a] as Schema[number]).type);
  const overload = def.overloads.findIndex((o) => o.args.length === types.length && o.args.every((a, i) => a === types[i]?.kind || a === 'any' || a === 'anyelement' || a === 'anynonarray'));
  const found = def.overloads[overload];
  if (found === undefined) throw new Error(`${name}(${types.map((t) => t.kind).join()})`);
  return { name, overload, args, argTypes: types, distinct: false, filter: null, orderBy: [], type: typeof found.returns === 'function' ? found.returns(types) : found.returns, ...more };
}

/** The rows of each group one after the other: what all aggregates must agree with. */
export function naiveAggregate(rows: readonly Row[], keys: readonly number[], calls: readonly PhysicalAggregateCall[], schema: Schema = SCHEMA): Row[] {
  const groups = new Map<string, Row[]>();
  if (keys.length === 0) groups.set('[]', []);
  for (const r of rows) {
    const key = structuralKey(keys.map((k) => r[k]));
    groups.set(key, [...(groups.get(key) ?? []), r]);
  }
  return [...groups.values()].map((members) => [
    ...keys.map((k) => members[0]?.[k] ?? null),
    ...calls.map((c) => {
      const def = builtins.find(c.name);
      const overload = def?.kind === 'aggregate' ? def.overloads[c.overload] : undefined;
      if (overload === undefined) throw new Error(c.name);
      let taken = members.filter((r) => (c.filter === null || r[c.filter] === true) && !(overload.skipsNulls && c.args.some((a) => r[a] === null)));
      if (c.distinct) {
        const seen: Row[] = [];
        taken = taken.filter((r) => {
          if (seen.some((o) => c.args.every((a, i) => (r[a] === null || o[a] === null ? r[a] === o[a] : compareValues(r[a] ?? null, o[a] ?? null, c.argTypes[i] as SqlType) === 0)))) return false;
          seen.push(r);
          return true;
        });
      }
      const byValue = (a: Value, b: Value, type: SqlType): number => (a === null || b === null ? Number(a === null) - Number(b === null) : compareValues(a, b, type));
      if (c.orderBy.length > 0) {
        taken.sort((a, b) => {
          for (const o of c.orderBy) {
            const d = byValue(a[o.column] ?? null, b[o.column] ?? null, (schema[o.column] as Schema[number]).type);
            if (d !== 0) return o.descending ? -d : d;
          }
          for (const [i, at] of c.args.entries()) {
            const d = byValue(a[at] ?? null, b[at] ?? null, c.argTypes[i] as SqlType);
            if (d !== 0) return d;
          }
          return 0;
        });
      }
      let state = overload.init();
      for (const r of taken) state = overload.insert(state, c.args.map((a) => r[a] ?? null), c.argTypes);
      return overload.result(state, c.type, c.argTypes);
    }),
  ]);
}
