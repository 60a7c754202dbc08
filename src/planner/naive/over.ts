import { InternalError, SqlError, notSupported } from '../../common/errors.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { resolveFunction } from '../../functions/resolve.ts';
import { castFunction } from '../../functions/casts.ts';
import { typeOf, type OuterRows } from '../interpret.ts';
import type { LogicalOver, OverCall } from '../logical.ts';
import { rowKeyOf } from '../row-key.ts';
import { accumulator } from './aggregate.ts';
import type { Compiler, Rows } from './host.ts';
import { gathered, type Pausing } from './slices.ts';
import { orderOf, sortRows, type Keyed } from './sort.ts';

/** Window functions: every call's column is computed over its own partitions, then put behind the input's columns. */
export function overRows(c: Compiler, plan: LogicalOver): Rows {
  const input = c.plan(plan.input);
  const calls = plan.calls.map((call) => callColumn(c, call));
  return function* (outer) {
    // Copies, so that each row is an object of its own.
    const rows = (yield* gathered(input(outer))).map((row): Row => [...row]);
    const columns: Value[][] = [];
    for (const call of calls) columns.push(yield* call(rows, outer));
    for (let i = 0; i < rows.length; i++) yield [...(rows[i] ?? []), ...columns.map((col) => col[i] ?? null)];
  };
}

/** The values of one call, by the rows' positions. */
function callColumn(c: Compiler, call: OverCall): (rows: readonly Row[], outer: OuterRows | null) => Pausing<Value[]> {
  const partition = call.partition.map((e) => c.expr(e));
  const keyOf = rowKeyOf(call.partition.map((e) => typeOf(e)));
  const sort = sortRows(c, call.order);
  const compute = call.overload < 0 ? ranking(c, call) : windowAggregate(c, call);
  return function* (rows, outer) {
    const position = new Map(rows.map((row, i) => [row, i]));
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const key = keyOf(partition.map((f) => f(row, outer)));
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    const out: Value[] = Array.from({ length: rows.length }, () => null);
    for (const group of groups.values()) {
      const sorted = yield* sort(c.slice.pausing(group), outer);
      const values = compute(sorted, outer);
      sorted.forEach(({ row }, i) => {
        out[position.get(row) ?? 0] = values[i] ?? null;
      });
    }
    return out;
  };
}

type Compute = (rows: readonly Keyed[], outer: OuterRows | null) => Value[];

/** For each row the index of its first peer, and one past its last. */
function peers(rows: readonly Keyed[], order: ReturnType<typeof orderOf>): { readonly first: number[]; readonly end: number[] } {
  const first: number[] = [];
  const end: number[] = Array.from({ length: rows.length }, () => 0);
  for (let i = 0; i < rows.length; i++) {
    const [row, before] = [rows[i], rows[i - 1]];
    first.push(before !== undefined && row !== undefined && order(before.key, row.key) === 0 ? (first[i - 1] ?? 0) : i);
  }
  for (let i = rows.length - 1; i >= 0; i--) end[i] = i + 1 < rows.length && first[i + 1] === first[i] ? (end[i + 1] ?? i + 1) : i + 1;
  return { first, end };
}

