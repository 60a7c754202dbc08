import { InternalError, SqlError } from '../common/errors.ts';
import type { Span } from '../common/span.ts';
import { MICROS_PER_DAY, floorMod, isFiniteTimestamp } from '../common/types/calendar.ts';
import { roundMicros } from '../common/types/datetime-text.ts';
import { fitDecimal } from '../common/types/decimal-rules.ts';
import { dateToTimestamp, roundHalfEven, timestampToDate } from '../common/types/interval.ts';
import { isJsonNumber, jsonFromText, jsonToText, jsonTypeof } from '../common/types/json.ts';
import { numericToBigint } from '../common/types/numeric-math.ts';
import { numericFromBigint, numericFromDouble, numericFromInt, numericToDouble } from '../common/types/numeric-text.ts';
import { typeEquals, typeName, type SqlType } from '../common/types/sql-type.ts';
import { textIn, textOut } from '../common/types/text-codec.ts';
import { fitBytes, fitChar, fitVarchar, trimBlanks } from '../common/types/text-length.ts';
import { fromLocal, toLocal } from '../common/types/time-zone.ts';
import type { Interval, Json, Numeric, Value } from '../common/types/value.ts';
import type { EvalContext } from './define.ts';
import { bigintOutOfRange, intOutOfRange, smallintOutOfRange, tinyintOutOfRange } from './integer.ts';
import { textContext } from './session-text.ts';
import { canCast, type CastContext } from './types.ts';

/** Turns a non-NULL value of one type into another; NULL becomes NULL before it is called. */
export type CastFunction = (value: Value, cx: EvalContext) => Value;

/**
 * Fails unless `from` may become `to` in this context.
 * Errors: cannot_coerce for written casts, datatype_mismatch for stored values of column `column`.
 */
export function requireCast(from: SqlType, to: SqlType, context: CastContext, span?: Span, column?: string): void {
  if (canCast(from, to, context)) return;
  if (context === 'assignment') {
    const what = column === undefined ? 'value' : `column "${column}"`;
    throw new SqlError('datatype_mismatch', `${what} is of type ${typeName(to)} but expression is of type ${typeName(from)}`, {
      span,
      hint: 'You will need to rewrite or cast the expression.',
    });
  }
  throw new SqlError('cannot_coerce', `cannot cast type ${typeName(from)} to ${typeName(to)}`, { span });
}

/** The conversion from `from` to `to`, modifiers included, as a written cast does it (too long text is cut). */
export function castFunction(from: SqlType, to: SqlType): CastFunction {
  const kinds = convertKind(from, to);
  const fit = fitModifiers(from, to);
  if (kinds === undefined) return fit ?? ((value) => value);
  if (fit === undefined) return kinds;
  return (value, cx) => fit(kinds(value, cx), cx);
}

/** Converts one value; NULL stays NULL. */
export function castValue(value: Value, from: SqlType, to: SqlType, cx: EvalContext): Value {
  return value === null ? null : castFunction(from, to)(value, cx);
}

/** Applies length, precision and scale; undefined when they can't change anything. */
function fitModifiers(from: SqlType, to: SqlType): CastFunction | undefined {
  if (typeEquals(from, to)) return undefined;
  switch (to.kind) {
    case 'decimal': {
      const same = from.kind === 'decimal' && from.scale === to.scale && from.precision <= to.precision;
      return same ? undefined : (v) => fitDecimal(v as Numeric, to.precision, to.scale);
    }
    case 'varchar':
      return to.length === undefined ? undefined : (v) => fitVarchar(v as string, to.length, false);
    case 'char':
      return (v) => fitChar(v as string, to.length, false);
    case 'bytea':
      return to.length === undefined ? undefined : (v) => fitBytes(v as Uint8Array, to.length, to.fixed === true, false);
    case 'time':
    case 'timestamp':
    case 'timestamptz': {
      if (to.precision >= 6 || (from.kind === to.kind && from.precision <= to.precision)) return undefined;
      return (v) => roundMicros(v as bigint, to.precision);
    }
    default:
      return undefined;
  }
}

const isText = (type: SqlType): boolean =>
  type.kind === 'varchar' || type.kind === 'name' || type.kind === 'unknown' || type.kind === 'char' || type.kind === 'internalchar';

