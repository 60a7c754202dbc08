import { SqlError } from '../common/errors.ts';
import type { Schema } from '../common/batch/batch.ts';
import { objectId, type ObjectId } from '../common/ids.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { CatalogObject, PrimaryKey, TableColumn, UniqueKey, Watermark } from './objects.ts';
import { decodeType } from './type-codec.ts';
import { boolean, field, integer, list, record, strings, text, textMap, textOrNull } from './json-fields.ts';

/** Catalog objects as JSON, for the store. Every field is checked when read back: a damaged store must not become a plan. */

export function encodeCatalogObject(object: CatalogObject): JsonValue {
  // The objects are plain data by construction; the round trip is what the tests hold this to.
  return JSON.parse(JSON.stringify(object)) as JsonValue;
}

/** Errors: data_corrupted, naming the field. */
export function decodeCatalogObject(value: unknown): CatalogObject {
  const o = record(value, 'catalog object');
  const kind = text(o, 'kind');
  const base = {
    id: id(field(o, 'id'), 'id'), name: text(o, 'name'), comment: textOrNull(o, 'comment'), owner: text(o, 'owner'),
    dependsOn: list(o, 'dependsOn').map((v) => id(v, 'dependsOn')),
  };
  const own = 'options' in o ? { options: textMap(o, 'options') } : {};
  if (kind === 'database') return { ...base, kind, ...own };
  if (kind === 'schema') return { ...base, kind, database: text(o, 'database'), ...own };
  const session = field(o, 'session');
  const member = { ...base, database: text(o, 'database'), schema: text(o, 'schema'), session: session === null ? null : integer(session, 'session') };
  switch (kind) {
    case 'table':
      return decodeTable(o, member);
    case 'view':
      return { ...member, kind, sql: text(o, 'sql'), columns: schema(o, 'columns'), searchPath: strings(o, 'searchPath') };
    case 'materializedView': {
      const key = field(o, 'key');
      const kept = 'subscription' in o ? { subscription: { retentionMs: integer(field(record(field(o, 'subscription'), 'subscription'), 'retentionMs'), 'retentionMs') } } : {};
      return {
        ...member, ...kept, kind, sql: text(o, 'sql'), columns: schema(o, 'columns'), key: key === null ? null : positions(o, 'key'), options: textMap(o, 'options'), searchPath: strings(o, 'searchPath'),
      };
    }
    case 'sink':
      return { ...member, kind, sql: text(o, 'sql'), options: textMap(o, 'options'), searchPath: strings(o, 'searchPath') };
    case 'secret':
      return { ...member, kind };
    case 'index':
      return { ...member, kind, columns: strings(o, 'columns'), include: strings(o, 'include') };
    case 'connection':
      return { ...member, kind, options: textMap(o, 'options') };
    case 'function':
      return decodeFunction(o, member);
    default:
      throw new SqlError('data_corrupted', `catalog object of unknown kind "${kind}"`);
  }
}

type Fields = Readonly<Record<string, unknown>>;
type Member = Pick<Extract<CatalogObject, { kind: 'secret' }>, 'id' | 'name' | 'comment' | 'owner' | 'dependsOn' | 'database' | 'schema' | 'session'>;

