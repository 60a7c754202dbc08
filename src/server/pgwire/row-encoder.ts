import type { Batch, Schema } from '../../common/batch/batch.ts';
import { isRawBytes, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { binaryOut } from '../../common/types/binary-codec.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import { textOut, type TextOutput } from '../../common/types/text-codec.ts';
import * as writers from './field-writers.ts';
import { BACKEND } from './messages.ts';
import type { WireWriter } from './writer.ts';

/** Writes rows `[from, to)` of a batch as DataRow messages and gives the row it stopped before (the writer may be full). */
export type RowEncoder = (batch: Batch, from: number, to: number, out: WireWriter) => number;

/** How one field gets into the message. Code refers to `c<i>` (the column's arrays), `r`, `b`, `p`. */
interface FieldCode {
  /** Declarations in front of the row loop. */
  readonly setup: string;
  /** Bytes it may take at most beside `extra`. */
  readonly width: number;
  /** An expression of additional bytes for row `r`, after `prepare` ran. */
  readonly extra?: string;
  /** Statements before room is made. */
  readonly prepare?: string;
  /** Statements that write at `p` and move it. */
  readonly write: string;
}

/** Values that go the slow way, one at a time: complete bytes of a field. */
type SlowField = (column: Column, row: number) => Uint8Array;

function slowField(type: SqlType, binary: boolean, cx: TextOutput): SlowField {
  const utf8 = new TextEncoder();
  if (binary) return (column, row) => binaryOut(readValue(type, column, row), type);
  return (column, row) => utf8.encode(textOut(readValue(type, column, row), type, cx));
}

const slow = (i: number): FieldCode => ({
  setup: `const k${i} = batch.columns[${i}];`,
  width: 0,
  prepare: `x${i} = n${i} !== null && n${i}[r] === 1 ? NONE : slow[${i}](k${i}, r);`,
  extra: `x${i}.length`,
  write: `b.set(x${i}, p); p += x${i}.length;`,
});

/** Falls back to the slow way for values a writer does not take. */
function fast(i: number, setup: string, width: number, takes: string | null, write: string): FieldCode {
  if (takes === null) return { setup, width, write };
  return {
    setup: `${setup} const k${i} = batch.columns[${i}];`,
    width,
    prepare: `x${i} = (n${i} !== null && n${i}[r] === 1) || (${takes}) ? NONE : slow[${i}](k${i}, r);`,
    extra: `x${i}.length`,
    write: `if (${takes}) { ${write} } else { b.set(x${i}, p); p += x${i}.length; }`,
  };
}

function textField(type: SqlType, i: number, cx: TextOutput): FieldCode {
  const values = `const v${i} = batch.columns[${i}].values;`;
  const words = `const w${i} = batch.columns[${i}].words;`;
  const pair = `w${i}[2 * r], w${i}[2 * r + 1]`;
  switch (type.kind) {
    case 'boolean':
      return fast(i, values, 1, null, `b[p++] = v${i}[r] === 1 ? 116 : 102;`);
    case 'tinyint':
    case 'smallint':
    case 'int':
      return fast(i, values, writers.INT_WIDTH, null, `p = W.writeInteger(b, p, v${i}[r]);`);
    case 'bigint':
      return fast(i, words, writers.INT_WIDTH, null, `p = W.writeInt64(b, p, ${pair});`);
    case 'decimal':
      if (physicalOf(type) !== 'i64') return slow(i);
      return fast(i, words, writers.DECIMAL_WIDTH, null, `p = W.writeDecimal(b, p, ${pair}, ${type.scale}, ${10 ** type.scale});`);
    case 'double':
      return fast(i, values, writers.FLOAT_WIDTH, `W.isPlainDouble(v${i}[r])`, `p = W.writeDouble(b, p, v${i}[r]);`);
    case 'timestamp':
      return fast(i, words, writers.TIMESTAMP_WIDTH, `W.isPlainTimestamp(w${i}[2 * r + 1])`, `p = W.writeTimestamp(b, p, ${pair});`);
    case 'timestamptz':
      if (cx.timeZone !== 'UTC') return slow(i);
      return fast(i, words, writers.TIMESTAMP_WIDTH, `W.isPlainTimestamp(w${i}[2 * r + 1])`, `p = W.writeTimestamp(b, p, ${pair}); b[p++] = 43; b[p++] = 48; b[p++] = 48;`);
    default:
      return physicalOf(type) === 'bytes' && !isRawBytes(type) ? bytesField(i) : slow(i);
  }
}

function bytesField(i: number): FieldCode {
  return {
    setup: `const d${i} = batch.columns[${i}].data, o${i} = batch.columns[${i}].offsets, l${i} = batch.columns[${i}].lengths;`,
    width: 0,
    extra: `(n${i} !== null && n${i}[r] === 1 ? 0 : l${i}[r])`,
    write: `p = W.copyBytes(b, p, d${i}, o${i}[r], l${i}[r]);`,
  };
}

function binaryField(type: SqlType, i: number): FieldCode {
  const values = `const v${i} = batch.columns[${i}].values;`;
  switch (type.kind) {
    case 'boolean':
      return fast(i, values, 1, null, `b[p++] = v${i}[r];`);
    case 'tinyint':
    case 'smallint':
      return fast(i, values, 2, null, `b[p] = v${i}[r] >> 8; b[p + 1] = v${i}[r]; p += 2;`);
    case 'int':
      return fast(i, values, 4, null, `p = W.putInt32(b, p, v${i}[r]);`);
    case 'bigint':
      return fast(i, `const w${i} = batch.columns[${i}].words;`, 8, null, `p = W.putInt32(b, p, w${i}[2 * r + 1]); p = W.putInt32(b, p, w${i}[2 * r]);`);
    case 'real':
      return fast(i, values, 4, null, `p = b.writeFloatBE(v${i}[r], p);`);
    case 'double':
      return fast(i, values, 8, null, `p = b.writeDoubleBE(v${i}[r], p);`);
    case 'timestamp':
    case 'timestamptz':
      return fast(i, `const w${i} = batch.columns[${i}].words;`, 8, `W.isPlainBinaryTimestamp(w${i}[2 * r + 1])`, `p = W.putTimestamp(b, p, w${i}[2 * r], w${i}[2 * r + 1]);`);
    default:
      return physicalOf(type) === 'bytes' && (!isRawBytes(type) || type.kind === 'bytea' || type.kind === 'uuid') ? bytesField(i) : slow(i);
  }
}

/**
 * The encoder of a result: one generated loop over the columns. `binary[i]` chooses the format of column i. The generated
 * text holds local names and numbers only.
 */
export function rowEncoder(schema: Schema, binary: readonly boolean[], cx: TextOutput): RowEncoder {
  const fields = schema.map((f, i) => (binary[i] === true ? binaryField(f.type, i) : textField(f.type, i, cx)));
  const width = 7 + fields.reduce((sum, f) => sum + 4 + f.width, 0);
  const lines = [
    ...fields.flatMap((f, i) => [f.setup, `const n${i} = batch.columns[${i}].nulls;`, ...(f.prepare === undefined ? [] : [`let x${i} = NONE;`])]),
    'let b = out.buffer, p = out.length;',
    'for (let r = from; r < to; r++) {',
    ...fields.flatMap((f) => (f.prepare === undefined ? [] : [f.prepare])),
    `const need = ${[String(width), ...fields.flatMap((f) => (f.extra === undefined ? [] : [f.extra]))].join(' + ')};`,
    'if (p + need > b.length) {',
    '  out.length = p;',
    '  if (p > 0 && r > from) return r;',
    '  out.reserve(need); b = out.buffer;',
    '}',
    'const start = p;',
    `b[p] = ${BACKEND.dataRow}; b[p + 5] = ${schema.length >> 8}; b[p + 6] = ${schema.length & 255}; p += 7;`,
    ...fields.flatMap((f, i) => [
      `if (n${i} !== null && n${i}[r] === 1) p = W.putInt32(b, p, -1);`,
      `else { const at = p; p += 4; ${f.write} W.putInt32(b, at, p - at - 4); }`,
    ]),
    'W.putInt32(b, start + 1, p - start - 1);',
    '}',
    'out.length = p;',
    'return to;',
  ];
  const slowFields = schema.map((f, i) => slowField(f.type, binary[i] === true, cx));
  // The one place where text becomes code here: see above for what it can hold.
  const make = new Function('W', 'slow', 'NONE', `return function encodeRows(batch, from, to, out) {\n${lines.join('\n')}\n};`) as (
    w: typeof writers,
    s: readonly SlowField[],
    none: Uint8Array,
  ) => RowEncoder;
  return make(writers, slowFields, new Uint8Array(0));
}
