import { SqlError } from '../errors.ts';
import { pow10, rescale } from './numeric.ts';
import type { SqlType } from './sql-type.ts';
import { decimalOf } from './sql-type.ts';
import type { Numeric } from './value.ts';

/**
 * Result types of arithmetic on declared DECIMAL(p, s): Flink's derivation. Bare `numeric` operands follow PostgreSQL
 * instead (each value has its own scale), and any numeric operand makes the result numeric.
 */

export interface DecimalType {
  readonly kind: 'decimal';
  readonly precision: number;
  readonly scale: number;
}

export const PRECISION_MAX = 38;

/** Trims to 38 digits; gives up digits after the point first, but keeps six of them. */
function adjust(precision: number, scale: number): SqlType {
  if (precision <= PRECISION_MAX) return decimalOf(precision, scale);
  const whole = precision - scale;
  return decimalOf(PRECISION_MAX, Math.max(PRECISION_MAX - whole, Math.min(scale, 6)));
}

/** The DECIMAL an operand counts as: integers by the digits they may have. */
export function asDecimal(type: SqlType): DecimalType | undefined {
  switch (type.kind) {
    case 'decimal':
      return type;
    case 'tinyint':
      return { kind: 'decimal', precision: 3, scale: 0 };
    case 'smallint':
      return { kind: 'decimal', precision: 5, scale: 0 };
    case 'int':
      return { kind: 'decimal', precision: 10, scale: 0 };
    case 'bigint':
      return { kind: 'decimal', precision: 19, scale: 0 };
    default:
      return undefined;
  }
}

export function addType(a: DecimalType, b: DecimalType): SqlType {
  const scale = Math.max(a.scale, b.scale);
  return adjust(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
}

export function multiplyType(a: DecimalType, b: DecimalType): SqlType {
  return adjust(a.precision + b.precision + 1, a.scale + b.scale);
}

export function divideType(a: DecimalType, b: DecimalType): SqlType {
  const scale = Math.max(6, a.scale + b.precision + 1);
  return adjust(a.precision - a.scale + b.scale + scale, scale);
}

export function moduloType(a: DecimalType, b: DecimalType): SqlType {
  const scale = Math.max(a.scale, b.scale);
  return adjust(Math.max(1, Math.min(a.precision - a.scale, b.precision - b.scale) + scale), scale);
}

/** The DECIMAL both fit into, for CASE, UNION and comparisons. */
export function commonDecimal(a: DecimalType, b: DecimalType): SqlType {
  const scale = Math.max(a.scale, b.scale);
  return adjust(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, scale);
}

/** The tightest DECIMAL of a literal such as 0.908: DECIMAL(3,3). Undefined above 38 digits (then it is numeric). */
export function literalDecimal(value: Numeric): SqlType | undefined {
  if (value.special !== undefined) return undefined;
  const digits = (value.unscaled < 0n ? -value.unscaled : value.unscaled).toString().length;
  const precision = Math.max(digits, value.scale, 1);
  return precision > PRECISION_MAX ? undefined : decimalOf(precision, value.scale);
}

/** Rounds into DECIMAL(p, s). Errors: numeric_value_out_of_range when whole digits don't fit, or for NaN and infinities. */
export function fitDecimal(value: Numeric, precision: number, scale: number): Numeric {
  if (value.special !== undefined) {
    const what = value.special === 'NaN' ? 'NaN' : 'an infinite value';
    throw overflow(`A field with precision ${precision}, scale ${scale} cannot hold ${what}.`);
  }
  const rounded = rescale(value, scale);
  const limit = pow10(precision);
  if (rounded.unscaled >= limit || rounded.unscaled <= -limit) {
    const bound = precision === scale ? '1' : `10^${precision - scale}`;
    throw overflow(
      `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${bound}.`,
    );
  }
  return rounded;
}

function overflow(detail: string): SqlError {
  return new SqlError('numeric_value_out_of_range', 'numeric field overflow', { detail });
}