function ranking(c: Compiler, call: OverCall): Compute {
  const order = orderOf(call.order);
  const args = call.args.map((a) => c.expr(a));
  switch (call.name) {
    case 'row_number':
      return (rows) => rows.map((_, i) => BigInt(i + 1));
    case 'rank':
      return (rows) => peers(rows, order).first.map((f) => BigInt(f + 1));
    case 'dense_rank':
      return (rows) => {
        let n = 0n;
        return peers(rows, order).first.map((f, i) => (f === i ? ++n : n));
      };
    case 'percent_rank':
      return (rows) => peers(rows, order).first.map((f) => (rows.length <= 1 ? 0 : f / (rows.length - 1)));
    case 'cume_dist':
      return (rows) => peers(rows, order).end.map((e) => e / rows.length);
    case 'ntile':
      return (rows, outer) => {
        const buckets = rows[0] === undefined ? 1 : args[0]?.(rows[0].row, outer);
        if (buckets === null || buckets === undefined) return rows.map(() => null);
        const n = Number(buckets);
        if (n <= 0) throw new SqlError('invalid_parameter_value', 'argument of ntile must be greater than zero');
        const size = Math.floor(rows.length / n);
        const larger = rows.length % n;
        return rows.map((_, i) => (i < larger * (size + 1) ? Math.floor(i / (size + 1)) : larger + Math.floor((i - larger * (size + 1)) / Math.max(size, 1))) + 1);
      };
    case 'lag':
    case 'lead': {
      const sign = call.name === 'lag' ? -1 : 1;
      return (rows, outer) =>
        rows.map(({ row }, i) => {
          const offset = args[1] === undefined ? 1 : args[1](row, outer);
          if (offset === null) return null;
          const other = call.ignoreNulls ? stepped(rows, i, sign * Number(offset), (r) => args[0]?.(r.row, outer) ?? null) : rows[i + sign * Number(offset)];
          return other === undefined ? (args[2]?.(row, outer) ?? null) : (args[0]?.(other.row, outer) ?? null);
        });
    }
    case 'first_value':
    case 'last_value':
    case 'nth_value': {
      const bounds = frameBounds(c, call);
      return (rows, outer) => {
        const within = bounds(rows, outer);
        const excluded = exclusion(call, rows);
        return rows.map(({ row }, i) => {
          const [start, end] = within(i);
          const nth = call.name === 'nth_value' ? args[1]?.(row, outer) : 1;
          if (nth === null || nth === undefined) return null;
          if (Number(nth) <= 0) throw new SqlError('invalid_parameter_value', 'argument of nth_value must be greater than zero');
          const values: Value[] = [];
          for (let k = start; k < end; k++) {
            const value = args[0]?.(rows[k]?.row ?? [], outer) ?? null;
            if (excluded?.(i, k) !== true && !(call.ignoreNulls && value === null)) values.push(value);
          }
          return (call.name === 'last_value' ? values.at(-1) : values[Number(nth) - 1]) ?? null;
        });
      };
    }
    default:
      throw new InternalError(`no window function ${call.name}`);
  }
}

/** The row `steps` away, not counting rows without a value. */
function stepped(rows: readonly Keyed[], from: number, steps: number, value: (row: Keyed) => Value): Keyed | undefined {
  if (steps === 0) return rows[from];
  let left = Math.abs(steps);
  for (let i = from + Math.sign(steps); i >= 0 && i < rows.length; i += Math.sign(steps)) {
    const row = rows[i];
    if (row !== undefined && value(row) !== null && --left === 0) return row;
  }
  return undefined;
}

function windowAggregate(c: Compiler, call: OverCall): Compute {
  const make = accumulator(c, { name: call.name, overload: call.overload, args: call.args, distinct: call.distinct === true, filter: call.filter, orderBy: [], type: call.type, nullable: true });
  const bounds = frameBounds(c, call);
  return (rows, outer) => {
    const within = bounds(rows, outer);
    let [from, to] = [0, 0];
    let state = make();
    const excluded = exclusion(call, rows);
    return rows.map((_, i) => {
      const [start, end] = within(i);
      if (excluded !== null) {
        const own = make();
        for (let k = start; k < end; k++) if (!excluded(i, k)) own.add(rows[k]?.row ?? [], outer);
        return own.result();
      }
      // A frame that only grows is added to; any other is summed up anew.
      if (start !== from || end < to) {
        state = make();
        [from, to] = [start, start];
      }
      for (; to < end; to++) state.add(rows[to]?.row ?? [], outer);
      return state.result();
    });
  };
}

/** Whether the frame of row `i` leaves out row `k`; null where it leaves out none. */
function exclusion(call: OverCall, rows: readonly Keyed[]): ((i: number, k: number) => boolean) | null {
  const exclude = call.frame?.exclude ?? 'no others';
  if (exclude === 'no others') return null;
  const order = orderOf(call.order);
  const peer = (i: number, k: number): boolean => order(rows[i]?.key ?? [], rows[k]?.key ?? []) === 0;
  switch (exclude) {
    case 'current row':
      return (i, k) => i === k;
    case 'group':
      return peer;
    case 'ties':
      return (i, k) => i !== k && peer(i, k);
  }
}

/** The frame of row `i`: from an index up to, not including, another. */
type Frame = (i: number) => readonly [number, number];

