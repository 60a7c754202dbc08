import { INT, TEXT, type SqlType } from '../../../common/types/sql-type.ts';
import type { Value } from '../../../common/types/value.ts';
import type { MetadataField, Options } from '../../api.ts';
import { read } from '../../options.ts';
import { parseTimestamp, ValueError } from '../../parse-value.ts';
import { JsonNumber, jsonTreeText, parseJsonTree, type JsonTree } from '../json-tree.ts';
import type { Changes, Envelope } from './cdc-decoder.ts';
import { memberOf, objectOf, objectsOf, textOf, type Document, type Span } from './members.ts';

const LTZ: SqlType = { kind: 'timestamptz', precision: 3 };
const TEXTS: SqlType = { kind: 'array', element: TEXT };
const TEXT_MAP: SqlType = { kind: 'map', key: TEXT, value: TEXT };
const field = (key: string, type: SqlType, doc: string): MetadataField => ({ key, type, writable: false, doc });

export const DEBEZIUM_METADATA: readonly MetadataField[] = [
  field('schema', TEXT, 'The schema of the payload as JSON; NULL where messages have none.'),
  field('ingestion-timestamp', LTZ, 'When the connector handled the change (`ts_ms`).'),
  field('source.timestamp', LTZ, 'When the change was made in the database (`source.ts_ms`).'),
  field('source.database', TEXT, 'The database.'),
  field('source.schema', TEXT, 'The schema in it.'),
  field('source.table', TEXT, 'The table.'),
  field('source.properties', TEXT_MAP, 'All members of `source` as text.'),
];
export const CANAL_METADATA: readonly MetadataField[] = [
  field('database', TEXT, 'The database.'),
  field('table', TEXT, 'The table.'),
  field('sql-type', { kind: 'map', key: TEXT, value: INT }, 'JDBC types by column.'),
  field('pk-names', TEXTS, 'The columns of the primary key.'),
  field('ingestion-timestamp', LTZ, 'When the message was made (`ts`).'),
  field('event-timestamp', LTZ, 'When the change was made in the database (`es`).'),
];
export const MAXWELL_METADATA: readonly MetadataField[] = [
  field('database', TEXT, 'The database.'),
  field('table', TEXT, 'The table.'),
  field('primary-key-columns', TEXTS, 'The columns of the primary key.'),
  field('ingestion-timestamp', LTZ, 'When the change was handled (`ts`).'),
];
export const OGG_METADATA: readonly MetadataField[] = [
  field('table', TEXT, 'The table with its schema.'),
  field('primary-keys', TEXTS, 'The columns of the primary key.'),
  field('ingestion-timestamp', { kind: 'timestamp', precision: 6 }, 'When the change was handled (`current_ts`).'),
  field('event-timestamp', { kind: 'timestamp', precision: 6 }, 'When the change was made in the database (`op_ts`).'),
];

/** Where a member lies that has to be an object, if it is there. */
const objectSpan = (d: Document, name: string): Span | undefined => {
  const span = memberOf(d, name);
  if (span !== undefined && d.data[span.from] !== 123) throw new ValueError(`"${name}" is not an object`);
  return span;
};

const millis = (d: Document, name: string, unit = 1000n): Value => {
  const text = textOf(d, name);
  if (text === undefined) return null;
  if (!/^-?\d{1,16}$/.test(text)) throw new ValueError(`"${name}" is not a number`);
  return BigInt(text) * unit;
};
const treeOf = (d: Document, name: string): JsonTree | undefined => {
  const span = memberOf(d, name);
  return span === undefined ? undefined : parseJsonTree(d.data.toString('utf8', span.from, span.to));
};
const plain = (t: JsonTree): Value => (t === null ? null : typeof t === 'string' ? t : jsonTreeText(t));
const mapOf = (t: JsonTree | undefined, value: (t: JsonTree) => Value): Value => (t instanceof Map ? [...t].map(([k, v]): Value => [k, value(v)]) : null);
const listOf = (t: JsonTree | undefined): Value => (Array.isArray(t) ? t.map(plain) : null);

/** A missing old row cannot be made up. */
function requireBefore(row: Span | undefined, what: string, hint: string): Span {
  if (row !== undefined) return row;
  throw new ValueError(`"before" of ${what} is null; ${hint}`);
}
function requireRow(row: Span | undefined, name: string, what: string): Span {
  if (row !== undefined) return row;
  throw new ValueError(`"${name}" of ${what} is null`);
}

const FULL = 'a PostgreSQL table needs ALTER TABLE … REPLICA IDENTITY FULL for it';
const payload = (m: Document, o: Options): Document => {
  if (!read.boolean(o, 'debezium-json.schema-include')) {
    if (!m.members.has('op') && m.members.has('payload')) throw new ValueError("the message holds its schema; the table needs 'debezium-json.schema-include' = 'true'");
    return m;
  }
  const found = objectOf(m, 'payload');
  if (found === undefined) throw new ValueError("the message has no payload; 'debezium-json.schema-include' says that it holds schema and payload");
  return found;
};

