import { batchFromRows, readValue } from '../common/batch/builder.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import type { Value } from '../common/types/value.ts';
import type { TableObject } from '../catalog/objects.ts';
import { decodeBatch, encodeBatch } from '../runtime/exchange/batch-codec.ts';
import { storedSchema } from './planning.ts';

/** `TableObject.added`: the values that rows from before ALTER TABLE … ADD COLUMN have in the columns that it has added. */

type Field = ReturnType<typeof storedSchema>[number];

export function encodedValue(field: Field | undefined, value: Value): string {
  if (field === undefined) throw new InternalError('a value without its column');
  return Buffer.from(encodeBatch(batchFromRows([field.type], [[value]]))).toString('base64');
}

/** What earlier rows have in the table's last columns. Errors: data_corrupted. */
export function addedValues(table: TableObject): Value[] {
  const added = table.added ?? [];
  return storedSchema(table).slice(storedSchema(table).length - added.length).map((f, i) => {
    const [column] = decodeBatch(new Uint8Array(Buffer.from(added[i] ?? '', 'base64'))).columns;
    if (column === undefined) throw new SqlError('data_corrupted', `the values of added columns of table "${table.name}" cannot be read`);
    return readValue(f.type, column, 0);
  });
}
