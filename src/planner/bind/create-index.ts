import { SqlError, notSupported } from '../../common/errors.ts';
import { quoteName } from '../../catalog/names.ts';
import { KIND_NAMES, relationSchema, type IndexObject, type RelationObject } from '../../catalog/objects.ts';
import type { Identifier } from '../../parser/ast.ts';
import type { CreateIndexStatement } from '../../parser/ast-views.ts';
import type { BoundCreate, BoundNothing } from '../statement.ts';
import type { QueryEnv } from './env.ts';

/** CREATE INDEX: of a stored table or a materialized view, by columns. It serves reads that fix all of them. */
export function bindCreateIndex(env: QueryEnv, s: CreateIndexStatement): BoundCreate | BoundNothing {
  const { catalog, scope, system } = env.cx;
  if (s.unique) throw notSupported('a unique index', s.span, 'Write UNIQUE (…) in CREATE TABLE, or ALTER TABLE … ADD UNIQUE (…): stored tables keep to it, and find rows by it.');
  if (s.where !== null) throw notSupported('an index of some of the rows', s.where.span, 'Index a materialized view of those rows.');
  if (s.distributedBy.length > 0) throw notSupported('DISTRIBUTED BY', s.span, 'Leave the clause out; rows stay where their relation has them.');
  if (s.options.length > 0) throw new SqlError('invalid_parameter_value', `unknown option "${s.options[0]?.key ?? ''}" of an index`, { span: s.options[0]?.span });
  if (s.method !== null && s.method !== 'btree' && s.method !== 'hash') throw notSupported(`an index of kind "${s.method}"`, s.span, 'Leave USING out: an index finds rows by equal values.');
  const found = catalog.resolveRelation(s.table, scope, system);
  const relation = found.kind === 'object' ? found.object : null;
  if (relation === null || !(relation.kind === 'materializedView' || (relation.kind === 'table' && relation.connector === null))) {
    const what = relation === null ? 'a system catalog' : relation.kind === 'table' ? 'no stored table' : `a ${KIND_NAMES[relation.kind]}`;
    throw new SqlError('wrong_object_type', `cannot create an index on "${s.table.parts.at(-1)?.name ?? ''}": it is ${what}`, { span: s.table.span, hint: 'Indexes are of stored tables and materialized views.' });
  }
  const columns = s.keys.map(({ expr }) => {
    if (expr.kind !== 'name' || expr.parts.length !== 1 || expr.parts[0] === undefined) throw notSupported('an index of an expression', expr.span, 'Index a materialized view that has it as a column.');
    return columnOf(relation, expr.parts[0]);
  });
  const include = s.include.map((id) => columnOf(relation, id));
  const repeated = columns.find((c, i) => columns.indexOf(c) !== i);
  if (repeated !== undefined) throw new SqlError('duplicate_column', `column "${repeated}" appears twice in an index`, { span: s.span });
  const taken = (name: string): boolean => catalog.relationNamed(relation.database, relation.schema, name) !== undefined || [...catalog.objects.values()].some((o) => o.kind === 'index' && o.database === relation.database && o.schema === relation.schema && o.name === name);
  const tag = 'CREATE INDEX';
  if (s.name !== null && taken(s.name.name)) {
    if (s.ifNotExists) return { kind: 'nothing', tag, notices: [`relation "${s.name.name}" already exists, skipping`] };
    throw new SqlError('duplicate_table', `relation "${s.name.name}" already exists`, { span: s.name.span });
  }
  const object: Omit<IndexObject, 'id'> = {
    kind: 'index', name: s.name?.name ?? freeName(`${relation.name}_${columns.join('_')}_idx`, taken), database: relation.database, schema: relation.schema, session: relation.session, comment: null,
    owner: env.cx.user, dependsOn: [relation.id], columns, include, ...(relation.uncommitted === true ? { uncommitted: true as const } : {}),
  };
  return { kind: 'create', tag, object, replaces: null, source: null, secret: null, withNoData: false, notices: [] };
}

function freeName(base: string, taken: (name: string) => boolean): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? base : `${base}${n}`;
    if (!taken(name)) return name;
  }
}

/** Computed columns are made as a row is read, so no row is found by them. */
function columnOf(relation: RelationObject, id: Identifier): string {
  const names = relationSchema(relation).map((f) => f.name);
  const name = names.find((n) => n === id.name) ?? names.find((n) => !id.quoted && n.toLowerCase() === id.name.toLowerCase());
  if (name === undefined) throw new SqlError('undefined_column', `column "${id.name}" does not exist`, { span: id.span });
  if (relation.kind === 'table' && relation.columns.find((c) => c.name === name)?.kind !== 'physical') throw notSupported(`an index of computed column ${quoteName(name)}`, id.span, 'Index a materialized view that has it as a column.');
  return name;
}
