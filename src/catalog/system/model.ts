import type { SqlType } from '../../common/types/sql-type.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { isMember, isRelation, relationSchema, type RelationObject, isTemporary } from '../objects.ts';
import type { SystemContext } from './context.ts';

/** The catalog as PostgreSQL would number it: what pg_class, pg_attribute and their kin are made from. */

export const PG_CATALOG_OID = 11;
const INFORMATION_OID = 13000;
const MILLRACE_OID = 13001;
export const OWNER_OID = 10;

/** Numbers of things that are no catalog objects of ours derive from the object they belong to. */
const INDEX_BASE = 2_000_000_000;
const CONSTRAINT_BASE = 2_500_000_000;
const DEFAULT_BASE = 3_000_000_000;
const UNIQUE_BASE = 4_000_000_000;
export const indexOid = (table: number): number => INDEX_BASE + table;
export const constraintOid = (table: number): number => CONSTRAINT_BASE + table;
/** Of a table's `n`th UNIQUE constraint. */
const uniqueOids = (table: number, n: number): { readonly oid: number; readonly constraint: number } => {
  const at = (table * 16 + n) % 140_000_000;
  return { oid: UNIQUE_BASE + at, constraint: UNIQUE_BASE + 140_000_000 + at };
};
export const defaultOid = (table: number, column: number): number => DEFAULT_BASE + ((table * 64 + column) % 1_000_000_000);

export interface ModelColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly notNull: boolean;
  /** SQL of the default or of the computed column. */
  readonly default: string | null;
  readonly computed: boolean;
  readonly comment: string | null;
}

/** A UNIQUE constraint, and its index. */
export interface ModelUnique {
  readonly oid: number;
  readonly constraint: number;
  readonly name: string;
  readonly columns: readonly number[];
  readonly enforced: boolean;
  readonly nullsNotDistinct: boolean;
}

export interface ModelRelation {
  readonly oid: number;
  readonly name: string;
  readonly schema: string;
  readonly schemaOid: number;
  /** pg_class.relkind: r table, v view, m materialized view, i index. */
  readonly kind: 'r' | 'v' | 'm' | 'i';
  readonly columns: readonly ModelColumn[];
  /** Primary key as positions in `columns`. */
  readonly key: { readonly name: string; readonly columns: readonly number[] } | null;
  readonly uniques: readonly ModelUnique[];
  readonly comment: string | null;
  /** Query of a view. */
  readonly sql: string | null;
  readonly temporary: boolean;
  /** Besides the key's. */
  readonly indexes: readonly { readonly oid: number; readonly name: string; readonly columns: readonly number[]; readonly include: readonly number[] }[];
  /** For an index, its table. */
  readonly table: ModelRelation | null;
  readonly object: RelationObject | null;
}

export interface Model {
  readonly schemas: readonly { readonly oid: number; readonly name: string; readonly comment: string | null }[];
  /** Tables, views and indexes. */
  readonly relations: readonly ModelRelation[];
  find(oid: number): ModelRelation | undefined;
}

const cache = new WeakMap<SystemContext, Model>();

/** The model for one context; made once for each. */
export function modelOf(cx: SystemContext): Model {
  let made = cache.get(cx);
  if (made === undefined) cache.set(cx, (made = build(cx)));
  return made;
}

function build(cx: SystemContext): Model {
  const schemas = [
    { oid: PG_CATALOG_OID, name: 'pg_catalog', comment: 'system catalog schema' },
    { oid: INFORMATION_OID, name: 'information_schema', comment: null },
    { oid: MILLRACE_OID, name: 'millrace_catalog', comment: 'jobs, sources, checkpoints and errors' },
    ...Array.from(cx.catalog.schemas(cx.database), (s) => ({ oid: s.id, name: s.name, comment: s.comment })),
  ];
  const oidOf = new Map<string, number>(schemas.map((s) => [s.name, s.oid]));
  const relations: ModelRelation[] = [];
  for (const r of cx.relations()) {
    const columns = r.kind === 'rows' ? plainColumns(r.columns) : [];
    relations.push({
      oid: r.oid, name: r.name, schema: r.schema, schemaOid: oidOf.get(r.schema) ?? PG_CATALOG_OID, kind: r.kind === 'sql' || r.schema !== 'pg_catalog' ? 'v' : 'r',
      columns, key: null, uniques: [], indexes: [], comment: r.doc, sql: r.kind === 'sql' ? r.sql : null, temporary: false, table: null, object: null,
    });
  }
  for (const object of cx.catalog.objects.values()) {
    if (!isMember(object) || !isRelation(object) || object.kind === 'sink' || object.database !== cx.database) continue;
    if (object.session !== null && object.session !== cx.sessionId) continue;
    const made = ofObject(cx, object, oidOf.get(object.schema) ?? 2200);
    relations.push(made);
    if (made.key !== null) relations.push(indexOf(made, indexOid(made.oid), made.key));
    for (const u of made.uniques) relations.push(indexOf(made, u.oid, u));
    for (const i of made.indexes) relations.push(indexOf(made, i.oid, i));
  }
  const byOid = new Map(relations.map((r) => [r.oid, r]));
  return { schemas, relations, find: (oid) => byOid.get(oid) };
}

const plainColumns = (schema: Schema): ModelColumn[] => schema.map((f) => ({ name: f.name, type: f.type, notNull: !f.nullable, default: null, computed: false, comment: null }));

function ofObject(cx: SystemContext, object: RelationObject, schemaOid: number): ModelRelation {
  const kind = object.kind === 'table' ? 'r' : object.kind === 'view' ? 'v' : 'm';
  const columns =
    object.kind === 'table'
      ? object.columns.map((c): ModelColumn => ({
          name: c.name, type: c.type, notNull: !c.nullable, computed: c.kind === 'computed', comment: c.comment,
          default: c.kind === 'computed' ? c.sql : c.kind === 'physical' ? c.default : null,
        }))
      : plainColumns(relationSchema(object)).map((c) => ({ ...c, notNull: false }));
  return {
    oid: object.id, name: object.name, schema: object.schema, schemaOid, kind, columns, comment: object.comment, temporary: isTemporary(object), table: null, object,
    key: object.kind === 'table' && object.primaryKey !== null ? { name: object.primaryKey.name, columns: object.primaryKey.columns } : null,
    uniques: object.kind === 'table' ? (object.uniques ?? []).map((u, n) => ({ ...u, ...uniqueOids(object.id, n) })) : [],
    indexes: cx.catalog.indexesOf(object.id).map((i) => {
      const at = (names: readonly string[]): number[] => names.map((n) => columns.findIndex((c) => c.name === n));
      return { oid: i.id, name: i.name, columns: at(i.columns), include: at(i.include) };
    }),
    sql: object.kind === 'table' ? null : object.sql,
  };
}

function indexOf(table: ModelRelation, oid: number, key: { readonly name: string; readonly columns: readonly number[] }): ModelRelation {
  const columns = key.columns.flatMap((i) => table.columns[i] ?? []).map((c) => ({ ...c, notNull: false, default: null, computed: false, comment: null }));
  return { oid, name: key.name, schema: table.schema, schemaOid: table.schemaOid, kind: 'i', columns, key: null, uniques: [], indexes: [], comment: null, sql: null, temporary: table.temporary, table, object: null };
}

