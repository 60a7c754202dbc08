import { SqlError } from '../common/errors.ts';
import { compareValues } from '../common/types/compare.ts';
import { PRECISION_MAX, fitDecimal } from '../common/types/decimal-rules.ts';
import { intervalAdd, intervalDivide, intervalNegate } from '../common/types/interval.ts';
import { numericAdd, numericDivide, numericSubtract } from '../common/types/numeric-math.ts';
import { NAN, ZERO, numericFromBigint } from '../common/types/numeric-text.ts';
import { BIGINT, BOOLEAN, DOUBLE, INTERVAL, NUMERIC, REAL, TEXT, arrayOf, decimalOf, type SqlType, type TypeKind } from '../common/types/sql-type.ts';
import type { Interval, Numeric, Value } from '../common/types/value.ts';
import { bigintOutOfRange } from './integer.ts';
import type { AggregateFunction, AggregateOverload, FunctionDef } from './define.ts';
import { addToSum, emptySum, meanValue, mergeSums, sumValue, type ExactSum } from './exact-sum.ts';

/** count, sum, avg, min, max and the boolean and list aggregates. States are plain values that may be updated in place. */

interface Spec<S> {
  readonly args: AggregateOverload['args'];
  readonly returns: AggregateOverload['returns'];
  readonly init: () => S;
  readonly insert: (state: S, args: readonly Value[], types: readonly SqlType[]) => S;
  readonly retract: ((state: S, args: readonly Value[], types: readonly SqlType[]) => S) | null;
  readonly merge: ((a: S, b: S) => S) | null;
  readonly result: (state: S, returns: SqlType, types: readonly SqlType[]) => Value;
  readonly skipsNulls?: boolean;
  readonly oid?: number;
  readonly kernel?: NonNullable<AggregateOverload['kernel']>;
}

/** Hides the state's type from the table; only this overload's own functions ever see it. */
export function aggregate<S>(spec: Spec<S>): AggregateOverload {
  const { args, returns, init, result, skipsNulls = true, oid, kernel } = spec;
  const { insert, retract, merge } = spec;
  return {
    args,
    returns,
    skipsNulls,
    init,
    insert: (state, values, types) => insert(state as S, values, types),
    retract: retract === null ? null : (state, values, types) => retract(state as S, values, types),
    merge: merge === null ? null : (a, b) => merge(a as S, b as S),
    result: (state, type, types) => result(state as S, type, types),
    ...(oid === undefined ? {} : { oid }),
    ...(kernel === undefined ? {} : { kernel }),
  };
}

const def = (name: string, overloads: readonly AggregateOverload[], doc: string, aliases: readonly string[] = []): AggregateFunction => ({
  kind: 'aggregate',
  name,
  aliases,
  overloads,
  doc,
  examples: [],
});

const count = (args: AggregateOverload['args'], oid: number): AggregateOverload =>
  aggregate<bigint>({
    args,
    oid,
    returns: BIGINT,
    init: () => 0n,
    insert: (n) => n + 1n,
    retract: (n) => n - 1n,
    merge: (a, b) => a + b,
    result: (n) => n,
    kernel: 'count',
  });

const asNumeric = (v: Value): Numeric => {
  if (typeof v === 'number') return { unscaled: BigInt(v), scale: 0 };
  return typeof v === 'bigint' ? numericFromBigint(v) : (v as Numeric);
};

/** Sum of exact numbers; NaN and infinities, which can't be taken back out of a sum, are counted. */
export interface NumericSum {
  total: Numeric;
  count: bigint;
  nan: number;
  positive: number;
  negative: number;
  /** How many finite values had each scale: the result shows the largest. */
  scales: Map<number, number>;
}

export const emptyNumericSum = (): NumericSum => ({ total: ZERO, count: 0n, nan: 0, positive: 0, negative: 0, scales: new Map() });

export function addNumeric(state: NumericSum, value: Numeric, sign: 1 | -1): NumericSum {
  state.count += BigInt(sign);
  if (value.special === 'NaN') state.nan += sign;
  else if (value.special === 'Infinity') state.positive += sign;
  else if (value.special !== undefined) state.negative += sign;
  else {
    state.total = sign === 1 ? numericAdd(state.total, value) : numericSubtract(state.total, value);
    const uses = (state.scales.get(value.scale) ?? 0) + sign;
    if (uses === 0) state.scales.delete(value.scale);
    else state.scales.set(value.scale, uses);
  }
  return state;
}

export function mergeNumeric(a: NumericSum, b: NumericSum): NumericSum {
  const scales = new Map(a.scales);
  for (const [scale, uses] of b.scales) {
    const n = (scales.get(scale) ?? 0) + uses;
    if (n === 0) scales.delete(scale);
    else scales.set(scale, n);
  }
  return {
    total: numericAdd(a.total, b.total),
    count: a.count + b.count,
    nan: a.nan + b.nan,
    positive: a.positive + b.positive,
    negative: a.negative + b.negative,
    scales,
  };
}

