import type { Batch, Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import { binaryOut } from '../../common/types/binary-codec.ts';
import { textOut, type TextOutput } from '../../common/types/text-codec.ts';
import type { CopyFormat, StatementResult } from '../../engine/api.ts';
import { csvField, textField } from './copy-format.ts';
import { BACKEND } from './messages.ts';
import { ResultRows } from './result-rows.ts';
import type { RowEncoder } from './row-encoder.ts';
import type { Wire } from './wire.ts';
import type { WireWriter } from './writer.ts';

type CopyOut = StatementResult & { kind: 'copyOut' };

/** The head of a binary COPY: signature, flags, length of the extension. */
export const BINARY_SIGNATURE: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/** CopyOutResponse or CopyInResponse. */
export function writeCopyResponse(out: WireWriter, type: number, columns: number, binary: boolean): void {
  const code = binary ? 1 : 0;
  out.begin(type).byte(code).int16(columns);
  for (let i = 0; i < columns; i++) out.int16(code);
  out.end();
}

/** COPY … TO STDOUT: one CopyData a row. Gives the tag. */
export async function sendCopyOut(wire: Wire, result: CopyOut, signal: AbortSignal): Promise<string> {
  const { out } = wire;
  const { format } = result;
  const binary = format.format === 'binary';
  writeCopyResponse(out, BACKEND.copyOutResponse, result.schema.length, binary);
  if (binary) out.begin(BACKEND.copyData).bytes(BINARY_SIGNATURE).int32(0).int32(0).end();
  else if (format.header) {
    const names = result.schema.map((f) => (format.format === 'csv' ? csvField(f.name, format, false) : textField(f.name, format)));
    copyLine(out, names.join(format.delimiter));
  }
  const rows = new ResultRows(result.rows, binary ? binaryRows(result) : textRows(result, wire), result.live);
  const { count } = await rows.send(out, 0, signal);
  if (binary) out.begin(BACKEND.copyData).int16(-1).end();
  out.empty(BACKEND.copyDone);
  return `COPY ${count}`;
}

function copyLine(out: WireWriter, line: string): void {
  out.begin(BACKEND.copyData).utf8(line).byte(10).end();
}

/** A row as a line of text or CSV format. */
export function copyText(schema: Schema, format: CopyFormat, cx: TextOutput, batch: Batch, r: number): string {
  let line = '';
  for (const [c, field] of schema.entries()) {
    if (c > 0) line += format.delimiter;
    const column = batch.columns[c];
    const value = column === undefined ? null : readValue(field.type, column, r);
    if (value === null) line += format.nullText;
    else {
      const text = textOut(value, field.type, cx);
      line += format.format === 'csv' ? csvField(text, format, schema.length === 1) : textField(text, format);
    }
  }
  return line;
}

function textRows(result: CopyOut, wire: Wire): RowEncoder {
  const { schema, format } = result;
  const cx = wire.session.text;
  return (batch: Batch, from: number, to: number, out: WireWriter): number => {
    for (let r = from; r < to; r++) {
      if (out.full && r > from) return r;
      copyLine(out, copyText(schema, format, cx, batch, r));
    }
    return to;
  };
}

function binaryRows(result: CopyOut): RowEncoder {
  const { schema } = result;
  return (batch: Batch, from: number, to: number, out: WireWriter): number => {
    for (let r = from; r < to; r++) {
      if (out.full && r > from) return r;
      out.begin(BACKEND.copyData).int16(schema.length);
      for (const [c, field] of schema.entries()) {
        const column = batch.columns[c];
        const value = column === undefined ? null : readValue(field.type, column, r);
        if (value === null) out.int32(-1);
        else {
          const bytes = binaryOut(value, field.type);
          out.int32(bytes.length).bytes(bytes);
        }
      }
      out.end();
    }
    return to;
  };
}
