import { SqlError } from '../../common/errors.ts';
import type { Expr } from '../../planner/expr.ts';
import { evaluate, typeOf } from '../../planner/interpret.ts';
import { exprChildren } from '../../planner/walk.ts';
import { isImmutable } from '../../planner/volatility.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { rewriteExprs } from '../tree.ts';

/** Casts to these depend on a session or show their parts' types: left to the moment of running. */
const UNFOLDED: ReadonlySet<string> = new Set(['array', 'row', 'map', 'unknown']);

function fold(e: Expr, cx: RuleContext): Expr | undefined {
  if (e.kind !== 'call' && e.kind !== 'cast') return undefined;
  if (!exprChildren(e).every((c) => c.kind === 'literal' && !UNFOLDED.has(c.type.kind)) || UNFOLDED.has(typeOf(e).kind)) return undefined;
  if (!isImmutable(e, cx.functions)) return undefined;
  try {
    return { kind: 'literal', value: evaluate(e, [], { functions: cx.functions, eval: cx.eval, params: [] }), type: e.type };
  } catch (error) {
    // An error belongs to the row that meets it: there may be none.
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

export const foldConstants: Rule = {
  name: 'fold-constants',
  doc: 'Immutable functions and casts of constants become constants. What fails or may change is left alone.',
  apply: (node, cx) => rewriteExprs(node, (e) => fold(e, cx)),
};
