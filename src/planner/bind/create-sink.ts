import { SqlError, notSupported } from '../../common/errors.ts';
import { objectId } from '../../common/ids.ts';
import type { PrimaryKey, TableObject } from '../../catalog/objects.ts';
import type { InsertStatement } from '../../parser/ast-dml.ts';
import type { Query } from '../../parser/ast-queries.ts';
import type { CreateSinkStatement } from '../../parser/ast-views.ts';
import { parseStatement } from '../../parser/parser.ts';
import type { BoundCreateSink, BoundInsert, BoundNothing } from '../statement.ts';
import { checkExisting, formatOptions, givenOptions, locatedOptions, newName, requireDistinctNames } from './definition.ts';
import { bindInsert } from './dml.ts';
import type { QueryEnv } from './env.ts';
import { withMadeNames } from './made-names.ts';
import { bindWholeQuery } from './query.ts';
import { eachNode, readsOf } from './reads.ts';
import { tableOptions } from './tables.ts';
import { withConnection } from './connection-use.ts';

/** RisingWave's words beside the connector's options. */
const OWN = new Set(['type', 'primary_key', 'force_append_only', 'snapshot']);

/** CREATE SINK: a query that is written out by a job of that name, into a table or to a connector named on the spot. */
export function bindCreateSink(env: QueryEnv, s: CreateSinkStatement): BoundCreateSink | BoundNothing {
  const tag = 'CREATE SINK';
  if (s.temporary) throw notSupported('a temporary sink', s.span, 'Create it without TEMPORARY.');
  const at = newName(env, s.name, false);
  let replaces: BoundCreateSink['replaces'] = null;
  if (env.cx.redefining === undefined) {
    const existing = checkExisting(at, s, tag, ['sink'], s.name.span);
    if (existing.skip !== null) return existing.skip;
    ({ replaces } = existing);
    if (s.mustExist && replaces === null) throw new SqlError('undefined_table', `sink "${at.name}" does not exist`, { span: s.name.span });
  }
  const query = queryOf(env, s);
  const made = s.into === null ? toConnector(env, s, query, at) : { insert: intoTable(env, s, query), secrets: [] };
  return { kind: 'createSink', tag, name: at.name, database: at.database, schema: at.schema, insert: made.insert, dependsOn: made.secrets, replaces, skipsBeginning: skipsBeginning(s, made.insert) };
}

/** Of stored tables and views alone: where a connector's source begins is its own option. */
function skipsBeginning(s: CreateSinkStatement, insert: BoundInsert): boolean {
  const option = s.options.find((o) => o.key.toLowerCase() === 'snapshot');
  if (option === undefined || option.value?.toLowerCase() !== 'false') return false;
  let connector = false;
  eachNode(insert.plan, (p) => {
    connector ||= p.kind === 'scan' && p.relation.kind === 'connector';
  });
  if (connector) throw notSupported("snapshot = 'false' of a sink that reads a connector", option.span, "Where its source begins is an option of the table, e.g. 'scan.startup.mode'.");
  return true;
}

function queryOf(env: QueryEnv, s: CreateSinkStatement): Query {
  if (!('parts' in s.from)) return s.from;
  const statement = parseStatement(`SELECT * FROM ${env.cx.text.slice(s.from.span.start, s.from.span.end)}`);
  if (statement.kind !== 'queryStatement') throw new SqlError('syntax_error', 'a relation is needed', { span: s.from.span });
  return statement.query;
}

function intoTable(env: QueryEnv, s: CreateSinkStatement, source: Query): BoundInsert {
  const [option] = s.options.filter((o) => !OWN.has(o.key.toLowerCase()));
  if (option !== undefined) throw new SqlError('invalid_parameter_value', `option "${option.key}" belongs to the table that is written`, { span: option.span });
  if (s.into === null) throw new SqlError('syntax_error', 'a table is needed', { span: s.span });
  const insert: InsertStatement = {
    kind: 'insert', with: null, overwrite: false, execute: false, target: s.into, alias: null, hints: [], partition: [], columns: [], source, onConflict: null, returning: [], span: s.span,
  };
  return { ...bindInsert(env, insert), mode: 'job' };
}

function toConnector(env: QueryEnv, s: CreateSinkStatement, query: Query, at: { readonly name: string; readonly database: string; readonly schema: string }): { readonly insert: BoundInsert; readonly secrets: BoundCreateSink['dependsOn'] } {
  const plan = withMadeNames(bindWholeQuery(query, env, true), query);
  requireDistinctNames(plan.schema, () => query.span);
  const { options: all, secrets } = givenOptions(env, s.options);
  const own = Object.fromEntries(Object.entries(all).filter(([k]) => OWN.has(k.toLowerCase())).map(([k, v]) => [k.toLowerCase(), v]));
  const given = Object.fromEntries(Object.entries(all).filter(([k]) => !OWN.has(k.toLowerCase())));
  if ((own['force_append_only'] ?? 'false').toLowerCase() === 'true') throw notSupported('force_append_only', s.span, 'Updates would be lost: write a query that only inserts, or a sink that takes updates.');
  const options = s.format === null ? given : formatOptions(s.format, given, givenOptions(env, s.format.options).options);
  const connected = withConnection(env, options, s.options.find((o) => o.key === 'connection'));
  const table: TableObject = {
    kind: 'table', id: objectId(0), name: at.name, database: at.database, schema: at.schema, session: null, comment: null, owner: env.cx.user, dependsOn: [],
    columns: plan.schema.map((f) => ({ kind: 'physical', name: f.name, type: f.type, nullable: f.nullable, default: null, comment: null })),
    primaryKey: keyOf(s, own['primary_key'], at.name, plan.schema.map((f) => f.name)), watermark: null, connector: connected.options['connector'] ?? '', options, partitionedBy: [], appendOnly: false, searchPath: [],
  };
  const { connector, options: checked } = locatedOptions(s.options, () => tableOptions(env, table, {}));
  if (connector.sink === undefined) throw new SqlError('wrong_object_type', `connector "${connector.name}" only reads`, { span: s.options.find((o) => o.key === 'connector')?.span ?? s.span });
  locatedOptions(s.options, () => connector.validate?.(checked, plan.schema, 'sink'));
  const insert: BoundInsert = {
    kind: 'insert', target: table, mode: 'job', plan, columns: plan.schema.map((_, i) => i), overwrite: false, options: checked, conflict: null, returning: null, emit: query.emit?.mode ?? null, reads: readsOf(plan, env.notes),
  };
  return { insert, secrets: [...secrets, ...connected.uses] };
}

function keyOf(s: CreateSinkStatement, text: string | undefined, name: string, columns: readonly string[]): PrimaryKey | null {
  if (text === undefined) return null;
  const at = text.split(',').map((k) => {
    const found = columns.indexOf(k.trim());
    if (found < 0) throw new SqlError('undefined_column', `column "${k.trim()}" named in key does not exist`, { span: s.options.find((o) => o.key.toLowerCase() === 'primary_key')?.valueSpan });
    return found;
  });
  return { name: `${name}_pkey`, columns: at, enforced: false };
}
