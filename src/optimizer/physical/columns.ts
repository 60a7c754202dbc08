import type { Schema } from '../../common/batch/batch.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import type { Expr, SortKey } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { OrderColumn } from '../../planner/physical.ts';
import { canonicalText } from '../../planner/physical/canonical.ts';

/** Collects expressions as the columns of a projection, each once. */
export class Columns {
  readonly exprs: Expr[] = [];
  readonly schema: Schema[number][] = [];
  readonly #at = new Map<string, number>();

  constructor(start: readonly Expr[] = [], schema: Schema = []) {
    start.forEach((e, i) => this.add(e, schema[i]?.name));
  }

  /** The expression's column. */
  add(expr: Expr, name: string | undefined = undefined): number {
    const key = canonicalText(expr.kind === 'column' ? expr.index : expr);
    const known = this.#at.get(key);
    if (known !== undefined) return known;
    const at = this.exprs.length;
    this.#at.set(key, at);
    this.exprs.push(expr);
    this.schema.push({ name: name ?? `expr${at + 1}`, type: typeOf(expr), nullable: isNullable(expr) });
    return at;
  }

  order(keys: readonly SortKey[]): OrderColumn[] {
    return keys.map((k) => ({ column: this.add(k.expr), descending: k.descending, nullsFirst: k.nullsFirst }));
  }
}
