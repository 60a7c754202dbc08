import { SqlError } from '../../common/errors.ts';
import type { Row } from '../../common/types/value.ts';
import type { LogicalRecursive } from '../logical.ts';
import { rowKeyOf } from '../row-key.ts';
import type { Rows } from './host.ts';
import { PAUSE, type Slice, type Sliced } from './slices.ts';

/** A recursion that gives more rows, or goes on for longer, is taken for one without an end. */
const ROWS_MAX = 1_000_000;
const STEPS_MAX = 100_000;
/** A step makes its plan ready, which is the work of so many rows. */
const STEP_WORK = 32;

/**
 * Rows are given as they are found, so that a LIMIT above ends a recursion that would not end by itself.
 * @param step the step's plan over the rows found last: made anew each time, as a plan keeps what it has read.
 * Errors: statement_too_complex.
 */
export function recursiveRows(plan: LogicalRecursive, base: Rows, step: (last: readonly Row[]) => Rows, slice: Slice): Rows {
  const keyOf = rowKeyOf(plan.schema.map((f) => f.type));
  return function* (outer) {
    const seen = new Set<string>();
    let given = 0;
    let found: Sliced = base(outer);
    for (let steps = 0; ; steps++) {
      if (steps > STEPS_MAX) throw endless(plan, `takes more than ${STEPS_MAX} steps`);
      if (slice.spend(STEP_WORK)) yield PAUSE;
      const last: Row[] = [];
      for (const row of found) {
        if (row === PAUSE) {
          yield PAUSE;
          continue;
        }
        if (!plan.all) {
          const key = keyOf(row);
          if (seen.has(key)) continue;
          seen.add(key);
        }
        if (++given > ROWS_MAX) throw endless(plan, `gives more than ${ROWS_MAX} rows`);
        last.push(row);
        yield row;
      }
      if (last.length === 0) return;
      found = step(last)(outer);
    }
  };
}

const endless = (plan: LogicalRecursive, what: string): SqlError =>
  new SqlError('statement_too_complex', `recursive query "${plan.name}" ${what}`, {
    span: plan.span,
    hint: plan.all ? 'Use UNION instead of UNION ALL to leave out rows that come again, or add a condition that ends the recursion.' : 'Add a condition that ends the recursion.',
  });
