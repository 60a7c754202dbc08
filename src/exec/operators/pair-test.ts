import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Expr } from '../../planner/expr.ts';
import { compilePredicate, type Predicate } from '../expr/compile.ts';
import { evaluate } from '../expr/interpret.ts';
import type { OperatorContext } from '../operator.ts';

/** A condition over pairs of rows. A pair for which it fails is reported, and does not match; it fails the same way whenever it is met. */
export class PairTest {
  readonly #condition: Expr;
  readonly #types: readonly SqlType[];
  readonly #predicate: Predicate;
  readonly #context: OperatorContext;
  readonly #operator: string;

  /** @param types of left ++ right. */
  constructor(condition: Expr, types: readonly SqlType[], context: OperatorContext, operator: string) {
    this.#condition = condition;
    this.#types = types;
    this.#predicate = compilePredicate(types, condition);
    this.#context = context;
    this.#operator = operator;
  }

  /** The pairs that pass, ascending. @param columns left ++ right, a row a pair. */
  select(columns: readonly Column[], n: number): Int32Array {
    const selection = new Int32Array(n);
    try {
      return selection.subarray(0, this.#predicate(columns, n, this.#context.eval, selection));
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      return selection.subarray(0, this.#oneByOne(columns, n, selection));
    }
  }

  #oneByOne(columns: readonly Column[], n: number, selection: Int32Array): number {
    let count = 0;
    for (let k = 0; k < n; k++) {
      const row = this.#types.map((t, c) => readValue(t, columns[c] as Column, k));
      try {
        if (evaluate(this.#condition, row, { context: this.#context.eval }) === true) selection[count++] = k;
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        this.#context.rowError({ operator: this.#operator, error, row });
      }
    }
    return count;
  }
}
