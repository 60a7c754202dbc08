import { comparatorOf } from '../../common/types/compare.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { SortKey } from '../expr.ts';
import { typeOf, type OuterRows } from '../interpret.ts';
import type { Compiler } from './host.ts';
import { PAUSE, type Pausing, type Sliced } from './slices.ts';

/** Orders of two rows of key values; 0 means peers. */
export type KeyOrder = (a: readonly Value[], b: readonly Value[]) => number;

export function orderOf(keys: readonly SortKey[]): KeyOrder {
  const parts = keys.map((k) => ({ compare: comparatorOf(typeOf(k.expr)), sign: k.descending ? -1 : 1, nulls: k.nullsFirst ? -1 : 1 }));
  return (a, b) => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      const [x, y] = [a[i] ?? null, b[i] ?? null];
      if (part === undefined || (x === null && y === null)) continue;
      if (x === null) return part.nulls;
      if (y === null) return -part.nulls;
      const c = part.compare(x, y);
      if (c !== 0) return c * part.sign;
    }
    return 0;
  };
}

export interface Keyed {
  readonly row: Row;
  readonly key: readonly Value[];
}

/** The rows with their key values, in order; peers stay as they came. */
export function sortRows(c: Compiler, keys: readonly SortKey[]): (rows: Sliced, outer: OuterRows | null) => Pausing<Keyed[]> {
  const at = keys.map((k) => c.expr(k.expr));
  const order = orderOf(keys);
  return function* (rows, outer) {
    const keyed: Keyed[] = [];
    for (const row of rows) {
      if (row === PAUSE) yield PAUSE;
      else keyed.push({ row, key: at.map((f) => f(row, outer)) });
    }
    return keys.length === 0 ? keyed : keyed.sort((a, b) => order(a.key, b.key));
  };
}
