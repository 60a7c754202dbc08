import { SqlError } from '../common/errors.ts';
import { compareValues } from '../common/types/compare.ts';
import { jsonObject, jsonToCompactText, jsonToText, quoteJson } from '../common/types/json.ts';
import { BIGINT, DOUBLE, INT, INTERVAL, JSONB, TEXT, arrayOf, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Interval, JsonNode, Value } from '../common/types/value.ts';
import { intervalAdd, intervalMultiply, intervalNegate } from '../common/types/interval.ts';
import { aggregate, listAggregate } from './aggregates.ts';
import type { AggregateFunction, AggregateOverload, ArgType, FunctionDef } from './define.ts';
import { toJson } from './to-json.ts';

/** Aggregates that keep their input: JSON, mode, arg_min and the like. Times in JSON are shown in UTC. */

const UTC = { timeZone: 'UTC' };
const JSON_TYPE: SqlType = { kind: 'json' };

const def = (name: string, overloads: readonly AggregateOverload[], doc: string, aliases: readonly string[] = []): AggregateFunction => ({
  kind: 'aggregate',
  name,
  aliases,
  overloads,
  doc,
  examples: [],
});

const nodeOf = (v: Value | undefined, type: SqlType | undefined): JsonNode => toJson(v ?? null, type ?? TEXT, UTC);

function members(list: readonly Value[][], types: readonly SqlType[]): [string, JsonNode][] {
  return list.map(([key = null, value]) => {
    if (key === null) throw new SqlError('invalid_parameter_value', 'field name must not be null');
    return [textOut(key, types[0] ?? TEXT, UTC), nodeOf(value, types[1])];
  });
}

const ANY: ArgType = 'anyelement';

/** The first argument of the row whose second is the smallest or largest; ties go to the smallest first argument. */
function argExtreme(sign: 1 | -1): AggregateOverload {
  return listAggregate(['any', 'any'], ([a]) => a ?? TEXT, false, (list, _returns, [value = TEXT, key = TEXT]) => {
    let best: Value[] | undefined;
    for (const row of list) {
      const [v = null, k = null] = row;
      if (k === null) continue;
      const [bestValue = null, bestKey = null] = best ?? [];
      const c = bestKey === null ? 1 : compareValues(k, bestKey, key) * sign;
      const tie = c === 0 && v !== null && (bestValue === null || compareValues(v, bestValue, value) < 0);
      if (c > 0 || tie) best = row;
    }
    return best?.[0] ?? null;
  });
}

/** The most frequent value; among equals the smallest. */
const mode = listAggregate([ANY], ([a]) => a ?? TEXT, true, (list, _returns, [type = TEXT]) => {
  const sorted = list.map(([v = null]) => v).sort((a, b) => compareValues(a, b, type));
  let best: Value = null;
  let bestRun = 0;
  let run = 0;
  for (const [i, v] of sorted.entries()) {
    run = i > 0 && compareValues(v, sorted[i - 1] ?? null, type) === 0 ? run + 1 : 1;
    if (run > bestRun) {
      best = v;
      bestRun = run;
    }
  }
  return best;
});

/** How many different values there are; exact, so that retraction is too. */
const distinctCount = listAggregate([ANY], BIGINT, true, (list, _returns, [type = TEXT]) => {
  const sorted = list.map(([v = null]) => v).sort((a, b) => compareValues(a, b, type));
  return BigInt(sorted.filter((v, i) => i === 0 || compareValues(v, sorted[i - 1] ?? null, type) !== 0).length);
});

const fractionOf = (p: Value): number => {
  const fraction = p as number;
  if (!(fraction >= 0 && fraction <= 1)) throw new SqlError('numeric_value_out_of_range', `percentile value ${fraction} is not between 0 and 1`);
  return fraction;
};

/** Between the two values next to the fraction's place. The list is in order. */
function interpolated(list: readonly Value[], p: number, between: (low: Value, high: Value, part: number) => Value): Value {
  if (list.length === 0) return null;
  const at = p * (list.length - 1);
  const low = list[Math.floor(at)] ?? null;
  return at === Math.floor(at) ? low : between(low, list[Math.ceil(at)] ?? null, at - Math.floor(at));
}
const linear = (low: Value, high: Value, part: number): Value => (low as number) + part * ((high as number) - (low as number));
const linearInterval = (low: Value, high: Value, part: number): Value => intervalAdd(low as Interval, intervalMultiply(intervalAdd(high as Interval, intervalNegate(low as Interval)), part));
/** The first value at which the fraction of values is reached. */
const discrete = (list: readonly Value[], p: number): Value => list[Math.max(0, Math.ceil(p * list.length) - 1)] ?? null;

