import { SqlError } from '../errors.ts';
import type { Numeric } from './value.ts';

const I64_MAX = (1n << 63n) - 1n;
const I64_MIN = -(1n << 63n);

const POWERS: readonly bigint[] = Array.from({ length: 64 }, (_, i) => 10n ** BigInt(i));
export const pow10 = (n: number): bigint => POWERS[n] ?? 10n ** BigInt(n);

/** Moves `value` to `scale` digits after the point, rounding half away from zero as PostgreSQL does. */
export function rescale(value: Numeric, scale: number): Numeric {
  if (value.special !== undefined || value.scale === scale) return value;
  if (scale > value.scale) return { unscaled: value.unscaled * pow10(scale - value.scale), scale };
  const divisor = pow10(value.scale - scale);
  const half = divisor / 2n;
  const unscaled = value.unscaled >= 0n ? (value.unscaled + half) / divisor : -((-value.unscaled + half) / divisor);
  return { unscaled, scale };
}

/** The scaled 64-bit integer of a DECIMAL(p <= 18, s) cell. Errors: numeric_value_out_of_range. */
export function numericToScaled(value: Numeric, scale: number): bigint {
  const r = rescale(value, scale);
  if (r.special !== undefined || r.unscaled > I64_MAX || r.unscaled < I64_MIN) {
    throw new SqlError('numeric_value_out_of_range', 'numeric field overflow');
  }
  return r.unscaled;
}

export function numericFromScaled(unscaled: bigint, scale: number): Numeric {
  return { unscaled, scale };
}
