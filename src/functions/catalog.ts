import { SqlError } from '../common/errors.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { VARCHAR_OID, typeLength, typeOfOid, typeOid } from '../common/types/oids.ts';
import { BIGINT, BOOLEAN, INT, NAME, OID, TEXT, TIMESTAMPTZ, arrayOf, typeName, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Value } from '../common/types/value.ts';
import { contextual, native, scalar } from './build.ts';
import type { ArgType, EvalContext, FunctionDef, ScalarOverload, SessionFacts } from './define.ts';
import { textContext } from './session-text.ts';

/** What clients ask of the session and the catalog. Names, OIDs and texts come from `EvalContext.session`. */

/** The version clients shape their catalog queries by. */
export const SERVER_VERSION = '15.0';

function facts(cx: EvalContext): SessionFacts {
  if (cx.session === undefined) {
    throw new SqlError('feature_not_supported', 'functions of the session are not supported in a job', {
      hint: 'Ask for the value in the session and write it as a literal.',
    });
  }
  return cx.session;
}

type What = Parameters<SessionFacts['describe']>[0];
const oidArg = (v: Value | undefined): number => (v as number) >>> 0;

const stable = (args: readonly ArgType[], returns: SqlType, fn: (cx: EvalContext, args: readonly Value[]) => Value, oid?: number): ScalarOverload => ({
  args,
  returns,
  volatility: 'stable',
  nulls: 'strict',
  eval: (values, cx) => fn(cx, values),
  ...(oid === undefined ? {} : { oid }),
});

const session = (name: string, returns: SqlType, fn: (s: SessionFacts) => Value, doc: string, aliases: readonly string[] = [], oid?: number): FunctionDef =>
  scalar(name, [stable([], returns, (cx) => fn(facts(cx)), oid)], doc, [], aliases);

/** A text about a catalog object; `subs` lists the extra argument shapes that clients use. */
const described = (name: string, what: What, shapes: readonly (readonly ArgType[])[], doc: string, sub: (args: readonly Value[]) => number = () => 0): FunctionDef =>
  scalar(
    name,
    shapes.map((args) => stable(args, TEXT, (cx, values) => facts(cx).describe(what, oidArg(values[0]), sub(values)))),
    doc,
  );

/** Answers the same for every object. */
const constant = (name: string, shapes: readonly (readonly ArgType[])[], returns: SqlType, value: Value, doc: string): FunctionDef =>
  scalar(
    name,
    shapes.map((args) => stable(args, returns, () => value)),
    doc,
  );

/** One name, quoted or not, with no schema before it. */
const UNQUALIFIED = /^(?:"(?:[^"]|"")*"|[^".]+)$/;

const visible = (name: string): FunctionDef => constant(name, [['oid']], BOOLEAN, true, 'Whether the object is found without its schema: always.');

/** Privileges are not kept: whoever may connect may do everything. Unknown relations are refused when named by text. */
function privilege(name: string, shapes: readonly (readonly ArgType[])[]): FunctionDef {
  return constant(name, shapes, BOOLEAN, true, 'Whether the role has the privilege: always, as none are kept.');
}

const object: readonly (readonly ArgType[])[] = [
  ['varchar', 'varchar'],
  ['oid', 'varchar'],
  ['name', 'varchar', 'varchar'],
  ['name', 'oid', 'varchar'],
  ['oid', 'oid', 'varchar'],
  ['oid', 'varchar', 'varchar'],
];
const columnShapes: readonly (readonly ArgType[])[] = [
  ['varchar', 'varchar', 'varchar'],
  ['oid', 'varchar', 'varchar'],
  ['oid', 'smallint', 'varchar'],
  ['name', 'varchar', 'varchar', 'varchar'],
  ['name', 'oid', 'varchar', 'varchar'],
  ['varchar', 'smallint', 'varchar'],
  ['name', 'varchar', 'smallint', 'varchar'],
  ['name', 'oid', 'smallint', 'varchar'],
  ['oid', 'varchar', 'varchar', 'varchar'],
  ['oid', 'varchar', 'smallint', 'varchar'],
  ['oid', 'oid', 'varchar', 'varchar'],
  ['oid', 'oid', 'smallint', 'varchar'],
];

