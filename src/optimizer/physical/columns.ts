import type { Schema } from '../../common/batch/batch.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import { identity } from '../../planner/columns.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { OrderColumn } from '../../planner/physical.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';

/** Collects expressions as the columns of a projection, each once. */
export class Columns {
  readonly exprs: Expr[] = [];
  readonly schema: Schema[number][] = [];
  readonly #at = new Map<string, number>();

  readonly #row: Schema;

  /** @param row what the expressions are over. `start`: the whole row comes first. */
  constructor(row: Schema, start = false) {
    this.#row = row;
    if (start) for (const e of identity(row)) this.add(e);
  }

  /** The expression's column. */
  add(expr: Expr, name: string | undefined = undefined): number {
    const key = canonicalText(expr.kind === 'column' ? expr.index : expr);
    const known = this.#at.get(key);
    if (known !== undefined) return known;
    const at = this.exprs.length;
    this.#at.set(key, at);
    this.exprs.push(expr);
    this.schema.push({ name: name ?? (expr.kind === 'column' ? this.#row[expr.index]?.name : undefined) ?? `expr${at + 1}`, type: typeOf(expr), nullable: isNullable(expr) });
    return at;
  }

  order(keys: readonly SortKey[]): OrderColumn[] {
    return keys.map((k) => ({ column: this.add(k.expr), descending: k.descending, nullsFirst: k.nullsFirst }));
  }
}
