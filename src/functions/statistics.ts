import { numericDivide, numericMultiply, numericSubtract } from '../common/types/numeric-math.ts';
import { numericSqrt } from '../common/types/numeric-transcendental.ts';
import { ZERO, numericFromBigint, numericFromInt } from '../common/types/numeric-text.ts';
import { BIGINT, DOUBLE, INT, NUMERIC, SMALLINT } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { addNumeric, aggregate, emptyNumericSum, mergeNumeric, numericSumValue, type NumericSum } from './aggregates.ts';
import type { AggregateFunction, AggregateOverload, FunctionDef } from './define.ts';
import { FIXED_BITS, ratio, toFixed } from './exact-sum.ts';

/** Variance family, correlation and bit aggregates. Sums of squares are exact, so taking rows back does not drift. */

interface Moments {
  sum: NumericSum;
  squares: NumericSum;
}

const toNumeric = (v: Value): Numeric => (typeof v === 'number' ? numericFromInt(v) : typeof v === 'bigint' ? numericFromBigint(v) : (v as Numeric));

/** numeric.c's `numeric_stddev_internal`: n·Σx² - (Σx)² over n² or n·(n-1). */
function numericVariance(m: Moments, sample: boolean, root: boolean): Numeric | null {
  const n = numericFromBigint(m.sum.count);
  const total = numericSumValue(m.sum);
  if (m.sum.count === 0n || (sample && m.sum.count === 1n)) return null;
  if (total.special !== undefined) return { unscaled: 0n, scale: 0, special: 'NaN' };
  const spread = numericSubtract(numericMultiply(n, numericSumValue(m.squares)), numericMultiply(total, total));
  if (spread.unscaled <= 0n) return ZERO;
  const divisor = numericMultiply(n, sample ? numericFromBigint(m.sum.count - 1n) : n);
  const variance = numericDivide(spread, divisor);
  return root ? numericSqrt(variance) : variance;
}

function exactMoments(kind: 'tinyint' | 'smallint' | 'int' | 'bigint' | 'numeric' | 'decimal', sample: boolean, root: boolean): AggregateOverload {
  const step = (m: Moments, v: Value, sign: 1 | -1): Moments => {
    const x = toNumeric(v);
    addNumeric(m.sum, x, sign);
    addNumeric(m.squares, numericMultiply(x, x), sign);
    return m;
  };
  return aggregate<Moments>({
    args: [kind],
    returns: NUMERIC,
    init: () => ({ sum: emptyNumericSum(), squares: emptyNumericSum() }),
    insert: (m, [v = null]) => step(m, v, 1),
    retract: (m, [v = null]) => step(m, v, -1),
    merge: (a, b) => ({ sum: mergeNumeric(a.sum, b.sum), squares: mergeNumeric(a.squares, b.squares) }),
    result: (m) => numericVariance(m, sample, root),
  });
}

/** Exact Σx, Σy (multiples of 2^-1074), Σx², Σy², Σxy (of 2^-2148); NaN and infinities are counted. */
interface PairMoments {
  n: bigint;
  bad: number;
  x: bigint;
  y: bigint;
  xx: bigint;
  yy: bigint;
  xy: bigint;
}

const emptyPair = (): PairMoments => ({ n: 0n, bad: 0, x: 0n, y: 0n, xx: 0n, yy: 0n, xy: 0n });

function pairStep(m: PairMoments, x: number, y: number, sign: 1 | -1): PairMoments {
  const s = BigInt(sign);
  m.n += s;
  if (!Number.isFinite(x) || !Number.isFinite(y)) {
    m.bad += sign;
    return m;
  }
  const a = toFixed(x);
  const b = toFixed(y);
  m.x += s * a;
  m.y += s * b;
  m.xx += s * a * a;
  m.yy += s * b * b;
  m.xy += s * a * b;
  return m;
}

const mergePairs = (a: PairMoments, b: PairMoments): PairMoments => ({
  n: a.n + b.n,
  bad: a.bad + b.bad,
  x: a.x + b.x,
  y: a.y + b.y,
  xx: a.xx + b.xx,
  yy: a.yy + b.yy,
  xy: a.xy + b.xy,
});

/** n times Σ(x-x̄)², Σ(y-ȳ)² and Σ(x-x̄)(y-ȳ), exact, in multiples of 2^-2148. */
interface Spreads {
  readonly n: bigint;
  readonly xx: bigint;
  readonly yy: bigint;
  readonly xy: bigint;
  readonly x: bigint;
  readonly y: bigint;
}
type PairResult = (s: Spreads) => number | null;
const SQUARE_BITS = 2 * FIXED_BITS;

/** @param oneArgument the variance family; the others take (y, x) as PostgreSQL does. */
function pairAggregate(args: AggregateOverload['args'], result: PairResult, least: bigint, oneArgument: boolean): AggregateOverload {
  const step = (m: PairMoments, values: readonly Value[], sign: 1 | -1): PairMoments => {
    const [first, second] = values;
    return oneArgument ? pairStep(m, first as number, 0, sign) : pairStep(m, second as number, first as number, sign);
  };
  return aggregate<PairMoments>({
    args,
    returns: DOUBLE,
    init: emptyPair,
    insert: (m, values) => step(m, values, 1),
    retract: (m, values) => step(m, values, -1),
    merge: mergePairs,
    result: ({ n, bad, x, y, xx, yy, xy }) => {
      if (n < least) return null;
      if (bad > 0) return NaN;
      return result({ n, x, y, xx: n * xx - x * x, yy: n * yy - y * y, xy: n * xy - x * y });
    },
  });
}