function convertKind(from: SqlType, to: SqlType): CastFunction | undefined {
  if (from.kind === 'unknown') return (v, cx) => textIn(v as string, to, textContext(cx));
  if (isText(to)) return toText(from, to);
  if (isText(from)) return fromText(from, to);
  switch (to.kind) {
    case 'boolean':
      return toBoolean(from);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return toInteger(from, to);
    case 'real': {
      const number = toDouble(from);
      return (v, cx) => {
        const n = number(v, cx);
        const single = Math.fround(n);
        if (!Number.isFinite(single) && Number.isFinite(n)) throw new SqlError('numeric_value_out_of_range', 'value out of range: overflow');
        if (single === 0 && n !== 0) throw new SqlError('numeric_value_out_of_range', 'value out of range: underflow');
        return single;
      };
    }
    case 'double':
      return from.kind === 'double' ? undefined : toDouble(from);
    case 'decimal':
    case 'numeric':
      return toNumeric(from);
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
      return toTemporal(from, to);
    case 'json':
      return from.kind === 'jsonb' ? (v) => jsonToText((v as Json).json) : undefined;
    case 'jsonb':
      return from.kind === 'json' ? (v) => ({ json: jsonFromText(v as string) }) : undefined;
    case 'array':
      return from.kind === 'array' ? castArray(from, to) : noCast(from, to);
    case 'row':
      return from.kind === 'row' ? castRow(from, to) : noCast(from, to);
    case 'map':
      return from.kind === 'map' ? castMap(from, to) : noCast(from, to);
    default:
      return from.kind === to.kind ? undefined : noCast(from, to);
  }
}

function noCast(from: SqlType, to: SqlType): never {
  throw new InternalError(`no cast from ${typeName(from)} to ${typeName(to)}`);
}

function toText(from: SqlType, to: SqlType): CastFunction | undefined {
  if (to.kind === 'internalchar') return (v, cx) => (isText(from) ? (v as string) : textOut(v, from, textContext(cx))).slice(0, 1);
  if (from.kind === 'char') return to.kind === 'char' ? undefined : (v) => trimBlanks(v as string);
  if (isText(from)) return to.kind === 'name' ? (v) => (v as string).slice(0, 63) : undefined;
  if (from.kind === 'boolean') return (v) => (v === true ? 'true' : 'false');
  return (v, cx) => textOut(v, from, textContext(cx));
}

function fromText(from: SqlType, to: SqlType): CastFunction {
  if (from.kind === 'internalchar' && to.kind === 'int') return (v) => ((v as string).charCodeAt(0) << 24) >> 24;
  // The modifiers are applied by the reader itself.
  return (v, cx) => textIn(from.kind === 'char' ? trimBlanks(v as string) : (v as string), to, textContext(cx));
}

function jsonScalar(v: Value, want: 'number' | 'boolean', to: string): Numeric | boolean {
  const node = (v as Json).json;
  if (want === 'number' && isJsonNumber(node)) return node;
  if (want === 'boolean' && typeof node === 'boolean') return node;
  throw new SqlError('invalid_parameter_value', `cannot cast jsonb ${jsonTypeof(node)} to type ${to}`);
}

function toBoolean(from: SqlType): CastFunction | undefined {
  switch (from.kind) {
    case 'boolean':
      return undefined;
    case 'tinyint':
    case 'smallint':
    case 'int':
      return (v) => v !== 0;
    case 'bigint':
      return (v) => v !== 0n;
    case 'jsonb':
      return (v) => jsonScalar(v, 'boolean', 'boolean');
    default:
      return noCast(from, { kind: 'boolean' });
  }
}

type IntegerKind = 'tinyint' | 'smallint' | 'int' | 'bigint' | 'oid' | 'regclass' | 'regtype' | 'regproc' | 'regnamespace';

function checkInteger(kind: IntegerKind): (n: number) => number {
  switch (kind) {
    case 'tinyint':
      return (n) => (n < -128 || n > 127 ? tinyintOutOfRange() : n || 0);
    case 'smallint':
      return (n) => (n < -32768 || n > 32767 ? smallintOutOfRange() : n || 0);
    case 'int':
      return (n) => (n < -2147483648 || n > 2147483647 ? intOutOfRange() : n || 0);
    default:
      return (n) => {
        if (n < -2147483648 || n > 4294967295) throw new SqlError('numeric_value_out_of_range', 'OID out of range');
        return n >>> 0;
      };
  }
}

function toInteger(from: SqlType, to: { readonly kind: IntegerKind }): CastFunction | undefined {
  if (from.kind === to.kind) return undefined;
  const name = typeName(to);
  const toBig = to.kind === 'bigint';
  const check = checkInteger(to.kind);
  const fromBig = (n: bigint): Value => {
    if (!toBig) return check(Number(n));
    return n === BigInt.asIntN(64, n) ? n : bigintOutOfRange();
  };
  switch (from.kind) {
    case 'boolean':
      return (v) => (toBig ? (v === true ? 1n : 0n) : v === true ? 1 : 0);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      // oid to int keeps the bits, as PostgreSQL does.
      if (to.kind === 'int' && from.kind !== 'tinyint' && from.kind !== 'smallint') return (v) => (v as number) | 0;
      return toBig ? (v) => BigInt(v as number) : (v) => check(v as number);
    case 'bigint':
      return (v) => fromBig(v as bigint);
    case 'real':
    case 'double':
      return (v) => {
        const n = roundHalfEven(v as number);
        if (!toBig) return Number.isNaN(n) ? check(Infinity) : check(n);
        return n >= -9223372036854775808 && n < 9223372036854775808 ? BigInt(n) : bigintOutOfRange();
      };
    case 'decimal':
    case 'numeric':
      return (v) => fromBig(numericToBigint(v as Numeric, name));
    case 'jsonb':
      return (v) => fromBig(numericToBigint(jsonScalar(v, 'number', name) as Numeric, name));
    default:
      return noCast(from, to);
  }
}