export function numericSumValue(state: NumericSum): Numeric {
  if (state.nan > 0 || (state.positive > 0 && state.negative > 0)) return NAN;
  if (state.positive > 0) return { unscaled: 0n, scale: 0, special: 'Infinity' };
  if (state.negative > 0) return { unscaled: 0n, scale: 0, special: '-Infinity' };
  const scale = Math.max(0, ...state.scales.keys());
  const { total } = state;
  // Values of larger scales have gone: their digits cancelled to zeros.
  return scale < total.scale ? { unscaled: total.unscaled / 10n ** BigInt(total.scale - scale), scale } : total;
}

/** Sum of integers as a bigint without bound; the range is checked when it is read. */
interface IntSum {
  total: bigint;
  count: bigint;
}

/** SUM and AVG of integers differ in what they make of total and count. */
function overIntegers(kind: TypeKind, oid: number, returns: SqlType, kernel: 'sum' | 'avg', result: (s: IntSum) => Value): AggregateOverload {
  return aggregate<IntSum>({
    args: [kind],
    oid,
    returns,
    init: () => ({ total: 0n, count: 0n }),
    insert: (s, [v]) => {
      s.total += BigInt(v as number | bigint);
      s.count++;
      return s;
    },
    retract: (s, [v]) => {
      s.total -= BigInt(v as number | bigint);
      s.count--;
      return s;
    },
    merge: (a, b) => ({ total: a.total + b.total, count: a.count + b.count }),
    result: (s) => (s.count === 0n ? null : result(s)),
    kernel,
  });
}

const intSum = (kind: TypeKind, oid: number, returns: SqlType): AggregateOverload =>
  overIntegers(kind, oid, returns, 'sum', ({ total }) => {
    if (returns.kind === 'numeric') return numericFromBigint(total);
    return total === BigInt.asIntN(64, total) ? total : bigintOutOfRange();
  });

const intAvg = (kind: TypeKind, oid: number): AggregateOverload =>
  overIntegers(kind, oid, NUMERIC, 'avg', ({ total, count }) => numericDivide(numericFromBigint(total), numericFromBigint(count)));

type NumericResult = (s: NumericSum, returns: SqlType) => Value;

function numericAggregate(kind: 'numeric' | 'decimal', returns: AggregateOverload['returns'], result: NumericResult, kernel: 'sum' | 'avg', oid?: number): AggregateOverload {
  return aggregate<NumericSum>({
    args: [kind],
    returns,
    init: emptyNumericSum,
    insert: (s, [v]) => addNumeric(s, asNumeric(v ?? null), 1),
    retract: (s, [v]) => addNumeric(s, asNumeric(v ?? null), -1),
    merge: mergeNumeric,
    result: (s, type) => (s.count === 0n ? null : result(s, type)),
    kernel,
    ...(oid === undefined ? {} : { oid }),
  });
}

const scaleOf = (type: SqlType | undefined): number => (type?.kind === 'decimal' ? type.scale : 0);
const asDecimalResult = (value: Numeric, returns: SqlType): Value => (returns.kind === 'decimal' ? fitDecimal(value, returns.precision, returns.scale) : value);

const mean = (s: NumericSum): Numeric => numericDivide(numericSumValue(s), numericFromBigint(s.count));

/** avg of DECIMAL is divided straight to the result's scale: rounding twice could be off by one digit. */
function decimalMean(s: NumericSum, returns: SqlType): Value {
  if (returns.kind !== 'decimal') return mean(s);
  return fitDecimal(numericDivide(numericSumValue(s), numericFromBigint(s.count), returns.scale), returns.precision, returns.scale);
}

interface DoubleSum {
  sum: ExactSum;
  count: bigint;
}

function doubleAggregate(kind: 'real' | 'double', returns: SqlType, result: (s: DoubleSum) => number, kernel: 'sum' | 'avg', oid: number): AggregateOverload {
  return aggregate<DoubleSum>({
    args: [kind],
    oid,
    returns,
    init: () => ({ sum: emptySum(), count: 0n }),
    insert: (s, [v]) => {
      addToSum(s.sum, v as number, 1);
      s.count++;
      return s;
    },
    retract: (s, [v]) => {
      addToSum(s.sum, v as number, -1);
      s.count--;
      return s;
    },
    merge: (a, b) => ({ sum: mergeSums(a.sum, b.sum), count: a.count + b.count }),
    result: (s) => (s.count === 0n ? null : checked(result(s), s)),
    kernel,
  });
}

