import { SqlError } from '../common/errors.ts';
import { decimalOf, BIGINT, DOUBLE, INT, NUMERIC, SMALLINT, TEXT, UUID } from '../common/types/sql-type.ts';
import {
  numericCeil, numericFloor, numericQuotient, numericRound, numericSign, numericTrim, numericTruncate,
} from '../common/types/numeric-math.ts';
import { numericFromText, numericToText } from '../common/types/numeric-text.ts';
import { numericExp, numericLn, numericLog, numericPower, numericSqrt } from '../common/types/numeric-transcendental.ts';
import { roundHalfEven } from '../common/types/interval.ts';
import { uuidToText } from '../common/types/bytes-text.ts';
import type { Numeric } from '../common/types/value.ts';
import { contextual, native, template } from './build.ts';
import { decimalUnary } from './decimal.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { bigintOutOfRange, toInt16, toInt32 } from './integer.ts';

/** Mathematical functions. Numeric ones keep PostgreSQL's digits; DECIMAL ones Flink's result types. */

const TEN: Numeric = { unscaled: 10n, scale: 0 };

function overflow(what: 'overflow' | 'underflow'): SqlError {
  return new SqlError('numeric_value_out_of_range', `value out of range: ${what}`);
}
const inputRange = (): SqlError => new SqlError('numeric_value_out_of_range', 'input is out of range');

/** A result that became infinite, or zero, without cause is an error. */
function checked(r: number, x: number, zeroIsFine: boolean): number {
  if (!Number.isFinite(r) && !Number.isNaN(r) && Number.isFinite(x)) throw overflow('overflow');
  if (r === 0 && !zeroIsFine && Number.isFinite(x)) throw overflow('underflow');
  return r;
}

function logArgument(x: number): number {
  if (x === 0) throw new SqlError('invalid_argument_for_logarithm', 'cannot take logarithm of zero');
  if (x < 0) throw new SqlError('invalid_argument_for_logarithm', 'cannot take logarithm of a negative number');
  return x;
}

/** Errors: invalid_argument_for_logarithm, division_by_zero for base 1, as PostgreSQL has it of numerics. */
function logOfBase(base: number, x: number): number {
  if (logArgument(base) === 1) throw new SqlError('division_by_zero', 'division by zero');
  if (base === 10) return Math.log10(logArgument(x));
  return base === 2 ? Math.log2(logArgument(x)) : Math.log(logArgument(x)) / Math.log(base);
}

function sqrt(x: number): number {
  if (x < 0) throw new SqlError('invalid_argument_for_power_function', 'cannot take square root of a negative number');
  return Math.sqrt(x);
}

function power(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (x === 0 && y < 0) throw new SqlError('invalid_argument_for_power_function', 'zero raised to a negative power is undefined');
  if (x < 0 && Number.isFinite(x) && Number.isFinite(y) && !Number.isInteger(y)) {
    throw new SqlError('invalid_argument_for_power_function', 'a negative number raised to a non-integer power yields a complex result');
  }
  const r = x === -1 && !Number.isFinite(y) && !Number.isNaN(y) ? 1 : x ** y;
  return Number.isFinite(y) ? checked(r, x, x === 0) : r;
}

const double = (name: string, fn: (x: number) => number, doc: string, example: readonly [string, string], aliases: readonly string[] = []): FunctionDef => ({
  kind: 'scalar',
  name,
  aliases,
  overloads: [native(['double'], DOUBLE, fn)],
  doc,
  examples: [example],
});

const finiteOnly =
  (fn: (x: number) => number) =>
  (x: number): number => {
    if (x === Infinity || x === -Infinity) throw inputRange();
    return fn(x);
  };

const unit =
  (fn: (x: number) => number) =>
  (x: number): number => {
    if (x < -1 || x > 1) throw inputRange();
    return fn(x);
  };

const RADIAN = Math.PI / 180;
/** Sine of degrees, exact at multiples of 30. */
function sind(x: number): number {
  const m = x % 360;
  const exact: Readonly<Record<string, number>> = { 0: 0, 30: 0.5, 90: 1, 150: 0.5, 180: 0, 210: -0.5, 270: -1, 330: -0.5 };
  const known = exact[String(m < 0 ? m + 360 : m)];
  return known ?? Math.sin(m * RADIAN);
}

