import { pgTypeOf, typeLength, typeModifier, typeOid } from '../../common/types/oids.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import { DEFAULT_DATABASE, quoteName } from '../names.ts';
import { columnsOf, relation, type Cells } from './columns.ts';
import type { SystemContext } from './context.ts';
import { constraintOid, defaultOid, indexOid, modelOf, OWNER_OID, PG_CATALOG_OID, type ModelRelation } from './model.ts';
import { PG_COLUMNS } from './pg-columns.ts';
import { PG_EMPTY_COLUMNS } from './pg-empty-columns.ts';
import { procsOf } from './pg-functions.ts';
import { PG_TYPE_ROWS } from './pg-type-data.ts';
import type { SystemRelation } from './relation.ts';

/** The pg_catalog schema: PostgreSQL 15's relations, as far as clients read them. */

type Maker = (cx: SystemContext) => Iterable<Cells>;

const HEAP = 2;
const BTREE = 403;

function classRow(r: ModelRelation): Cells {
  const index = r.kind === 'i';
  return {
    oid: r.oid, relname: r.name, relnamespace: r.schemaOid, reltype: 0, reloftype: 0, relowner: OWNER_OID, relam: index ? BTREE : r.kind === 'v' ? 0 : HEAP,
    relfilenode: r.kind === 'v' ? 0 : r.oid, reltablespace: 0, relpages: 0, reltuples: -1, relallvisible: 0, reltoastrelid: 0, relhasindex: r.key !== null || r.uniques.length > 0 || r.indexes.length > 0,
    relisshared: false, relpersistence: r.temporary ? 't' : 'p', relkind: r.kind, relnatts: r.columns.length, relchecks: 0, relhasrules: r.kind === 'v' || r.kind === 'm',
    relhastriggers: false, relhassubclass: false, relrowsecurity: false, relforcerowsecurity: false, relispopulated: true, relreplident: index ? 'n' : 'd',
    relispartition: false, relrewrite: 0, relfrozenxid: 0n, relminmxid: 0n, relacl: null, reloptions: null, relpartbound: null,
  };
}

const collationOf = (type: SqlType): number => {
  const base = type.kind === 'array' ? type.element : type;
  return base.kind === 'varchar' || base.kind === 'char' || base.kind === 'json' ? 100 : base.kind === 'name' ? 950 : 0;
};

function* attributeRows(r: ModelRelation): Iterable<Cells> {
  for (const [i, c] of r.columns.entries()) {
    const pg = c.type.kind === 'array' ? null : pgTypeOf(c.type);
    const length = typeLength(c.type);
    yield {
      attrelid: r.oid, attname: c.name, atttypid: typeOid(c.type), attstattarget: -1, attlen: length, attnum: i + 1, attndims: c.type.kind === 'array' ? 1 : 0,
      attcacheoff: -1, atttypmod: typeModifier(c.type), attbyval: pg?.byValue ?? false, attalign: pg?.align ?? 'i', attstorage: length < 0 ? 'x' : 'p', attcompression: '',
      attnotnull: c.notNull, atthasdef: c.default !== null, atthasmissing: false, attidentity: '', attgenerated: c.computed ? 's' : '', attisdropped: false, attislocal: true,
      attinhcount: 0, attcollation: collationOf(c.type),
    };
  }
}

function* tables(cx: SystemContext): Iterable<ModelRelation> {
  for (const r of modelOf(cx).relations) if (r.kind !== 'i') yield r;
}

interface ModelConstraint {
  readonly table: ModelRelation;
  readonly constraint: number;
  /** Of its index. */
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly number[];
  readonly primary: boolean;
}

function* constraints(cx: SystemContext): Iterable<ModelConstraint> {
  for (const table of modelOf(cx).relations) {
    if (table.key !== null) yield { table, constraint: constraintOid(table.oid), oid: indexOid(table.oid), name: table.key.name, columns: table.key.columns, primary: true };
    for (const u of table.uniques) yield { table, constraint: u.constraint, oid: u.oid, name: u.name, columns: u.columns, primary: false };
  }
}

