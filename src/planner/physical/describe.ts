import { functionTitle } from '../../functions/user/routine.ts';
import { unreachable } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { intervalToText } from '../../common/types/interval.ts';
import { exprText, TOP_N_NUMBERS, type ExprNames } from '../explain-expr.ts';
import type { Expr } from '../expr.ts';
import type { Distribution, Lookups, OrderColumn, PhysicalAggregateCall, PhysicalFrameBound, PhysicalOverCall, PhysicalPlan, PhysicalWindow } from '../physical.ts';
import { isIdentity } from '../columns.ts';

/** One line about a physical node in the user's words. */

const names = (row: Schema): ExprNames => ({ row, outer: [], subquery: () => '(subquery)' });
export const columnName = (schema: Schema, i: number): string => schema[i]?.name ?? `#${i}`;
export const columnList = (schema: Schema, columns: readonly number[]): string => `(${columns.map((c) => columnName(schema, c)).join(', ')})`;

const show = (e: Expr, row: Schema): string => exprText(e, names(row));
const items = (exprs: readonly Expr[], row: Schema, out: Schema): string =>
  exprs.map((e, i) => (show(e, row) === columnName(out, i) ? columnName(out, i) : `${show(e, row)} AS ${columnName(out, i)}`)).join(', ');

const orderText = (order: readonly OrderColumn[], row: Schema): string =>
  order.map((o) => `${columnName(row, o.column)}${o.descending ? ' DESC' : ''}${o.nullsFirst === o.descending ? '' : o.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`).join(', ');

function callText(c: PhysicalAggregateCall, row: Schema): string {
  const args = c.args.length === 0 ? '*' : c.args.map((a) => columnName(row, a)).join(', ');
  const order = c.orderBy.length === 0 ? '' : ` ORDER BY ${orderText(c.orderBy, row)}`;
  return `${functionTitle(c.name)}(${c.distinct ? 'DISTINCT ' : ''}${args}${order})${c.filter === null ? '' : ` FILTER (${columnName(row, c.filter)})`}`;
}

const span = (micros: bigint): string => intervalToText({ months: 0, days: 0, micros });
function windowText(w: PhysicalWindow): string {
  if (w.kind === 'attached') return w.of === null ? 'of a session' : `of a ${windowText(w.of)}`;
  if (w.kind === 'session') return `session gap ${span(w.gapMicros)}`;
  const rest = `${w.offsetMicros === 0n ? '' : `, offset ${span(w.offsetMicros)}`}${w.zone === null ? '' : `, in ${w.zone}`}`;
  switch (w.kind) {
    case 'tumble':
      return `tumble ${span(w.sizeMicros)}${rest}`;
    case 'hop':
      return `hop ${span(w.slideMicros)} / ${span(w.sizeMicros)}${rest}`;
    case 'cumulate':
      return `cumulate ${span(w.stepMicros)} / ${span(w.sizeMicros)}${rest}`;
    case 'calendar':
      return `tumble ${intervalToText({ months: w.months, days: 0, micros: 0n })}${rest}`;
    default:
      return unreachable(w);
  }
}

/** What tells rows apart, in the user's words. */
export const describeKey = (p: PhysicalPlan): string => (p.props.streamKey === null ? 'nothing but all their columns' : p.props.streamKey.length === 0 ? 'being only one' : columnList(p.props.schema, p.props.streamKey));

function lookupsText({ capacity, ordered, timeoutMs, retryMiss, maxRetries, cache }: Lookups): string {
  const ms = (n: number): string => span(BigInt(n) * 1000n);
  const bound = (name: string, n: number): string[] => (n === Infinity ? [] : [`${name} ${ms(n)}`]);
  const parts = [capacity === 1 ? 'one at a time' : `${capacity} at a time`, ordered ? 'in order' : 'unordered', `timeout ${ms(timeoutMs)}`, `retries ${maxRetries}`];
  if (retryMiss !== null) parts.push(`a miss ${retryMiss.maxAttempts} times every ${ms(retryMiss.delayMs)}`);
  switch (cache.kind) {
    case 'none':
      parts.push('no cache');
      break;
    case 'partial':
      parts.push(`partial cache (${[...(cache.maxKeys === Infinity ? [] : [`${cache.maxKeys} keys`]), ...bound('after write', cache.afterWriteMs), ...bound('after access', cache.afterAccessMs), ...(cache.missing ? [] : ['without misses'])].join(', ')})`);
      break;
    case 'full':
      parts.push(`full cache (${cache.reload.kind === 'periodic' ? `every ${ms(cache.reload.everyMs)}` : `every ${cache.reload.days} d at ${ms(cache.reload.atMicros / 1000)} UTC`})`);
      break;
    default:
      return unreachable(cache);
  }
  return parts.join(', ');
}

