import { SqlError, notSupported } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { MaterializedViewObject, ViewObject } from '../../catalog/objects.ts';
import type { Span } from '../../common/span.ts';
import type { Query } from '../../parser/ast-queries.ts';
import type { CreateViewStatement } from '../../parser/ast-views.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BoundCreate, BoundNothing } from '../statement.ts';
import { someExpr } from '../walk.ts';
import { planExprs } from '../walk.ts';
import { checkExisting, givenOptions, newName, requireDistinctNames } from './definition.ts';
import type { QueryEnv } from './env.ts';
import { withMadeNames } from './made-names.ts';
import { bindWholeQuery, withNames } from './query.ts';
import { eachNode, readsOf } from './reads.ts';
import { withoutStars } from './stars.ts';

/** CREATE VIEW and CREATE MATERIALIZED VIEW. */
export function bindCreateView(env: QueryEnv, s: CreateViewStatement): BoundCreate | BoundNothing {
  const tag = s.materialized ? 'CREATE MATERIALIZED VIEW' : 'CREATE VIEW';
  if (s.system) throw notSupported('TEMPORARY SYSTEM views', s.span, 'Use CREATE TEMPORARY VIEW.');
  if (s.materialized) refuseParts(s);
  const plan = named(withMadeNames(bindWholeQuery(s.query, env, true), s.query), s);
  refuseParams(plan, s);
  const temporary = s.temporary || env.notes.temporary;
  if (s.materialized && temporary) throw notSupported('a temporary materialized view', s.span, 'Create it without TEMPORARY, over permanent tables.');
  const at = newName(env, s.name, temporary);
  const { skip, replaces } = checkExisting(at, { ...s, orReplace: s.orReplace || s.orAlter }, tag, [s.materialized ? 'materializedView' : 'view'], s.name.span);
  if (skip !== null) return skip;
  if (replaces !== null && !s.materialized) checkReplaced(at.existing?.kind === 'view' ? at.existing : null, plan.schema, s);
  const reads = readsOf(plan, env.notes);
  const base = {
    name: at.name, database: at.database, schema: at.schema, session: at.session, comment: s.comment, owner: env.cx.user,
    dependsOn: [...env.notes.reads].filter((id) => id !== replaces), sql: withoutStars(env.cx.text, s.query.span, env.notes.stars), columns: plan.schema, searchPath: env.cx.scope.searchPath,
  };
  const source = { kind: 'query', plan, emit: s.query.emit?.mode ?? null, reads } as const;
  const notices = !s.temporary && temporary ? [`view "${at.name}" will be a temporary view`] : [];
  if (!s.materialized) {
    if (s.query.emit !== null) throw notSupported('EMIT in a view', s.query.emit.span, 'EMIT belongs to the query that reads the view, or to a materialized view.');
    const object: Omit<ViewObject, 'id'> = { ...base, kind: 'view' };
    return { kind: 'create', tag, object, replaces, source: null, secret: null, withNoData: false, notices };
  }
  if (reads.system) throw notSupported('a materialized view of catalog relations', s.span, 'Create a plain view.');
  const volatile = reads.volatile.map((f) => `"${f}" gives other values each time: after a restart rows may differ`);
  const { options } = givenOptions(env, s.options);
  const object: Omit<MaterializedViewObject, 'id'> = { ...base, kind: 'materializedView', key: null, options };
  return { kind: 'create', tag, object, replaces, source, secret: null, withNoData: s.withNoData, notices: volatile };
}

function refuseParts(s: CreateViewStatement): void {
  if (s.constraints.length > 0) throw notSupported('constraints of a materialized view', s.constraints[0]?.span, 'Leave them out: the key is derived from the query.');
  if (s.partitionedBy.length > 0 || s.distribution !== null) throw notSupported('PARTITIONED BY and DISTRIBUTED BY of a materialized view', s.span, 'Leave the clause out.');
  if (s.refreshMode === 'full') throw notSupported('REFRESH_MODE = FULL', s.span, 'Materialized views are always kept up to date.');
}

function named(plan: LogicalPlan, s: CreateViewStatement): LogicalPlan {
  if (s.columns.length > plan.schema.length) {
    throw new SqlError('syntax_error', 'CREATE VIEW specifies more column names than columns', { span: s.columns[plan.schema.length]?.name.span });
  }
  const names = plan.schema.map((f, i) => s.columns[i]?.name.name ?? f.name);
  requireDistinctNames(names.map((name) => ({ name })), (i) => s.columns[i]?.name.span ?? (s.query.body.kind === 'select' ? s.query.body.items[i]?.span : undefined) ?? s.query.span);
  return names.every((n, i) => n === plan.schema[i]?.name) ? plan : withNames(plan, names);
}

/** ALTER VIEW … AS: the view with another query; its columns are the query's. */
export function replacedView(env: QueryEnv, query: Query, span: Span, view: ViewObject): Pick<ViewObject, 'sql' | 'columns' | 'dependsOn' | 'searchPath'> {
  const plan = withMadeNames(bindWholeQuery(query, env, true), query);
  if (query.emit !== null) throw notSupported('EMIT in a view', query.emit.span, 'EMIT belongs to the query that reads the view, or to a materialized view.');
  if (env.notes.temporary && view.session === null) throw new SqlError('invalid_object_definition', `view "${view.name}" cannot stand on temporary objects`, { span });
  if (env.notes.reads.has(view.id)) throw new SqlError('invalid_object_definition', `view "${view.name}" cannot stand on itself`, { span });
  requireDistinctNames(plan.schema, () => span);
  refuseParams(plan, { span });
  return { sql: withoutStars(env.cx.text, query.span, env.notes.stars), columns: plan.schema, dependsOn: [...env.notes.reads], searchPath: env.cx.scope.searchPath };
}

function refuseParams(plan: LogicalPlan, s: { readonly span: Span }): void {
  eachNode(plan, (p) => {
    for (const e of planExprs(p)) {
      if (someExpr(e, (x) => x.kind === 'param')) throw new SqlError('undefined_parameter', 'views may not depend on parameters', { span: s.span });
    }
  });
}

/** A replaced view keeps its columns and may add others at the end, as in PostgreSQL. */
function checkReplaced(before: ViewObject | null, now: Schema, s: CreateViewStatement): void {
  for (const [i, c] of (before?.columns ?? []).entries()) {
    const f = now[i];
    if (f === undefined) throw new SqlError('invalid_table_definition', 'cannot drop columns from view', { span: s.span });
    if (f.name !== c.name) throw new SqlError('invalid_table_definition', `cannot change name of view column "${c.name}" to "${f.name}"`, { span: s.span });
    if (f.type.kind !== c.type.kind) throw new SqlError('invalid_table_definition', `cannot change data type of view column "${c.name}"`, { span: s.span });
  }
}
