import type { Schema } from '../../common/batch/batch.ts';
import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { relationSchema, type RelationObject, type TableObject, type ViewObject, isTemporary } from '../../catalog/objects.ts';
import type { SystemRelation } from '../../catalog/system/relation.ts';
import { parseExpression, parseStatement } from '../../parser/parser.ts';
import type { Expr } from '../expr.ts';
import { column } from '../expr.ts';
import type { LogicalPlan, Relation } from '../logical.ts';
import type { Options } from '../../connectors/api.ts';
import { coerce } from './coerce.ts';
import { withConnection } from './connection-use.ts';
import { nothing } from './collect.ts';
import { Notes, type ConnectorRegistry } from './context.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { EMPTY_SCOPE, type Scope } from './scope.ts';
import { alignment, idleTimeout } from './watermark-options.ts';

/** What a catalog object is in a plan: a scan with its computed columns and watermark above, or a view's query. */
export function relationPlan(env: QueryEnv, object: RelationObject, hints: Readonly<Record<string, string>>, span: Span): LogicalPlan {
  env.notes.reads.add(object.id);
  if (isTemporary(object)) env.notes.temporary = true;
  switch (object.kind) {
    case 'table':
      return tablePlan(env, object, hints, span);
    case 'view':
      return viewPlan(env, object);
    case 'materializedView': {
      if (object.subscription !== undefined && env.cx.redefining !== object.id) throw new SqlError('wrong_object_type', `"${object.name}" is a subscription`, { span, hint: `DECLARE c SUBSCRIPTION CURSOR FOR ${object.name}, then FETCH from c.` });
      const schema = relationSchema(object);
      const relation: Relation = { kind: 'view', id: object.id, name: object.name, primaryKey: object.key };
      return { kind: 'scan', relation, projection: null, schema, span };
    }
    case 'sink':
      throw new SqlError('wrong_object_type', `"${object.name}" is a sink and cannot be read`, { span });
  }
}

export function systemPlan(env: QueryEnv, relation: SystemRelation, span: Span): LogicalPlan {
  env.notes.system = true;
  if (relation.kind === 'rows') {
    return { kind: 'scan', relation: { kind: 'system', name: `${relation.schema}.${relation.name}` }, projection: null, schema: relation.columns, span };
  }
  return storedQuery(env, relation.sql, ['pg_catalog'], relation.name);
}

/** A query kept as text, bound where it was written. Its errors have no position in the present statement. */
export function storedQuery(env: QueryEnv, sql: string, searchPath: readonly string[], name: string, database: string = env.cx.scope.database): LogicalPlan {
  try {
    const statement = parseStatement(sql);
    if (statement.kind !== 'queryStatement') throw new SqlError('invalid_object_definition', `the definition of "${name}" is not a query`);
    const cx = { ...env.cx, scope: { ...env.cx.scope, database, searchPath }, text: sql, notice: undefined };
    // What the definition names is its own affair, but for what the reader must know of.
    const notes = new Notes(env.notes);
    const plan = env.bindQuery(statement.query, { ...env, cx, notes, parent: null, tables: null });
    for (const f of notes.volatile) env.notes.volatile.add(f);
    if (notes.system) env.notes.system = true;
    return plan;
  } catch (error) {
    if (error instanceof SqlError) throw new SqlError(error.condition, error.message, { detail: `The error is in the definition of "${name}".`, hint: error.hint });
    throw error;
  }
}

function viewPlan(env: QueryEnv, view: ViewObject): LogicalPlan {
  const plan = storedQuery(env, view.sql, view.searchPath, view.name, view.database);
  return renamed(plan, view.columns);
}