/** As a value in memory has it: PostgreSQL's header of four bytes for what has no fixed width. */
function columnSize(value: Value, type: SqlType, cx: EvalContext): number {
  const fixed = typeLength(type);
  if (fixed > 0) return fixed;
  return 4 + (value instanceof Uint8Array ? value.length : Buffer.byteLength(value === null ? '' : textOut(value, type, textContext(cx))));
}

function setting(cx: EvalContext, name: string, missingOk: boolean): string | null {
  const value = facts(cx).setting(name);
  if (value !== undefined) return value;
  if (missingOk) return null;
  throw new SqlError('undefined_object', `unrecognized configuration parameter "${name}"`);
}

/** format_type: PostgreSQL's name of a type by OID and modifier. */
export function formatType(oid: number, modifier: number | null): string {
  if (oid === VARCHAR_OID) return modifier !== null && modifier >= 4 ? `character varying(${modifier - 4})` : 'character varying';
  if (oid === 0) return '-';
  const type = typeOfOid(oid, modifier ?? -1);
  if (type === undefined) return OTHER_TYPES[oid] ?? '???';
  if (oid === 1042) return modifier !== null && modifier >= 4 ? `character(${modifier - 4})` : modifier === null ? 'character' : 'bpchar';
  return oid === 22 ? 'int2vector' : oid === 30 ? 'oidvector' : oid === 2249 ? 'record' : typeName(type);
}

/** Types that only the catalogs mention. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  27: 'tid', 28: 'xid', 29: 'cid', 32: 'pg_ddl_command', 194: 'pg_node_tree', 1033: 'aclitem', 1034: 'aclitem[]', 1015: 'character varying[]',
  1266: 'time with time zone', 2202: 'regprocedure', 2276: '"any"', 2277: 'anyarray', 2278: 'void', 2279: 'trigger', 2281: 'internal', 2283: 'anyelement',
  3220: 'pg_lsn',
};

const ENCODINGS: Readonly<Record<number, string>> = { 0: 'SQL_ASCII', 6: 'UTF8' };
const CATALOG_NAMES = ['pg_catalog'];
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

function sizePretty(bytes: bigint): string {
  let n = bytes;
  let unit = 0;
  const limit = 10240n;
  // PostgreSQL halves to the next unit with rounding from 10 kB on.
  while ((n < 0n ? -n : n) >= limit && unit < UNITS.length - 1) {
    n = unit === 0 ? n / 512n : n / 1024n;
    const half = n < 0n ? -((-n + 1n) / 2n) : (n + 1n) / 2n;
    unit++;
    if ((half < 0n ? -half : half) < limit || unit === UNITS.length - 1) return `${half} ${UNITS[unit]}`;
  }
  return `${n} ${UNITS[unit]}`;
}

function parseIdentifier(text: string): string[] {
  const out: string[] = [];
  let rest = text.trim();
  for (;;) {
    const m = /^(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))\s*/.exec(rest);
    if (m === null) throw new SqlError('invalid_parameter_value', `string is not a valid identifier: "${text}"`);
    out.push(m[1] !== undefined ? m[1].replaceAll('""', '"') : (m[2] ?? '').toLowerCase());
    rest = rest.slice(m[0].length);
    if (rest === '') return out;
    if (!rest.startsWith('.')) throw new SqlError('invalid_parameter_value', `string is not a valid identifier: "${text}"`);
    rest = rest.slice(1).trimStart();
  }
}

const typeText: ScalarOverload = {
  args: ['any'],
  returns: { kind: 'regtype' },
  volatility: 'stable',
  nulls: 'custom',
  eval: (_values, _cx, [type]) => typeOid(type ?? TEXT),
  oid: 1619,
};

