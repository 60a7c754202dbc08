import { numericFromText } from '../common/types/numeric-text.ts';
import { numberToChar } from './to-char.ts';

/**
 * to_char of a DOUBLE or REAL.
 * @param digits that the type surely holds: 15 of a DOUBLE, 6 of a REAL.
 */
export function doubleToChar(x: number, template: string, digits: number): string {
  if (!Number.isFinite(x) || /eeee/i.test(template)) return numberToChar(numericFromText(String(x)), template);
  // Number.prototype.toFixed turns to exponents at 1e21.
  if (Math.abs(x) >= 1e21) return numberToChar({ unscaled: BigInt(x), scale: 0 }, template, digits);
  return numberToChar(numericFromText(x.toFixed(17)), template, digits);
}