export function distributionText(d: Distribution, schema: Schema): string {
  return d.kind === 'hash' ? `hash${columnList(schema, d.keys)}` : d.kind;
}

function aggregateText(keys: readonly number[], calls: readonly PhysicalAggregateCall[], row: Schema, phase: string): string {
  // A final aggregate's calls read partial columns: their arguments mean nothing over its input.
  const shown = phase === 'final' ? calls.map((c) => `${functionTitle(c.name)}(…)`) : calls.map((c) => callText(c, row));
  return [...(keys.length === 0 ? [] : [`by ${columnList(row, keys)}`]), ...shown].join(' ');
}

const BOUNDS: Readonly<Record<string, string>> = { unboundedPreceding: 'unbounded preceding', unboundedFollowing: 'unbounded following', currentRow: 'current row' };
function boundText(b: PhysicalFrameBound, row: Schema): string {
  if (b.kind === 'offset') return b.offset < 0 ? `${-b.offset} preceding` : `${b.offset} following`;
  return b.kind === 'value' ? columnName(row, b.column) : (BOUNDS[b.kind] ?? b.kind);
}
function overCallText(c: PhysicalOverCall, row: Schema): string {
  const { unit, start, end, exclude } = c.frame;
  const framed = c.overload >= 0 || ['first_value', 'last_value', 'nth_value'].includes(c.name);
  const frame = framed ? ` ${unit} ${boundText(start, row)} to ${boundText(end, row)}${exclude === 'no others' ? '' : ` without ${exclude}`}` : '';
  return `${functionTitle(c.name)}(${c.distinct === true ? 'distinct ' : ''}${c.args.map((a) => columnName(row, a)).join(', ')})${c.filter === null ? '' : ` FILTER (${columnName(row, c.filter)})`}${frame}`;
}

const limitText = (offset: number, limit: number): string => `${limit === Infinity ? 'all' : limit}${offset === 0 ? '' : ` after ${offset}`}`;

interface Keyed {
  readonly left: PhysicalPlan;
  readonly right: PhysicalPlan;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
}
const onKeys = (p: Keyed): string[] => p.leftKeys.map((l, i) => `${columnName(p.left.props.schema, l)} = ${columnName(p.right.props.schema, p.rightKeys[i] ?? 0)}`);

const ttlText = (ttlMs: number | undefined): string => (ttlMs === undefined ? '' : ` ttl ${span(BigInt(ttlMs) * 1000n)}`);