export const debezium: Envelope = {
  format: 'debezium-json',
  read(message, options, out) {
    const d = payload(message, options);
    const op = textOf(d, 'op');
    const row = (name: string): Span | undefined => objectSpan(d, name);
    switch (op) {
      case 'c':
      case 'r':
        return out.insert(d, requireRow(row('after'), 'after', 'an insertion'));
      case 'u':
        return out.update(d, requireBefore(row('before'), 'an update', FULL), requireRow(row('after'), 'after', 'an update'));
      case 'd':
        return out.delete(d, requireBefore(row('before'), 'a deletion', FULL));
      default:
        throw new ValueError(op === undefined ? 'the message has no "op"' : `"op" is "${op}", not one of c, r, u and d`);
    }
  },
  metadata(message, key, options) {
    if (key === 'schema') return plain(treeOf(message, 'schema') ?? null);
    const d = payload(message, options);
    if (key === 'ingestion-timestamp') return millis(d, 'ts_ms');
    const source = objectOf(d, 'source');
    if (source === undefined) return null;
    switch (key) {
      case 'source.timestamp':
        return millis(source, 'ts_ms');
      case 'source.properties':
        return mapOf(treeOf(d, 'source'), plain);
      default:
        return textOf(source, { 'source.database': 'db', 'source.schema': 'schema', 'source.table': 'table' }[key] ?? key) ?? null;
    }
  },
};

const patterns = new Map<string, RegExp>();
/** Whether the option's expression, which is anchored, lets the name pass. */
function included(options: Options, option: string, name: string | undefined): boolean {
  const text = options[option];
  if (text === undefined) return true;
  let pattern = patterns.get(text);
  if (pattern === undefined) {
    patterns.clear();
    patterns.set(text, (pattern = new RegExp(`^(?:${text})$`)));
  }
  return name !== undefined && pattern.test(name);
}

function updates(d: Document, rows: readonly Span[], old: readonly Span[] | undefined, out: Changes): void {
  if (old?.length !== rows.length) throw new ValueError('"old" of an update has other rows than "data"');
  rows.forEach((row, i) => out.update(d, row, row, old[i] as Span));
}

export const canal: Envelope = {
  format: 'canal-json',
  read(d, options, out) {
    if (!included(options, 'canal-json.database.include', textOf(d, 'database')) || !included(options, 'canal-json.table.include', textOf(d, 'table'))) return;
    const type = textOf(d, 'type')?.toUpperCase();
    switch (type) {
      case 'INSERT':
        for (const row of objectsOf(d, 'data') ?? []) out.insert(d, row);
        return;
      case 'UPDATE':
        return updates(d, objectsOf(d, 'data') ?? [], objectsOf(d, 'old'), out);
      case 'DELETE':
        for (const row of objectsOf(d, 'data') ?? []) out.delete(d, row);
        return;
      case undefined:
        throw new ValueError('the message has no "type"');
      default:
        // About the table itself, or the transaction.
        if (/^(?:CREATE|ALTER|ERASE|RENAME|TRUNCATE|QUERY|CINDEX|DINDEX|GTID|XACOMMIT|XAROLLBACK|MHEARTBEAT)$/.test(type)) return;
        throw new ValueError(`"type" "${type}" is not known`);
    }
  },
  metadata(d, key) {
    switch (key) {
      case 'sql-type':
        return mapOf(treeOf(d, 'sqlType'), (t) => (t instanceof JsonNumber ? Number(jsonTreeText(t)) : null));
      case 'pk-names':
        return listOf(treeOf(d, 'pkNames'));
      case 'ingestion-timestamp':
        return millis(d, 'ts');
      case 'event-timestamp':
        return millis(d, 'es');
      default:
        return textOf(d, key) ?? null;
    }
  },
};

export const maxwell: Envelope = {
  format: 'maxwell-json',
  read(d, _options, out) {
    const type = textOf(d, 'type');
    const row = (name: string): Span => {
      const span = objectSpan(d, name);
      if (span === undefined) throw new ValueError(`"${name}" is not an object`);
      return span;
    };
    switch (type) {
      case 'insert':
      case 'bootstrap-insert':
        return out.insert(d, row('data'));
      case 'update':
        return out.update(d, row('data'), row('data'), row('old'));
      case 'delete':
        return out.delete(d, row('data'));
      case 'bootstrap-start':
      case 'bootstrap-complete':
        return;
      default:
        throw new ValueError(type === undefined ? 'the message has no "type"' : `"type" is "${type}", not one of insert, update and delete`);
    }
  },
  metadata(d, key) {
    switch (key) {
      case 'primary-key-columns':
        return listOf(treeOf(d, 'primary_key_columns'));
      case 'ingestion-timestamp':
        // Seconds.
        return millis(d, 'ts', 1_000_000n);
      default:
        return textOf(d, key) ?? null;
    }
  },
};

export const ogg: Envelope = {
  format: 'ogg-json',
  read(d, _options, out) {
    const type = textOf(d, 'op_type');
    const row = (name: string): Span | undefined => objectSpan(d, name);
    switch (type) {
      case 'I':
        return out.insert(d, requireRow(row('after'), 'after', 'an insertion'));
      case 'U':
        return out.update(d, requireBefore(row('before'), 'an update', 'all columns have to be logged'), requireRow(row('after'), 'after', 'an update'));
      case 'D':
        return out.delete(d, requireBefore(row('before'), 'a deletion', 'all columns have to be logged'));
      default:
        throw new ValueError(type === undefined ? 'the message has no "op_type"' : `"op_type" is "${type}", not one of I, U and D`);
    }
  },
  metadata(d, key) {
    const time = (name: string): Value => {
      const text = textOf(d, name);
      return text === undefined ? null : parseTimestamp(text, 6, false, 'any');
    };
    switch (key) {
      case 'primary-keys':
        return listOf(treeOf(d, 'primary_keys'));
      case 'ingestion-timestamp':
        return time('current_ts');
      case 'event-timestamp':
        return time('op_ts');
      default:
        return textOf(d, key) ?? null;
    }
  },
};