/** The plan under the names (and types) that were settled before. */
export function renamed(plan: LogicalPlan, columns: Schema): LogicalPlan {
  if (plan.schema.length === columns.length && plan.schema.every((f, i) => f.name === columns[i]?.name)) return plan;
  const exprs = columns.map((c, i): Expr => {
    const f = plan.schema[i];
    if (f === undefined || !typeEquals(f.type, c.type)) throw new SqlError('invalid_table_definition', `column "${c.name}" is no longer given by its query`);
    return column(i, f.type, f.nullable);
  });
  const schema = columns.map((c, i) => ({ name: c.name, type: c.type, nullable: plan.schema[i]?.nullable ?? true }));
  if (plan.kind === 'project' && plan.once === undefined && plan.exprs.length === columns.length) return { ...plan, schema };
  return { kind: 'project', input: plan, exprs, schema };
}

/** Formats whose messages update and delete earlier rows. */
const RETRACTING: ReadonlySet<string> = new Set(['debezium-json', 'debezium-avro-confluent', 'canal-json', 'maxwell-json', 'ogg-json']);

function physicalSchema(table: TableObject): Schema {
  return table.columns.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
}

/** A table's options with its connection's, which is looked up where the table was made. */
function ownOptions(env: QueryEnv, table: TableObject, hints: Readonly<Record<string, string>>): Options {
  const scope = { ...env.cx.scope, database: table.database, searchPath: [...new Set([...table.searchPath, table.schema])] };
  return withConnection({ ...env, cx: { ...env.cx, scope } }, { ...table.options, ...hints }).options;
}

/** A connector table's options with its key's and those of a hint, checked. */
export function tableOptions(env: QueryEnv, table: TableObject, hints: Readonly<Record<string, string>>): ReturnType<ConnectorRegistry['resolveOptions']> {
  const { connector, options } = env.cx.connectors.resolveOptions(ownOptions(env, table, hints));
  const key = table.primaryKey?.columns.map((i) => table.columns[i]?.name ?? '') ?? [];
  return { connector, options: connector.withKey?.(options, key) ?? options };
}

interface Scanned {
  readonly relation: Relation;
  readonly schema: Schema;
  /** For each declared column its position in the scan's output, or null when it is computed. */
  readonly at: readonly (number | null)[];
}

function scanOf(env: QueryEnv, table: TableObject, hints: Readonly<Record<string, string>>, span: Span): Scanned {
  const physical = physicalSchema(table);
  const metadata = table.columns.filter((c) => c.kind === 'metadata');
  let nextPhysical = 0;
  let nextMetadata = physical.length;
  const at = table.columns.map((c) => (c.kind === 'physical' ? nextPhysical++ : c.kind === 'metadata' ? nextMetadata++ : null));
  const key = table.primaryKey?.columns.map((c) => at[c] ?? -1) ?? null;
  if (table.connector === null) {
    return { relation: { kind: 'table', id: table.id, name: table.name, primaryKey: key }, schema: physical, at };
  }
  const { connector, options } = tableOptions(env, table, hints);
  if (connector.source === undefined) {
    throw new SqlError('wrong_object_type', `cannot read from table "${table.name}": connector "${connector.name}" only writes`, { span });
  }
  connector.validate?.(options, physical, 'source');
  const fields = metadata.map((c) => {
    const field = connector.metadata.find((m) => m.key === c.key);
    return { name: c.name, type: field?.type ?? c.type, nullable: true };
  });
  const format = options['value.format'] ?? options['format'] ?? '';
  const relation: Relation = {
    kind: 'connector', id: table.id, name: table.name, connector: connector.name, options, physical, metadata: metadata.map((c) => c.key), primaryKey: key,
    bounded: connector.source.bounded(options, physical),
    ...(connector.lookup === undefined ? {} : { lookup: true }),
    ...(table.partitionedBy.length === 0 ? {} : { partitionedBy: table.partitionedBy }),
    changelog: connector.source.changelog ?? (RETRACTING.has(format) ? 'retract' : 'append-only'),
  };
  // What deletes a row holds nothing but its key.
  const columns = relation.changelog === 'upsert' ? physical.map((f, i) => (key?.includes(i) === true ? f : { ...f, nullable: true })) : physical;
  return { relation, schema: [...columns, ...fields], at };
}

