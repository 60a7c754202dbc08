import { SqlError } from '../common/errors.ts';
import type { SqlType, TypeKind } from '../common/types/sql-type.ts';
import { field, integer, list, record, text } from './json-fields.ts';

/** Kinds that have nothing but their kind. */
const PLAIN: ReadonlySet<string> = new Set([
  'boolean', 'tinyint', 'smallint', 'int', 'bigint', 'real', 'double', 'numeric', 'date', 'interval', 'jsonb', 'json', 'uuid', 'oid', 'regclass', 'regtype', 'regproc',
  'regnamespace', 'name', 'internalchar', 'unknown',
]);

type PlainKind = Exclude<TypeKind, 'decimal' | 'char' | 'varchar' | 'bytea' | 'time' | 'timestamp' | 'timestamptz' | 'array' | 'map' | 'row'>;
const isPlain = (kind: string): kind is PlainKind => PLAIN.has(kind);

/** A type from its JSON form. Errors: data_corrupted. */
export function decodeType(value: unknown): SqlType {
  const o = record(value, 'type');
  const kind = text(o, 'kind');
  if (isPlain(kind)) return { kind };
  switch (kind) {
    case 'decimal': {
      const [precision, scale] = [integer(field(o, 'precision'), 'precision'), integer(field(o, 'scale'), 'scale')];
      if (precision < 1 || precision > 38 || scale > precision) throw new SqlError('data_corrupted', `catalog entry is damaged: decimal(${precision},${scale})`);
      return { kind, precision, scale };
    }
    case 'char':
      return { kind, length: integer(field(o, 'length'), 'length') };
    case 'varchar':
      return Object.hasOwn(o, 'length') ? { kind, length: integer(field(o, 'length'), 'length') } : { kind };
    case 'bytea': {
      if (!Object.hasOwn(o, 'length')) return { kind };
      const length = integer(field(o, 'length'), 'length');
      return o['fixed'] === true ? { kind, length, fixed: true } : { kind, length };
    }
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      const precision = integer(field(o, 'precision'), 'precision');
      if (precision > 6) throw new SqlError('data_corrupted', `catalog entry is damaged: ${kind}(${precision})`);
      return { kind, precision };
    }
    case 'array':
      return { kind, element: decodeType(field(o, 'element')) };
    case 'map':
      return { kind, key: decodeType(field(o, 'key')), value: decodeType(field(o, 'value')) };
    case 'row':
      return {
        kind,
        fields: list(o, 'fields').map((f) => {
          const r = record(f, 'fields');
          return { name: text(r, 'name'), type: decodeType(field(r, 'type')) };
        }),
      };
    default:
      throw new SqlError('data_corrupted', `catalog entry is damaged: unknown type "${kind}"`);
  }
}
