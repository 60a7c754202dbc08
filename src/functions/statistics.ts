import { numericDivide, numericMultiply, numericSubtract } from '../common/types/numeric-math.ts';
import { numericSqrt } from '../common/types/numeric-transcendental.ts';
import { ZERO, numericFromBigint, numericFromInt } from '../common/types/numeric-text.ts';
import { BIGINT, DOUBLE, INT, NUMERIC, SMALLINT } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { addNumeric, aggregate, emptyNumericSum, mergeNumeric, numericSumValue, type NumericSum } from './aggregates.ts';
import type { AggregateFunction, AggregateOverload, FunctionDef } from './define.ts';
import { addToSum, emptySum, mergeSums, sumValue, type ExactSum } from './exact-sum.ts';

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

/** Exact sums of x, y, x², y² and xy. A product's rounding is the same when it is taken back. */
interface PairMoments {
  n: bigint;
  x: ExactSum;
  y: ExactSum;
  xx: ExactSum;
  yy: ExactSum;
  xy: ExactSum;
}

const emptyPair = (): PairMoments => ({ n: 0n, x: emptySum(), y: emptySum(), xx: emptySum(), yy: emptySum(), xy: emptySum() });

function pairStep(m: PairMoments, x: number, y: number, sign: 1 | -1): PairMoments {
  m.n += BigInt(sign);
  addToSum(m.x, x, sign);
  addToSum(m.y, y, sign);
  addToSum(m.xx, x * x, sign);
  addToSum(m.yy, y * y, sign);
  addToSum(m.xy, x * y, sign);
  return m;
}

const mergePairs = (a: PairMoments, b: PairMoments): PairMoments => ({
  n: a.n + b.n,
  x: mergeSums(a.x, b.x),
  y: mergeSums(a.y, b.y),
  xx: mergeSums(a.xx, b.xx),
  yy: mergeSums(a.yy, b.yy),
  xy: mergeSums(a.xy, b.xy),
});

/** Σ(a-ā)(b-b̄). */
function spread(n: number, ab: ExactSum, a: ExactSum, b: ExactSum): number {
  return sumValue(ab) - (sumValue(a) * sumValue(b)) / n;
}

type PairResult = (n: number, sxx: number, syy: number, sxy: number, meanX: number, meanY: number) => number | null;

function pairAggregate(args: AggregateOverload['args'], result: PairResult, least: bigint, oneArgument: boolean): AggregateOverload {
  const y = (v: Value): number => (oneArgument ? 0 : (v as number));
  return aggregate<PairMoments>({
    args,
    returns: DOUBLE,
    init: emptyPair,
    insert: (m, [a = null, b = null]) => (oneArgument ? pairStep(m, a as number, 0, 1) : pairStep(m, b as number, y(a), 1)),
    retract: (m, [a = null, b = null]) => (oneArgument ? pairStep(m, a as number, 0, -1) : pairStep(m, b as number, y(a), -1)),
    merge: mergePairs,
    result: (m) => {
      if (m.n < least) return null;
      const n = Number(m.n);
      const sxx = Math.max(0, spread(n, m.xx, m.x, m.x));
      const syy = Math.max(0, spread(n, m.yy, m.y, m.y));
      return result(n, sxx, syy, spread(n, m.xy, m.x, m.y), sumValue(m.x) / n, sumValue(m.y) / n);
    },
  });
}

function variance(name: string, aliases: readonly string[], sample: boolean, root: boolean, doc: string): AggregateFunction {
  const finish = (v: number): number => (root ? Math.sqrt(v) : v);
  const fromDouble = (kind: 'real' | 'double'): AggregateOverload =>
    pairAggregate([kind], (n, sxx) => (Number.isNaN(sxx) ? NaN : finish(sxx / (sample ? n - 1 : n))), sample ? 2n : 1n, true);
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
  pair('covar_pop', (n, _sxx, _syy, sxy) => sxy / n, 'Population covariance.'),
  pair('covar_samp', (n, _sxx, _syy, sxy) => sxy / (n - 1), 'Sample covariance.', 2n),
  pair('corr', (_n, sxx, syy, sxy) => (sxx === 0 || syy === 0 ? null : sxy / Math.sqrt(sxx * syy)), 'Correlation coefficient.'),
  pair('regr_slope', (_n, sxx, _syy, sxy) => (sxx === 0 ? null : sxy / sxx), 'Slope of the least-squares line of (y, x).'),
  pair('regr_intercept', (_n, sxx, _syy, sxy, mx, my) => (sxx === 0 ? null : my - (mx * sxy) / sxx), 'Intercept of the least-squares line of (y, x).'),
  pair('regr_r2', (_n, sxx, syy, sxy) => (sxx === 0 ? null : syy === 0 ? 1 : (sxy * sxy) / (sxx * syy)), 'Square of the correlation coefficient.'),
  pair('regr_avgx', (_n, _sxx, _syy, _sxy, mx) => mx, 'Mean of the second argument.'),
  pair('regr_avgy', (_n, _sxx, _syy, _sxy, _mx, my) => my, 'Mean of the first argument.'),
  bits('bit_and', 'Bitwise and of all values.'),
  bits('bit_or', 'Bitwise or of all values.'),
  bits('bit_xor', 'Bitwise exclusive or of all values.'),
];
