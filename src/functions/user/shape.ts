import type { SqlType } from '../../common/types/sql-type.ts';

/**
 * The form in which a value crosses into the sandbox and back, as JSON: `o` boolean; `n` whole number; `f` number, NaN and
 * infinities as text; `i` bigint, `d` decimal: text; `s` text; `b` bytes as hex; `t` microseconds as text; `D` a date, `v` a value
 * by its text; `j` JSON text.
 */
export type LeafShape = 'o' | 'n' | 'f' | 'i' | 'd' | 's' | 'b' | 't' | 'D' | 'v' | 'j';
/** A list of one form; a map's pairs of key and value; a row's fields as a list. */
export type Shape = LeafShape | { readonly a: Shape } | { readonly m: readonly [Shape, Shape] } | { readonly r: readonly (readonly [string, Shape])[] };

export type LeafType = Exclude<SqlType, { kind: 'array' | 'map' | 'row' }>;

const LEAVES: { readonly [kind in LeafType['kind']]: LeafShape } = {
  boolean: 'o',
  tinyint: 'n', smallint: 'n', int: 'n', oid: 'n', regclass: 'n', regtype: 'n', regproc: 'n', regnamespace: 'n',
  bigint: 'i',
  real: 'f', double: 'f',
  decimal: 'd', numeric: 'd',
  char: 's', varchar: 's', name: 's', internalchar: 's', unknown: 's',
  bytea: 'b',
  timestamp: 't', timestamptz: 't',
  date: 'D',
  time: 'v', interval: 'v', uuid: 'v',
  json: 'j', jsonb: 'j',
};

export const leafShape = (type: LeafType): LeafShape => LEAVES[type.kind];

export function shapeOf(type: SqlType): Shape {
  switch (type.kind) {
    case 'array':
      return { a: shapeOf(type.element) };
    case 'map':
      return { m: [shapeOf(type.key), shapeOf(type.value)] };
    case 'row':
      return { r: type.fields.map((f) => [f.name, shapeOf(f.type)] as const) };
    default:
      return leafShape(type);
  }
}
