import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { Identifier } from '../../parser/ast.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { JoinType, LogicalPlan } from '../logical.ts';
import { all } from './calls.ts';
import { isNullable, unify } from './coerce.ts';
import type { QueryEnv } from './env.ts';
import { columnAt, pickColumn, type Scope, type ScopeColumn } from './scope.ts';

interface Side {
  readonly scope: Scope;
}

export interface Using {
  readonly env: QueryEnv;
  readonly left: Side;
  readonly right: Side;
  readonly names: readonly Identifier[];
  readonly type: JoinType;
  /** Left and right side by side. */
  readonly scope: Scope;
  readonly combine: (condition: Expr | null, scope: Scope) => { readonly plan: LogicalPlan; readonly scope: Scope };
  readonly eq: (a: Expr, b: Expr, span: Span) => Expr;
}

/**
 * A join USING columns: each stands once, first in `*`, in the type that both sides have in common; `a.id` and `b.id` keep
 * their own. The merged column of a full join is the one that isn't NULL.
 * Errors: undefined_column, ambiguous_column.
 */
export function joinUsing(j: Using): { readonly plan: LogicalPlan; readonly scope: Scope } {
  const shift = j.left.scope.width;
  const pairs = j.names.map((id) => {
    const a = side(j.left.scope, id, 'left');
    const b = side(j.right.scope, id, 'right');
    return { a, b: { ...b, index: b.index + shift }, id };
  });
  const condition = pairs.length === 0 ? null : all('and', pairs.map(({ a, b, id }) => j.eq(columnAt(a, 0), columnAt(b, 0), id.span)));
  const joined = j.combine(condition, j.scope);
  const merged: ScopeColumn[] = [];
  let { plan } = joined;
  let { width } = joined.scope;
  const extra: Expr[] = [];
  for (const { a, b, id } of pairs) {
    const find = (index: number): ScopeColumn => joined.scope.relations.flatMap((r) => r.columns).find((c) => c.index === index) ?? joined.scope.columns.find((c) => c.index === index) ?? a;
    const [x, y] = [find(a.index), find(b.index)];
    const { items, type } = unify(j.env, [columnAt(x, 0), columnAt(y, 0)], 'JOIN/USING', id.span);
    const from = j.type === 'right' ? 1 : 0;
    const value: Expr | undefined = j.type === 'full' ? { kind: 'coalesce', args: items, type } : items[from];
    if (value === undefined || value.kind === 'column') merged.push({ ...(j.type === 'right' ? y : x), name: a.name });
    else {
      extra.push(value);
      merged.push({ name: a.name, index: width++, type, nullable: j.type === 'full' || isNullable(value) });
    }
  }
  if (extra.length > 0) {
    const exprs = [...plan.schema.map((f, i) => column(i, f.type, f.nullable)), ...extra];
    const schema = [...plan.schema, ...extra.map((e, i) => ({ name: merged[i]?.name ?? '', type: typeOf(e), nullable: merged.find((m) => m.index === plan.schema.length + i)?.nullable ?? true }))];
    plan = { kind: 'project', input: plan, exprs, schema };
  }
  const gone = new Set(pairs.flatMap(({ a, b }) => [a.index, b.index]));
  const columns = [...merged, ...joined.scope.columns.filter((c) => !gone.has(c.index))];
  return { plan, scope: { ...joined.scope, columns, width } };
}

function side(scope: Scope, id: Identifier, which: 'left' | 'right'): ScopeColumn {
  const found = pickColumn(scope.columns, id);
  if (found === undefined) throw new SqlError('undefined_column', `column "${id.name}" specified in USING clause does not exist in ${which} table`, { span: id.span });
  return found;
}
