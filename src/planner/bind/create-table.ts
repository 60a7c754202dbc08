import { SqlError, notSupported } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { quoteName } from '../../catalog/names.ts';
import type { PrimaryKey, TableColumn, TableObject } from '../../catalog/objects.ts';
import type { ConnectorDescriptor } from '../../connectors/api.ts';
import type { CreateTableStatement } from '../../parser/ast-tables.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BoundCreate, BoundNothing, BoundQuery } from '../statement.ts';
import { checkExisting, formatOptions, givenOptions, locatedOptions, newName, requireDistinctNames } from './definition.ts';
import { targetTable } from './dml.ts';
import type { QueryEnv } from './env.ts';
import { withMadeNames } from './made-names.ts';
import { inherited, NOTHING_INHERITED } from './like-clause.ts';
import { bindWholeQuery, castColumns } from './query.ts';
import { readsOf } from './reads.ts';
import { withoutStars } from './stars.ts';
import { columnKeys, columnNamed, columnUniques, uniquesOf, computedColumn, declared, primaryKeyOf, tableKey, watermarkOf } from './table-columns.ts';
import { schemaScope } from './tables.ts';
import { withConnection } from './connection-use.ts';

/** CREATE TABLE: a stored table, or a pointer to an outside system when a connector is named. */
export function bindCreateTable(env: QueryEnv, s: CreateTableStatement): BoundCreate | BoundNothing {
  const tag = s.objectType === 'source' ? 'CREATE SOURCE' : 'CREATE TABLE';
  if (s.system) throw notSupported('TEMPORARY SYSTEM tables', s.span, 'Use CREATE TEMPORARY TABLE.');
  if (s.distribution !== null) throw notSupported('DISTRIBUTED BY', s.distribution.span, 'Leave the clause out; rows are spread by key.');
  if (s.onConflict !== null) throw notSupported('ON CONFLICT in CREATE TABLE', s.span, 'A later row of the same key replaces an earlier one by INSERT … ON CONFLICT DO UPDATE.');
  const at = newName(env, s.name, s.temporary);
  const { skip, replaces } = checkExisting(at, s, tag, ['table'], s.name.span);
  if (skip !== null) return skip;
  if (s.mustExist && replaces === null) throw new SqlError('undefined_table', `table "${at.name}" does not exist`, { span: s.name.span, hint: 'CREATE OR REPLACE TABLE creates it where it is missing.' });

  const { options: own, secrets } = givenOptions(env, s.options);
  const formatted = s.format === null ? own : formatOptions(s.format, own, givenOptions(env, s.format.options).options);
  const base = s.like === null ? null : targetTable(env, s.like.source, 'copy the definition of');
  const like = base === null || s.like === null ? NOTHING_INHERITED : inherited(base, s, s.like, formatted);
  const written = { ...like.options, ...formatted };
  const { options, uses } = withConnection(env, written, s.options.find((o) => o.key === 'connection'));
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
  const inheritedKey = like.primaryKey === null ? null : { ...like.primaryKey, enforced: connector === null };
  const primaryKey = keyOf(s, columns, connector) ?? inheritedKey;
  const uniques = uniquesOf([...s.columns.flatMap(columnUniques), ...s.constraints.map(tableKey).filter((k) => k.kind === 'unique')], s.name.parts.at(-1)?.name ?? '', columns, connector, primaryKey, like.uniques.map((u) => ({ ...u, enforced: connector === null })));
  const keyed = columns.map((c, i): TableColumn => {
    const known = connector !== null && c.kind === 'physical' ? { ...c, default: null } : c;
    return primaryKey?.columns.includes(i) === true ? { ...known, nullable: false } : known;
  });
  const watermark = s.watermark === null ? like.watermark : watermarkOf(env, s.watermark, s.name.parts.at(-1)?.name ?? '', keyed);
  if (connector === null) {
    const metadata = keyed.find((c) => c.kind === 'metadata');
    if (metadata !== undefined) throw new SqlError('invalid_table_definition', `stored table cannot have metadata column "${metadata.name}"`, { span: s.columns.find((c) => c.name.name === metadata.name)?.span ?? s.name.span, hint: 'Metadata columns come from a connector.' });
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
    kind: 'table', name: at.name, database: at.database, schema: at.schema, session: at.session, comment: s.comment, owner: env.cx.user, dependsOn: [...new Set([...secrets, ...uses, ...(Object.values(like.options).some((v) => v.startsWith('secret:')) ? (base?.dependsOn ?? []) : [])])],
    columns: keyed, primaryKey, ...(uniques.length === 0 ? {} : { uniques }), watermark, connector: connector?.name ?? null, options: written, partitionedBy: [...partitionedBy, ...like.partitionedBy], appendOnly: s.appendOnly, searchPath: env.cx.scope.searchPath,
  };
  return {
    kind: 'create', tag, object, replaces, source: query === null ? null : ctasSource(env, query, keyed), secret: null, withNoData: false,
    notices: connector === null && watermark !== null && !s.appendOnly ? [`jobs do not follow the watermark of table "${at.name}", because its rows may be updated and deleted: with APPEND ONLY after the columns they do`] : [],
    ...(query === null || connector === null || s.as === null ? {} : { insertSql: `INSERT INTO ${quoteName(at.schema)}.${quoteName(at.name)} (${query.names.map(quoteName).join(', ')}) ${withoutStars(env.cx.text, s.as.span, env.notes.stars)}` }),
  };
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
    return computedColumn(env, c, scope);
  });
  const columns = [...before, ...made, ...chosen];
  requireDistinctNames(columns, (i) => s.columns[i - before.length]?.name.span);
  return columns;
}