function* types(): Iterable<Cells> {
  for (const line of PG_TYPE_ROWS.trim().split('\n')) {
    const [oid, typname, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typrelid, typelem, typarray, input, output, receive, send, modin, modout, typalign, typstorage, typcollation] = line.split(' ');
    yield {
      oid: Number(oid), typname: typname ?? '', typnamespace: PG_CATALOG_OID, typowner: OWNER_OID, typlen: Number(typlen), typbyval: typbyval === 't', typtype: typtype ?? 'b',
      typcategory: typcategory ?? 'U', typispreferred: typispreferred === 't', typisdefined: true, typdelim: typdelim ?? ',', typrelid: Number(typrelid),
      typsubscript: typcategory === 'A' ? 6179 : 0, typelem: Number(typelem), typarray: Number(typarray), typinput: Number(input), typoutput: Number(output),
      typreceive: Number(receive), typsend: Number(send), typmodin: Number(modin), typmodout: Number(modout), typanalyze: 0, typalign: typalign ?? 'i',
      typstorage: typstorage ?? 'p', typnotnull: false, typbasetype: 0, typtypmod: -1, typndims: 0, typcollation: Number(typcollation),
    };
  }
}

/** OIDs of languages; those of the server's own have none in PostgreSQL. */
const LANGUAGES = { sql: 14, javascript: 90001, typescript: 90002 } as const;

function* procs(cx: SystemContext): Iterable<Cells> {
  for (const p of procsOf(cx.functions())) {
    yield {
      oid: p.oid, proname: p.name, pronamespace: PG_CATALOG_OID, proowner: OWNER_OID, prolang: 12, procost: 1, prorows: p.returnsSet ? 1000 : 0, provariadic: p.variadic,
      prosupport: 0, prokind: p.kind, prosecdef: false, proleakproof: false, proisstrict: p.strict, proretset: p.returnsSet, provolatile: p.volatility, proparallel: 's',
      pronargs: p.args.length, pronargdefaults: 0, prorettype: p.returns, proargtypes: [...p.args], prosrc: p.name,
    };
  }
  for (const f of cx.catalog.objects.values()) {
    if (f.kind !== 'function') continue;
    yield {
      oid: f.id, proname: f.name, pronamespace: cx.catalog.schemaNamed(f.database, f.schema)?.id ?? PG_CATALOG_OID, proowner: OWNER_OID, prolang: LANGUAGES[f.language], procost: 100, prorows: f.form === 'table' ? 1000 : 0, provariadic: 0,
      prosupport: 0, prokind: f.form === 'aggregate' ? 'a' : 'f', prosecdef: false, proleakproof: false, proisstrict: f.strict, proretset: f.form === 'table', provolatile: f.volatility.slice(0, 1), proparallel: 's',
      pronargs: f.params.length, pronargdefaults: 0, prorettype: typeOid(f.returns), proargtypes: f.params.map((p) => typeOid(p.type)), prosrc: f.sql,
    };
  }
}

function* roles(cx: SystemContext): Iterable<Cells> {
  for (const r of cx.roles()) {
    const s = r.superuser;
    yield {
      oid: r.oid, rolname: r.name, rolsuper: s, rolinherit: true, rolcreaterole: s, rolcreatedb: s, rolcanlogin: r.login, rolreplication: false, rolbypassrls: s, rolconnlimit: -1,
      rolpassword: '********', usename: r.name, usesysid: r.oid, usecreatedb: s, usesuper: s, userepl: false, usebypassrls: s, passwd: '********',
    };
  }
}

function* databases(cx: SystemContext): Iterable<Cells> {
  for (const d of cx.catalog.databases()) {
    yield {
      oid: d.id, datname: d.name, datdba: OWNER_OID, encoding: 6, datlocprovider: 'c', datistemplate: false, datallowconn: true, datconnlimit: -1, datfrozenxid: 0n, datminmxid: 1n,
      dattablespace: 1663, datcollate: 'C.UTF-8', datctype: 'C.UTF-8', daticulocale: null, datcollversion: null, datacl: null,
    };
  }
}

function* descriptions(cx: SystemContext): Iterable<Cells> {
  for (const r of tables(cx)) {
    if (r.object === null) continue;
    if (r.comment !== null) yield { objoid: r.oid, classoid: 1259, objsubid: 0, description: r.comment };
    for (const [i, c] of r.columns.entries()) if (c.comment !== null) yield { objoid: r.oid, classoid: 1259, objsubid: i + 1, description: c.comment };
  }
  for (const s of modelOf(cx).schemas) if (s.comment !== null) yield { objoid: s.oid, classoid: 2615, objsubid: 0, description: s.comment };
}

const onlyKind = function* (cx: SystemContext, kinds: string): Iterable<ModelRelation> {
  for (const r of tables(cx)) if (kinds.includes(r.kind)) yield r;
};

