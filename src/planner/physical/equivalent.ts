import type { PhysicalPlan } from '../physical.ts';
import { oneEnd } from './window-aggregate.ts';

/**
 * Other columns of the output that determine the same thing as column `c` in every row: a window's start for its end, the
 * other side of a join's equality. A key may use any of them.
 */
export function equivalentColumns(p: PhysicalPlan, c: number): number[] {
  switch (p.kind) {
    case 'windowAggregate': {
      if (p.phase === 'partial') return [];
      const first = p.keys.length + p.calls.length;
      return c >= first ? p.windowColumns.flatMap((w, i) => (oneEnd(p.window) || (w !== 'start' && p.windowColumns[c - first] !== 'start') ? [first + i] : [])) : [];
    }
    case 'windowAssign': {
      const width = p.input.props.schema.length;
      if (c < width) return equivalentColumns(p.input, c);
      return oneEnd(p.window) ? [width, width + 1, width + 2] : c === width ? [] : [width + 1, width + 2];
    }
    case 'sessionAssign': {
      const width = p.input.props.schema.length;
      if (c < width) return equivalentColumns(p.input, c);
      return c === width ? [] : [width + 1, width + 2];
    }
    case 'hashJoin':
      return ofJoin(p, c);
    case 'calc': {
      const e = p.exprs[c];
      if (e?.kind !== 'column') return [];
      const same = [e.index, ...equivalentColumns(p.input, e.index)];
      return p.exprs.flatMap((o, i) => (o.kind === 'column' && same.includes(o.index) ? [i] : []));
    }
    case 'groupAggregate': {
      const key = p.keys[c];
      if (key === undefined || p.phase === 'partial') return [];
      const same = [key, ...equivalentColumns(p.input, key)];
      return p.keys.flatMap((k, i) => (same.includes(k) ? [i] : []));
    }
    case 'tableFunction':
    case 'exchange':
    case 'shared':
    case 'topN':
    case 'windowEmit':
    case 'watermarkLag':
    case 'clock':
    case 'remember':
    case 'enforce':
    case 'firstRow':
    case 'over':
    case 'sort':
      return c < p.input.props.schema.length ? equivalentColumns(p.input, c) : [];
    default:
      return [];
  }
}

function ofJoin(p: PhysicalPlan & { kind: 'hashJoin' }, c: number): number[] {
  const width = p.left.props.schema.length;
  const onLeft = c < width;
  const own = onLeft ? equivalentColumns(p.left, c) : equivalentColumns(p.right, c - width).map((i) => i + width);
  // Padded sides are NULL together, which other columns of theirs share; across the sides only an inner join's rows agree.
  if (p.type !== 'inner') return own;
  const across = [c, ...own].flatMap((x) =>
    p.leftKeys.flatMap((l, i) => {
      const r = width + (p.rightKeys[i] ?? 0);
      return l === x ? [r] : r === x ? [l] : [];
    }),
  );
  return [...own, ...across];
}