function checked(value: number, s: DoubleSum): number {
  if (!Number.isFinite(value) && s.sum.nan + s.sum.positive + s.sum.negative === 0) {
    throw new SqlError('numeric_value_out_of_range', 'value out of range: overflow');
  }
  return value;
}

interface IntervalTotal {
  total: Interval;
  count: bigint;
}

function intervalAggregate(result: (s: IntervalTotal) => Interval, kernel: 'sum' | 'avg'): AggregateOverload {
  return aggregate<IntervalTotal>({
    args: ['interval'],
    returns: INTERVAL,
    init: () => ({ total: { months: 0, days: 0, micros: 0n }, count: 0n }),
    insert: (s, [v]) => ({ total: intervalAdd(s.total, v as Interval), count: s.count + 1n }),
    retract: (s, [v]) => ({ total: intervalAdd(s.total, intervalNegate(v as Interval)), count: s.count - 1n }),
    merge: (a, b) => ({ total: intervalAdd(a.total, b.total), count: a.count + b.count }),
    result: (s) => (s.count === 0n ? null : result(s)),
    kernel,
  });
}

/** Kinds with an order that min and max take; booleans, json, rows and maps are out, as in PostgreSQL. */
const ORDERED: readonly TypeKind[] = [
  'tinyint', 'smallint', 'int', 'bigint', 'real', 'double', 'decimal', 'numeric', 'char', 'varchar', 'name', 'date', 'time', 'timestamp',
  'timestamptz', 'interval', 'bytea', 'uuid', 'oid',
];

function extreme(sign: 1 | -1): AggregateOverload[] {
  const better = (a: Value, b: Value, type: SqlType): Value => (Math.sign(compareValues(a, b, type)) === sign ? a : b);
  const make = (arg: TypeKind | 'anyarray'): AggregateOverload =>
    aggregate<{ value: Value; type: SqlType | undefined }>({
      args: [arg],
      returns: ([type]) => type ?? TEXT,
      init: () => ({ value: null, type: undefined }),
      insert: (s, [v = null], [type = TEXT]) => {
        s.value = s.value === null ? v : better(v, s.value, type);
        s.type = type;
        return s;
      },
      retract: null,
      merge: (a, b) => {
        const type = a.type ?? b.type;
        if (a.value === null || type === undefined) return b;
        if (b.value === null) return a;
        return { value: better(a.value, b.value, type), type };
      },
      result: (s) => s.value,
      kernel: sign === 1 ? 'max' : 'min',
    });
  return [...ORDERED.map(make), make('anyarray')];
}

interface BoolCounts {
  yes: bigint;
  no: bigint;
}

function boolAggregate(kernel: 'bool_and' | 'bool_or', oid: number): AggregateOverload {
  return aggregate<BoolCounts>({
    args: ['boolean'],
    oid,
    returns: BOOLEAN,
    init: () => ({ yes: 0n, no: 0n }),
    insert: (s, [v]) => {
      if (v === true) s.yes++;
      else s.no++;
      return s;
    },
    retract: (s, [v]) => {
      if (v === true) s.yes--;
      else s.no--;
      return s;
    },
    merge: (a, b) => ({ yes: a.yes + b.yes, no: a.no + b.no }),
    result: (s) => (s.yes + s.no === 0n ? null : kernel === 'bool_and' ? s.no === 0n : s.yes > 0n),
    kernel,
  });
}

/** Lists need their order: retracting removes the first equal entry, and ORDER BY is applied by the operator. */
function removeFirst(list: Value[][], args: readonly Value[], types: readonly SqlType[]): Value[][] {
  const same = (a: Value, b: Value, type: SqlType): boolean => (a === null || b === null ? a === b : compareValues(a, b, type) === 0);
  const at = list.findIndex((entry) => entry.every((v, i) => same(v, args[i] ?? null, types[i] ?? TEXT)));
  if (at >= 0) list.splice(at, 1);
  return list;
}

export function listAggregate(args: AggregateOverload['args'], returns: AggregateOverload['returns'], skipsNulls: boolean, result: (list: Value[][], returns: SqlType, types: readonly SqlType[]) => Value): AggregateOverload {
  return aggregate<Value[][]>({
    args,
    returns,
    skipsNulls,
    init: () => [],
    insert: (list, values) => {
      list.push([...values]);
      return list;
    },
    retract: removeFirst,
    merge: (a, b) => [...a, ...b],
    result,
  });
}

/** Values without a delimiter NULL are joined; PostgreSQL ignores the first row's delimiter. */
const joinTexts = (list: Value[][]): Value => {
  if (list.length === 0) return null;
  let out = '';
  for (const [i, [text, delimiter]] of list.entries()) out += (i === 0 ? '' : ((delimiter as string | null) ?? '')) + String(text);
  return out;
};

