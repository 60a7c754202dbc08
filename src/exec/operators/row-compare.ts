import type { Column } from '../../common/batch/column.ts';
import { InternalError, unreachable } from '../../common/errors.ts';
import { identical } from '../canonical.ts';

/** Whether row `i` of the left columns and row `j` of the right are the very same, NULLs and number scales included. */
export function rowComparer(left: readonly Column[], right: readonly Column[] = left): (i: number, j: number) => boolean {
  const tests = left.map((l, k) => columnComparer(l, right[k] as Column));
  return (i, j) => {
    for (const test of tests) if (!test(i, j)) return false;
    return true;
  };
}

function columnComparer(left: Column, right: Column): (i: number, j: number) => boolean {
  const same = valueComparer(left, right);
  const a = left.nulls;
  const b = right.nulls;
  if (a === null && b === null) return same;
  return (i, j) => {
    const none = a !== null && a[i] === 1;
    return none === (b !== null && b[j] === 1) && (none || same(i, j));
  };
}

function valueComparer(left: Column, right: Column): (i: number, j: number) => boolean {
  switch (left.physical) {
    case 'bool': {
      const a = left.values;
      const b = layoutOf(right, left.physical).values;
      return (i, j) => a[i] === b[j];
    }
    case 'i32': {
      const a = left.values;
      const b = layoutOf(right, left.physical).values;
      return (i, j) => a[i] === b[j];
    }
    case 'i64': {
      const a = left.words;
      const b = layoutOf(right, left.physical).words;
      return (i, j) => a[2 * i] === b[2 * j] && a[2 * i + 1] === b[2 * j + 1];
    }
    case 'f64': {
      const a = left.values;
      const b = layoutOf(right, left.physical).values;
      return (i, j) => Object.is(a[i], b[j]);
    }
    case 'bytes': {
      const b = layoutOf(right, left.physical);
      return (i, j) => {
        const n = left.lengths[i] as number;
        if (n !== b.lengths[j]) return false;
        const x = left.offsets[i] as number;
        const y = b.offsets[j] as number;
        for (let k = 0; k < n; k++) if (left.data[x + k] !== b.data[y + k]) return false;
        return true;
      };
    }
    case 'boxed': {
      const a = left.values;
      const b = layoutOf(right, left.physical).values;
      return (i, j) => identical(a[i], b[j]);
    }
    default:
      return unreachable(left);
  }
}

function layoutOf<P extends Column['physical']>(column: Column, physical: P): Extract<Column, { readonly physical: P }> {
  if (column.physical !== physical) throw new InternalError(`columns of ${physical} and ${column.physical} cannot be compared`);
  return column as Extract<Column, { readonly physical: P }>;
}
