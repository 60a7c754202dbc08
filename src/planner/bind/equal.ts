import { typeEquals } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import { keyOf } from '../row-key.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { exprChildren } from '../walk.ts';

/** Same computation over the same row; positions in the text don't count. Subqueries are equal only to themselves. */
export function exprEquals(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || !typeEquals(typeOf(a), typeOf(b))) return false;
  switch (a.kind) {
    case 'column':
      return b.kind === 'column' && a.index === b.index;
    case 'outer':
      return b.kind === 'outer' && a.depth === b.depth && a.index === b.index;
    case 'literal':
      return b.kind === 'literal' && sameValue(a.value, b.value, a);
    case 'param':
      return b.kind === 'param' && a.index === b.index;
    case 'call':
      if (b.kind !== 'call' || a.name !== b.name || a.overload !== b.overload) return false;
      break;
    case 'cast':
      if (b.kind !== 'cast' || a.try !== b.try) return false;
      break;
    case 'isNull':
    case 'in':
      if (b.kind !== a.kind || a.negated !== b.negated) return false;
      break;
    case 'field':
      if (b.kind !== 'field' || a.index !== b.index) return false;
      break;
    case 'case':
      if (b.kind !== 'case' || a.branches.length !== b.branches.length || (a.otherwise === null) !== (b.otherwise === null)) return false;
      break;
    case 'lambda':
      if (b.kind !== 'lambda' || a.form !== b.form || a.args.length !== b.args.length || a.bodies.length !== b.bodies.length) return false;
      if (!a.bodies.every((body, i) => b.bodies[i] !== undefined && exprEquals(body.expr, b.bodies[i].expr))) return false;
      break;
    case 'subquery':
      return false;
    default:
      break;
  }
  const x = exprChildren(a);
  const y = exprChildren(b);
  return x.length === y.length && x.every((e, i) => y[i] !== undefined && exprEquals(e, y[i]));
}

function sameValue(a: Value, b: Value, e: Expr): boolean {
  const key = keyOf(typeOf(e));
  return key(a) === key(b);
}
