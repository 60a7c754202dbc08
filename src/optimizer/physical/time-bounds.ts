import type { Interval } from '../../common/types/value.ts';
import { splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';

/** How far right times may lie from left ones for rows to match: `lower <= right - left <= upper`, in microseconds. */
export interface TimeRange {
  readonly left: number;
  readonly right: number;
  readonly lower: bigint;
  readonly upper: bigint;
}

/** A time column plus a constant, known up to `slack`. */
interface Shifted {
  readonly column: number;
  readonly by: bigint;
  readonly slack: bigint;
}

const DAY = 86_400_000_000n;
const SECOND = 1_000_000n;
const isTime = (e: Expr): boolean => typeOf(e).kind === 'timestamp' || typeOf(e).kind === 'timestamptz';
const isInterval = (value: unknown): value is Interval => typeof value === 'object' && value !== null && 'months' in value;

function shifted(e: Expr): Shifted | undefined {
  if (!isTime(e)) return undefined;
  if (e.kind === 'column') return { column: e.index, by: 0n, slack: 0n };
  if (e.kind === 'cast' && !e.try && typeOf(e.arg).kind === e.type.kind) {
    const below = shifted(e.arg);
    // A coarser precision rounds.
    return below === undefined ? undefined : { ...below, slack: below.slack + SECOND };
  }
  if (e.kind !== 'call' || (e.name !== '+' && e.name !== '-') || e.args.length !== 2) return undefined;
  const [a, b] = e.args;
  const [time, span] = a?.kind === 'literal' && e.name === '+' ? [b, a] : [a, b];
  if (time === undefined || span?.kind !== 'literal' || !isInterval(span.value)) return undefined;
  const below = shifted(time);
  if (below === undefined) return undefined;
  const { months, days, micros } = span.value;
  const length = BigInt(months) * 30n * DAY + BigInt(days) * DAY + micros;
  // Months have 28 to 31 days; where clocks change a day has other than 24 hours.
  const slack = BigInt(Math.abs(months)) * 3n * DAY + ((months !== 0 || days !== 0) && typeOf(time).kind === 'timestamptz' ? DAY : 0n);
  return { column: below.column, by: below.by + (e.name === '+' ? length : -length), slack: below.slack + slack };
}

/**
 * The range that a join's condition leaves between two time columns, one of each side; undefined unless it is bounded both
 * ways. The condition itself is still to be tested: a range may be somewhat wider.
 * @param isEventTime whether a column, over left ++ right, is event time.
 */
export function timeRange(condition: Expr | null, width: number, isEventTime: (column: number) => boolean): TimeRange | undefined {
  const ranges = new Map<string, { left: number; right: number; lower: bigint | null; upper: bigint | null }>();
  for (const part of splitConjunction(condition)) {
    if (part.kind !== 'call' || part.args.length !== 2) continue;
    const [a, b] = part.args.map(shifted);
    if (a === undefined || b === undefined || a.column < width === b.column < width || !isEventTime(a.column) || !isEventTime(b.column)) continue;
    const leftFirst = a.column < width;
    const [l, r] = leftFirst ? [a, b] : [b, a];
    const distance = l.by - r.by;
    const slack = l.slack + r.slack;
    const key = `${l.column}/${r.column}`;
    const range = ranges.get(key) ?? { left: l.column, right: r.column - width, lower: null, upper: null };
    ranges.set(key, range);
    // left + l >= right + r says right - left <= l - r.
    const above = part.name === '=' || part.name.startsWith(leftFirst ? '>' : '<');
    const below = part.name === '=' || part.name.startsWith(leftFirst ? '<' : '>');
    if (part.name !== '=' && !['<', '<=', '>', '>='].includes(part.name)) continue;
    if (above && (range.upper === null || distance + slack < range.upper)) range.upper = distance + slack;
    if (below && (range.lower === null || distance - slack > range.lower)) range.lower = distance - slack;
  }
  for (const { left, right, lower, upper } of ranges.values()) if (lower !== null && upper !== null && lower <= upper) return { left, right, lower, upper };
  return undefined;
}
