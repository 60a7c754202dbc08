import { isUtf8 } from 'node:buffer';
import type { Schema } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { notSupported, SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Decoded, FormatDescriptor, MessageBlock } from '../api.ts';
import { putBytes } from '../bytes-out.ts';
import { ColumnWriter } from './column-writer.ts';

/** Bytes of the fixed-width types, 0 for text and bytes. */
function width(type: SqlType): number {
  switch (type.kind) {
    case 'varchar':
    case 'char':
    case 'bytea':
      return 0;
    case 'boolean':
    case 'tinyint':
      return 1;
    case 'smallint':
      return 2;
    case 'int':
    case 'real':
      return 4;
    case 'bigint':
    case 'double':
      return 8;
    default:
      throw notSupported(`the raw format for type ${type.kind}`);
  }
}

function only(schema: Schema): Schema[number] {
  const f = schema[0];
  if (f === undefined || schema.length !== 1) throw new SqlError('invalid_parameter_value', 'the raw format needs a table of exactly one column');
  width(f.type);
  return f;
}

function readFixed(type: SqlType, view: DataView, little: boolean): number | bigint | boolean {
  switch (type.kind) {
    case 'boolean':
      return view.getUint8(0) !== 0;
    case 'tinyint':
      return view.getInt8(0);
    case 'smallint':
      return view.getInt16(0, little);
    case 'int':
      return view.getInt32(0, little);
    case 'real':
      return view.getFloat32(0, little);
    case 'double':
      return view.getFloat64(0, little);
    default:
      return view.getBigInt64(0, little);
  }
}

function decode(block: MessageBlock, from: number, to: number, f: Schema[number], project: boolean, little: boolean): Decoded {
  const n = to - from;
  const w = new ColumnWriter(f.type, n, block.data);
  const size = width(f.type);
  const bad: { message: number; reason: string; field: string | null }[] = [];
  const message = new Int32Array(n);
  let rows = 0;
  for (let m = from; m < to; m++) {
    const start = block.offsets[m] as number;
    const length = block.lengths[m] as number;
    if (length < 0) w.setNull(rows);
    else if (size === 0) {
      if (f.type.kind !== 'bytea' && !isUtf8(block.data.subarray(start, start + length))) {
        bad.push({ message: m, reason: 'invalid UTF-8', field: f.name });
        continue;
      }
      w.offsets[rows] = start;
      w.lengths[rows] = length;
    } else if (length !== size) {
      bad.push({ message: m, reason: `the message has ${length} bytes, type ${f.type.kind} takes ${size}`, field: f.name });
      continue;
    } else w.set(rows, readFixed(f.type, new DataView(block.data.buffer, block.data.byteOffset + start, size), little));
    message[rows++] = m;
  }
  return { batch: { rowCount: rows, ops: null, columns: project ? [w.finish(rows)] : [] }, message: rows === n && from === 0 ? null : message.subarray(0, rows), bad };
}

export const raw: FormatDescriptor = {
  name: 'raw',
  doc: 'The message is the one column of the table: text, bytes or one number.',
  framing: 'lines',
  options: [
    { name: 'raw.charset', type: 'enum', values: ['UTF-8', 'utf-8'], default: 'UTF-8', doc: 'Of text.' },
    { name: 'raw.endianness', type: 'enum', values: ['big-endian', 'little-endian'], default: 'big-endian', doc: 'Of numbers.' },
    { name: 'raw.line-delimiter', type: 'enum', values: ['\n'], doc: 'Between the records of a file: a newline.' },
  ],
  decoder(physical, projection, o) {
    const f = only(physical);
    const little = o['raw.endianness'] === 'little-endian';
    return { decode: (block, from, to) => decode(block, from, to, f, projection.length > 0, little) };
  },
  encoder(schema, columns, o) {
    const f = only(columns.map((c) => schema[c] as Schema[number]));
    const index = columns[0] as number;
    const little = o['raw.endianness'] === 'little-endian';
    const size = width(f.type);
    const scratch = new Uint8Array(8);
    const view = new DataView(scratch.buffer);
    return {
      encode(batch, row, out) {
        const c = batch.columns[index] as Column;
        if (c.nulls !== null && c.nulls[row] === 1) return;
        switch (c.physical) {
          case 'bytes':
            putBytes(out, c.data, c.offsets[row] as number, c.lengths[row] as number);
            return;
          case 'i64':
            view.setBigInt64(0, c.values[row] as bigint, little);
            break;
          case 'f64':
            if (size === 4) view.setFloat32(0, c.values[row] as number, little);
            else view.setFloat64(0, c.values[row] as number, little);
            break;
          case 'boxed':
            return;
          default:
            if (size === 1) view.setInt8(0, c.values[row] as number);
            else if (size === 2) view.setInt16(0, c.values[row] as number, little);
            else view.setInt32(0, c.values[row] as number, little);
        }
        putBytes(out, scratch, 0, size);
      },
    };
  },
};
