import type { Schema } from '../../common/batch/batch.ts';

/**
 * What identifies a row of a FULL JOIN, given the keys of both sides together; null when nothing does.
 *
 * A row without a partner has NULL in all of the other side's columns. Two such rows, one from each side, differ in `key` only
 * if one side's part of it can't be all NULL; groups by NULL on both sides, or two aggregates of one row, are alike. Any
 * column that is never NULL on its own side tells them apart.
 *
 * @param sides the inputs' columns, before padding makes them nullable.
 */
export function fullJoinKey(key: readonly number[], sides: Schema): readonly number[] | null {
  if (key.some((c) => sides[c]?.nullable === false)) return key;
  const filled = sides.findIndex((f) => !f.nullable);
  return filled < 0 ? null : [...key, filled];
}
