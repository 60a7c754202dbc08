import { SqlError } from '../common/errors.ts';
import { TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY } from '../common/types/calendar.ts';
import { roundMicros } from '../common/types/datetime-text.ts';
import { dateToTimestamp, roundHalfEven, timestampToDate } from '../common/types/interval.ts';
import { numericFromScaled, pow10 } from '../common/types/numeric.ts';
import { numericFromBigint, numericFromInt, numericToDouble } from '../common/types/numeric-text.ts';
import { typeEquals, type SqlType } from '../common/types/sql-type.ts';
import { fromLocal, toLocal } from '../common/types/time-zone.ts';
import type { EmitContext, EmitValue, EvalContext } from './define.ts';
import { bigToInt, bigintOutOfRange, toInt16, toInt32, toInt8, wordsToDouble, wordsToInt } from './integer.ts';

/**
 * Generated code of the casts that are hot: between integers, doubles and small decimals, and between dates and times.
 * Others go through `castFunction`. None of these gives NULL for a value.
 */

type SmallInt = 'tinyint' | 'smallint' | 'int';
const isSmallInt = (type: SqlType): type is SqlType & { kind: SmallInt } => type.kind === 'tinyint' || type.kind === 'smallint' || type.kind === 'int';
const WIDTH: Readonly<Record<SmallInt, number>> = { tinyint: 1, smallint: 2, int: 4 };
const CHECK: Readonly<Record<SmallInt, (n: number) => number>> = { tinyint: toInt8, smallint: toInt16, int: toInt32 };
const scaled = (type: SqlType): number | undefined => (type.kind === 'decimal' && type.precision <= 18 ? type.scale : undefined);

function doubleToBig(x: number): bigint {
  const n = roundHalfEven(x);
  return n >= -9223372036854775808 && n < 9223372036854775808 ? BigInt(n) : bigintOutOfRange();
}

/** Rounds to fewer digits, half away from zero. */
function scaleDown(n: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return n >= 0n ? (n + half) / divisor : -((half - n) / divisor);
}

/** A scaled integer within 10^precision. */
function fits(n: bigint, limit: bigint): bigint {
  if (n >= limit || n <= -limit) throw new SqlError('numeric_value_out_of_range', 'numeric field overflow');
  return n;
}

/** Up to 2^53 one division is exact to the last bit; above, the digits are read. */
const SAFE = 9007199254740991n;
const decimalToDouble = (n: bigint, scale: number): number => (n <= SAFE && n >= -SAFE ? Number(n) / 10 ** scale : numericToDouble(numericFromScaled(n, scale)));

const isFinite64 = (t: bigint): boolean => t !== TIMESTAMP_INFINITY && t !== TIMESTAMP_NEG_INFINITY;
const localOf = (t: bigint, cx: EvalContext): bigint => (isFinite64(t) ? toLocal(t, cx.timeZone) : t);
const instantOf = (t: bigint, cx: EvalContext): bigint => (isFinite64(t) ? fromLocal(t, cx.timeZone) : t);

