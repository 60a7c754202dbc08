import { SqlError } from '../common/errors.ts';
import { DOUBLE } from '../common/types/sql-type.ts';
import { native } from './build.ts';
import type { FunctionDef } from './define.ts';

/** Angles in degrees, exact at multiples of 30 and 45 as in PostgreSQL, and the inverse hyperbolic functions. */

const DEGREE = Math.PI / 180;
const outOfRange = (): SqlError => new SqlError('numeric_value_out_of_range', 'input is out of range');

function finite(x: number): number {
  if (x === Infinity || x === -Infinity) throw outOfRange();
  return x;
}

function withinUnit(x: number): number {
  if (x < -1 || x > 1) throw outOfRange();
  return x;
}

/** Of degrees from 0 to 90; scaled so that 30 and 60 give their exact values. */
const sinQuarter = (x: number): number => (x <= 30 ? (Math.sin(x * DEGREE) / Math.sin(30 * DEGREE)) * 0.5 : cosQuarter(90 - x));
const cosQuarter = (x: number): number => (x <= 60 ? 1 - ((1 - Math.cos(x * DEGREE)) / (1 - Math.cos(60 * DEGREE))) * 0.5 : sinQuarter(90 - x));

/** Tangent or cotangent of degrees: the signs by quadrant, the quotient within the first. */
function quotient(degrees: number, of: (x: number) => number, by: (x: number) => number): number {
  if (Number.isNaN(degrees)) return degrees;
  let x = finite(degrees) % 360;
  let sign = 1;
  if (x < 0) [x, sign] = [-x, -1];
  if (x > 180) [x, sign] = [360 - x, -sign];
  if (x > 90) [x, sign] = [180 - x, -sign];
  return (sign * of(x)) / by(x) / (of(45) / by(45)) || 0;
}

const asindQuarter = (x: number): number => (x <= 0.5 ? (Math.asin(x) / Math.asin(0.5)) * 30 : 90 - (Math.acos(x) / Math.acos(0.5)) * 60);
const acosdQuarter = (x: number): number => (x <= 0.5 ? 90 - (Math.asin(x) / Math.asin(0.5)) * 30 : (Math.acos(x) / Math.acos(0.5)) * 60);
const asind = (x: number): number => (withinUnit(x) >= 0 ? asindQuarter(x) : -asindQuarter(-x));
const acosd = (x: number): number => (withinUnit(x) >= 0 ? acosdQuarter(x) : 90 + asindQuarter(-x));
const ATAN_ONE = Math.atan(1);

function acosh(x: number): number {
  if (x < 1) throw outOfRange();
  return Math.acosh(x);
}

const one = (name: string, fn: (x: number) => number, doc: string, example: readonly [string, string]): FunctionDef => ({
  kind: 'scalar', name, overloads: [native(['double'], DOUBLE, fn)], doc, examples: [example],
});

export const trigonometryFunctions: readonly FunctionDef[] = [
  one('tand', (x) => quotient(x, sinQuarter, cosQuarter), 'Tangent of degrees.', ['tand(45)', '1']),
  one('cotd', (x) => quotient(x, cosQuarter, sinQuarter), 'Cotangent of degrees.', ['cotd(45)', '1']),
  one('asind', asind, 'Arc sine in degrees.', ['asind(0.5)', '30']),
  one('acosd', acosd, 'Arc cosine in degrees.', ['acosd(0.5)', '60']),
  one('atand', (x) => (Math.atan(x) / ATAN_ONE) * 45, 'Arc tangent in degrees.', ['atand(1)', '45']),
  { kind: 'scalar', name: 'atan2d', overloads: [native(['double', 'double'], DOUBLE, (y, x) => (Math.atan2(y, x) / ATAN_ONE) * 45)], doc: 'Arc tangent of y/x in its quadrant, in degrees.', examples: [['atan2d(1, 0)', '90']] },
  one('asinh', Math.asinh, 'Inverse hyperbolic sine.', ['asinh(0)', '0']),
  one('acosh', acosh, 'Inverse hyperbolic cosine.', ['acosh(1)', '0']),
  one('atanh', (x) => Math.atanh(withinUnit(x)), 'Inverse hyperbolic tangent.', ['atanh(0)', '0']),
];
