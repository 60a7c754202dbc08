import type { Batch, Schema } from '../../common/batch/batch.ts';
import { batchFromRows, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import { textIn, textOut } from '../../common/types/text-codec.ts';
import type { Row } from '../../common/types/value.ts';
import type { TextRow } from './database.ts';

const CX = { timeZone: 'UTC' };

/** Rows of text as columns. Errors: those of a value that doesn't fit its declared type, naming the column. */
export function batchOf(schema: Schema, rows: readonly TextRow[]): Batch {
  return batchFromRows(schema, rows.map((row): Row => schema.map((f, i) => {
    const text = row[i] ?? null;
    if (text === null) return null;
    try {
      return textIn(text, f.type, CX);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw new SqlError(error.condition, `column "${f.name}" of the database: ${error.message}`);
    }
  })));
}

/** One value as text. */
export function textAt(schema: Schema, batch: Batch, column: number, row: number): string | null {
  const { type } = schema[column] as Schema[number];
  const value = readValue(type, batch.columns[column] as Column, row);
  return value === null ? null : textOut(value, type, CX);
}
