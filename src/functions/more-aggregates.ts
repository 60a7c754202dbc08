import { SqlError } from '../common/errors.ts';
import { compareValues } from '../common/types/compare.ts';
import { jsonObject, jsonToText, quoteJson } from '../common/types/json.ts';
import { BIGINT, DOUBLE, JSONB, TEXT, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { JsonNode, Value } from '../common/types/value.ts';
import { listAggregate } from './aggregates.ts';
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

/** `percentile(x, p)`: interpolated between the two nearest values (percentile_cont). */
const percentile = listAggregate(['double', 'double'], DOUBLE, false, (list) => {
  const values = list.map(([v]) => v).filter((v): v is number => typeof v === 'number').sort((a, b) => a - b);
  const p = list.find(([, q]) => typeof q === 'number')?.[1];
  if (values.length === 0 || typeof p !== 'number') return null;
  if (!(p >= 0 && p <= 1)) throw new SqlError('numeric_value_out_of_range', `percentile value ${p} is not between 0 and 1`);
  const at = p * (values.length - 1);
  const low = values[Math.floor(at)] ?? 0;
  const high = values[Math.ceil(at)] ?? 0;
  return low + (at - Math.floor(at)) * (high - low);
});

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
  def('percentile', [percentile], 'The value below which a fraction of the values lies, interpolated.'),
];