const settings: Maker = function* (cx) {
  for (const s of cx.settings()) {
    const number = /^-?\d+$/.test(s.default);
    yield {
      name: s.name, setting: s.value, unit: s.unit, category: s.category, short_desc: s.doc, context: 'user', vartype: number ? 'integer' : s.default === 'on' || s.default === 'off' ? 'bool' : 'string',
      source: s.value === s.default ? 'default' : 'session', boot_val: s.default, reset_val: s.default, pending_restart: false,
    };
  }
};

const statTables: Maker = function* (cx) {
  for (const r of onlyKind(cx, 'rm')) {
    if (r.object === null) continue;
    yield { relid: r.oid, schemaname: r.schema, relname: r.name, seq_scan: 0n, seq_tup_read: 0n, n_tup_ins: 0n, n_tup_upd: 0n, n_tup_del: 0n, n_live_tup: 0n, n_dead_tup: 0n, vacuum_count: 0n, analyze_count: 0n };
  }
};

const AM: readonly (readonly [number, string, number, string])[] = [[2, 'heap', 3, 't'], [403, 'btree', 330, 'i'], [405, 'hash', 331, 'i']];

const MAKERS: Readonly<Record<string, Maker>> = {
  *pg_am() {
    for (const [oid, amname, amhandler, amtype] of AM) yield { oid, amname, amhandler, amtype };
  },
  *pg_attrdef(cx) {
    for (const r of tables(cx)) {
      for (const [i, c] of r.columns.entries()) if (c.default !== null) yield { oid: defaultOid(r.oid, i), adrelid: r.oid, adnum: i + 1, adbin: c.default };
    }
  },
  *pg_attribute(cx) {
    for (const r of modelOf(cx).relations) yield* attributeRows(r);
  },
  *pg_class(cx) {
    for (const r of modelOf(cx).relations) yield classRow(r);
  },
  *pg_collation() {
    for (const [oid, collname, provider] of [[100, 'default', 'd'], [950, 'C', 'c'], [951, 'POSIX', 'c']] as const) {
      const c = provider === 'd' ? null : collname;
      yield { oid, collname, collnamespace: PG_CATALOG_OID, collowner: OWNER_OID, collprovider: provider, collisdeterministic: true, collencoding: -1, collcollate: c, collctype: c };
    }
  },
  *pg_constraint(cx) {
    for (const c of constraints(cx)) {
      yield {
        oid: c.constraint, conname: c.name, connamespace: c.table.schemaOid, contype: c.primary ? 'p' : 'u', condeferrable: false, condeferred: false, convalidated: true, conrelid: c.table.oid, contypid: 0,
        conindid: c.oid, conparentid: 0, confrelid: 0, confupdtype: ' ', confdeltype: ' ', confmatchtype: ' ', conislocal: true, coninhcount: 0, connoinherit: true,
        conkey: c.columns.map((i) => i + 1),
      };
    }
  },
  pg_database: databases,
  *pg_depend(cx) {
    for (const o of cx.catalog.objects.values()) {
      for (const id of o.dependsOn) yield { classid: 1259, objid: o.id, objsubid: 0, refclassid: 1259, refobjid: id, refobjsubid: 0, deptype: 'n' };
    }
    for (const c of constraints(cx)) yield { classid: 1259, objid: c.oid, objsubid: 0, refclassid: 2606, refobjid: c.constraint, refobjsubid: 0, deptype: 'i' };
  },
  pg_description: descriptions,
  *pg_index(cx) {
    for (const i of indexes(cx)) {
      const n = i.columns.length;
      const all = [...i.columns, ...i.include];
      const fill = (value: number): Value[] => Array.from({ length: n }, () => value);
      yield {
        indexrelid: i.oid, indrelid: i.table.oid, indnatts: all.length, indnkeyatts: n, indisunique: i.unique, indnullsnotdistinct: i.nullsNotDistinct, indisprimary: i.primary, indisexclusion: false,
        indimmediate: true, indisclustered: false, indisvalid: true, indcheckxmin: false, indisready: true, indislive: true, indisreplident: false,
        indkey: all.map((c) => c + 1), indcollation: fill(0), indclass: fill(1978), indoption: fill(0),
      };
    }
  },
  *pg_cursors(cx) {
    for (const c of cx.cursors()) yield { name: c.name, statement: c.statement, is_holdable: c.hold, is_binary: c.binary, is_scrollable: c.scroll, creation_time: c.createdAt };
  },
  *pg_indexes(cx) {
    for (const i of indexes(cx)) yield { schemaname: i.table.schema, tablename: i.table.name, indexname: i.name, tablespace: null, indexdef: indexText(i.table, i) };
  },
  *pg_language() {
    for (const [oid, lanname] of [[12, 'internal'], [14, 'sql'], [LANGUAGES.javascript, 'javascript'], [LANGUAGES.typescript, 'typescript']] as const) yield { oid, lanname, lanowner: OWNER_OID, lanispl: oid > 14, lanpltrusted: oid >= 14, lanplcallfoid: 0, laninline: 0, lanvalidator: 0 };
  },
  *pg_matviews(cx) {
    for (const r of onlyKind(cx, 'm')) yield { schemaname: r.schema, matviewname: r.name, matviewowner: r.object?.owner ?? '', tablespace: null, hasindexes: r.indexes.length > 0, ispopulated: true, definition: r.sql };
  },
  *pg_namespace(cx) {
    for (const s of modelOf(cx).schemas) yield { oid: s.oid, nspname: s.name, nspowner: OWNER_OID };
  },
  pg_proc: procs,
  pg_roles: roles,
  pg_authid: roles,
  pg_user: roles,
  pg_shadow: roles,
  pg_settings: settings,
  *pg_stat_activity(cx) {
    for (const s of cx.sessions()) {
      yield {
        datid: 5, datname: s.database, pid: s.pid, usesysid: OWNER_OID, usename: s.user, application_name: s.applicationName, client_addr: s.clientAddress, client_port: s.clientPort,
        backend_start: s.startedAt, query_start: s.queryStartedAt, state_change: s.queryStartedAt, state: s.state, query: s.query, backend_type: 'client backend',
      };
    }
  },
  pg_stat_user_tables: statTables,
  pg_stat_all_tables: statTables,
  *pg_tables(cx) {
    for (const r of onlyKind(cx, 'r')) {
      yield { schemaname: r.schema, tablename: r.name, tableowner: r.object?.owner ?? DEFAULT_DATABASE, tablespace: null, hasindexes: r.key !== null || r.uniques.length > 0 || r.indexes.length > 0, hasrules: false, hastriggers: false, rowsecurity: false };
    }
  },
  *pg_tablespace() {
    yield { oid: 1663, spcname: 'pg_default', spcowner: OWNER_OID };
    yield { oid: 1664, spcname: 'pg_global', spcowner: OWNER_OID };
  },
  pg_type: types,
  *pg_views(cx) {
    for (const r of onlyKind(cx, 'v')) yield { schemaname: r.schema, viewname: r.name, viewowner: r.object?.owner ?? DEFAULT_DATABASE, definition: r.sql };
  },
};

