import type { TypeKind } from '../../src/common/types/sql-type.ts';

/** Values of every type that random cases draw from: the usual, the edges, and what texts of it are refused. */
export const SAMPLES: Readonly<Partial<Record<TypeKind, { readonly type: string; readonly values: readonly string[] }>>> = {
  boolean: { type: 'boolean', values: ['true', 'false'] },
  smallint: { type: 'smallint', values: ['7', '0', '-3', '32767', '-32768'] },
  int: { type: 'int', values: ['2', '0', '-13', '1', '2147483647', '-2147483648', '5'] },
  bigint: { type: 'bigint', values: ['3', '0', '-40', '9223372036854775807', '-9223372036854775808', '1000000'] },
  real: { type: 'real', values: ['1.5', '0', '-2.25', '1e10', 'NaN'] },
  double: { type: 'double precision', values: ['0.5', '0', '-3.75', '1e300', 'NaN', 'Infinity', '2.5'] },
  numeric: { type: 'numeric', values: ['1.50', '0', '-7.125', '12345678901234567890.5', '0.001', '100', 'NaN'] },
  varchar: { type: 'text', values: ['abc', '', 'Hello World', 'é😀x', ' pad ', 'a,b,,c', '42', '-1.5', '2024-02-29', 'true', 'b%_', '{"a":1}', '{1,2}'] },
  char: { type: 'char(5)', values: ['ab', '', 'abcde', 'é '] },
  bytea: { type: 'bytea', values: ['\\x', '\\x00ff', '\\x616263'] },
  date: { type: 'date', values: ['2024-02-29', '1999-12-31', '1970-01-01', 'infinity'] },
  time: { type: 'time', values: ['12:34:56.789', '00:00:00', '23:59:59.999999'] },
  timestamp: { type: 'timestamp', values: ['2024-02-29 12:34:56.789', '1969-12-31 23:59:59', '2000-01-01 00:00:00', 'infinity'] },
  timestamptz: { type: 'timestamptz', values: ['2024-07-01 10:00:00+02', '1970-01-01 00:00:00+00', '1999-12-31 23:30:00-05'] },
  interval: { type: 'interval', values: ['1 day', '00:00:00', '1 year 2 mons 3 days 04:05:06.5', '-1 mon', '36:00:00', '-00:00:01.5'] },
  jsonb: { type: 'jsonb', values: ['{"a": 1, "b": [1, 2, {"c": null}]}', '[]', '[1, "x", true]', '"s"', 'null', '1.50', '{}'] },
  json: { type: 'json', values: ['{"a": 1, "a": 2, "b": [1,2]}', '[ 1, 2 ]', '"s"', 'null'] },
  uuid: { type: 'uuid', values: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000000'] },
  array: { type: 'int[]', values: ['{1,2,3}', '{}', '{NULL,5}', '{3,1,2,1}'] },
};

/** Arrays by their elements' type; of the others no array is drawn. */
export const ARRAYS: Readonly<Partial<Record<TypeKind, { readonly type: string; readonly values: readonly string[] }>>> = {
  int: SAMPLES.array ?? { type: 'int[]', values: ['{1}'] },
  varchar: { type: 'text[]', values: ['{a,b,NULL}', '{}', '{"x y",z}'] },
  bigint: { type: 'bigint[]', values: ['{1,9223372036854775807}', '{}'] },
  double: { type: 'double precision[]', values: ['{0.5,1}'] },
};

export const KINDS: readonly TypeKind[] = Object.keys(SAMPLES) as TypeKind[];

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