function frameBounds(c: Compiler, call: OverCall): (rows: readonly Keyed[], outer: OuterRows | null) => Frame {
  const order = orderOf(call.order);
  const frame = call.frame ?? { unit: 'range', start: { kind: 'unboundedPreceding' }, end: { kind: 'currentRow' }, exclude: 'no others' };
  const offsets = { start: 'offset' in frame.start ? c.expr(frame.start.offset) : null, end: 'offset' in frame.end ? c.expr(frame.end.offset) : null };
  const range = frame.unit === 'range' && (offsets.start !== null || offsets.end !== null) ? rangeTest(c, call) : null;
  return (rows, outer) => {
    const { first, end: ends } = peers(rows, order);
    const groups = first.filter((f, i) => f === i);
    const groupOf = (i: number): number => groups.indexOf(first[i] ?? 0);
    const size = (which: 'start' | 'end', i: number): Value => offsets[which]?.(rows[i]?.row ?? [], outer) ?? null;
    const count = (which: 'start' | 'end', i: number): number => {
      const n = size(which, i);
      if (n === null) throw new SqlError('null_value_not_allowed', `frame ${which === 'start' ? 'starting' : 'ending'} offset must not be null`);
      if (Number(n) < 0) throw new SqlError('invalid_parameter_value', `frame ${which === 'start' ? 'starting' : 'ending'} offset must not be negative`);
      return Number(n);
    };
    const at = (which: 'start' | 'end', i: number): number => {
      const bound = frame[which];
      const isEnd = which === 'end';
      switch (bound.kind) {
        case 'unboundedPreceding':
          return 0;
        case 'unboundedFollowing':
          return rows.length;
        case 'currentRow':
          if (frame.unit === 'rows') return isEnd ? i + 1 : i;
          return (isEnd ? ends[i] : first[i]) ?? i;
        default: {
          if (range !== null) return range(rows, i, bound.kind, size(which, i), isEnd);
          const n = count(which, i) * (bound.kind === 'preceding' ? -1 : 1);
          if (frame.unit === 'rows') return clamp(i + n + (isEnd ? 1 : 0), rows.length);
          const group = groupOf(i) + n + (isEnd ? 1 : 0);
          return group < 0 ? 0 : (groups[group] ?? rows.length);
        }
      }
    };
    return (i) => {
      const start = at('start', i);
      return [start, Math.max(start, at('end', i))];
    };
  };
}

const isNaNValue = (v: Value): boolean => Number.isNaN(v) || (typeof v === 'object' && v !== null && 'special' in v && v.special === 'NaN');
const infinityLike = (v: Value, positive: boolean): Value => (typeof v === 'number' ? (positive ? Infinity : -Infinity) : { unscaled: 0n, scale: 0, special: positive ? 'Infinity' : '-Infinity' });

const clamp = (n: number, max: number): number => Math.min(Math.max(n, 0), max);

/** RANGE with an offset: the rows whose key lies within `offset` of this one's. */
function rangeTest(c: Compiler, call: OverCall): (rows: readonly Keyed[], i: number, kind: 'preceding' | 'following', offset: Value, isEnd: boolean) => number {
  const [key] = call.order;
  const bound = call.frame?.start !== undefined && 'offset' in call.frame.start ? call.frame.start.offset : call.frame?.end !== undefined && 'offset' in call.frame.end ? call.frame.end.offset : undefined;
  if (key === undefined || bound === undefined) throw new InternalError('RANGE offset without a key');
  const keyType = typeOf(key.expr);
  const offsetType = typeOf(bound);
  const order = orderOf(call.order);
  const operator = (name: '+' | '-'): ((a: Value, b: Value) => Value) => {
    const found = resolveFunction(c.host.functions, name, [keyType, offsetType]);
    if (!('returns' in found) || found.def.kind !== 'scalar') throw notSupported('RANGE over this type');
    const overload = found.def.overloads[found.overload];
    const casts = [castFunction(keyType, found.argTypes[0] ?? keyType), castFunction(offsetType, found.argTypes[1] ?? offsetType)];
    const back = castFunction(found.returns, keyType);
    return (a, b) => {
      const args = [a, b].map((v, i) => (v === null ? null : (casts[i]?.(v, c.host.eval) ?? null)));
      const made = overload?.eval(args, c.host.eval, found.argTypes, found.returns) ?? null;
      return made === null ? null : back(made, c.host.eval);
    };
  };
  const [plus, minus] = [operator('+'), operator('-')];
  return (rows, i, kind, offset, isEnd) => {
    const own = rows[i]?.key[0] ?? null;
    if (offset === null) throw new SqlError('null_value_not_allowed', 'frame offset must not be null');
    // NULL keys are peers of one another only.
    const edge: Value = own === null ? null : (kind === 'preceding') === key.descending ? plus(own, offset) : minus(own, offset);
    // An infinite offset from an infinite key on the other side: every number is within it.
    const target = isNaNValue(edge) && !isNaNValue(own) ? infinityLike(edge, isEnd !== key.descending) : edge;
    if (isEnd) {
      let at = rows.length;
      while (at > 0 && order(rows[at - 1]?.key ?? [], [target]) > 0) at--;
      return at;
    }
    let at = 0;
    while (at < rows.length && order(rows[at]?.key ?? [], [target]) < 0) at++;
    return at;
  };
}

