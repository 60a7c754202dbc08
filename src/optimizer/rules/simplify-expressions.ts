import type { Expr } from '../../planner/expr.ts';
import { exprEquals } from '../../planner/bind/equal.ts';
import { typeOf } from '../../planner/interpret.ts';
import { FALSE, NULL_BOOLEAN, TRUE } from '../../planner/columns.ts';
import { isVolatile } from '../../planner/volatility.ts';
import type { Rule } from '../rule.ts';
import { rewriteExprs } from '../tree.ts';

const boolean = (e: Expr): boolean | null | undefined => (e.kind === 'literal' && (e.value === true || e.value === false || e.value === null) ? e.value : undefined);
const constant = (b: boolean | null): Expr => (b === null ? NULL_BOOLEAN : b ? TRUE : FALSE);

function logical(e: Expr & { kind: 'and' | 'or' }): Expr | undefined {
  const stop = e.kind === 'or';
  const flat = e.args.flatMap((a) => (a.kind === e.kind ? a.args : [a]));
  if (flat.some((a) => boolean(a) === stop)) return constant(stop);
  const kept: Expr[] = [];
  for (const a of flat) {
    if (boolean(a) === !stop) continue;
    if (!isVolatile(a) && kept.some((k) => exprEquals(k, a))) continue;
    kept.push(a);
  }
  const [first] = kept;
  if (first === undefined) return constant(!stop);
  if (kept.length === 1) return first;
  return kept.length === e.args.length ? undefined : { kind: e.kind, args: kept };
}

function caseOf(e: Expr & { kind: 'case' }): Expr | undefined {
  const branches: { when: Expr; then: Expr }[] = [];
  let { otherwise } = e;
  let changed = false;
  for (const b of e.branches) {
    const known = boolean(b.when);
    if (known === undefined) {
      branches.push(b);
      continue;
    }
    changed = true;
    if (known !== true) continue;
    otherwise = b.then;
    break;
  }
  if (branches.length === 0) return otherwise ?? { kind: 'literal', value: null, type: e.type };
  return changed ? { ...e, branches, otherwise } : undefined;
}

function inList(e: Expr & { kind: 'in' }): Expr | undefined {
  if (e.arg.kind === 'literal' && e.arg.value === null) return NULL_BOOLEAN;
  const list: Expr[] = [];
  for (const item of e.list) if (isVolatile(item) || !list.some((k) => exprEquals(k, item))) list.push(item);
  return list.length === e.list.length ? undefined : { ...e, list };
}

function simplify(e: Expr): Expr | undefined {
  switch (e.kind) {
    case 'and':
    case 'or':
      return logical(e);
    case 'not': {
      const known = boolean(e.arg);
      if (known !== undefined) return constant(known === null ? null : !known);
      if (e.arg.kind === 'not') return e.arg.arg;
      if (e.arg.kind === 'isNull' && typeOf(e.arg.arg).kind !== 'row') return { ...e.arg, negated: !e.arg.negated };
      if (e.arg.kind === 'in') return { ...e.arg, negated: !e.arg.negated };
      return undefined;
    }
    case 'isNull':
      return e.arg.kind === 'literal' ? constant((e.arg.value === null) !== e.negated) : undefined;
    case 'case':
      return caseOf(e);
    case 'in':
      return inList(e);
    case 'coalesce': {
      const args = e.args.filter((a) => !(a.kind === 'literal' && a.value === null));
      const [first] = args;
      if (first === undefined) return { kind: 'literal', value: null, type: e.type };
      if (args.length === 1 || (first.kind === 'literal')) return first;
      return args.length === e.args.length ? undefined : { ...e, args };
    }
    default:
      return undefined;
  }
}

export const simplifyExpressions: Rule = {
  name: 'simplify-expressions',
  doc: 'AND, OR, NOT, CASE, IN, COALESCE and IS NULL with known parts lose them; nested AND and OR become flat.',
  apply: (node) => rewriteExprs(node, simplify),
};
