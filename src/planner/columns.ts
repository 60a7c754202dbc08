import type { Schema } from '../common/batch/batch.ts';
import { BOOLEAN } from '../common/types/sql-type.ts';
import { fromInside } from './bind/subqueries.ts';
import { column, type ColumnExpr, type Expr } from './expr.ts';
import { mapExprChildren, mapOuterInPlan, someExpr } from './walk.ts';

/** Column references of expressions, and conditions taken apart. */

/** Positions of the row's columns that the expressions read, those read inside subqueries included; ascending. */
export function columnsOf(...exprs: readonly (Expr | null)[]): number[] {
  const found = new Set<number>();
  for (const e of exprs) {
    if (e === null) continue;
    mapColumns(e, (c) => {
      found.add(c.index);
      return c;
    });
  }
  return [...found].sort((a, b) => a - b);
}

/** The expression with each column of the row, also where a subquery refers to it, replaced by an expression over another row. */
export function mapColumns(e: Expr, f: (c: ColumnExpr) => Expr): Expr {
  if (e.kind === 'column') return f(e);
  return mapExprChildren(
    e,
    (child) => mapColumns(child, f),
    (plan) =>
      mapOuterInPlan(plan, 1, (ref, level) => {
        if (ref.depth !== level) return ref;
        let made = f(column(ref.index, ref.type, ref.nullable));
        for (let i = 0; i < level; i++) made = fromInside(made);
        return made;
      }),
  );
}

/** The expression over a row whose columns have moved: `to[i]` is the new place of column i. */
export const remapColumns = (e: Expr, to: (index: number) => number): Expr => mapColumns(e, (c) => ({ ...c, index: to(c.index) }));

export const shiftColumns = (e: Expr, by: number): Expr => (by === 0 ? e : remapColumns(e, (i) => i + by));

/** An expression over a projection's output as one over its input. */
export const substitute = (e: Expr, exprs: readonly Expr[]): Expr => mapColumns(e, (c) => exprs[c.index] ?? c);

/** All columns of a row, as expressions. */
export const identity = (schema: Schema): ColumnExpr[] => schema.map((f, i) => column(i, f.type, f.nullable));

/** Whether the expressions are the row's own columns in order. */
export const isIdentity = (exprs: readonly Expr[], width: number): boolean => exprs.length === width && exprs.every((e, i) => e.kind === 'column' && e.index === i);

export function splitConjunction(e: Expr | null): Expr[] {
  if (e === null) return [];
  if (e.kind === 'and') return e.args.flatMap(splitConjunction);
  return isTrue(e) ? [] : [e];
}

/** Null is TRUE. */
export function conjunction(parts: readonly Expr[]): Expr | null {
  const [first] = parts;
  if (first === undefined) return null;
  return parts.length === 1 ? first : { kind: 'and', args: parts };
}

export const TRUE: Expr = { kind: 'literal', value: true, type: BOOLEAN };
export const FALSE: Expr = { kind: 'literal', value: false, type: BOOLEAN };
export const NULL_BOOLEAN: Expr = { kind: 'literal', value: null, type: BOOLEAN };

export const isTrue = (e: Expr): boolean => e.kind === 'literal' && e.value === true;
/** FALSE or NULL: a filter that lets nothing pass. */
export const isNeverTrue = (e: Expr): boolean => e.kind === 'literal' && e.value !== true;

export const hasSubquery = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'subquery');
export const hasOuter = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'outer');
