import type { PhysicalFrame, PhysicalFrameBound } from '../../planner/physical.ts';
import type { Value } from '../../common/types/value.ts';
import type { WindowRows } from './window-rows.ts';

/** Where the frame of row `i` begins, and one past its end; never before its begin. */
export interface Frame {
  start(i: number): number;
  end(i: number): number;
  /** Whether it leaves out row `k`; null where it leaves out none. */
  readonly excludes: ((i: number, k: number) => boolean) | null;
}

export function frameOver(rows: WindowRows, frame: PhysicalFrame): Frame {
  const start = edge(rows, frame.start, frame.unit, false);
  const end = edge(rows, frame.end, frame.unit, true);
  return { start, end: (i) => Math.max(start(i), end(i)), excludes: exclusion(rows, frame.exclude) };
}

function edge(rows: WindowRows, bound: PhysicalFrameBound, unit: PhysicalFrame['unit'], isEnd: boolean): (i: number) => number {
  const n = rows.length;
  switch (bound.kind) {
    case 'unboundedPreceding':
      return () => 0;
    case 'unboundedFollowing':
      return () => n;
    case 'currentRow': {
      if (unit === 'rows') return isEnd ? (i) => i + 1 : (i) => i;
      return isEnd ? (i) => rows.peersEnd(i) : (i) => rows.firstPeer(i);
    }
    case 'offset': {
      const by = bound.offset + (isEnd ? 1 : 0);
      if (unit === 'rows') return (i) => Math.min(Math.max(i + by, 0), n);
      const group = rows.groupOf;
      return (i) => rows.groupStart((group[i] as number) + by);
    }
    case 'value': {
      const compare = rows.compareKey();
      const target = (i: number): Value => rows.value(bound.column, i);
      // The first row whose key is not before the target, or for an end the first behind it.
      return (i) => {
        const wanted = target(i);
        let low = 0;
        let high = n;
        while (low < high) {
          const middle = (low + high) >> 1;
          const c = compare(middle, wanted);
          if (isEnd ? c <= 0 : c < 0) low = middle + 1;
          else high = middle;
        }
        return low;
      };
    }
  }
}

function exclusion(rows: WindowRows, exclude: PhysicalFrame['exclude']): Frame['excludes'] {
  switch (exclude) {
    case 'no others':
      return null;
    case 'current row':
      return (i, k) => i === k;
    case 'group':
      return (i, k) => rows.arePeers(i, k);
    case 'ties':
      return (i, k) => i !== k && rows.arePeers(i, k);
  }
}
