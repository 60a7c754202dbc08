import { notSupported } from '../../common/errors.ts';
import { typeName } from '../../common/types/sql-type.ts';
import type { CatalogObject } from '../../catalog/objects.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { DescribeStatement, ShowStatement } from '../../parser/ast-session.ts';
import type { BoundQuery } from '../statement.ts';
import { constants } from './constants.ts';
import type { QueryEnv } from './env.ts';
import { describeFunction } from './describe-function.ts';
import { findObject, missing } from './objects.ts';
import { readsOf } from './reads.ts';
import { relationPlan, storedQuery, systemPlan } from './tables.ts';

/** DESCRIBE of relations and of what is none. */

export function bindDescribe(env: QueryEnv, s: DescribeStatement): BoundQuery {
  switch (s.objectType) {
    case 'catalog':
    case 'database':
    case 'schema':
    case 'connection':
      return describeObject(env, s, s.objectType);
    case 'job':
      return describeJob(env, s.name);
    case 'fragments':
      throw notSupported('DESCRIBE FRAGMENTS', s.span, 'EXPLAIN (GRAPH) shows how a job is cut into tasks.');
    case 'function':
    case 'aggregate':
      return describeFunction(env, s);
    case 'model':
    case 'procedure':
    case 'secret':
    case 'sequence':
    case 'type':
    case 'role':
    case 'column':
    case 'constraint':
      throw notSupported(`DESCRIBE ${s.objectType.toUpperCase()}`, s.span, 'See the relations of the schemas millrace_catalog and pg_catalog.');
    default:
      return describeName(env, s.name, null);
  }
}

/** Whether a name is one that [NOT] LIKE or ILIKE asks for. */
export function likeTest(like: ShowStatement['like']): (name: string) => boolean {
  if (like === null) return () => true;
  const source = like.pattern.replaceAll(/\\(.)|[%_]|[.*+?^${}()|[\]\\]/g, (c, escaped?: string) => (escaped !== undefined ? escaped.replace(/[.*+?^${}()|[\]\\]/, '\\$&') : c === '%' ? '.*' : c === '_' ? '.' : `\\${c}`));
  const pattern = new RegExp(`^${source}$`, like.caseInsensitive ? 'isu' : 'su');
  return (name) => pattern.test(name) !== like.negated;
}

/** Flink's columns: name, type, null, key, extras, watermark; and the comment where a column has one. */
export function describeName(env: QueryEnv, name: ObjectName, like: ShowStatement['like']): BoundQuery {
  const found = env.cx.catalog.resolveRelation(name, env.cx.scope, env.cx.system);
  const columns = ['name', 'type', 'null', 'key', 'extras', 'watermark'];
  const asked = likeTest(like);
  const kept = (rows: (string | null)[][]): (string | null)[][] => rows.filter(([n]) => asked(n ?? ''));
  if (found.kind === 'object' && found.object.kind === 'table') {
    const table = found.object;
    const key = table.primaryKey?.columns.map((i) => table.columns[i]?.name).join(', ');
    const commented = table.columns.some((c) => c.comment !== null);
    const rows = table.columns.map((c, i) => [
      c.name, typeName(c.type), c.nullable ? 'TRUE' : 'FALSE', table.primaryKey?.columns.includes(i) === true ? `PRI(${key ?? ''})` : null,
      c.kind === 'computed' ? `AS ${c.sql}` : c.kind === 'metadata' ? `METADATA${c.key === c.name ? '' : ` FROM '${c.key}'`}${c.virtual ? ' VIRTUAL' : ''}` : null,
      table.watermark?.column === i ? table.watermark.sql : null, ...(commented ? [c.comment] : []),
    ]);
    return constants(env, commented ? [...columns, 'comment'] : columns, kept(rows));
  }
  const plan = found.kind === 'system' ? systemPlan(env, found.relation, name.span) : relationPlan(env, found.object, {}, name.span);
  return constants(env, columns, kept(plan.schema.map((f) => [f.name, typeName(f.type), f.nullable ? 'TRUE' : 'FALSE', null, null, null])));
}

/** As in Flink: a name and a value for each fact; options with EXTENDED, secrets masked. */
function describeObject(env: QueryEnv, s: DescribeStatement, type: 'catalog' | 'database' | 'schema' | 'connection'): BoundQuery {
  const found = findObject(env, type, s.name);
  if (found === undefined) throw missing(env, type, s.name);
  const options = env.cx.connectors.maskedOptions(optionsOf(found));
  const rows: (string | null)[][] = [['name', found.name]];
  if (type === 'catalog') rows.push(['type', options['type'] ?? 'generic_in_memory']);
  if (found.kind === 'schema') rows.push(['catalog', found.database]);
  rows.push(['comment', found.comment]);
  if (s.extended || type === 'connection') for (const [key, value] of Object.entries(options)) if (key !== 'type' || type !== 'catalog') rows.push([`option:${key}`, value]);
  return constants(env, ['info name', 'info value'], rows);
}

const optionsOf = (o: CatalogObject): Readonly<Record<string, string>> => ('options' in o ? (o.options ?? {}) : {});

function describeJob(env: QueryEnv, name: ObjectName): BoundQuery {
  const id = name.parts.at(-1)?.name ?? '';
  const text = `'${id.replaceAll("'", "''")}'`;
  const sql = `SELECT id AS "job id", name AS "job name", state AS "status", created_at AS "start time", sql AS "statement", error FROM millrace_catalog.jobs WHERE CAST(id AS TEXT) = ${text} OR name = ${text}`;
  const plan = storedQuery(env, sql, env.cx.scope.searchPath, 'DESCRIBE');
  return { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) };
}