/** Key and indexes alike. */
interface ModelIndex {
  readonly table: ModelRelation;
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly number[];
  readonly include: readonly number[];
  readonly primary: boolean;
  readonly unique: boolean;
  readonly nullsNotDistinct: boolean;
}

function* indexes(cx: SystemContext): Iterable<ModelIndex> {
  for (const r of modelOf(cx).relations) {
    if (r.key !== null) yield { table: r, oid: indexOid(r.oid), name: r.key.name, columns: r.key.columns, include: [], primary: true, unique: true, nullsNotDistinct: false };
    for (const u of r.uniques) yield { table: r, oid: u.oid, name: u.name, columns: u.columns, include: [], primary: false, unique: true, nullsNotDistinct: u.nullsNotDistinct };
    for (const i of r.indexes) yield { table: r, ...i, primary: false, unique: false, nullsNotDistinct: false };
  }
}

export function indexText(r: ModelRelation, index: { readonly name: string; readonly columns: readonly number[]; readonly include?: readonly number[]; readonly unique?: boolean; readonly nullsNotDistinct?: boolean }): string {
  const names = (columns: readonly number[]): string => columns.map((i) => quoteName(r.columns[i]?.name ?? '')).join(', ');
  const include = (index.include ?? []).length === 0 ? '' : ` INCLUDE (${names(index.include ?? [])})`;
  return `CREATE ${index.unique === false ? '' : 'UNIQUE '}INDEX ${quoteName(index.name)} ON ${quoteName(r.schema)}.${quoteName(r.name)} USING btree (${names(index.columns)})${include}${index.nullsNotDistinct === true ? ' NULLS NOT DISTINCT' : ''}`;
}

const none: Maker = () => [];

export const pgCatalog: readonly SystemRelation[] = [
  ...Object.entries(PG_COLUMNS).map(([name, [oid, columns]]) => relation('pg_catalog', name, oid, columnsOf(columns), `PostgreSQL's ${name}`, MAKERS[name] ?? none)),
  ...Object.entries(PG_EMPTY_COLUMNS).map(([name, [oid, columns]]) => relation('pg_catalog', name, oid, columnsOf(columns), `PostgreSQL's ${name}; always empty`, none)),
];
