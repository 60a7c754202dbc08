import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { gather, IntList } from '../columns.ts';

/** Pairs as inserts, without those that have no partner (-1 in `right`): an inner join keeps them if they may be taken back, but sends none. */
export function matchedOnly(columns: readonly Column[], right: Int32Array, n: number): Batch {
  if (!right.includes(-1)) return { rowCount: n, ops: null, columns };
  const some = new IntList(n);
  for (let i = 0; i < n; i++) if (right[i] !== -1) some.push(i);
  return { rowCount: some.length, ops: null, columns: columns.map((c) => gather(c, some.array, some.length)) };
}
