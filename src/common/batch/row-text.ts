import { textOut, type TextOutput } from '../types/text-codec.ts';
import type { Batch, Schema } from './batch.ts';
import { readValue } from './builder.ts';

/** The values of one row as text, NULL as null: for what people read, not for the data plane. */
export function rowText(schema: Schema, batch: Batch, row: number, cx?: TextOutput): (string | null)[] {
  return schema.map((f, i) => {
    const column = batch.columns[i];
    const value = column === undefined ? null : readValue(f.type, column, row);
    return value === null ? null : textOut(value, f.type, cx);
  });
}