/** The values that are not NULL, and the fraction, which is the same in all rows. */
const valuesOf = (list: readonly Value[][]): Value[] => list.flatMap(([v = null]) => (v === null ? [] : [v]));
const second = (list: readonly Value[][]): Value => list[0]?.[1] ?? null;

/** `f(fraction) WITHIN GROUP (ORDER BY x)` as f(x, fraction) over values in that order; an array of fractions gives an array. */
function orderedSet(value: ArgType, returns: (type: SqlType) => SqlType, at: (list: readonly Value[], p: number) => Value): AggregateOverload[] {
  return [
    listAggregate([value, 'double'], ([type = TEXT]) => returns(type), false, (list) => (second(list) === null ? null : at(valuesOf(list), fractionOf(second(list))))),
    listAggregate([value, { array: 'double' }], ([type = TEXT]) => arrayOf(returns(type)), false, (list) => {
      const fractions = second(list);
      const values = valuesOf(list);
      return fractions === null || values.length === 0 ? null : (fractions as readonly Value[]).map((p) => (p === null ? null : at(values, fractionOf(p))));
    }),
  ];
}

/** `percentile(x, p)`: interpolated between the two nearest values (Flink). */
const percentile = listAggregate(['double', 'double'], DOUBLE, false, (list) => {
  const values = valuesOf(list).sort((a, b) => compareValues(a, b, DOUBLE));
  const p = list.find(([, q]) => typeof q === 'number')?.[1] ?? null;
  return p === null ? null : interpolated(values, fractionOf(p), linear);
});

/** Each value as often as its third argument says. */
function weighted(list: readonly Value[][]): Value[] {
  return list.flatMap(([v = null, , n = null]) => {
    if (v === null || n === null) return [];
    const times = Number(n);
    if (times < 0 || times > 1_000_000) throw new SqlError('invalid_parameter_value', `PERCENTILE: a frequency of ${times} is not between 0 and 1000000`);
    return Array.from({ length: times }, () => v);
  }).sort((a, b) => compareValues(a, b, DOUBLE));
}

/** `percentile(x, p, frequency)`, and either with an array of fractions. */
function percentileOf(fractions: ArgType, frequency: readonly ArgType[]): AggregateOverload {
  const many = fractions !== 'double';
  return listAggregate(['double', fractions, ...frequency], many ? arrayOf(DOUBLE) : DOUBLE, false, (list) => {
    const values = frequency.length > 0 ? weighted(list) : valuesOf(list).sort((a, b) => compareValues(a, b, DOUBLE));
    const p = list.find(([, q = null]) => q !== null)?.[1] ?? null;
    if (p === null || values.length === 0) return null;
    return many ? (p as readonly Value[]).map((q) => (q === null ? null : interpolated(values, fractionOf(q), linear))) : interpolated(values, fractionOf(p), linear);
  });
}
const FRACTIONS: ArgType = { array: 'double' };

/** How often each value occurs, the smallest first: Flink's MULTISET, and `histogram`. */
const occurrences = listAggregate([ANY], ([type = TEXT]) => ({ kind: 'map', key: type, value: INT }), true, (list, _returns, [type = TEXT]) => {
  if (list.length === 0) return null;
  const sorted = valuesOf(list).sort((a, b) => compareValues(a, b, type));
  const out: [Value, Value][] = [];
  for (const v of sorted) {
    const last = out.at(-1);
    if (last !== undefined && compareValues(last[0], v, type) === 0) last[1] = (last[1] as number) + 1;
    else out.push([v, 1]);
  }
  return out;
});

/** The last pair of a key wins; keys in order. */
const mapOf = listAggregate(['any', 'any'], ([key = TEXT, value = TEXT]) => ({ kind: 'map', key, value }), false, (list, _returns, [type = TEXT]) => {
  const entries = list.filter(([k]) => k !== null).map(([k = null, v = null]): [Value, Value] => [k, v]);
  if (entries.length === 0) return null;
  const kept = entries.filter(([k], i) => !entries.slice(i + 1).some(([other]) => compareValues(k, other, type) === 0));
  return kept.sort(([a], [b]) => compareValues(a, b, type));
});

const countIf = aggregate<bigint>({
  args: ['boolean'], returns: BIGINT, init: () => 0n, insert: (n, [v]) => (v === true ? n + 1n : n), retract: (n, [v]) => (v === true ? n - 1n : n), merge: (a, b) => a + b, result: (n) => n,
});

