import { InternalError, SqlError } from '../../common/errors.ts';
import type { Value } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalOverCall } from '../../planner/physical.ts';
import { aggregateOver } from './aggregate.ts';
import { frameOver } from './frames.ts';
import type { WindowRows } from './window-rows.ts';

/** Where an aggregate stood behind a partition's last row: the frame `[first, next)` that `state` has added up. */
export interface Tail {
  readonly state: unknown;
  readonly first: number;
  readonly next: number;
}

/** Rows from which on it is worth its memory. */
export const TAIL_MIN = 8;

/**
 * Values of one call for the rows `[from, to)` of a partition, whose other rows they may depend on. `tail` is what an earlier call
 * left of the same rows, when rows have only been added at the end since; it is used up. With `keep` the new one is handed over.
 */
export type Compute = (rows: WindowRows, from: number, to: number, tail: Tail | null, keep: ((tail: Tail) => void) | null) => Value[];

/**
 * How far a change of a partition's rows reaches: the values of the rows so many before and behind it may change with it.
 * `peers`: of its peers before it, too.
 */
export interface Reach {
  readonly before: number;
  readonly behind: number;
  readonly peers: boolean;
}

export interface OverFunction {
  readonly compute: Compute;
  readonly reach: Reach;
}

const FORWARD: Reach = { before: 0, behind: Infinity, peers: false };
const ALL: Reach = { before: Infinity, behind: Infinity, peers: false };

export function overFunction(call: PhysicalOverCall): OverFunction {
  if (call.overload >= 0) {
    const def = builtins.find(call.name);
    const overload = def?.kind === 'aggregate' ? def.overloads[call.overload] : undefined;
    if (overload === undefined) throw new InternalError(`no aggregate ${call.name}/${call.overload}`);
    return { compute: aggregateOver(call, overload), reach: frameReach(call) };
  }
  const each = (value: (rows: WindowRows, i: number) => Value): Compute => (rows, from, to) => {
    const out: Value[] = [];
    for (let i = from; i < to; i++) out.push(value(rows, i));
    return out;
  };
  switch (call.name) {
    case 'row_number':
      return { compute: each((_, i) => BigInt(i + 1)), reach: FORWARD };
    case 'rank':
      return { compute: each((rows, i) => BigInt(rows.firstPeer(i) + 1)), reach: FORWARD };
    case 'dense_rank':
      return { compute: each((rows, i) => BigInt((rows.groupOf[i] as number) + 1)), reach: FORWARD };
    case 'percent_rank':
      return { compute: each((rows, i) => (rows.length <= 1 ? 0 : rows.firstPeer(i) / (rows.length - 1))), reach: ALL };
    case 'cume_dist':
      return { compute: each((rows, i) => rows.peersEnd(i) / rows.length), reach: ALL };
    case 'ntile':
      return { compute: ntile(call), reach: ALL };
    case 'lag':
    case 'lead':
      return { compute: each(neighbour(call)), reach: neighbourReach(call) };
    case 'first_value':
    case 'last_value':
    case 'nth_value':
      return { compute: inFrame(call), reach: frameReach(call) };
    default:
      throw new InternalError(`no window function ${call.name}`);
  }
}

/** The number of buckets is that of the first row. */
function ntile(call: PhysicalOverCall): Compute {
  return (rows, from, to) => {
    const buckets = rows.length === 0 ? null : rows.value(call.args[0] as number, 0);
    const out: Value[] = [];
    const n = Number(buckets);
    if (buckets !== null && n <= 0) throw new SqlError('invalid_parameter_value', 'argument of ntile must be greater than zero');
    const size = Math.floor(rows.length / n);
    const larger = rows.length % n;
    const boundary = larger * (size + 1);
    for (let i = from; i < to; i++) out.push(buckets === null ? null : (i < boundary ? Math.floor(i / (size + 1)) : larger + Math.floor((i - boundary) / Math.max(size, 1))) + 1);
    return out;
  };
}

function neighbour(call: PhysicalOverCall): (rows: WindowRows, i: number) => Value {
  const sign = call.name === 'lag' ? -1 : 1;
  const [value, offset, otherwise] = call.args;
  return (rows, i) => {
    const steps = offset === undefined ? 1 : rows.value(offset, i);
    if (steps === null) return null;
    const at = call.ignoreNulls ? stepped(rows, value as number, i, sign * Number(steps)) : i + sign * Number(steps);
    if (at >= 0 && at < rows.length) return rows.value(value as number, at);
    return otherwise === undefined ? null : rows.value(otherwise, i);
  };
}

/** The row `steps` away, not counting rows without a value; -1 where there is none. */
function stepped(rows: WindowRows, column: number, from: number, steps: number): number {
  if (steps === 0) return from;
  const by = Math.sign(steps);
  let left = Math.abs(steps);
  for (let i = from + by; i >= 0 && i < rows.length; i += by) if (rows.value(column, i) !== null && --left === 0) return i;
  return -1;
}

/** A column of offsets may hold anything: only without one is it known. */
function neighbourReach(call: PhysicalOverCall): Reach {
  if (call.steps === null || call.ignoreNulls) return ALL;
  const ahead = call.name === 'lead' ? call.steps : -call.steps;
  return { before: Math.max(0, ahead), behind: Math.max(0, -ahead), peers: false };
}

function inFrame(call: PhysicalOverCall): Compute {
  const value = call.args[0] as number;
  const last = call.name === 'last_value';
  return (rows, from, to) => {
    const frame = frameOver(rows, call.frame);
    const skips = (i: number, k: number): boolean => frame.excludes?.(i, k) === true || (call.ignoreNulls && rows.value(value, k) === null);
    const plain = frame.excludes === null && !call.ignoreNulls;
    const out: Value[] = [];
    for (let i = from; i < to; i++) {
      const [start, end] = [frame.start(i), frame.end(i)];
      const nth = call.name === 'nth_value' ? rows.value(call.args[1] as number, i) : 1;
      if (nth !== null && Number(nth) <= 0) throw new SqlError('invalid_parameter_value', 'argument of nth_value must be greater than zero');
      let at = -1;
      if (nth !== null && plain) at = last ? end - 1 : start + Number(nth) - 1;
      else if (nth !== null) {
        let left = Number(nth);
        if (last) for (at = end - 1; at >= start && skips(i, at); at--);
        else for (at = start; at < end && (skips(i, at) || --left > 0); at++);
      }
      out.push(at >= start && at < end ? rows.value(value, at) : null);
    }
    return out;
  };
}

/** A row's value depends on the rows of its frame. */
function frameReach({ frame: { unit, start, end } }: PhysicalOverCall): Reach {
  if (unit !== 'rows') {
    const ahead = end.kind === 'unboundedFollowing' || end.kind === 'offset' || end.kind === 'value';
    return { before: ahead ? Infinity : 0, behind: Infinity, peers: !ahead };
  }
  const reach = (bound: typeof start): number => (bound.kind === 'offset' ? bound.offset : bound.kind === 'currentRow' ? 0 : bound.kind === 'unboundedPreceding' ? -Infinity : Infinity);
  return { before: Math.max(0, reach(end)), behind: Math.max(0, -reach(start)), peers: false };
}