function decodeFunction(o: Fields, member: Member): CatalogObject {
  const named = (v: unknown, what: string): { readonly name: string | null; readonly type: SqlType } => {
    const p = record(v, what);
    return { name: textOrNull(p, 'name'), type: decodeType(field(p, 'type')) };
  };
  const columns = o['columns'] ?? null;
  const oneOf = <T extends string>(name: string, values: readonly T[]): T => {
    const [first] = values;
    const found = values.find((v) => v === (o[name] ?? first));
    if (found === undefined) throw new SqlError('data_corrupted', `function "${member.name}" has an unknown ${name}`);
    return found;
  };
  return {
    ...member, kind: 'function', language: oneOf('language', ['sql', 'javascript', 'typescript']), form: oneOf('form', ['scalar', 'table', 'aggregate']),
    params: list(o, 'params').map((v) => named(v, 'params')), returns: decodeType(field(o, 'returns')),
    columns: columns === null ? null : list(o, 'columns').map((v) => ({ ...named(v, 'columns'), name: text(record(v, 'columns'), 'name') })),
    sql: text(o, 'sql'), source: textOrNull({ source: null, ...o }, 'source'), volatility: oneOf('volatility', ['volatile', 'stable', 'immutable']),
    memoryBytes: integer(o['memoryBytes'] ?? 0, 'memoryBytes'), steps: integer(o['steps'] ?? 0, 'steps'), strict: boolean(o, 'strict'), searchPath: strings(o, 'searchPath'),
  };
}

function decodeTable(o: Fields, member: Member): CatalogObject {
  const connector = textOrNull(o, 'connector');
  const key = field(o, 'primaryKey');
  const mark = field(o, 'watermark');
  const columns = list(o, 'columns').map(column);
  const inside = (i: number, what: string): number => {
    if (i >= columns.length) throw new SqlError('data_corrupted', `${what} of table "${member.name}" is out of range`);
    return i;
  };
  const primaryKey = key === null ? null : decodeKey(record(key, 'primaryKey'));
  const watermark = mark === null ? null : decodeWatermark(record(mark, 'watermark'));
  for (const i of primaryKey?.columns ?? []) inside(i, 'primary key');
  if (watermark !== null) inside(watermark.column, 'watermark');
  const uniques = 'uniques' in o ? { uniques: list(o, 'uniques').map((v) => decodeUnique(record(v, 'uniques'))) } : {};
  for (const u of uniques.uniques ?? []) for (const i of u.columns) inside(i, 'unique key');
  return {
    ...member, kind: 'table', columns, primaryKey, ...uniques, watermark, connector, options: textMap(o, 'options'), partitionedBy: strings(o, 'partitionedBy'),
    appendOnly: boolean(o, 'appendOnly'), ...('added' in o ? { added: strings(o, 'added') } : {}), searchPath: strings(o, 'searchPath'),
  };
}

const decodeKey = (o: Fields): PrimaryKey => ({ name: text(o, 'name'), columns: positions(o, 'columns'), enforced: boolean(o, 'enforced') });
const decodeUnique = (o: Fields): UniqueKey => ({ ...decodeKey(o), nullsNotDistinct: boolean(o, 'nullsNotDistinct') });
const decodeWatermark = (o: Fields): Watermark => ({ column: integer(field(o, 'column'), 'column'), sql: text(o, 'sql') });

function id(value: unknown, what: string): ObjectId {
  return objectId(integer(value, what));
}

const positions = (o: Fields, name: string): number[] => list(o, name).map((v) => integer(v, name));

function column(value: unknown): TableColumn {
  const o = record(value, 'column');
  const kind = text(o, 'kind');
  const base: { name: string; type: SqlType; nullable: boolean; comment: string | null } = {
    name: text(o, 'name'), type: decodeType(field(o, 'type')), nullable: boolean(o, 'nullable'), comment: textOrNull(o, 'comment'),
  };
  switch (kind) {
    case 'physical':
      return { ...base, kind, default: textOrNull(o, 'default') };
    case 'computed':
      return { ...base, kind, sql: text(o, 'sql') };
    case 'metadata':
      return { ...base, kind, key: text(o, 'key'), virtual: boolean(o, 'virtual') };
    default:
      throw new SqlError('data_corrupted', `column of unknown kind "${kind}"`);
  }
}

function schema(o: Fields, name: string): Schema {
  return list(o, name).map((v) => {
    const f = record(v, name);
    return { name: text(f, 'name'), type: decodeType(field(f, 'type')), nullable: boolean(f, 'nullable') };
  });
}
