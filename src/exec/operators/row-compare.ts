import type { Column } from '../../common/batch/column.ts';
import { unreachable } from '../../common/errors.ts';
import { identical } from '../canonical.ts';
import { concat } from '../columns.ts';

/** Whether two rows of the columns are the very same, NULLs and number scales included. */
export function rowComparer(columns: readonly Column[]): (a: number, b: number) => boolean {
  const tests = columns.map(columnComparer);
  return (a, b) => {
    for (const test of tests) if (!test(a, b)) return false;
    return true;
  };
}

function columnComparer(column: Column): (a: number, b: number) => boolean {
  const { nulls } = column;
  const same = valueComparer(column);
  if (nulls === null) return same;
  return (a, b) => (nulls[a] === 1 ? nulls[b] === 1 : nulls[b] !== 1 && same(a, b));
}

function valueComparer(column: Column): (a: number, b: number) => boolean {
  switch (column.physical) {
    case 'bool': {
      const { values } = column;
      return (a, b) => values[a] === values[b];
    }
    case 'i32': {
      const { values } = column;
      return (a, b) => values[a] === values[b];
    }
    case 'i64': {
      const { words } = column;
      return (a, b) => words[2 * a] === words[2 * b] && words[2 * a + 1] === words[2 * b + 1];
    }
    case 'f64': {
      const { values } = column;
      return (a, b) => Object.is(values[a], values[b]);
    }
    case 'bytes': {
      const { data, offsets, lengths } = column;
      return (a, b) => {
        const n = lengths[a] as number;
        if (n !== lengths[b]) return false;
        const x = offsets[a] as number;
        const y = offsets[b] as number;
        for (let i = 0; i < n; i++) if (data[x + i] !== data[y + i]) return false;
        return true;
      };
    }
    case 'boxed': {
      const { values } = column;
      return (a, b) => identical(values[a], values[b]);
    }
    default:
      return unreachable(column);
  }
}

/** All parts one after the other; `like` gives the layout when there is none. */
export function concatMany(parts: readonly { readonly column: Column; readonly n: number }[], like: Column): Column {
  const first = parts[0];
  if (first === undefined) return concat(like, 0, like, 0);
  // Halves, so that the bytes of a long list are copied a logarithmic number of times.
  const join = (from: number, to: number): { column: Column; n: number } => {
    if (to - from === 1) return parts[from] as { column: Column; n: number };
    const middle = (from + to) >> 1;
    const a = join(from, middle);
    const b = join(middle, to);
    return { column: concat(a.column, a.n, b.column, b.n), n: a.n + b.n };
  };
  return join(0, parts.length).column;
}