/** The operator with what it does, without its properties. */
export function describeNode(p: PhysicalPlan): string {
  const row = 'input' in p ? p.input.props.schema : [];
  const out = p.props.schema;
  switch (p.kind) {
    case 'source': {
      const read = [...p.spec.projection.map((i) => columnName(p.spec.physical, i)), ...p.spec.metadata.map((m) => m.key)];
      const reader: Schema = [...p.spec.projection.map((i) => p.spec.physical[i] as Schema[number]), ...p.spec.metadata.map((m) => ({ name: m.key, type: m.type, nullable: true }))];
      const computed = isIdentity(p.exprs, read.length) ? '' : ` as ${items(p.exprs, reader, out)}`;
      const mark = p.watermark === null ? '' : ` watermark ${columnName(out, p.watermark.column)} = ${show(p.watermark.expr, out)}`;
      return `Source ${p.table} [${p.spec.connector}] (${read.join(', ')})${computed}${mark}${p.spec.limit === undefined ? '' : ` limit ${p.spec.limit}`}`;
    }
    case 'tableScan':
      return `TableScan ${p.name} ${columnList(out, out.map((_, i) => i))}${p.snapshotOnly ? ' snapshot' : ''}`;
    case 'values':
      return `Values ${p.rows.length} row${p.rows.length === 1 ? '' : 's'}`;
    case 'calc': {
      const filter = p.filter === null ? '' : ` where ${show(p.filter, row)}`;
      return `Calc ${items(p.exprs, row, out)}${filter}`;
    }
    case 'exchange':
      return `Exchange to ${distributionText(p.to, row)}`;
    case 'groupAggregate':
      return `GroupAggregate${p.phase === 'single' ? '' : ` ${p.phase}`} ${aggregateText(p.keys, p.calls, row, p.phase)}`.trimEnd() + ttlText(p.ttlMs);
    case 'windowAggregate':
      return `WindowAggregate${p.phase === 'single' ? '' : ` ${p.phase}`} ${windowText(p.window)} on ${columnName(row, p.timeColumn)} ${aggregateText(p.keys, p.calls, row, p.phase)}`.trimEnd();
    case 'windowAssign':
      return `WindowAssign ${windowText(p.window)} on ${columnName(row, p.timeColumn)}`;
    case 'clock':
      return `Clock ${columnName(out, p.column)}`;
    case 'remember':
      return `Remember ${[items(p.exprs, row, out.slice(p.input.props.schema.length)), ...(p.arrival ? ['arrival'] : [])].filter((t) => t !== '').join(', ')}`;
    case 'enforce':
      return `Enforce ${columnList(out, p.notNull)} not null${p.onNull === 'drop' ? ', dropping' : ''}`;
    case 'watermarkLag':
      return `WatermarkLag ${span(p.micros)}`;
    case 'windowEmit': {
      const early = p.earlyMicros === null ? '' : `, early after ${span(p.earlyMicros)}`;
      const late = p.latenessMicros === 0n ? '' : `, late for ${span(p.latenessMicros)}${p.lateMicros === 0n ? '' : ` after ${span(p.lateMicros)}`}`;
      return `WindowEmit at ${columnName(row, p.timeColumn)}${early}${late}`;
    }
    case 'sessionAssign':
      return `SessionAssign gap ${span(p.gapMicros)} on ${columnName(row, p.timeColumn)}${p.keys.length === 0 ? '' : ` by ${columnList(row, p.keys)}`}${p.final ? '' : ' updating'}`;
    case 'tableFunction': {
      const when = p.condition === null ? '' : ` where ${show(p.condition, out)}`;
      return `TableFunction ${functionTitle(p.name)}${columnList(row, p.args)}${p.outer ? ' outer' : ''}${when}`;
    }
    case 'hashJoin': {
      const left = p.left.props.schema;
      const right = p.right.props.schema;
      const on = p.leftKeys.map((l, i) => `${columnName(left, l)} ${p.nullSafeKeys?.includes(i) === true ? 'is not distinct from' : '='} ${columnName(right, p.rightKeys[i] ?? 0)}`);
      const rest = p.residual === null ? [] : [show(p.residual, [...left, ...right])];
      const parts = [...on, ...rest];
      return `${p.windowKeys.length > 0 ? 'WindowJoin' : 'HashJoin'} ${p.type}${parts.length === 0 ? '' : ` on ${parts.join(' and ')}`}${(p.ttlMs ?? []).some((t) => t !== null) ? ` ttl (${(p.ttlMs ?? []).map((t) => (t === null ? 'never' : span(BigInt(t) * 1000n))).join(', ')})` : ''}`;
    }
    case 'intervalJoin': {
      const rest = p.residual === null ? [] : [show(p.residual, [...p.left.props.schema, ...p.right.props.schema])];
      return `IntervalJoin ${p.type} on ${[...onKeys(p), ...rest].join(' and ')}, ${columnName(p.right.props.schema, p.rightTime)} within ${span(p.lowerMicros)} to ${span(p.upperMicros)} of ${columnName(p.left.props.schema, p.leftTime)}`;
    }
    case 'versionJoin': {
      const rest = p.residual === null ? [] : [show(p.residual, [...p.left.props.schema, ...p.right.props.schema])];
      return `VersionJoin ${p.type} on ${[...onKeys(p), ...rest].join(' and ')}, version of ${columnName(p.right.props.schema, p.rightTime)} at ${columnName(p.left.props.schema, p.leftTime)}`;
    }
    case 'temporalFilter':
      return `TemporalFilter ${p.bounds.map((b) => `${columnName(row, b.column)} ${b.operator} ${show(b.moment, row)}`).join(' and ')}`;
    case 'nearestJoin': {
      const left = p.left.props.schema;
      const right = p.right.props.schema;
      return `NearestJoin ${p.type} on ${[...onKeys(p), `${columnName(left, p.leftTime)} ${p.operator} ${columnName(right, p.rightTime)}`].join(' and ')}`;
    }
    case 'lookupJoin': {
      const rest = p.residual === null ? [] : [show(p.residual, [...p.left.props.schema, ...p.right.props.schema])];
      return `LookupJoin ${p.type} on ${[...onKeys(p), ...rest].join(' and ')}`;
    }
    case 'connectorLookup': {
      const read = p.spec.keys.map((k) => p.spec.physical[p.spec.projection[k] ?? -1]?.name ?? `#${k}`);
      const on = p.leftKeys.map((l, i) => `${columnName(p.left.props.schema, l)} = ${read[i] ?? ''}`);
      const rest = p.residual === null ? [] : [show(p.residual, [...p.left.props.schema, ...p.right])];
      let row: Schema = [...p.spec.projection.map((i) => p.spec.physical[i] as Schema[number]), ...p.spec.metadata.map((m) => ({ name: m.key, type: m.type, nullable: true }))];
      const filters: string[] = [];
      for (const step of p.steps) {
        if (step.filter !== null) filters.push(show(step.filter, row));
        row = step.schema;
      }
      return `ConnectorLookup ${p.type} ${p.spec.connector} "${p.table}" on ${[...on, ...rest].join(' and ')}${filters.length === 0 ? '' : ` where ${filters.join(' and ')}`}, ${lookupsText(p.lookups)}`;
    }
    case 'topN': {
      const by = p.partition.length === 0 ? '' : ` by ${columnList(row, p.partition)}`;
      return `TopN ${limitText(p.offset, p.limit)}${by}${p.order.length === 0 ? '' : ` order ${orderText(p.order, row)}`}${p.number === 'rows' ? '' : ` ${TOP_N_NUMBERS[p.number]}`}${p.rank ? ' numbered' : ''}${ttlText(p.ttlMs)}`;
    }
    case 'firstRow':
      return `FirstRow by ${columnList(row, p.partition)} order ${orderText(p.order, row)} at the watermark`;
    case 'over': {
      const by = p.partition.length === 0 ? '' : ` by ${columnList(row, p.partition)}`;
      return `Over${by}${p.order.length === 0 ? '' : ` order ${orderText(p.order, row)}`}: ${p.calls.map((c) => overCallText(c, row)).join(', ')}${p.onTime ? ' at the watermark' : ''}`;
    }
    case 'sort':
      return `Sort${p.order.length === 0 ? '' : ` ${orderText(p.order, row)}`}${p.limit === Infinity && p.offset === 0 ? '' : ` rows ${limitText(p.offset, p.limit)}`}`;
    case 'unionAll':
      return 'UnionAll';
    case 'normalize':
      return `Normalize by ${columnList(row, p.keys)}${ttlText(p.ttlMs)}`;
    case 'changelog':
      return 'Changelog';
    case 'tableInput':
      return `TableInput #${p.relation}`;
    case 'shared':
      return 'Shared';
    case 'materialize':
      return `Materialize ${p.keys === null ? 'as multiset' : p.keys.length === 0 ? 'one row' : `by ${columnList(row, p.keys)}`}${ttlText(p.ttlMs)}`;
    case 'sink':
      return `Sink ${p.spec.table} [${p.spec.stored === undefined ? p.spec.connector : 'stored table'}]${p.spec.primaryKey.length === 0 ? '' : ` key ${columnList(p.spec.schema, p.spec.primaryKey)}`}`;
    case 'result':
      return 'Result';
    default:
      return unreachable(p);
  }
}
