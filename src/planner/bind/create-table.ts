import { SqlError, notSupported } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { canCast } from '../../functions/types.ts';
import { typeName, type SqlType } from '../../common/types/sql-type.ts';
import type { PrimaryKey, TableColumn, TableObject, Watermark } from '../../catalog/objects.ts';
import type { ConnectorDescriptor } from '../../connectors/api.ts';
import type { ColumnDef, CreateTableStatement, LikePart, WatermarkDef } from '../../parser/ast-statements.ts';
import type { Identifier } from '../../parser/ast.ts';
import { matchName } from '../../catalog/names.ts';
import { isNullable } from './coerce.ts';
import type { BoundCreate, BoundNothing, BoundQuery } from '../statement.ts';
import { checkExisting, definitionOf, givenOptions, locatedOptions, newName, requireDistinctNames, sourceText } from './definition.ts';
import { targetTable } from './dml.ts';
import type { QueryEnv } from './env.ts';
import { bindWholeQuery, castColumns } from './query.ts';
import { readsOf } from './reads.ts';
import type { Scope } from './scope.ts';
import { requireTime, schemaScope } from './tables.ts';
import { bindType } from './types.ts';

/** CREATE TABLE: a stored table, or a pointer to an outside system when a connector is named. */
export function bindCreateTable(env: QueryEnv, s: CreateTableStatement): BoundCreate | BoundNothing {
  const tag = s.objectType === 'source' ? 'CREATE SOURCE' : 'CREATE TABLE';
  if (s.system) throw notSupported('TEMPORARY SYSTEM tables', s.span, 'Use CREATE TEMPORARY TABLE.');
  if (s.orReplace) throw notSupported('CREATE OR REPLACE TABLE', s.span, 'DROP the table and create it anew.');
  if (s.distribution !== null) throw notSupported('DISTRIBUTED BY', s.distribution.span, 'Leave the clause out; rows are spread by key.');
  if (s.onConflict !== null) throw notSupported('ON CONFLICT in CREATE TABLE', s.span, 'A later row of the same key replaces an earlier one by INSERT … ON CONFLICT DO UPDATE.');
  const at = newName(env, s.name, s.temporary);
  const { skip } = checkExisting(at, s, tag, ['table'], s.name.span);
  if (skip !== null) return skip;

  const base = s.like === null ? null : targetTable(env, s.like.source, 'copy the definition of');
  const like = base === null ? EMPTY_PARTS : likeParts(base, s);
  const { options: own, secrets } = givenOptions(env, s.options);
  const formatted = s.format === null ? own : { ...own, ...formatOptions(s.format, givenOptions(env, s.format.options).options) };
  const options = { ...like.options, ...formatted };
  const connectorName = options['connector'];
  if (connectorName === undefined && Object.keys(options).length > 0) {
    throw new SqlError('invalid_parameter_value', 'option "connector" is required when a table has options', { span: s.options[0]?.span ?? s.span, hint: 'Name the outside system with \'connector\' = …, or leave WITH out for a stored table.' });
  }
  if (connectorName === undefined && s.objectType === 'source') throw new SqlError('invalid_parameter_value', 'option "connector" is required', { span: s.span });
  const connector = connectorName === undefined ? null : locatedOptions(s.options, () => env.cx.connectors.resolveOptions(options).connector);

  const query = s.as === null ? null : asSource(env, s);
  const dictated = s.columns.length === 0 && query === null && like.columns.length === 0 && connector !== null ? (env.cx.connectors.schemaFromOptions(options) ?? []) : [];
  const columns = tableColumns(env, s, like.columns, dictated, connector, query?.schema ?? []);
  if (columns.length === 0 && connector !== null) throw new SqlError('invalid_table_definition', 'a table needs at least one column', { span: s.name.span });
  const primaryKey = keyOf(s, columns, connector) ?? like.primaryKey;
  const keyed = columns.map((c, i): TableColumn => (primaryKey?.columns.includes(i) === true ? { ...c, nullable: false } : c));
  const watermark = s.watermark === null ? like.watermark : watermarkOf(env, s.watermark, s.name.parts.at(-1)?.name ?? '', keyed);
  if (connector === null) {
    const metadata = s.columns.find((c) => c.kind === 'metadata');
    if (metadata !== undefined) throw new SqlError('invalid_table_definition', `stored table cannot have metadata column "${metadata.name.name}"`, { span: metadata.span, hint: 'Metadata columns come from a connector.' });
  } else {
    const schema = keyed.filter((c) => c.kind === 'physical').map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
    const key = primaryKey?.columns.map((i) => keyed[i]?.name ?? '') ?? [];
    const checked = locatedOptions(s.options, () => {
      const resolved = env.cx.connectors.resolveOptions(options);
      return resolved.connector.withKey?.(resolved.options, key) ?? resolved.options;
    });
    const use = connector.source === undefined ? 'sink' : 'source';
    locatedOptions(s.options, () => connector.validate?.(checked, schema, use));
  }
  const partitionedBy = s.partitionedBy.map((id) => {
    const name = columnNamed(keyed, id);
    if (keyed[name]?.kind !== 'physical') throw new SqlError('invalid_table_definition', `partition column "${id.name}" must be a physical column`, { span: id.span });
    return keyed[name].name;
  });
  // A partitioned table's columns are in the names of folders: read or written as plain files they would be wrong.
  if (connector !== null && connector.partitioned !== true && s.partitionedBy[0] !== undefined) throw notSupported(`PARTITIONED BY of connector "${connector.name}"`, s.partitionedBy[0].span, 'Leave the clause out.');
  if (connector !== null && partitionedBy.length > 0 && keyed.every((c) => partitionedBy.includes(c.name))) {
    throw new SqlError('invalid_table_definition', 'a table needs a column besides those it is partitioned by', { span: s.partitionedBy[0]?.span });
  }
  const object: Omit<TableObject, 'id'> = {
    kind: 'table', name: at.name, database: at.database, schema: at.schema, session: at.session, comment: s.comment, owner: env.cx.user, dependsOn: secrets,
    columns: keyed, primaryKey, watermark, connector: connector?.name ?? null, options, partitionedBy, appendOnly: s.appendOnly, searchPath: env.cx.scope.searchPath,
  };
  return {
    kind: 'create', tag, object, replaces: null, source: query === null ? null : ctasSource(env, query.bound, keyed), secret: null, withNoData: false,
    notices: [],
  };
}

