import type { Schema } from '../../common/batch/batch.ts';
import { typeLength, typeModifier, typeOid } from '../../common/types/oids.ts';
import { BACKEND } from './messages.ts';
import type { WireWriter } from './writer.ts';

/** RowDescription. `binary` is null before formats are known (Describe of a statement): all text. */
export function writeRowDescription(out: WireWriter, schema: Schema, binary: readonly boolean[] | null): void {
  out.begin(BACKEND.rowDescription).int16(schema.length);
  for (const [i, field] of schema.entries()) {
    out.text(field.name).int32(0).int16(0);
    out.int32(typeOid(field.type)).int16(typeLength(field.type)).int32(typeModifier(field.type));
    out.int16(binary?.[i] === true ? 1 : 0);
  }
  out.end();
}