/** The largest k values, largest first. */
function topK(distinct: boolean): AggregateOverload {
  return listAggregate([ANY, 'int'], ([type = TEXT]) => arrayOf(type), false, (list, _returns, [type = TEXT]) => {
    const k = list.length === 0 ? 0 : Number(second(list) ?? 0);
    const sorted = valuesOf(list).sort((a, b) => compareValues(b, a, type));
    return (distinct ? sorted.filter((v, i) => i === 0 || compareValues(v, sorted[i - 1] ?? null, type) !== 0) : sorted).slice(0, k);
  });
}

/** SQL/JSON: NULL values left out or kept. */
const jsonArray = (absent: boolean): AggregateOverload =>
  listAggregate([ANY], TEXT, false, (list, _r, [type]) => (list.length === 0 ? null : jsonToCompactText(list.flatMap(([v = null]) => (absent && v === null ? [] : [nodeOf(v, type)])))));
const jsonMembers = (absent: boolean): AggregateOverload =>
  listAggregate(['any', 'any'], TEXT, false, (list, _r, types) => (list.length === 0 ? null : jsonToCompactText(jsonObject(members(list.filter(([, v = null]) => !absent || v !== null), types)))));

export const moreAggregates: readonly FunctionDef[] = [
  def('jsonb_agg', [listAggregate([ANY], JSONB, false, (list, _r, [type]) => (list.length === 0 ? null : { json: list.map(([v]) => nodeOf(v, type)) }))], 'The values as a JSON array.'),
  def('json_agg', [listAggregate([ANY], JSON_TYPE, false, (list, _r, [type]) => (list.length === 0 ? null : `[${list.map(([v]) => jsonToText(nodeOf(v, type))).join(', ')}]`))], 'As jsonb_agg, as json.'),
  def('jsonb_object_agg', [listAggregate(['any', 'any'], JSONB, false, (list, _r, types) => (list.length === 0 ? null : { json: jsonObject(members(list, types)) }))], 'The pairs as a JSON object.'),
  def(
    'json_object_agg',
    [listAggregate(['any', 'any'], JSON_TYPE, false, (list, _r, types) => (list.length === 0 ? null : `{ ${members(list, types).map(([k, v]) => `${quoteJson(k)} : ${jsonToText(v)}`).join(', ')} }`))],
    'As jsonb_object_agg, as json.',
  ),
  def('arg_min', [argExtreme(-1)], 'The first argument where the second is smallest.', ['min_by']),
  def('arg_max', [argExtreme(1)], 'The first argument where the second is largest.', ['max_by']),
  def('mode', [mode], 'The most frequent value.'),
  def('approx_count_distinct', [distinctCount], 'How many different values; exact here.'),
  def('percentile', [percentile, percentileOf('double', ['bigint']), percentileOf(FRACTIONS, []), percentileOf(FRACTIONS, ['bigint'])], 'The value below which a fraction of the values lies, interpolated (Flink); an array of fractions gives an array; a third argument says how often each value counts.', ['approx_percentile']),
  def(
    'percentile_cont',
    [...orderedSet('double', () => DOUBLE, (list, p) => interpolated(list, p, linear)), ...orderedSet('interval', () => INTERVAL, (list, p) => interpolated(list, p, linearInterval))],
    '`percentile_cont(fraction) WITHIN GROUP (ORDER BY x)`: the value at a fraction of the way through, interpolated.',
  ),
  def('percentile_disc', orderedSet(ANY, (type) => type, discrete), '`percentile_disc(fraction) WITHIN GROUP (ORDER BY x)`: the first value at which a fraction of all is reached.'),
  def('collect', [occurrences], 'Every value with how often it occurs (Flink’s MULTISET).', ['histogram']),
  def('map_agg', [mapOf], 'The pairs as a map.'),
  def('count_if', [countIf], 'How many are true.', ['countif']),
  def('topk', [topK(false)], 'The largest k values, as an array.'),
  def('topkdistinct', [topK(true)], 'The largest k different values, as an array.'),
  def('json_arrayagg', [jsonArray(true)], 'The values as the text of a JSON array, without NULLs (SQL/JSON).'),
  def('json_arrayagg_with_nulls', [jsonArray(false)], 'JSON_ARRAYAGG(x NULL ON NULL).'),
  def('json_objectagg', [jsonMembers(false)], 'The pairs as the text of a JSON object (SQL/JSON).'),
  def('json_objectagg_without_nulls', [jsonMembers(true)], 'JSON_OBJECTAGG(… ABSENT ON NULL).'),
];