interface Parts {
  readonly columns: readonly TableColumn[];
  readonly primaryKey: PrimaryKey | null;
  readonly watermark: Watermark | null;
  readonly options: Readonly<Record<string, string>>;
}
const EMPTY_PARTS: Parts = { columns: [], primaryKey: null, watermark: null, options: {} };

/** LIKE's parts: INCLUDING ALL with OVERWRITING OPTIONS unless said otherwise. */
function likeParts(base: TableObject, s: CreateTableStatement): Parts {
  const excluded = new Set<LikePart>();
  for (const o of s.like?.options ?? []) {
    if (o.action === 'excluding') for (const part of o.part === 'all' ? PARTS : [o.part]) excluded.add(part);
    else if (o.part === 'all') excluded.clear();
    else excluded.delete(o.part);
  }
  const kept = base.columns.map((c) => c.kind === 'physical' || (c.kind === 'computed' ? !excluded.has('generated') : !excluded.has('metadata')));
  const index = base.columns.map((_, i) => kept.slice(0, i).filter(Boolean).length);
  const columns = base.columns.filter((_, i) => kept[i]);
  const key = base.primaryKey;
  const mark = base.watermark;
  return {
    columns,
    primaryKey: key === null || excluded.has('constraints') ? null : { ...key, name: `${s.name.parts.at(-1)?.name ?? ''}_pkey`, columns: key.columns.map((i) => index[i] ?? 0) },
    watermark: mark === null || excluded.has('watermarks') || kept[mark.column] !== true ? null : { ...mark, column: index[mark.column] ?? 0 },
    options: excluded.has('options') ? {} : base.options,
  };
}
const PARTS: readonly LikePart[] = ['constraints', 'distribution', 'generated', 'metadata', 'options', 'partitions', 'watermarks'];

/** `FORMAT upsert ENCODE json` in the words of WITH options. */
function formatOptions(f: NonNullable<CreateTableStatement['format']>, extra: Readonly<Record<string, string>>): Record<string, string> {
  const encode = f.encode.toLowerCase();
  const format = f.format.toLowerCase();
  return { ...extra, format: format === 'plain' || format === 'upsert' ? encode : `${format}-${encode}` };
}