function tablePlan(env: QueryEnv, table: TableObject, hints: Readonly<Record<string, string>>, span: Span): LogicalPlan {
  if (table.connector === null && Object.keys(hints).length > 0) throw new SqlError('invalid_parameter_value', `stored table "${table.name}" takes no OPTIONS hint`, { span });
  const scanned = scanOf(env, table, hints, span);
  const scan: LogicalPlan = { kind: 'scan', relation: scanned.relation, projection: null, schema: scanned.schema, span };
  const scope = tableScope(table, scanned.at, scanned.schema);
  const exact = table.columns.every((c, i) => scanned.at[i] === i && typeEquals(c.type, scanned.schema[i]?.type ?? c.type));
  let plan: LogicalPlan = scan;
  if (!exact || scanned.schema.length !== table.columns.length) {
    const exprs = table.columns.map((c, i): Expr => {
      const index = scanned.at[i];
      if (c.kind === 'computed') return storedExpr(env, c.sql, scope, table, c.type);
      const field = scanned.schema[index ?? -1];
      if (index === null || index === undefined || field === undefined) throw new SqlError('undefined_column', `column "${c.name}" does not exist`);
      return coerce({ cx: env.cx, notes: env.notes }, column(index, field.type, field.nullable), c.type, 'explicit');
    });
    plan = { kind: 'project', input: scan, exprs, schema: relationSchema(table) };
  }
  return table.watermark === null ? plan : watermarkPlan(env, table, table.watermark, plan);
}

function watermarkPlan(env: QueryEnv, table: TableObject, watermark: { readonly column: number; readonly sql: string }, input: LogicalPlan): LogicalPlan {
  const field = input.schema[watermark.column];
  if (field === undefined) throw new SqlError('undefined_column', `the watermark's column of "${table.name}" does not exist`);
  const expr = storedExpr(env, watermark.sql, schemaScope(table.name, input.schema), table, field.type);
  return { kind: 'watermark', input, column: watermark.column, expr, idleTimeoutMs: idleTimeout(env, table), alignment: alignment(table), schema: input.schema };
}

/** Names inside a table's own expressions: all its columns but the computed ones. */
function tableScope(table: TableObject, at: readonly (number | null)[], schema: Schema): Scope {
  const columns = table.columns.flatMap((c, i) => {
    const index = at[i];
    const field = index === null || index === undefined ? undefined : schema[index];
    return index === null || index === undefined || field === undefined ? [] : [{ name: c.name, index, type: field.type, nullable: field.nullable }];
  });
  return { columns, relations: [{ name: table.name, schema: table.schema, columns, oid: table.id }], width: schema.length, parent: null };
}

export function schemaScope(name: string, schema: Schema, parent: Scope | null = null): Scope {
  const columns = schema.map((f, index) => ({ name: f.name, index, type: f.type, nullable: f.nullable }));
  return { ...EMPTY_SCOPE, columns, relations: [{ name, schema: null, columns, oid: null }], width: schema.length, parent };
}

/** An expression kept as text. Errors: those of binding, without a position, naming the table. */
export function storedExpr(env: QueryEnv, sql: string, scope: Scope, table: { readonly name: string; readonly database?: string; readonly searchPath: readonly string[] }, type: SqlType): Expr {
  const cx = { ...env.cx, scope: { ...env.cx.scope, database: table.database ?? env.cx.scope.database, searchPath: table.searchPath }, text: sql };
  const inner = { ...env, cx, parent: null, tables: null };
  try {
    const bound = env.notes.ofTable(() => bindExpr({ cx, notes: env.notes, scope, allowed: nothing('a table definition'), query: inner, windows: new Map() }, parseExpression(sql)));
    return coerce({ cx, notes: env.notes }, bound, type, 'assignment');
  } catch (error) {
    if (error instanceof SqlError) throw new SqlError(error.condition, error.message, { detail: `The error is in the definition of table "${table.name}".`, hint: error.hint });
    throw error;
  }
}