/** FLOOR and CEIL of a DECIMAL(p, s) lose the digits after the point; a carry may need one more before it. */
const wholeDecimal = (a: { readonly precision: number; readonly scale: number }): ReturnType<typeof decimalOf> =>
  decimalOf(Math.max(1, Math.min(38, a.precision - a.scale + (a.scale > 0 ? 1 : 0))), 0);

function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
const toBig = (n: bigint): bigint => (n === BigInt.asIntN(64, n) ? n : bigintOutOfRange());

function factorial(n: bigint): Numeric {
  if (n < 0n) throw new SqlError('numeric_value_out_of_range', 'factorial of a negative number is undefined');
  if (n > 32177n) throw new SqlError('numeric_value_out_of_range', 'value overflows numeric format');
  let r = 1n;
  for (let i = 2n; i <= n; i++) r *= i;
  return { unscaled: r, scale: 0 };
}

function widthBucket(x: number, low: number, high: number, count: number): number {
  if (count <= 0) throw new SqlError('invalid_argument_for_width_bucket_function', 'count must be greater than zero');
  if (Number.isNaN(x) || Number.isNaN(low) || Number.isNaN(high)) throw new SqlError('invalid_argument_for_width_bucket_function', 'operand, lower bound, and upper bound cannot be NaN');
  if (!Number.isFinite(low) || !Number.isFinite(high)) throw new SqlError('invalid_argument_for_width_bucket_function', 'lower and upper bounds must be finite');
  if (low === high) throw new SqlError('invalid_argument_for_width_bucket_function', 'lower bound cannot equal upper bound');
  if (low < high ? x < low : x > low) return 0;
  if (low < high ? x >= high : x <= high) return toInt32(count + 1);
  const span = high - low;
  const part = Number.isFinite(span) ? (x - low) / span : (x / 2 - low / 2) / (high / 2 - low / 2);
  return Math.min(count, Math.floor(part * count) + 1);
}

const integers = (fn: (a: bigint, b: bigint) => bigint): ScalarOverload[] => [
  native(['smallint', 'smallint'], SMALLINT, (a, b) => toInt16(Number(fn(BigInt(a), BigInt(b))))),
  native(['int', 'int'], INT, (a, b) => toInt32(Number(fn(BigInt(a), BigInt(b))))),
  native(['bigint', 'bigint'], BIGINT, (a, b) => BigInt.asIntN(64, fn(a, b))),
];

const bitOperator = (name: string, int: (a: number, b: number) => number, big: (a: bigint, b: bigint) => bigint, doc: string, example: readonly [string, string]): FunctionDef => ({
  kind: 'scalar',
  name,
  operator: true,
  overloads: [
    native(['smallint', 'smallint'], SMALLINT, int),
    native(['int', 'int'], INT, int),
    native(['bigint', 'bigint'], BIGINT, (a, b) => BigInt.asIntN(64, big(a, b))),
  ],
  doc,
  examples: [example],
});

const shift = (name: string, int: (a: number, b: number) => number, big: (a: bigint, b: number) => bigint, doc: string, example: readonly [string, string]): FunctionDef => ({
  kind: 'scalar',
  name,
  operator: true,
  overloads: [native(['smallint', 'int'], SMALLINT, (a, b) => (int(a, b) << 16) >> 16), native(['int', 'int'], INT, int), native(['bigint', 'int'], BIGINT, (a, b) => BigInt.asIntN(64, big(a, b)))],
  doc,
  examples: [example],
});

function roundDouble(x: number): number {
  return Number.isFinite(x) ? roundHalfEven(x) : x;
}

const powerDef: readonly ScalarOverload[] = [native(['double', 'double'], DOUBLE, power), native(['numeric', 'numeric'], NUMERIC, numericPower)];

