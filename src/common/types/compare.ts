import { unreachable } from '../errors.ts';
import { compareBytes, compareText } from './bytes-text.ts';
import { intervalSpan } from './interval.ts';
import { jsonCompare } from './json.ts';
import { numericCompare } from './numeric-math.ts';
import { trimBlanks } from './text-length.ts';
import type { SqlType } from './sql-type.ts';
import type { Interval, Json, Numeric, Value } from './value.ts';

/** Doubles: NaN equals NaN and comes last; -0 equals 0. */
export function compareDouble(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return a !== a ? (b !== b ? 0 : 1) : -1;
}

const compareNumber = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
export const compareBigint = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** A total order of non-NULL values of one type: -1, 0 or 1; PostgreSQL's btree order with C collation. */
export function compareValues(a: Value, b: Value, type: SqlType): number {
  return comparatorOf(type)(a, b);
}

/** The comparator of a type; NULLs inside arrays and rows come last and equal one another. */
export function comparatorOf(type: SqlType): (a: Value, b: Value) => number {
  switch (type.kind) {
    case 'boolean':
      return (a, b) => Number(a) - Number(b);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'date':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return (a, b) => compareNumber(a as number, b as number);
    case 'bigint':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return (a, b) => compareBigint(a as bigint, b as bigint);
    case 'real':
    case 'double':
      return (a, b) => compareDouble(a as number, b as number);
    case 'decimal':
    case 'numeric':
      return (a, b) => numericCompare(a as Numeric, b as Numeric);
    case 'char':
      return (a, b) => compareText(trimBlanks(a as string), trimBlanks(b as string));
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'json':
    case 'unknown':
      return (a, b) => compareText(a as string, b as string);
    case 'bytea':
    case 'uuid':
      return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array);
    case 'interval':
      return (a, b) => compareBigint(intervalSpan(a as Interval), intervalSpan(b as Interval));
    case 'jsonb':
      return (a, b) => jsonCompare((a as Json).json, (b as Json).json);
    case 'array': {
      const element = nullsLast(comparatorOf(type.element));
      const leaf = type.element.kind !== 'array' && type.element.kind !== 'row' && type.element.kind !== 'map';
      const list = (v: Value): Value[] => (leaf ? flat(v as Value[]) : (v as Value[]));
      return (a, b) => compareLists(list(a), list(b), () => element);
    }
    case 'row': {
      const fields = type.fields.map((f) => nullsLast(comparatorOf(f.type)));
      return (a, b) => compareLists(a as Value[], b as Value[], (i) => fields[i]);
    }
    case 'map': {
      const key = comparatorOf(type.key);
      const value = nullsLast(comparatorOf(type.value));
      const sorted = (m: Value): [Value, Value][] => [...(m as [Value, Value][])].sort((x, y) => key(x[0], y[0]));
      return (a, b) => {
        const x = sorted(a);
        const y = sorted(b);
        return compareLists(x.flat(), y.flat(), (i) => (i % 2 === 0 ? key : value));
      };
    }
    default:
      return unreachable(type);
  }
}

/** The elements of an array with dimensions, in order; PostgreSQL compares those. */
function flat(list: Value[]): Value[] {
  return Array.isArray(list[0]) ? list.flatMap((v) => (Array.isArray(v) ? flat(v as Value[]) : [v])) : list;
}

type Comparator = (a: Value, b: Value) => number;

const nullsLast = (inner: Comparator): Comparator => (a, b) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : inner(a, b));

function compareLists(a: readonly Value[], b: readonly Value[], at: (i: number) => Comparator | undefined): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const c = at(i)?.(a[i] ?? null, b[i] ?? null) ?? 0;
    if (c !== 0) return c;
  }
  return compareNumber(a.length, b.length);
}