function tableColumns(env: QueryEnv, s: CreateTableStatement, inherited: readonly TableColumn[], dictated: Schema, connector: ConnectorDescriptor | null, selected: Schema): TableColumn[] {
  const physical = (name: string, type: SqlType, nullable: boolean): TableColumn => ({ kind: 'physical', name, type, nullable, default: null, comment: null });
  const before = [...inherited, ...dictated.map((f) => physical(f.name, f.type, f.nullable))];
  const given = s.columns.filter((c) => c.kind !== 'computed').map((c) => declared(env, c, connector));
  const chosen = selected.map((f) => physical(f.name, f.type, f.nullable)).filter((c) => !given.some((g) => g.name === c.name));
  const visible = [...before, ...given, ...chosen];
  // A computed column sees all columns but the computed ones.
  const scope = schemaScope(s.name.parts.at(-1)?.name ?? '', visible.filter((c) => c.kind !== 'computed'));
  const made = s.columns.map((c): TableColumn => {
    if (c.kind !== 'computed') return given.find((g) => g.name === c.name.name) ?? declared(env, c, connector);
    const { expr, type } = definitionOf(env, c.expr, scope, 'a computed column', c.type === null ? null : bindType(c.type), c.name.name);
    return { kind: 'computed', name: c.name.name, type, nullable: isNullable(expr), sql: sourceText(env, c.expr.span), comment: c.comment };
  });
  const columns = [...before, ...made, ...chosen];
  requireDistinctNames(columns, (i) => s.columns[i - before.length]?.name.span);
  return columns;
}

function declared(env: QueryEnv, c: Exclude<ColumnDef, { kind: 'computed' }>, connector: ConnectorDescriptor | null): TableColumn {
  const type = bindType(c.type);
  const name = c.name.name;
  if (c.kind === 'metadata') {
    const key = c.key ?? name;
    const field = connector?.metadata.find((m) => m.key === key);
    if (connector !== null && field === undefined) {
      throw new SqlError('invalid_table_definition', `connector "${connector.name}" has no metadata "${key}"`, {
        span: c.span, hint: connector.metadata.length === 0 ? 'It has none.' : `It has ${connector.metadata.map((m) => `"${m.key}"`).join(', ')}.`,
      });
    }
    if (field !== undefined && !canCast(field.type, type, 'explicit')) {
      throw new SqlError('datatype_mismatch', `metadata "${key}" is of type ${typeName(field.type)}, which cannot be cast to ${typeName(type)}`, { span: c.type.span });
    }
    if (field !== undefined && !c.virtual && !field.writable && connector?.sink !== undefined && connector.source === undefined) {
      throw new SqlError('invalid_table_definition', `metadata "${key}" cannot be written`, { span: c.span, hint: 'Declare the column VIRTUAL.' });
    }
    return { kind: 'metadata', name, type, nullable: !c.notNull, key, virtual: c.virtual || field?.writable === false, comment: c.comment };
  }
  for (const k of c.constraints) {
    if (k.kind === 'check') throw notSupported('CHECK', k.span, 'Check the rows in the query that inserts them.');
    if (k.kind === 'unique') throw notSupported('UNIQUE', k.span, 'Use PRIMARY KEY.');
    if (k.kind === 'references') throw notSupported('a foreign key', k.span, 'Leave it out.');
  }
  if (c.collation !== null && !['c', 'default', 'posix'].includes(c.collation.parts.at(-1)?.name.toLowerCase() ?? '')) throw notSupported('a collation', c.collation.span, 'Text is compared by code points.');
  let fallback: string | null = null;
  if (c.default !== null) {
    if (connector !== null) throw notSupported('DEFAULT in a connector table', c.default.span, 'Use a computed column or COALESCE.');
    definitionOf(env, c.default, schemaScope('', []), 'DEFAULT', type, name);
    fallback = sourceText(env, c.default.span);
  }
  const notNull = c.constraints.some((k) => k.kind === 'notNull' || k.kind === 'primaryKey') || c.type.nullable === false;
  return { kind: 'physical', name, type, nullable: !notNull, default: fallback, comment: c.comment };
}

/** Position of a column. Errors: undefined_column. */
function columnNamed(columns: readonly TableColumn[], id: Identifier): number {
  const names = columns.map((c) => c.name);
  const match = matchName(id, names);
  if (match.kind !== 'one') throw new SqlError('undefined_column', `column "${id.name}" named in key does not exist`, { span: id.span });
  return names.indexOf(match.name);
}