export const aggregateFunctions: readonly FunctionDef[] = [
  def('count', [count([], 2803), count(['any'], 2147)], 'How many rows, or how many values that are not NULL.'),
  def(
    'sum',
    [
      intSum('tinyint', 100000, BIGINT),
      intSum('smallint', 2109, BIGINT),
      intSum('int', 2108, BIGINT),
      intSum('bigint', 2107, NUMERIC),
      numericAggregate('decimal', ([a]) => decimalOf(PRECISION_MAX, scaleOf(a)), (s, type) => asDecimalResult(numericSumValue(s), type), 'sum'),
      numericAggregate('numeric', NUMERIC, numericSumValue, 'sum', 2114),
      doubleAggregate('real', REAL, (s) => Math.fround(sumValue(s.sum)), 'sum', 2110),
      doubleAggregate('double', DOUBLE, (s) => sumValue(s.sum), 'sum', 2111),
      intervalAggregate((s) => s.total, 'sum'),
    ],
    'The sum; NULL over no values. Integers give bigint, bigint gives numeric, DECIMAL(p,s) gives DECIMAL(38,s). Doubles are summed exactly and rounded once.',
  ),
  def(
    'avg',
    [
      intAvg('tinyint', 100001),
      intAvg('smallint', 2102),
      intAvg('int', 2101),
      intAvg('bigint', 2100),
      numericAggregate('decimal', ([a]) => decimalOf(PRECISION_MAX, Math.max(6, scaleOf(a))), decimalMean, 'avg'),
      numericAggregate('numeric', NUMERIC, mean, 'avg', 2103),
      doubleAggregate('real', DOUBLE, (s) => meanValue(s.sum, s.count), 'avg', 2104),
      doubleAggregate('double', DOUBLE, (s) => meanValue(s.sum, s.count), 'avg', 2105),
      intervalAggregate((s) => intervalDivide(s.total, Number(s.count)), 'avg'),
    ],
    'The mean; NULL over no values. Integers give numeric, DECIMAL(p,s) gives DECIMAL(38, max(6, s)).',
  ),
  def('min', extreme(-1), 'The smallest value.'),
  def('max', extreme(1), 'The largest value.'),
  def('bool_and', [boolAggregate('bool_and', 2517)], 'Whether all are true.', ['every']),
  def('bool_or', [boolAggregate('bool_or', 2518)], 'Whether any is true.'),
  def(
    'string_agg',
    [
      aggregateStrings(['varchar', 'varchar'], joinTexts, 3538),
      listAggregate(['bytea', 'bytea'], { kind: 'bytea' }, false, (list) => {
        const kept = list.filter(([b]) => b !== null);
        if (kept.length === 0) return null;
        return Uint8Array.from(Buffer.concat(kept.flatMap(([b, d], i) => [...(i === 0 || d === null ? [] : [d as Uint8Array]), b as Uint8Array])));
      }),
    ],
    'The texts joined with a delimiter; NULLs are left out.',
  ),
  def(
    'listagg',
    [aggregateStrings(['varchar'], (list) => joinTexts(list.map(([text = null]) => [text, ','])), undefined), aggregateStrings(['varchar', 'varchar'], joinTexts, undefined)],
    'The texts joined with a delimiter, a comma by default (Flink).',
    ['list_agg'],
  ),
  def(
    'array_agg',
    [
      listAggregate(['anynonarray'], ([type = TEXT]) => arrayOf(type), false, (list) => (list.length === 0 ? null : list.map(([v = null]) => v))),
      listAggregate(['anyarray'], ([type = TEXT]) => arrayOf(type), false, (list) => (list.length === 0 ? null : list.map(([v = null]) => v))),
    ],
    'The values as an array, NULLs included; NULL over no rows.',
    ['collect_list'],
  ),
  def('first_value', [listAggregate(['anyelement'], ([type = TEXT]) => type, true, (list) => list[0]?.[0] ?? null)], 'The first value in arrival order.', ['earliest_by_offset']),
  def('last_value', [listAggregate(['anyelement'], ([type = TEXT]) => type, true, (list) => list.at(-1)?.[0] ?? null)], 'The last value in arrival order.', ['latest_by_offset']),
  def('any_value', [listAggregate(['anyelement'], ([type = TEXT]) => type, true, (list, _returns, [type = TEXT]) => smallest(list, type))], 'Some value: the smallest, so that the answer does not depend on the order of arrival.'),
];

function aggregateStrings(args: AggregateOverload['args'], result: (list: Value[][]) => Value, oid: number | undefined): AggregateOverload {
  const base = listAggregate(args, TEXT, false, (list) => result(list.filter(([text]) => text !== null)));
  return oid === undefined ? base : { ...base, oid };
}

function smallest(list: readonly Value[][], type: SqlType): Value {
  let best: Value = null;
  for (const [v = null] of list) if (best === null || (v !== null && compareValues(v, best, type) < 0)) best = v;
  return best;
}
