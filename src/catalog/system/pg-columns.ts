/**
 * Columns of the pg_catalog relations that have rows.
 * Letters of the types: o oid, b boolean, t text, n name, 8 4 2 integers, c "char", p regproc, z timestamptz, i interval,
 * f d floats, y regtype, a bytea; [] an array. Types that Millrace lacks are shown as text.
 * Source: the catalogs of PostgreSQL 15.
 */
export const PG_COLUMNS: Readonly<Record<string, readonly [oid: number, columns: string]>> = {
  pg_am: [2601, 'oid:o amname:n amhandler:p amtype:c'],
  pg_attrdef: [2604, 'oid:o adrelid:o adnum:2 adbin:t'],
  pg_attribute: [
    1249,
    `attrelid:o attname:n atttypid:o attstattarget:4 attlen:2 attnum:2 attndims:4 attcacheoff:4 atttypmod:4
    attbyval:b attalign:c attstorage:c attcompression:c attnotnull:b atthasdef:b atthasmissing:b attidentity:c
    attgenerated:c attisdropped:b attislocal:b attinhcount:4 attcollation:o attacl:t[] attoptions:t[]
    attfdwoptions:t[] attmissingval:t`,
  ],
  pg_authid: [
    1260,
    `oid:o rolname:n rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b
    rolbypassrls:b rolconnlimit:4 rolpassword:t rolvaliduntil:z`,
  ],
  pg_class: [
    1259,
    `oid:o relname:n relnamespace:o reltype:o reloftype:o relowner:o relam:o relfilenode:o reltablespace:o
    relpages:4 reltuples:f relallvisible:4 reltoastrelid:o relhasindex:b relisshared:b relpersistence:c relkind:c
    relnatts:2 relchecks:2 relhasrules:b relhastriggers:b relhassubclass:b relrowsecurity:b relforcerowsecurity:b
    relispopulated:b relreplident:c relispartition:b relrewrite:o relfrozenxid:8 relminmxid:8 relacl:t[]
    reloptions:t[] relpartbound:t`,
  ],
  pg_collation: [
    3456,
    `oid:o collname:n collnamespace:o collowner:o collprovider:c collisdeterministic:b collencoding:4 collcollate:t
    collctype:t colliculocale:t collversion:t`,
  ],
  pg_constraint: [
    2606,
    `oid:o conname:n connamespace:o contype:c condeferrable:b condeferred:b convalidated:b conrelid:o contypid:o
    conindid:o conparentid:o confrelid:o confupdtype:c confdeltype:c confmatchtype:c conislocal:b coninhcount:4
    connoinherit:b conkey:2[] confkey:2[] conpfeqop:o[] conppeqop:o[] conffeqop:o[] confdelsetcols:2[]
    conexclop:o[] conbin:t`,
  ],
  pg_database: [
    1262,
    `oid:o datname:n datdba:o encoding:4 datlocprovider:c datistemplate:b datallowconn:b datconnlimit:4
    datfrozenxid:8 datminmxid:8 dattablespace:o datcollate:t datctype:t daticulocale:t datcollversion:t datacl:t[]`,
  ],
  pg_depend: [2608, 'classid:o objid:o objsubid:4 refclassid:o refobjid:o refobjsubid:4 deptype:c'],
  pg_description: [2609, 'objoid:o classoid:o objsubid:4 description:t'],
  pg_index: [
    2610,
    `indexrelid:o indrelid:o indnatts:2 indnkeyatts:2 indisunique:b indnullsnotdistinct:b indisprimary:b
    indisexclusion:b indimmediate:b indisclustered:b indisvalid:b indcheckxmin:b indisready:b indislive:b
    indisreplident:b indkey:2[] indcollation:o[] indclass:o[] indoption:2[] indexprs:t indpred:t`,
  ],
  pg_cursors: [12077, 'name:t statement:t is_holdable:b is_binary:b is_scrollable:b creation_time:z'],
  pg_indexes: [12043, 'schemaname:n tablename:n indexname:n tablespace:n indexdef:t'],
  pg_language: [2612, 'oid:o lanname:n lanowner:o lanispl:b lanpltrusted:b lanplcallfoid:o laninline:o lanvalidator:o lanacl:t[]'],
  pg_matviews: [12038, 'schemaname:n matviewname:n matviewowner:n tablespace:n hasindexes:b ispopulated:b definition:t'],
  pg_namespace: [2615, 'oid:o nspname:n nspowner:o nspacl:t[]'],
  pg_proc: [
    1255,
    `oid:o proname:n pronamespace:o proowner:o prolang:o procost:f prorows:f provariadic:o prosupport:p prokind:c
    prosecdef:b proleakproof:b proisstrict:b proretset:b provolatile:c proparallel:c pronargs:2 pronargdefaults:2
    prorettype:o proargtypes:o[] proallargtypes:o[] proargmodes:c[] proargnames:t[] proargdefaults:t
    protrftypes:o[] prosrc:t probin:t prosqlbody:t proconfig:t[] proacl:t[]`,
  ],
  pg_range: [3541, 'rngtypid:o rngsubtype:o rngmultitypid:o rngcollation:o rngsubopc:o rngcanonical:p rngsubdiff:p'],
  pg_roles: [
    12000,
    `rolname:n rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b rolconnlimit:4
    rolpassword:t rolvaliduntil:z rolbypassrls:b rolconfig:t[] oid:o`,
  ],
  pg_settings: [
    12104,
    `name:t setting:t unit:t category:t short_desc:t extra_desc:t context:t vartype:t source:t min_val:t max_val:t
    enumvals:t[] boot_val:t reset_val:t sourcefile:t sourceline:4 pending_restart:b`,
  ],
  pg_shadow: [12005, 'usename:n usesysid:o usecreatedb:b usesuper:b userepl:b usebypassrls:b passwd:t valuntil:z useconfig:t[]'],
  pg_stat_activity: [
    12222,
    `datid:o datname:n pid:4 leader_pid:4 usesysid:o usename:n application_name:t client_addr:t client_hostname:t
    client_port:4 backend_start:z xact_start:z query_start:z state_change:z wait_event_type:t wait_event:t state:t
    backend_xid:8 backend_xmin:8 query_id:8 query:t backend_type:t`,
  ],
  pg_stat_all_tables: [
    12142,
    `relid:o schemaname:n relname:n seq_scan:8 seq_tup_read:8 idx_scan:8 idx_tup_fetch:8 n_tup_ins:8 n_tup_upd:8
    n_tup_del:8 n_tup_hot_upd:8 n_live_tup:8 n_dead_tup:8 n_mod_since_analyze:8 n_ins_since_vacuum:8 last_vacuum:z
    last_autovacuum:z last_analyze:z last_autoanalyze:z vacuum_count:8 autovacuum_count:8 analyze_count:8
    autoanalyze_count:8`,
  ],
  pg_stat_user_tables: [
    12161,
    `relid:o schemaname:n relname:n seq_scan:8 seq_tup_read:8 idx_scan:8 idx_tup_fetch:8 n_tup_ins:8 n_tup_upd:8
    n_tup_del:8 n_tup_hot_upd:8 n_live_tup:8 n_dead_tup:8 n_mod_since_analyze:8 n_ins_since_vacuum:8 last_vacuum:z
    last_autovacuum:z last_analyze:z last_autoanalyze:z vacuum_count:8 autovacuum_count:8 analyze_count:8
    autoanalyze_count:8`,
  ],
  pg_tables: [12033, 'schemaname:n tablename:n tableowner:n tablespace:n hasindexes:b hasrules:b hastriggers:b rowsecurity:b'],
  pg_tablespace: [1213, 'oid:o spcname:n spcowner:o spcacl:t[] spcoptions:t[]'],
  pg_type: [
    1247,
    `oid:o typname:n typnamespace:o typowner:o typlen:2 typbyval:b typtype:c typcategory:c typispreferred:b
    typisdefined:b typdelim:c typrelid:o typsubscript:p typelem:o typarray:o typinput:p typoutput:p typreceive:p
    typsend:p typmodin:p typmodout:p typanalyze:p typalign:c typstorage:c typnotnull:b typbasetype:o typtypmod:4
    typndims:4 typcollation:o typdefaultbin:t typdefault:t typacl:t[]`,
  ],
  pg_user: [12014, 'usename:n usesysid:o usecreatedb:b usesuper:b userepl:b usebypassrls:b passwd:t valuntil:z useconfig:t[]'],
  pg_views: [12028, 'schemaname:n viewname:n viewowner:n definition:t'],
};