export const mathFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: 'floor',
    overloads: [native(['double'], DOUBLE, Math.floor, { oid: 2309, emit: template((a) => `Math.floor(${a})`) }), native(['numeric'], NUMERIC, numericFloor, { oid: 1712 }), decimalUnary(wholeDecimal, numericFloor)],
    doc: 'The nearest integer not above.',
    examples: [['floor(-42.8)', '-43']],
  },
  {
    kind: 'scalar',
    name: 'ceil',
    aliases: ['ceiling'],
    overloads: [native(['double'], DOUBLE, Math.ceil, { oid: 2308, emit: template((a) => `Math.ceil(${a})`) }), native(['numeric'], NUMERIC, numericCeil, { oid: 1711 }), decimalUnary(wholeDecimal, numericCeil)],
    doc: 'The nearest integer not below.',
    examples: [['ceil(42.2)', '43']],
  },
  {
    kind: 'scalar',
    name: 'round',
    overloads: [
      native(['double'], DOUBLE, roundDouble, { oid: 1342 }),
      native(['numeric'], NUMERIC, (a) => numericRound(a, 0), { oid: 1708 }),
      native(['numeric', 'int'], NUMERIC, numericRound, { oid: 1707 }),
      native(['int', 'int'], NUMERIC, (a, n) => numericRound({ unscaled: BigInt(a), scale: 0 }, n)),
      native(['bigint', 'int'], NUMERIC, (a, n) => numericRound({ unscaled: a, scale: 0 }, n)),
      native(['double', 'int'], DOUBLE, (a, n) => (Number.isFinite(a) ? Number(numericToText(numericRound(numericFromText(String(a)), n))) : a)),
      decimalUnary(wholeDecimal, (a) => numericRound(a, 0)),
    ],
    doc: 'The nearest number with n digits after the point (0 by default): half away from zero, doubles half to even.',
    examples: [['round(42.4382, 2)', '42.44'], ['round(-2.5)', '-3']],
  },
  {
    kind: 'scalar',
    name: 'trunc',
    aliases: ['truncate'],
    overloads: [
      native(['double'], DOUBLE, Math.trunc), native(['numeric'], NUMERIC, (a) => numericTruncate(a, 0)), native(['numeric', 'int'], NUMERIC, numericTruncate), decimalUnary(wholeDecimal, (a) => numericTruncate(a, 0)),
      native(['int', 'int'], NUMERIC, (a, n) => numericTruncate({ unscaled: BigInt(a), scale: 0 }, n)),
      native(['bigint', 'int'], NUMERIC, (a, n) => numericTruncate({ unscaled: a, scale: 0 }, n)),
      native(['double', 'int'], DOUBLE, (a, n) => (Number.isFinite(a) ? Number(numericToText(numericTruncate(numericFromText(String(a)), n))) : a)),
    ],
    doc: 'The number cut to n digits after the point (0 by default).',
    examples: [['trunc(42.4382, 2)', '42.43'], [`truncate(double precision '-42.4382', 1)`, '-42.4']],
  },
  {
    kind: 'scalar',
    name: 'sign',
    overloads: [native(['double'], DOUBLE, (x) => Math.sign(x) || 0), native(['numeric'], NUMERIC, numericSign)],
    doc: '-1, 0 or 1.',
    examples: [['sign(-8.4)', '-1']],
  },
  { kind: 'scalar', name: 'sqrt', aliases: ['|/'], overloads: [native(['double'], DOUBLE, sqrt), native(['numeric'], NUMERIC, numericSqrt)], doc: 'Square root.', examples: [[`sqrt(numeric '2')`, '1.414213562373095']] },
  double('cbrt', Math.cbrt, 'Cube root.', ['cbrt(27)', '3'], ['||/']),
  { kind: 'scalar', name: 'power', aliases: ['pow'], overloads: powerDef, doc: 'The first argument to the power of the second.', examples: [[`power(2, 10)`, '1024']] },
  { kind: 'scalar', name: '^', operator: true, overloads: powerDef, doc: 'Power.', examples: [['2 ^ 3', '8']] },
  { kind: 'scalar', name: 'exp', overloads: [native(['double'], DOUBLE, (x) => checked(Math.exp(x), x, x === -Infinity)), native(['numeric'], NUMERIC, numericExp)], doc: 'e to the power of the argument.', examples: [[`exp(numeric '1')`, '2.7182818284590452']] },
  { kind: 'scalar', name: 'ln', overloads: [native(['double'], DOUBLE, (x) => Math.log(logArgument(x))), native(['numeric'], NUMERIC, numericLn)], doc: 'Natural logarithm.', examples: [[`ln(numeric '2')`, '0.6931471805599453']] },
  {
    kind: 'scalar',
    name: 'log',
    overloads: [native(['double'], DOUBLE, (x) => Math.log10(logArgument(x))), native(['numeric'], NUMERIC, (a) => numericLog(TEN, a)), native(['numeric', 'numeric'], NUMERIC, numericLog)],
    doc: 'Logarithm to base 10, or `log(base, x)` (PostgreSQL’s rule: Flink’s log(x) is natural, use ln).',
    examples: [[`log(numeric '2', 64)`, '6.0000000000000000']],
  },
  {
    kind: 'scalar',
    name: 'log_double',
    overloads: [native(['double', 'double'], DOUBLE, (base, x) => logOfBase(base, x))],
    doc: '`log(base, x)` of doubles (Flink; PostgreSQL has it of numerics).',
    examples: [[`log_double(2, 8)`, '3']],
  },
  { kind: 'scalar', name: 'log10', overloads: [native(['double'], DOUBLE, (x) => Math.log10(logArgument(x))), native(['numeric'], NUMERIC, (a) => numericLog(TEN, a))], doc: 'Logarithm to base 10.', examples: [[`log10(double precision '1000')`, '3']] },
  double('log2', (x) => Math.log2(logArgument(x)), 'Logarithm to base 2.', ['log2(8)', '3']),
  double('sin', finiteOnly(Math.sin), 'Sine of radians.', ['sin(0)', '0']),
  double('cos', finiteOnly(Math.cos), 'Cosine of radians.', ['cos(0)', '1']),
  double('tan', finiteOnly(Math.tan), 'Tangent of radians.', ['tan(0)', '0']),
  double(
    'cot',
    finiteOnly((x) => {
      if (x === 0) return Infinity;
      return 1 / Math.tan(x);
    }),
    'Cotangent of radians.',
    ['cot(0)', 'Infinity'],
  ),
  double('asin', unit(Math.asin), 'Arc sine.', ['asin(0)', '0']),
  double('acos', unit(Math.acos), 'Arc cosine.', ['acos(1)', '0']),
  double('atan', Math.atan, 'Arc tangent.', ['atan(0)', '0']),
  { kind: 'scalar', name: 'atan2', overloads: [native(['double', 'double'], DOUBLE, Math.atan2)], doc: 'Arc tangent of y/x in its quadrant.', examples: [['atan2(0, 1)', '0']] },
  double('sinh', Math.sinh, 'Hyperbolic sine.', ['sinh(0)', '0']),
  double('cosh', Math.cosh, 'Hyperbolic cosine.', ['cosh(0)', '1']),
  double('tanh', Math.tanh, 'Hyperbolic tangent.', ['tanh(0)', '0']),
  double('sind', finiteOnly(sind), 'Sine of degrees.', ['sind(30)', '0.5']),
  double('cosd', finiteOnly((x) => sind((x % 360) + 90)), 'Cosine of degrees.', ['cosd(60)', '0.5']),
  double('degrees', (x) => checked(x / RADIAN, x, true), 'Radians as degrees.', ['degrees(0)', '0']),
  double('radians', (x) => x * RADIAN, 'Degrees as radians.', ['radians(0)', '0']),
  { kind: 'scalar', name: 'pi', overloads: [native([], DOUBLE, () => Math.PI)], doc: 'The ratio of a circle’s circumference to its diameter.', examples: [['pi()', '3.141592653589793']] },
  { kind: 'scalar', name: 'e', overloads: [native([], DOUBLE, () => Math.E)], doc: 'Euler’s number.', examples: [['e()', '2.718281828459045']] },
  {
    kind: 'scalar',
    name: 'div',
    overloads: [native(['numeric', 'numeric'], NUMERIC, numericQuotient)],
    doc: 'The truncated quotient.',
    examples: [['div(9, 4)', '2']],
  },
  { kind: 'scalar', name: 'gcd', overloads: integers((a, b) => toBig(gcd(a, b))), doc: 'Greatest common divisor.', examples: [['gcd(1071, 462)', '21']] },
  {
    kind: 'scalar',
    name: 'lcm',
    overloads: integers((a, b) => {
      if (a === 0n || b === 0n) return 0n;
      const r = (a / gcd(a, b)) * b;
      return toBig(r < 0n ? -r : r);
    }),
    doc: 'Least common multiple.',
    examples: [['lcm(1071, 462)', '23562']],
  },
  { kind: 'scalar', name: 'factorial', overloads: [native(['bigint'], NUMERIC, factorial)], doc: 'n!.', examples: [['factorial(5)', '120']] },
  { kind: 'scalar', name: 'width_bucket', overloads: [native(['double', 'double', 'double', 'int'], INT, widthBucket)], doc: 'The bucket, from 1, of a value in n equal ones; 0 below, n + 1 above.', examples: [['width_bucket(5.35, 0.024, 10.06, 5)', '3']] },
  { kind: 'scalar', name: 'scale', overloads: [native(['numeric'], INT, (a) => (a.special === undefined ? a.scale : null))], doc: 'Digits after the point.', examples: [['scale(8.4100)', '4']] },
  { kind: 'scalar', name: 'min_scale', overloads: [native(['numeric'], INT, (a) => (a.special === undefined ? numericTrim(a).scale : null))], doc: 'Digits after the point that are needed.', examples: [['min_scale(8.4100)', '2']] },
  { kind: 'scalar', name: 'trim_scale', overloads: [native(['numeric'], NUMERIC, numericTrim)], doc: 'Without trailing zeros after the point.', examples: [['trim_scale(8.4100)', '8.41']] },
  {
    kind: 'scalar',
    name: 'random',
    aliases: ['rand'],
    overloads: [contextual([], DOUBLE, (cx) => cx.random(), { volatility: 'volatile' })],
    doc: 'A random number in [0, 1).',
    examples: [],
  },
  {
    kind: 'scalar',
    name: 'rand_integer',
    overloads: [
      contextual(['int'], INT, (cx, bound) => {
        if (bound <= 0) throw new SqlError('invalid_parameter_value', 'RAND_INTEGER needs a bound above zero');
        return Math.floor(cx.random() * bound);
      }, { volatility: 'volatile' }),
    ],
    doc: 'A random integer in [0, bound).',
    examples: [],
  },
  {
    kind: 'scalar',
    name: 'gen_random_uuid',
    aliases: ['uuid_generate_v4'],
    overloads: [contextual([], UUID, (cx) => randomUuid(cx.random), { volatility: 'volatile' })],
    doc: 'A random UUID (version 4), from the engine’s seeded generator: not for secrets.',
    examples: [],
  },
  {
    kind: 'scalar',
    name: 'uuid',
    overloads: [contextual([], TEXT, (cx) => uuidToText(randomUuid(cx.random)), { volatility: 'volatile' })],
    doc: 'A random UUID as text (Flink).',
    examples: [],
  },
  bitOperator('&', (a, b) => a & b, (a, b) => a & b, 'Bitwise and.', ['91 & 15', '11']),
  bitOperator('|', (a, b) => a | b, (a, b) => a | b, 'Bitwise or.', ['32 | 3', '35']),
  bitOperator('#', (a, b) => a ^ b, (a, b) => a ^ b, 'Bitwise exclusive or.', ['17 # 5', '20']),
  shift('<<', (a, b) => a << b, (a, b) => a << BigInt(b & 63), 'Bitwise shift left.', ['1 << 4', '16']),
  shift('>>', (a, b) => a >> b, (a, b) => a >> BigInt(b & 63), 'Bitwise shift right.', ['8 >> 2', '2']),
  {
    kind: 'scalar',
    name: '~',
    operator: true,
    overloads: [native(['smallint'], SMALLINT, (a) => ~a), native(['int'], INT, (a) => ~a), native(['bigint'], BIGINT, (a) => ~a)],
    doc: 'One operand: bitwise not.',
    examples: [['~1', '-2']],
  },
];

function randomUuid(random: () => number): Uint8Array {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}
