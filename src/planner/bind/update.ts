import { SqlError } from '../../common/errors.ts';
import { nameText } from '../../catalog/names.ts';
import type { TableObject } from '../../catalog/objects.ts';
import type { Expr as Ast, ObjectName } from '../../parser/ast.ts';
import type { Assignment, DeleteStatement, TruncateStatement, UpdateStatement } from '../../parser/ast-dml.ts';
import type { TableAlias, TableRef } from '../../parser/ast-queries.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BoundDelete, BoundTruncate, BoundUpdate } from '../statement.ts';
import { isNullable, toBoolean } from './coerce.ts';
import { assigned, bindReturning, tableColumn, targetTable } from './dml.ts';
import type { ExprEnv, QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { bindFrom } from './from.ts';
import { withTables } from './query.ts';
import { readsOf } from './reads.ts';
import type { Scope } from './scope.ts';
import { aliased, exprEnv, type Source } from './sources.ts';
import { relationPlan } from './tables.ts';

/** UPDATE, DELETE, TRUNCATE of stored tables. */

function storedTarget(env: QueryEnv, name: ObjectName, verb: string): TableObject {
  const target = targetTable(env, name, verb);
  if (target.connector !== null) {
    throw new SqlError('wrong_object_type', `cannot ${verb} table "${nameText(name)}"`, { span: name.span, detail: `It is a pointer to an outside system (connector "${target.connector}").`, hint: 'Only stored tables can be changed in place.' });
  }
  return target;
}

/** The target's rows beside those of FROM or USING, filtered. */
function matched(env: QueryEnv, target: TableObject, name: ObjectName, alias: TableAlias | null, others: readonly TableRef[], where: Ast | null): Source {
  const own = aliased(relationPlan(env, target, {}, name.span), alias, target.name, target.schema, target.id);
  let source: Source = own;
  if (others.length > 0) {
    const other = bindFrom(env, others);
    const shift = own.plan.schema.length;
    const move = (s: Scope): Scope['relations'] => s.relations.map((r) => ({ ...r, columns: r.columns.map((c) => ({ ...c, index: c.index + shift })) }));
    const columns = [...own.scope.columns, ...other.scope.columns.map((c) => ({ ...c, index: c.index + shift }))];
    source = {
      plan: { kind: 'join', type: 'inner', left: own.plan, right: other.plan, condition: null, lateral: false, schema: [...own.plan.schema, ...other.plan.schema] },
      scope: { columns, relations: [...own.scope.relations, ...move(other.scope)], width: shift + other.plan.schema.length, parent: null },
    };
  }
  if (where === null) return source;
  const inner = exprEnv(env, source.scope, 'WHERE');
  const condition = toBoolean(inner, bindExpr(inner, where), 'WHERE', where.span);
  return { plan: { kind: 'filter', input: source.plan, condition, schema: source.plan.schema }, scope: source.scope };
}

/** Columns of the target's plan that are stored, as expressions. */
function storedColumns(target: TableObject): Expr[] {
  return target.columns.flatMap((c, i) => (c.kind === 'physical' ? [column(i, c.type, c.nullable)] : []));
}

const fields = (target: TableObject): LogicalPlan['schema'] => target.columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));

export function bindUpdate(outer: QueryEnv, s: UpdateStatement): BoundUpdate {
  const env = s.with === null ? outer : withTables(outer, s.with);
  const target = storedTarget(env, s.target, 'update');
  const source = matched(env, target, s.target, s.alias, s.from, s.where);
  const inner = exprEnv(env, source.scope, 'UPDATE');
  const old = storedColumns(target);
  const next = assignedOver(env, inner, target, s.set, old);
  const schema = [...fields(target), ...next.map((e, i) => ({ name: fields(target)[i]?.name ?? '', type: typeOf(e), nullable: isNullable(e) }))];
  const plan: LogicalPlan = { kind: 'project', input: source.plan, exprs: [...old, ...next], schema };
  return { kind: 'update', target, plan, returning: bindReturning(env, target, s.returning, s.alias), reads: readsOf(plan, env.notes) };
}

/** As `assigned`, where the row's stored columns stand among computed ones. */
function assignedOver(env: QueryEnv, inner: ExprEnv, target: TableObject, set: readonly Assignment[], old: readonly Expr[]): Expr[] {
  const made = assigned(env, inner, target, set);
  const touched = new Set(set.flatMap((a) => a.columns.map((id) => tableColumn(target, id))));
  let n = 0;
  return target.columns.flatMap((c, at): Expr[] => {
    if (c.kind !== 'physical') return [];
    const i = n++;
    const value = touched.has(at) ? made[i] : old[i];
    return value === undefined ? [] : [value];
  });
}

export function bindDelete(outer: QueryEnv, s: DeleteStatement): BoundDelete {
  const env = s.with === null ? outer : withTables(outer, s.with);
  const target = storedTarget(env, s.target, 'delete from');
  const source = matched(env, target, s.target, s.alias, s.using, s.where);
  const plan: LogicalPlan = { kind: 'project', input: source.plan, exprs: storedColumns(target), schema: fields(target) };
  return { kind: 'delete', target, plan, returning: bindReturning(env, target, s.returning, s.alias), reads: readsOf(plan, env.notes) };
}

export function bindTruncate(env: QueryEnv, s: TruncateStatement): BoundTruncate {
  return { kind: 'truncate', targets: s.names.map((n) => storedTarget(env, n, 'truncate')) };
}

