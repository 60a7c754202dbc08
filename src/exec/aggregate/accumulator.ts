import type { BoolColumn, Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { StateColumn } from '../state/state-column.ts';

/** Int8 per input row: +1 adds it, -1 takes it back, 0 leaves it out. `null`: every row is added. */
export type Weights = Int8Array | null;

/** One aggregate's running values, in columns of a state table indexed by the group's slot. */
export interface Accumulator {
  readonly stateTypes: readonly SqlType[];
  /** State columns that start as NULL. */
  readonly nullAtFirst: readonly number[];
  /** Types of the partial columns; null when it can't be cut in two phases. */
  readonly partialTypes: readonly SqlType[] | null;
  /** Set where another call's accumulator over the same values may use the same state: results differ, updates don't. */
  readonly shared?: true;
  /** Rows `[0, n)` of the arguments into the groups' slots. Rows with NULL arguments have weight 0 where they don't count. */
  update(state: readonly StateColumn[], slots: Int32Array, n: number, weights: Weights, args: readonly Column[]): void;
  /** `update` by a filter alone, which spares weights: adds the rows whose flag is 1 and not NULL. */
  addFlagged?(state: readonly StateColumn[], slots: Int32Array, n: number, flags: BoolColumn): void;
  partial(state: readonly StateColumn[], slots: Int32Array, n: number): Column[];
  merge(state: readonly StateColumn[], slots: Int32Array, n: number, partial: readonly Column[]): void;
  result(state: readonly StateColumn[], slots: Int32Array, n: number): Column;
}