/** A JS expression for the cast of `arg` to `to`, or undefined when there is no fast way. */
export function castEmit(arg: EmitValue, to: SqlType, cx: EmitContext): string | undefined {
  const from = arg.type;
  const { code, words } = arg;
  const call = (fn: unknown, ...rest: string[]): string => `${cx.constant(fn)}(${[code, ...rest].join(', ')})`;
  if (typeEquals(from, to)) return code;
  if (isSmallInt(from)) return fromSmallInt(from, code, to, call);
  const scale = scaled(from);
  if (scale !== undefined) return fromDecimal(scale, from, code, to, cx, call);
  switch (from.kind) {
    case 'bigint':
      if (to.kind === 'int') return words === undefined ? call(bigToInt) : `${cx.constant(wordsToInt)}(${words.low}, ${words.high})`;
      if (to.kind === 'double') return words === undefined ? `Number(${code})` : `${cx.constant(wordsToDouble)}(${words.low}, ${words.high})`;
      if (to.kind === 'numeric' || (to.kind === 'decimal' && to.scale === 0 && to.precision >= 19)) return call(numericFromBigint);
      return to.kind === 'decimal' && to.precision <= 18 ? `${cx.constant(fits)}(${times(code, to.scale)}, ${pow10(to.precision)}n)` : undefined;
    case 'double':
    case 'real':
      if (to.kind === 'double') return code;
      if (to.kind === 'bigint') return call(doubleToBig);
      return isSmallInt(to) ? `${cx.constant(CHECK[to.kind])}(${call(roundHalfEven)})` : undefined;
    case 'date':
      if (to.kind === 'timestamp') return call(dateToTimestamp);
      return to.kind === 'timestamptz' ? `${cx.constant(instantOf)}(${call(dateToTimestamp)}, ${cx.context})` : undefined;
    case 'timestamp':
    case 'timestamptz':
      return fromTime(from, code, to, cx, call);
    case 'varchar':
      return to.kind === 'varchar' && to.length === undefined ? code : undefined;
    default:
      return undefined;
  }
}

type Call = (fn: unknown, ...rest: string[]) => string;

const times = (code: string, scale: number): string => (scale === 0 ? code : `(${code} * ${pow10(scale)}n)`);

function fromSmallInt(from: { readonly kind: SmallInt }, code: string, to: SqlType, call: Call): string | undefined {
  if (isSmallInt(to)) return WIDTH[to.kind] >= WIDTH[from.kind] ? code : call(CHECK[to.kind]);
  switch (to.kind) {
    case 'bigint':
      return `BigInt(${code})`;
    case 'double':
      return code;
    case 'real':
      return `Math.fround(${code})`;
    case 'numeric':
      return call(numericFromInt);
    case 'decimal': {
      // Ten digits before the point hold any int: no check.
      const roomy = to.precision <= 18 && to.precision - to.scale >= 10;
      return roomy ? times(`BigInt(${code})`, to.scale) : undefined;
    }
    default:
      return undefined;
  }
}

function fromDecimal(scale: number, from: SqlType, code: string, to: SqlType, cx: EmitContext, call: Call): string | undefined {
  switch (to.kind) {
    case 'numeric':
      return call(numericFromScaled, String(scale));
    case 'double':
      return call(decimalToDouble, String(scale));
    case 'bigint':
      return scale === 0 ? code : call(scaleDown, `${pow10(scale)}n`);
    case 'int':
      return scale === 0 ? call(bigToInt) : `${cx.constant(bigToInt)}(${call(scaleDown, `${pow10(scale)}n`)})`;
    case 'decimal': {
      if (from.kind !== 'decimal' || to.precision > 18) return undefined;
      const moved = to.scale >= scale ? times(code, to.scale - scale) : call(scaleDown, `${pow10(scale - to.scale)}n`);
      const roomy = to.scale >= scale && to.precision - to.scale >= from.precision - scale;
      return roomy ? moved : `${cx.constant(fits)}(${moved}, ${pow10(to.precision)}n)`;
    }
    default:
      return undefined;
  }
}

function fromTime(from: SqlType & { kind: 'timestamp' | 'timestamptz' }, code: string, to: SqlType, cx: EmitContext, call: Call): string | undefined {
  const zoned = from.kind === 'timestamptz';
  if (to.kind === 'date') return zoned ? `${cx.constant(timestampToDate)}(${call(localOf, cx.context)})` : call(timestampToDate);
  if (to.kind !== 'timestamp' && to.kind !== 'timestamptz') return undefined;
  const moved = from.kind === to.kind ? code : call(zoned ? localOf : instantOf, cx.context);
  if (to.precision >= 6 || (from.kind === to.kind && from.precision <= to.precision)) return moved;
  return `${cx.constant(roundMicros)}(${moved}, ${to.precision})`;
}

