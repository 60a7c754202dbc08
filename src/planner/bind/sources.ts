import { SqlError, notSupported } from '../../common/errors.ts';
import { matchName } from '../../catalog/names.ts';
import type { Identifier, ObjectName } from '../../parser/ast.ts';
import type { Hint, TableAlias } from '../../parser/ast-queries.ts';
import type { LogicalPlan } from '../logical.ts';
import { isCorrelated, mapOuterInPlan } from '../walk.ts';
import { nothing } from './collect.ts';
import type { CommonTables, ExprEnv, QueryEnv } from './env.ts';
import type { Scope, ScopeColumn, ScopeRelation } from './scope.ts';
import { relationPlan, systemPlan } from './tables.ts';

/** Named tables as sources of rows, and what is needed to bind expressions over them. */

export interface Source {
  readonly plan: LogicalPlan;
  /** Without a parent: the caller adds it. */
  readonly scope: Scope;
}

export function exprEnv(env: QueryEnv, scope: Scope, clause: string): ExprEnv {
  return { cx: env.cx, notes: env.notes, scope: { ...scope, parent: env.parent }, allowed: nothing(clause), query: env, windows: new Map() };
}

/**
 * The item's scope under its alias. Errors: duplicate_alias, invalid_column_reference for too many column names.
 * @param name what it is called without an alias; null: its columns are named alone, as those of a subquery.
 */
export function aliased(plan: LogicalPlan, alias: TableAlias | null, name: string | null, schema: string | null, oid: number | null): Source {
  const names = alias?.columns ?? [];
  if (names.length > plan.schema.length) {
    throw new SqlError('invalid_column_reference', `table "${alias?.name.name ?? name ?? ''}" has ${plan.schema.length} columns available but ${names.length} columns specified`, { span: alias?.span });
  }
  const columns = plan.schema.map((f, index): ScopeColumn => ({ name: names[index]?.name ?? f.name, index, type: f.type, nullable: f.nullable }));
  const called = alias?.name.name ?? name;
  const relations: ScopeRelation[] = called === null ? [] : [{ name: called, schema: alias === null ? schema : null, columns, oid }];
  return { plan, scope: { columns, relations, width: columns.length, parent: null } };
}

function optionHints(hints: readonly Hint[]): Record<string, string> {
  return Object.fromEntries(hints.filter((h) => h.name === 'OPTIONS').flatMap((h) => h.options.map((o) => [o.key, o.value])));
}

export function bindTableName(env: QueryEnv, name: ObjectName, hints: readonly Hint[], alias: TableAlias | null): Source {
  const [only] = name.parts;
  if (only !== undefined && name.parts.length === 1) {
    const common = findCommon(env, only);
    if (common !== undefined && ++common.reads.count > 1 && common.plan.kind === 'project' && common.plan.once !== undefined && isCorrelated(common.plan)) {
      throw notSupported('reading a WITH query twice whose values vary and that refers to an enclosing query', name.span, 'Read it once, or leave out the reference or what varies, such as random().');
    }
    if (common !== undefined) return aliased(fromDepth(common.plan, depthOf(env.parent) - common.depth), alias, common.name, null, null);
  }
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  if (found.kind === 'system') return aliased(systemPlan(env, found.relation, name.span), alias, found.relation.name, found.relation.schema, found.relation.oid);
  const { object } = found;
  return aliased(relationPlan(env, object, optionHints(hints), name.span), alias, object.name, object.schema, object.id);
}

export function depthOf(scope: Scope | null): number {
  let n = 0;
  for (let at = scope; at !== null; at = at.parent) n++;
  return n;
}

/** A common table's plan where `by` more scopes lie around it than where it was bound. */
function fromDepth(plan: LogicalPlan, by: number): LogicalPlan {
  return by === 0 || !isCorrelated(plan) ? plan : mapOuterInPlan(plan, 1, (ref) => ({ ...ref, depth: ref.depth + by }));
}

function findCommon(env: QueryEnv, id: Identifier): CommonTables | undefined {
  for (let at = env.tables; at !== null; at = at.next) if (matchName(id, [at.name]).kind === 'one') return at;
  return undefined;
}