function toDouble(from: SqlType): (v: Value, cx: EvalContext) => number {
  switch (from.kind) {
    case 'boolean':
      return (v) => (v === true ? 1 : 0);
    case 'decimal':
    case 'numeric':
      return (v) => {
        const n = numericToDouble(v as Numeric);
        if (!Number.isFinite(n) && (v as Numeric).special === undefined) {
          throw new SqlError('numeric_value_out_of_range', 'value out of range: overflow');
        }
        return n;
      };
    case 'jsonb':
      return (v) => numericToDouble(jsonScalar(v, 'number', 'double precision') as Numeric);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'real':
    case 'double':
      return (v) => Number(v);
    default:
      return noCast(from, { kind: 'double' });
  }
}

function toNumeric(from: SqlType): CastFunction | undefined {
  switch (from.kind) {
    case 'decimal':
    case 'numeric':
      return undefined;
    case 'boolean':
      return (v) => numericFromInt(v === true ? 1 : 0);
    case 'tinyint':
    case 'smallint':
    case 'int':
      return (v) => numericFromInt(v as number);
    case 'bigint':
      return (v) => numericFromBigint(v as bigint);
    case 'real':
      return (v) => numericFromDouble(v as number, 6);
    case 'double':
      return (v) => numericFromDouble(v as number);
    case 'jsonb':
      return (v) => jsonScalar(v, 'number', 'numeric');
    default:
      return noCast(from, { kind: 'numeric' });
  }
}

function toTemporal(from: SqlType, to: SqlType): CastFunction | undefined {
  if (from.kind === to.kind) return undefined;
  switch (`${from.kind} ${to.kind}`) {
    case 'date timestamp':
      return (v) => dateToTimestamp(v as number);
    case 'date timestamptz':
      return (v, cx) => {
        const micros = dateToTimestamp(v as number);
        return isFiniteTimestamp(micros) ? fromLocal(micros, cx.timeZone) : micros;
      };
    case 'timestamp timestamptz':
      return (v, cx) => (isFiniteTimestamp(v as bigint) ? fromLocal(v as bigint, cx.timeZone) : v);
    case 'timestamptz timestamp':
      return (v, cx) => (isFiniteTimestamp(v as bigint) ? toLocal(v as bigint, cx.timeZone) : v);
    case 'timestamp date':
      return (v) => timestampToDate(v as bigint);
    case 'timestamptz date':
      return (v, cx) => timestampToDate(isFiniteTimestamp(v as bigint) ? toLocal(v as bigint, cx.timeZone) : (v as bigint));
    case 'timestamp time':
      return (v) => (isFiniteTimestamp(v as bigint) ? floorMod(v as bigint, MICROS_PER_DAY) : null);
    case 'timestamptz time':
      return (v, cx) => (isFiniteTimestamp(v as bigint) ? floorMod(toLocal(v as bigint, cx.timeZone), MICROS_PER_DAY) : null);
    // Flink's: the time of day on the first day there is.
    case 'time timestamp':
      return (v) => v;
    case 'time timestamptz':
      return (v, cx) => fromLocal(v as bigint, cx.timeZone);
    case 'time interval':
      return (v) => ({ months: 0, days: 0, micros: v as bigint });
    case 'interval time':
      return (v) => floorMod((v as Interval).micros, MICROS_PER_DAY);
    default:
      return noCast(from, to);
  }
}

function nullable(inner: CastFunction): CastFunction {
  return (v, cx) => (v === null ? null : inner(v, cx));
}

function castArray(from: SqlType & { kind: 'array' }, to: SqlType & { kind: 'array' }): CastFunction | undefined {
  if (typeEquals(from, to)) return undefined;
  const element = nullable(castFunction(from.element, to.element));
  return (v, cx) => (v as Value[]).map((item) => element(item, cx));
}

function castRow(from: SqlType & { kind: 'row' }, to: SqlType & { kind: 'row' }): CastFunction | undefined {
  const fields = from.fields.map((f, i) => nullable(castFunction(f.type, to.fields[i]?.type ?? f.type)));
  return (v, cx) => (v as Value[]).map((item, i) => fields[i]?.(item, cx) ?? null);
}

function castMap(from: SqlType & { kind: 'map' }, to: SqlType & { kind: 'map' }): CastFunction | undefined {
  if (typeEquals(from, to)) return undefined;
  const key = castFunction(from.key, to.key);
  const value = nullable(castFunction(from.value, to.value));
  return (v, cx) => (v as [Value, Value][]).map(([k, x]): [Value, Value] => [key(k, cx), value(x, cx)]);
}
