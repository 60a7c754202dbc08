import type { Schema } from '../../common/batch/batch.ts';
import type { Rng } from '../../common/rng.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, NUMERIC, TEXT, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { field } from './harness.ts';

/** Rows of many types, few keys, and values on the borders: what operators are tested with where the columns do not matter. */

const KINDS: readonly SqlType[] = [INT, BIGINT, TEXT, DOUBLE, decimalOf(10, 2), NUMERIC, BOOLEAN];
export const SCHEMA: Schema = [field('k', INT), field('s', TEXT), ...KINDS.map((t, i) => field(`v${i}`, t))];

function value(rng: Rng, type: SqlType): Value {
  if (rng.int(6) === 0) return null;
  const n = rng.int(5) - 2;
  switch (type.kind) {
    case 'int':
      return rng.int(9) === 0 ? 2147483647 : n;
    case 'bigint':
      return rng.int(9) === 0 ? rng.pick([(1n << 63n) - 1n, -(1n << 63n)]) : BigInt(n);
    case 'double':
      return rng.int(9) === 0 ? rng.pick([NaN, Infinity, 1e300]) : n / 4;
    case 'decimal':
      return { unscaled: BigInt(n * 50), scale: type.scale };
    case 'numeric':
      return { unscaled: BigInt(n * 10 ** rng.int(3)), scale: rng.int(3) };
    case 'boolean':
      return n > 0;
    default:
      return rng.pick(['', 'a', 'b', 'ü', 'a longer text, of more than thirty-two bytes']);
  }
}
export const row = (rng: Rng): Row => SCHEMA.map((f, i) => (i === 0 ? (rng.int(8) === 0 ? null : rng.int(4)) : value(rng, f.type)));
