import type { PhysicalPlan } from '../physical.ts';
import { columnName } from './describe.ts';
import { keepsLittle } from './over.ts';
import { inputsOf, isEventTime } from './props.ts';

/** State that an endless input makes grow for ever, and what would bound it. */

const hasEndlessSource = (p: PhysicalPlan): boolean => (p.kind === 'source' && !p.props.bounded) || inputsOf(p).some(hasEndlessSource);
const list = (p: PhysicalPlan, columns: readonly number[]): string => columns.map((c) => columnName(p.props.schema, c)).join(', ');

/** A sentence a warning, each once, the root's first. */
export function growthWarnings(root: PhysicalPlan): string[] {
  const out = new Set<string>();
  const walk = (p: PhysicalPlan): void => {
    const text = warning(p);
    if (text !== undefined) out.add(text);
    for (const input of inputsOf(p)) walk(input);
  };
  walk(root);
  return [...out];
}

function warning(p: PhysicalPlan): string | undefined {
  if (p.kind === 'groupAggregate') {
    if (p.phase === 'partial' || p.keys.length === 0 || p.closes != null || p.ttlMs !== undefined || !hasEndlessSource(p.input)) return undefined;
    const keys = list(p, p.keys.map((_, i) => i));
    const distinct = p.calls.length === 0 ? 'DISTINCT' : 'the aggregate';
    return `the state of ${distinct} by ${keys} grows with every new ${keys} for ever; a TUMBLE or HOP window over a column with a watermark, grouped by window_start and window_end, would bound it`;
  }
  if (p.kind === 'hashJoin') {
    if (p.windowKeys.length > 0) return undefined;
    const growing = [p.left, p.right].filter((side, i) => (p.ttlMs?.[i] ?? null) === null && hasEndlessSource(side) && side.props.streamKey?.length !== 0);
    if (growing.length === 0) return undefined;
    const on = p.leftKeys.length === 0 ? 'without keys' : `on ${list(p.left, p.leftKeys)}`;
    const times = [p.left, p.right].every((side) => side.props.schema.some((_, i) => isEventTime(side, i)));
    const advice = times
      ? 'assign both sides to the same windows and join on window_start and window_end too'
      : 'a watermark on both tables and a join on window_start and window_end of the same windows';
    return `the join ${on} keeps all rows of ${growing.length === 2 ? 'both sides' : 'one side'} for ever; to bound it: ${advice}`;
  }
  if (p.kind === 'nearestJoin' && (hasEndlessSource(p.left) || hasEndlessSource(p.right))) {
    return `the ASOF join on ${p.leftKeys.length === 0 ? 'an inequality alone' : list(p.left, p.leftKeys)} keeps all rows of both sides for ever; a join FOR SYSTEM_TIME AS OF a column with a watermark keeps only versions that may still be asked for`;
  }
  if (p.kind === 'firstRow') {
    if (!hasEndlessSource(p.input)) return undefined;
    return `the deduplication keeps every ${list(p.input, p.partition)} for ever; partition by a window's start and end as well to bound it`;
  }
  if (p.kind === 'topN') {
    if (p.partition.length === 0 || p.closes !== null || p.ttlMs !== undefined || !hasEndlessSource(p.input)) return undefined;
    const keys = list(p.input, p.partition);
    return `the Top-N keeps rows for every ${keys} for ever; partition by a window's start and end as well to bound it`;
  }
  if (p.kind === 'over') {
    if (!hasEndlessSource(p.input) || (p.onTime && p.calls.every(keepsLittle))) return undefined;
    const whose = p.partition.length === 0 ? 'all rows' : `all rows of every ${list(p.input, p.partition)}`;
    return `the window function ${p.calls[0]?.name ?? ''}() keeps ${whose} for ever; a frame such as ROWS or RANGE BETWEEN … PRECEDING AND CURRENT ROW, ordered by a column with a watermark, would bound it`;
  }
  if (p.kind === 'normalize') {
    return p.ttlMs === undefined && hasEndlessSource(p.input) ? `the last row of every ${list(p, p.keys)} is kept; rows go only when their key is deleted at the source` : undefined;
  }
  return undefined;
}
