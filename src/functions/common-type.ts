import { SqlError } from '../common/errors.ts';
import type { Span } from '../common/span.ts';
import { asDecimal, commonDecimal } from '../common/types/decimal-rules.ts';
import { BYTEA, typeEquals, typeName, TEXT, type SqlType } from '../common/types/sql-type.ts';
import { canCast, categoryOf, isPreferred } from './types.ts';

/** The type both become in CASE, COALESCE, UNION, VALUES, ARRAY and IN; undefined when there is none. */
export function commonTypeOf(a: SqlType, b: SqlType): SqlType | undefined {
  if (typeEquals(a, b)) return a;
  if (a.kind === 'unknown') return b;
  if (b.kind === 'unknown') return a;
  if (a.kind === b.kind) return widenModifiers(a, b);
  if (a.kind === 'decimal' || b.kind === 'decimal') {
    const x = asDecimal(a);
    const y = asDecimal(b);
    if (x !== undefined && y !== undefined) return commonDecimal(x, y);
  }
  if (categoryOf(a.kind) !== categoryOf(b.kind)) return undefined;
  // real with an exact type loses digits either way; double keeps the most.
  if ((a.kind === 'real' && b.kind !== 'double') || (b.kind === 'real' && a.kind !== 'double')) {
    if (canCast(a, { kind: 'double' }, 'implicit') && canCast(b, { kind: 'double' }, 'implicit')) return { kind: 'double' };
  }
  const aToB = canCast(a, b, 'implicit');
  const bToA = canCast(b, a, 'implicit');
  if (aToB && (!bToA || isPreferred(b.kind))) return unmodified(b, a);
  if (bToA) return unmodified(a, b);
  return undefined;
}

/** The target without a limit that the other side might exceed. */
function unmodified(target: SqlType, other: SqlType): SqlType {
  if (target.kind === 'varchar' && other.kind !== 'varchar') return TEXT;
  if (target.kind === 'timestamp' || target.kind === 'timestamptz') {
    const precision = other.kind === 'timestamp' ? Math.max(other.precision, target.precision) : target.precision;
    return { kind: target.kind, precision };
  }
  return target;
}

function widenModifiers(a: SqlType, b: SqlType): SqlType | undefined {
  switch (a.kind) {
    case 'decimal':
      return b.kind === 'decimal' ? commonDecimal(a, b) : undefined;
    case 'varchar':
      return TEXT;
    case 'bytea':
      return BYTEA;
    case 'char':
      return b.kind === 'char' ? { kind: 'char', length: Math.max(a.length, b.length) } : undefined;
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return b.kind === a.kind ? { kind: a.kind, precision: Math.max(a.precision, b.precision) } : undefined;
    case 'array': {
      const element = b.kind === 'array' ? commonTypeOf(a.element, b.element) : undefined;
      return element === undefined ? undefined : { kind: 'array', element };
    }
    case 'map': {
      if (b.kind !== 'map') return undefined;
      const key = commonTypeOf(a.key, b.key);
      const value = commonTypeOf(a.value, b.value);
      return key === undefined || value === undefined ? undefined : { kind: 'map', key, value };
    }
    case 'row': {
      if (b.kind !== 'row' || a.fields.length !== b.fields.length) return undefined;
      const fields = [];
      for (const [i, f] of a.fields.entries()) {
        const type = commonTypeOf(f.type, b.fields[i]?.type ?? f.type);
        if (type === undefined) return undefined;
        fields.push({ name: f.name, type });
      }
      return { kind: 'row', fields };
    }
    default:
      return a;
  }
}

/**
 * The common type of several expressions; untyped literals alone give text.
 * @param what for the message: `CASE`, `UNION`, `VALUES`…
 * Errors: datatype_mismatch, cannot_coerce.
 */
export function commonType(types: readonly SqlType[], what: string, span?: Span): SqlType {
  let common: SqlType = { kind: 'unknown' };
  for (const type of types) {
    const next = commonTypeOf(common, type);
    if (next === undefined) {
      if (categoryOf(common.kind) === categoryOf(type.kind)) {
        throw new SqlError('cannot_coerce', `${what} could not convert type ${typeName(type)} to ${typeName(common)}`, { span });
      }
      throw new SqlError('datatype_mismatch', `${what} types ${typeName(common)} and ${typeName(type)} cannot be matched`, { span });
    }
    common = next;
  }
  return common.kind === 'unknown' ? TEXT : common;
}