export const catalogFunctions: readonly FunctionDef[] = [
  scalar('version', [native([], TEXT, () => `PostgreSQL ${SERVER_VERSION} (Millrace)`, { oid: 89, volatility: 'stable' })], 'The version PostgreSQL clients should take this server for.'),
  session('current_database', NAME, (s) => s.database, 'The database of the session.', ['current_catalog'], 861),
  session('current_user', NAME, (s) => s.user, 'The user of the session.', ['session_user', 'user', 'current_role', 'system_user'], 745),
  session('current_schema', NAME, (s) => s.searchPath[0] ?? null, 'The first schema of the search path.', [], 1402),
  scalar(
    'current_schemas',
    [
      stable(['boolean'], arrayOf(NAME), (cx, [implicit]) => {
        const path = facts(cx).searchPath;
        return implicit === true ? [...CATALOG_NAMES.filter((n) => !path.includes(n)), ...path] : [...path];
      }, 1403),
    ],
    'The schemas of the search path; true adds the implicit ones.',
  ),
  session('pg_backend_pid', INT, (s) => s.backendPid, 'The number of the session.', [], 2026),
  scalar(
    'current_setting',
    [
      stable(['varchar'], TEXT, (cx, [name]) => setting(cx, name as string, false), 2077),
      stable(['varchar', 'boolean'], TEXT, (cx, [name, missingOk]) => setting(cx, name as string, missingOk === true), 3294),
    ],
    'The value of a setting.',
  ),
  scalar(
    'set_config',
    [
      {
        ...stable(['varchar', 'varchar', 'boolean'], TEXT, (cx, [name, value, local]) => {
          facts(cx).setSetting(name as string, value as string, local === true);
          return facts(cx).setting(name as string) ?? (value as string);
        }, 2078),
        volatility: 'volatile',
      },
    ],
    'Changes a setting and gives its new value.',
  ),
  scalar(
    'format_type',
    [{ args: ['oid', 'int'], returns: TEXT, volatility: 'stable', nulls: 'custom', oid: 1081, eval: ([oid = null, modifier = null]) => (oid === null ? null : formatType(oidArg(oid), modifier as number | null)) }],
    'The SQL name of a type by OID and modifier.',
    [['format_type(23, null)', 'integer'], ['format_type(1043, 14)', 'character varying(10)']],
  ),
  scalar('pg_typeof', [typeText], 'The type of the argument.', [['pg_typeof(1)', 'integer']]),
  scalar('to_regtype', [stable(['varchar'], { kind: 'regtype' }, (cx, [name]) => lookUp(() => cx.session?.typeOid(name as string) ?? typeOid(typeFromText(name as string))))], 'The type of a name; NULL when there is none.', [[`to_regtype('int4')`, 'integer']]),
  scalar('to_regclass', [stable(['varchar'], { kind: 'regclass' }, (cx, [name]) => facts(cx).relationOid(name as string) ?? null)], 'The relation of a name; NULL when there is none.'),
  described('pg_get_userbyid', 'user', [['oid']], 'The name of a role.'),
  described('pg_get_viewdef', 'viewdef', [['oid'], ['oid', 'boolean'], ['oid', 'int']], 'The query of a view.'),
  described('pg_get_constraintdef', 'constraintdef', [['oid'], ['oid', 'boolean']], 'The text of a constraint.'),
  described('pg_get_indexdef', 'indexdef', [['oid'], ['oid', 'int', 'boolean']], 'The text of an index or of one of its columns.', ([, n]) => (n as number | undefined) ?? 0),
  scalar(
    'pg_get_expr',
    [
      stable(['varchar', 'oid'], TEXT, (_cx, [text]) => text ?? null),
      stable(['varchar', 'oid', 'boolean'], TEXT, (_cx, [text]) => text ?? null),
    ],
    'The text of a stored expression; ours are stored as text.',
  ),
  described('pg_get_function_result', 'proc', [['oid']], 'The result type of a function.', () => 1),
  described('pg_get_function_arguments', 'proc', [['oid']], 'The arguments of a function.', () => 2),
  described('pg_get_function_identity_arguments', 'proc', [['oid']], 'The arguments that tell a function from others.', () => 2),
  described('pg_get_functiondef', 'proc', [['oid']], 'The CREATE FUNCTION text of a function.', () => 3),
  constant('pg_get_serial_sequence', [['varchar', 'varchar']], TEXT, null, 'The sequence of a column: none.'),
  constant('pg_get_partkeydef', [['oid']], TEXT, null, 'The partition key of a table: none.'),
  constant('pg_get_triggerdef', [['oid'], ['oid', 'boolean']], TEXT, null, 'The text of a trigger: none.'),
  constant('pg_get_ruledef', [['oid'], ['oid', 'boolean']], TEXT, null, 'The text of a rule: none.'),
  constant('pg_get_statisticsobjdef_columns', [['oid']], TEXT, null, 'The columns of extended statistics: none.'),
  described('obj_description', 'comment', [['oid', 'name'], ['oid']], 'The comment on an object.'),
  described('shobj_description', 'comment', [['oid', 'name']], 'The comment on a shared object.'),
  described('col_description', 'comment', [['oid', 'int']], 'The comment on a column.', ([, n]) => n as number),
  scalar(
    'pg_table_is_visible',
    [
      stable(['oid'], BOOLEAN, (cx, [oid]) => {
        const name = facts(cx).relationName(oidArg(oid));
        return name === undefined ? null : UNQUALIFIED.test(name);
      }),
    ],
    'Whether the relation is found without its schema.',
  ),
  visible('pg_type_is_visible'),
  visible('pg_function_is_visible'),
  visible('pg_operator_is_visible'),
  visible('pg_collation_is_visible'),
  visible('pg_opclass_is_visible'),
  visible('pg_opfamily_is_visible'),
  visible('pg_conversion_is_visible'),
  visible('pg_statistics_obj_is_visible'),
  visible('pg_ts_config_is_visible'),
  privilege('has_table_privilege', object),
  privilege('has_schema_privilege', object),
  privilege('has_database_privilege', object),
  privilege('has_any_column_privilege', object),
  privilege('has_function_privilege', object),
  privilege('has_sequence_privilege', object),
  privilege('has_tablespace_privilege', object),
  privilege('has_type_privilege', object),
  privilege('has_column_privilege', columnShapes),
  privilege('pg_has_role', [['name', 'varchar'], ['oid', 'varchar'], ['name', 'name', 'varchar'], ['name', 'oid', 'varchar'], ['oid', 'oid', 'varchar']]),
  constant('pg_is_in_recovery', [[]], BOOLEAN, false, 'Whether the server is a standby: never.'),
  constant('pg_is_wal_replay_paused', [[]], BOOLEAN, false, 'Whether replay is paused: never.'),
  constant('pg_my_temp_schema', [[]], OID, 0, 'The schema of temporary tables: none.'),
  constant('pg_is_other_temp_schema', [['oid']], BOOLEAN, false, 'Whether a schema is another session’s for temporary tables: never.'),
  constant('pg_relation_is_publishable', [['regclass']], BOOLEAN, false, 'Whether a table may be published: no.'),
  constant('pg_relation_size', [['regclass'], ['regclass', 'varchar']], BIGINT, 0n, 'Bytes of a relation: not measured, 0.'),
  constant('pg_table_size', [['regclass']], BIGINT, 0n, 'Bytes of a table: not measured, 0.'),
  constant('pg_total_relation_size', [['regclass']], BIGINT, 0n, 'Bytes of a table with all that belongs to it: not measured, 0.'),
  constant('pg_indexes_size', [['regclass']], BIGINT, 0n, 'Bytes of a table’s indexes: not measured, 0.'),
  constant('pg_database_size', [['name'], ['oid']], BIGINT, 0n, 'Bytes of a database: not measured, 0.'),
  constant('pg_stat_get_numscans', [['oid']], BIGINT, 0n, 'How often a relation was scanned: not counted, 0.'),
  constant('pg_tablespace_location', [['oid']], TEXT, '', 'The folder of a tablespace: none.'),
  constant('pg_index_column_has_property', [['regclass', 'int', 'varchar']], BOOLEAN, false, 'Whether an index column has a property.'),
  constant('pg_advisory_unlock_all', [[]], TEXT, '', 'Releases advisory locks, of which there are none.'),
  // The engine waits before it evaluates the query; the function itself has nothing left to do.
  scalar('pg_sleep', [{ ...stable(['double'], TEXT, () => '', 2626), volatility: 'volatile' }], 'Waits for so many seconds.'),
  scalar('pg_sleep_for', [{ ...stable(['interval'], TEXT, () => '', 3935), volatility: 'volatile' }], 'Waits for an interval.'),
  scalar('pg_sleep_until', [{ ...stable(['timestamptz'], TEXT, () => '', 3936), volatility: 'volatile' }], 'Waits until an instant.'),
  scalar('pg_column_size', [{ args: ['any'], returns: INT, volatility: 'stable', nulls: 'strict', eval: ([v = null], cx, [type = TEXT]) => columnSize(v, type, cx), oid: 1269 }], 'Bytes of a value: those of the type where it has a fixed width, else four and those of its text.', [['pg_column_size(1)', '4'], [`pg_column_size('abc')`, '7']]),
  scalar('pg_cancel_backend', [{ ...stable(['int'], BOOLEAN, (cx, [pid]) => facts(cx).signalBackend?.(pid as number, false) ?? false, 2171), volatility: 'volatile' }], 'Stops the running statement of a session.'),
  scalar('pg_terminate_backend', [{ ...stable(['int'], BOOLEAN, (cx, [pid]) => facts(cx).signalBackend?.(pid as number, true) ?? false, 2096), volatility: 'volatile' }], 'Ends a session.'),
  constant('inet_server_addr', [[]], TEXT, null, 'The address of the server: not told.'),
  constant('inet_server_port', [[]], INT, null, 'The port of the server: not told.'),
  constant('inet_client_addr', [[]], TEXT, null, 'The address of the client: not told.'),
  constant('inet_client_port', [[]], INT, null, 'The port of the client: not told.'),
  constant('txid_current', [[]], BIGINT, 1n, 'The number of the transaction: there is one.'),
  scalar('pg_encoding_to_char', [native(['int'], NAME, (n) => ENCODINGS[n] ?? '', { volatility: 'stable', oid: 1597 })], 'The name of an encoding.', [['pg_encoding_to_char(6)', 'UTF8']]),
  scalar('pg_char_to_encoding', [native(['name'], INT, (s) => (/^utf-?8$/i.test(s) ? 6 : -1), { volatility: 'stable', oid: 1264 })], 'The number of an encoding.', [[`pg_char_to_encoding('UTF8')`, '6']]),
  scalar('getdatabaseencoding', [native([], NAME, () => 'UTF8', { volatility: 'stable', oid: 1039 })], 'The encoding of the database.', [['getdatabaseencoding()', 'UTF8']]),
  scalar('pg_client_encoding', [native([], NAME, () => 'UTF8', { volatility: 'stable', oid: 810 })], 'The encoding of the client.', [['pg_client_encoding()', 'UTF8']]),
  scalar('pg_size_pretty', [native(['bigint'], TEXT, sizePretty, { oid: 2288 })], 'Bytes with a unit.', [['pg_size_pretty(12345678)', '12 MB']]),
  scalar('pg_postmaster_start_time', [contextual([], TIMESTAMPTZ, (cx) => cx.nowMicros)], 'When the server started; told as the time of the statement.'),
  scalar('parse_ident', [native(['varchar'], arrayOf(TEXT), parseIdentifier), native(['varchar', 'boolean'], arrayOf(TEXT), parseIdentifier)], 'The parts of a qualified name.', [[`parse_ident('"A".b')`, '{A,b}']]),
];

function lookUp(find: () => number): number | null {
  try {
    return find();
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}