function variance(name: string, aliases: readonly string[], sample: boolean, root: boolean, doc: string): AggregateFunction {
  const finish = (v: number): number => (root ? Math.sqrt(v) : v);
  const fromDouble = (kind: 'real' | 'double'): AggregateOverload =>
    pairAggregate([kind], ({ n, xx }) => finish(ratio(xx, n * (sample ? n - 1n : n), SQUARE_BITS)), sample ? 2n : 1n, true);
  return {
    kind: 'aggregate',
    name,
    aliases,
    overloads: [
      ...(['tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric'] as const).map((kind) => exactMoments(kind, sample, root)),
      fromDouble('real'),
      fromDouble('double'),
    ],
    doc,
    examples: [],
  };
}

const pair = (name: string, result: PairResult, doc: string, least = 1n): AggregateFunction => ({
  kind: 'aggregate',
  name,
  overloads: [pairAggregate(['double', 'double'], result, least, false)],
  doc,
  examples: [],
});

/** How many values have each bit set: makes and/or/xor retractable. */
interface BitCounts {
  n: bigint;
  bits: bigint[];
}

function bitAggregate(name: 'bit_and' | 'bit_or' | 'bit_xor', kind: 'smallint' | 'int' | 'bigint'): AggregateOverload {
  const width = kind === 'smallint' ? 16 : kind === 'int' ? 32 : 64;
  const step = (s: BitCounts, v: Value, sign: bigint): BitCounts => {
    s.n += sign;
    const n = BigInt.asUintN(width, BigInt(v as number | bigint));
    for (let i = 0; i < width; i++) if ((n >> BigInt(i)) & 1n) s.bits[i] = (s.bits[i] ?? 0n) + sign;
    return s;
  };
  return aggregate<BitCounts>({
    args: [kind],
    returns: kind === 'smallint' ? SMALLINT : kind === 'int' ? INT : BIGINT,
    init: () => ({ n: 0n, bits: new Array<bigint>(width).fill(0n) }),
    insert: (s, [v = null]) => step(s, v, 1n),
    retract: (s, [v = null]) => step(s, v, -1n),
    merge: (a, b) => ({ n: a.n + b.n, bits: a.bits.map((c, i) => c + (b.bits[i] ?? 0n)) }),
    result: (s) => {
      if (s.n === 0n) return null;
      let out = 0n;
      for (const [i, c] of s.bits.entries()) {
        const set = name === 'bit_and' ? c === s.n : name === 'bit_or' ? c > 0n : (c & 1n) === 1n;
        if (set) out |= 1n << BigInt(i);
      }
      const signed = BigInt.asIntN(width, out);
      return kind === 'bigint' ? signed : Number(signed);
    },
  });
}

const bits = (name: 'bit_and' | 'bit_or' | 'bit_xor', doc: string): AggregateFunction => ({
  kind: 'aggregate',
  name,
  overloads: (['smallint', 'int', 'bigint'] as const).map((kind) => bitAggregate(name, kind)),
  doc,
  examples: [],
});

export const statisticsFunctions: readonly FunctionDef[] = [
  variance('var_samp', ['variance'], true, false, 'Sample variance; NULL for fewer than two values.'),
  variance('var_pop', [], false, false, 'Population variance.'),
  variance('stddev_samp', ['stddev'], true, true, 'Sample standard deviation; NULL for fewer than two values.'),
  variance('stddev_pop', [], false, true, 'Population standard deviation.'),
  pair('covar_pop', ({ n, xy }) => ratio(xy, n * n, SQUARE_BITS), 'Population covariance.'),
  pair('covar_samp', ({ n, xy }) => ratio(xy, n * (n - 1n), SQUARE_BITS), 'Sample covariance.', 2n),
  pair('corr', ({ xx, yy, xy }) => (xx === 0n || yy === 0n ? null : (xy < 0n ? -1 : 1) * Math.sqrt(ratio(xy * xy, xx * yy, 0))), 'Correlation coefficient.'),
  pair('regr_slope', ({ xx, xy }) => (xx === 0n ? null : ratio(xy, xx, 0)), 'Slope of the least-squares line of (y, x).'),
  pair('regr_intercept', ({ n, xx, xy, x, y }) => (xx === 0n ? null : ratio(y * xx - x * xy, n * xx, FIXED_BITS)), 'Intercept of the least-squares line of (y, x).'),
  pair('regr_r2', ({ xx, yy, xy }) => (xx === 0n ? null : yy === 0n ? 1 : ratio(xy * xy, xx * yy, 0)), 'Square of the correlation coefficient.'),
  pair('regr_avgx', ({ n, x }) => ratio(x, n, FIXED_BITS), 'Mean of the second argument.'),
  pair('regr_avgy', ({ n, y }) => ratio(y, n, FIXED_BITS), 'Mean of the first argument.'),
  pair('regr_sxx', ({ n, xx }) => ratio(xx, n, SQUARE_BITS), 'Sum of squares of the second argument around its mean.'),
  pair('regr_syy', ({ n, yy }) => ratio(yy, n, SQUARE_BITS), 'Sum of squares of the first argument around its mean.'),
  pair('regr_sxy', ({ n, xy }) => ratio(xy, n, SQUARE_BITS), 'Sum of the products of both arguments around their means.'),
  {
    kind: 'aggregate',
    name: 'regr_count',
    overloads: [
      aggregate<bigint>({
        args: ['double', 'double'],
        returns: BIGINT,
        init: () => 0n,
        insert: (n) => n + 1n,
        retract: (n) => n - 1n,
        merge: (a, b) => a + b,
        result: (n) => n,
      }),
    ],
    doc: 'How many rows have both arguments.',
    examples: [],
  },
  bits('bit_and', 'Bitwise and of all values.'),
  bits('bit_or', 'Bitwise or of all values.'),
  bits('bit_xor', 'Bitwise exclusive or of all values.'),
];