function keyOf(s: CreateTableStatement, columns: readonly TableColumn[], connector: ConnectorDescriptor | null): PrimaryKey | null {
  const found: { readonly columns: number[]; readonly enforced: boolean | null; readonly name: string | null; readonly span: CreateTableStatement['span'] }[] = [];
  for (const c of s.columns) {
    if (c.kind !== 'physical') continue;
    for (const k of c.constraints) if (k.kind === 'primaryKey') found.push({ columns: [columnNamed(columns, c.name)], enforced: k.enforced, name: k.name?.name ?? null, span: k.span });
  }
  for (const k of s.constraints) {
    if (k.kind === 'check') throw notSupported('CHECK', k.span, 'Check the rows in the query that inserts them.');
    if (k.kind === 'unique') throw notSupported('UNIQUE', k.span, 'Use PRIMARY KEY.');
    if (k.kind === 'foreignKey') throw notSupported('a foreign key', k.span, 'Leave it out.');
    found.push({ columns: k.columns.map((id) => columnNamed(columns, id)), enforced: k.enforced, name: k.name?.name ?? null, span: k.span });
  }
  const [key, second] = found;
  if (key === undefined) return null;
  const table = s.name.parts.at(-1)?.name ?? '';
  if (second !== undefined) throw new SqlError('invalid_table_definition', `multiple primary keys for table "${table}" are not allowed`, { span: second.span });
  for (const [i, at] of key.columns.entries()) {
    const c = columns[at];
    if (key.columns.indexOf(at) !== i) throw new SqlError('duplicate_column', `column "${c?.name ?? ''}" appears twice in primary key constraint`, { span: key.span });
    if (c?.kind === 'computed') throw new SqlError('invalid_table_definition', `computed column "${c.name}" cannot be part of the primary key`, { span: key.span });
  }
  if (connector !== null && key.enforced === true) {
    throw new SqlError('invalid_table_definition', 'the primary key of a connector table cannot be enforced', { span: key.span, hint: 'Write PRIMARY KEY (…) NOT ENFORCED: the outside system owns the data.' });
  }
  if (connector === null && key.enforced === false) throw notSupported('NOT ENFORCED on a stored table', key.span, 'Leave NOT ENFORCED out: stored tables keep their keys.');
  return { name: key.name ?? `${table}_pkey`, columns: key.columns, enforced: connector === null };
}

function watermarkOf(env: QueryEnv, w: WatermarkDef, table: string, columns: readonly TableColumn[]): Watermark {
  const [id] = w.column;
  if (id === undefined || w.column.length > 1) throw notSupported('a watermark on a nested field', w.span, 'Declare a computed column for the field: ts AS rec.ts.');
  const names = columns.map((c) => c.name);
  const match = matchName(id, names);
  if (match.kind !== 'one') throw new SqlError('undefined_column', `column "${id.name}" does not exist`, { span: id.span });
  const at = names.indexOf(match.name);
  const type = columns[at]?.type ?? ({ kind: 'varchar' } satisfies SqlType);
  requireTime(type, 'the watermark column', id.span);
  if (w.expr.kind === 'call' && w.expr.name.parts.at(-1)?.name.toLowerCase() === 'source_watermark') {
    throw notSupported('SOURCE_WATERMARK()', w.expr.span, 'Give the watermark as an expression: WATERMARK FOR ts AS ts - INTERVAL \'5\' SECOND.');
  }
  const scope: Scope = schemaScope(table, columns);
  definitionOf(env, w.expr, scope, 'WATERMARK', type, match.name);
  return { column: at, sql: sourceText(env, w.expr.span) };
}

interface AsSource {
  readonly bound: BoundQuery;
  readonly schema: Schema;
}

function asSource(env: QueryEnv, s: CreateTableStatement): AsSource {
  if (s.as === null) throw new SqlError('syntax_error', 'a query is needed', { span: s.span });
  const plan = bindWholeQuery(s.as, env, true);
  const names = s.columnNames.map((c) => c.name);
  if (names.length > plan.schema.length) throw new SqlError('syntax_error', 'too many column names were specified', { span: s.columnNames[plan.schema.length]?.span });
  const bound: BoundQuery = { kind: 'query', plan, emit: s.as.emit?.mode ?? null, reads: readsOf(plan, env.notes) };
  return { bound, schema: plan.schema.map((f, i) => ({ ...f, name: names[i] ?? f.name, nullable: true })) };
}

/** The query's rows as the table's write columns, matched by name. */
function ctasSource(env: QueryEnv, query: BoundQuery, columns: readonly TableColumn[]): BoundQuery {
  const physical = columns.filter((c) => c.kind === 'physical');
  if (physical.length !== query.plan.schema.length) {
    throw new SqlError('syntax_error', 'CREATE TABLE AS with more declared columns than the query gives', { hint: 'Declare only columns that the query gives.' });
  }
  const plan = castColumns(env, query.plan, physical.map((c) => c.type), 'assignment', physical.map((c) => c.name));
  return { ...query, plan };
}