interface AsSource {
  readonly bound: BoundQuery;
  /** The table's columns in the order of the query as written. */
  readonly names: readonly string[];
  readonly schema: Schema;
}

function asSource(env: QueryEnv, s: CreateTableStatement): AsSource {
  if (s.as === null) throw new SqlError('syntax_error', 'a query is needed', { span: s.span });
  let plan = withMadeNames(bindWholeQuery(s.as, env, true), s.as);
  let reordered = false;
  let names = s.columnNames.map((c) => c.name);
  const given = plan.schema.map((f) => f.name);
  // The query's own names in another order ask for another order (Flink); other names are new names (PostgreSQL).
  if (names.length === given.length && names.toSorted().join('\n') === given.toSorted().join('\n')) {
    const order = names.map((n) => given.indexOf(n));
    if (new Set(order).size === order.length) {
      plan = { kind: 'project', input: plan, exprs: order.map((i) => column(i, plan.schema[i]?.type ?? { kind: 'unknown' }, true)), schema: order.flatMap((i) => plan.schema[i] ?? []) };
      names = [];
      reordered = true;
    }
  }
  if (names.length > plan.schema.length) throw new SqlError('syntax_error', 'too many column names were specified', { span: s.columnNames[plan.schema.length]?.span });
  const bound: BoundQuery = { kind: 'query', plan, emit: s.as.emit?.mode ?? null, reads: readsOf(plan, env.notes) };
  const schema = plan.schema.map((f, i) => ({ ...f, name: names[i] ?? f.name, nullable: true }));
  return { bound, names: reordered ? given : schema.map((f) => f.name), schema };
}

function keyOf(s: CreateTableStatement, columns: readonly TableColumn[], connector: ConnectorDescriptor | null): PrimaryKey | null {
  const [key, second] = [...s.columns.flatMap(columnKeys), ...s.constraints.map(tableKey).filter((k) => k.kind === 'primaryKey')];
  if (key === undefined) return null;
  const table = s.name.parts.at(-1)?.name ?? '';
  if (second !== undefined) throw new SqlError('invalid_table_definition', `multiple primary keys for table "${table}" are not allowed`, { span: second.span });
  return primaryKeyOf(key, table, columns, connector);
}

/** The query's rows as the table's write columns, matched by name; a column that only the table has is NULL. */
function ctasSource(env: QueryEnv, source: AsSource, columns: readonly TableColumn[]): BoundQuery {
  const physical = columns.filter((c) => c.kind === 'physical');
  const { plan } = source.bound;
  const exprs = physical.map((c): Expr => {
    const at = source.schema.findIndex((f) => f.name === c.name);
    const f = plan.schema[at];
    if (f !== undefined) return column(at, f.type, f.nullable);
    return { kind: 'literal', value: null, type: c.type };
  });
  const schema = physical.map((c, i) => ({ name: c.name, type: typeOf(exprs[i] as Expr), nullable: true }));
  const chosen: LogicalPlan = { kind: 'project', input: plan, exprs, schema };
  return { ...source.bound, plan: castColumns(env, chosen, physical.map((c) => c.type), 'assignment', physical.map((c) => c.name)) };
}
