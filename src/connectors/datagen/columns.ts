import type { Batch, Schema } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import { i64Column, type Column } from '../../common/batch/column.ts';
import type { Clock } from '../../common/clock.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { RowGenerator } from '../generator.ts';
import { CellRandom } from '../random.ts';
import type { GeneratedField } from './field.ts';

const NULL_SALT = 0x4e554c4c;

interface Column0 {
  readonly type: SqlType;
  readonly field: GeneratedField;
  /** The column's place in the table: randomness does not depend on the projection. */
  readonly salt: number;
}

/** Writes the projected columns; integers straight into typed arrays, the rest value by value. */
export function datagenRows(physical: Schema, projection: readonly number[], fields: readonly GeneratedField[], seed: number, clock: Clock): RowGenerator {
  const columns: Column0[] = projection.map((p) => ({ type: physical[p]?.type as SqlType, field: fields[p] as GeneratedField, salt: p }));
  const random = new CellRandom();
  return {
    generate(first, step, count): Batch {
      const now = clock.nowMicros();
      return { rowCount: count, ops: null, columns: columns.map((c) => makeColumn(c, first, step, count, seed, now, random)) };
    },
  };
}

function makeColumn(c: Column0, first: number, step: number, count: number, seed: number, now: bigint, random: CellRandom): Column {
  const { field, type, salt } = c;
  const physical = physicalOf(type);
  if (field.shape.kind !== 'value' && (physical === 'i32' || physical === 'i64')) {
    const numbers = new Float64Array(count);
    if (field.shape.kind === 'sequence') for (let i = 0; i < count; i++) numbers[i] = field.shape.start + first + i * step;
    else {
      const { min, max } = field.shape;
      const span = max - min + 1;
      for (let i = 0; i < count; i++) {
        random.reset(seed, first + i * step, salt);
        numbers[i] = min + random.int(span);
      }
    }
    const nulls = nullsOf(field, first, step, count, seed, salt, random);
    if (physical === 'i32') return { physical, values: Int32Array.from(numbers), nulls };
    const values = new BigInt64Array(count);
    const column = i64Column(values, nulls);
    for (let i = 0; i < count; i++) {
      const v = numbers[i] as number;
      const high = Math.floor(v / 0x1_0000_0000);
      column.words[2 * i] = v - high * 0x1_0000_0000;
      column.words[2 * i + 1] = high;
    }
    return column;
  }
  const nulls = nullsOf(field, first, step, count, seed, salt, random);
  const rows: Row[] = new Array<Row>(count);
  for (let i = 0; i < count; i++) {
    const row = first + i * step;
    if (nulls?.[i] === 1) rows[i] = [null];
    else {
      random.reset(seed, row, salt);
      rows[i] = [field.value(row, random, now)];
    }
  }
  return columnFromValues(type, rows, 0);
}

function nullsOf(field: GeneratedField, first: number, step: number, count: number, seed: number, salt: number, random: CellRandom): Uint8Array | null {
  if (field.nullRate === 0) return null;
  const nulls = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    random.reset(seed ^ NULL_SALT, first + i * step, salt);
    if (random.double() < field.nullRate) nulls[i] = 1;
  }
  return nulls;
}
