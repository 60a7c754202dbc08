import type { Batch, Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { notSupported, SqlError } from '../../common/errors.ts';
import { jsonToCompactText } from '../../common/types/json.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Interval, Json, Numeric, Value } from '../../common/types/value.ts';
import type { ByteSink, Encoder } from '../api.ts';
import { putAscii, putByte, putBytes, putInteger, putUtf8 } from '../bytes-out.ts';
import type { TimestampStandard } from '../parse-value.ts';
import { dateText, float32Text, intervalText, numericText, timestampText, timeText, uuidText } from '../text.ts';

export interface JsonWriteOptions {
  readonly standard: TimestampStandard;
  readonly nullKey: 'FAIL' | 'DROP' | 'LITERAL';
  readonly nullKeyLiteral: string;
  readonly plainDecimals: boolean;
  readonly ignoreNulls: boolean;
}

type Writer = (column: Column, row: number, out: ByteSink) => void;

/** Writes rows as JSON objects, members in column order. */
export class JsonEncoder implements Encoder {
  readonly #columns: readonly { readonly index: number; readonly key: Uint8Array; readonly write: Writer }[];
  readonly #ignoreNulls: boolean;

  constructor(schema: Schema, columns: readonly number[], o: JsonWriteOptions) {
    this.#columns = columns.map((index) => {
      const f = schema[index] as Schema[number];
      return { index, key: Buffer.from(`,${JSON.stringify(f.name)}:`), write: writerOf(f.type, o) };
    });
    this.#ignoreNulls = o.ignoreNulls;
  }

  encode(batch: Batch, row: number, out: ByteSink): void {
    const start = out.length;
    for (const c of this.#columns) {
      const column = batch.columns[c.index] as Column;
      const isNull = column.nulls !== null && column.nulls[row] === 1;
      if (isNull && this.#ignoreNulls) continue;
      putBytes(out, c.key, 0, c.key.length);
      if (isNull) putAscii(out, 'null');
      else c.write(column, row, out);
    }
    // Every member begins with a comma: the first one becomes the brace.
    if (out.length === start) putByte(out, 123);
    else out.buffer[start] = 123;
    putByte(out, 125);
  }
}

const TWO32 = 0x1_0000_0000;

/** Copies while nothing needs an escape, which is mostly all of it. */
const textWriter: Writer = (column, row, out) => {
  if (column.physical !== 'bytes') return;
  const { data } = column;
  const from = column.offsets[row] as number;
  const end = from + (column.lengths[row] as number);
  out.reserve(end - from + 2);
  const b = out.buffer;
  let n = out.length;
  b[n++] = 34;
  let i = from;
  for (; i < end; i++) {
    const c = data[i] as number;
    if (c < 32 || c === 34 || c === 92) break;
    b[n++] = c;
  }
  out.length = n;
  if (i < end) escapedText(data, i, end, out);
  putByte(out, 34);
};

function escapedText(data: Uint8Array, from: number, end: number, out: ByteSink): void {
  let run = from;
  for (let i = from; i < end; i++) {
    const c = data[i] as number;
    if (c >= 32 && c !== 34 && c !== 92) continue;
    putBytes(out, data, run, i - run);
    putAscii(out, JSON.stringify(String.fromCharCode(c)).slice(1, -1));
    run = i + 1;
  }
  putBytes(out, data, run, end - run);
}

const bigintWriter: Writer = (column, row, out) => {
  if (column.physical !== 'i64') return;
  const hi = column.words[2 * row + 1] as number;
  // Within 2^53 both words make an exact double.
  if (hi >= -0x20_0000 && hi < 0x20_0000) putInteger(out, hi * TWO32 + ((column.words[2 * row] as number) >>> 0));
  else putAscii(out, (column.values[row] as bigint).toString());
};

function writerOf(type: SqlType, o: JsonWriteOptions): Writer {
  switch (type.kind) {
    case 'char':
    case 'varchar':
    case 'name':
    case 'unknown':
      return textWriter;
    case 'bigint':
      return bigintWriter;
    case 'tinyint':
    case 'smallint':
    case 'int':
      return (column, row, out) => putInteger(out, (column as { values: Int32Array }).values[row] as number);
    case 'double':
      return (column, row, out) => putAscii(out, doubleText((column as { values: Float64Array }).values[row] as number));
    case 'timestamp':
    case 'timestamptz':
      return timestampWriter(type, o);
    default:
      return (column, row, out) => putUtf8(out, jsonText(type, readValue(type, column, row), o));
  }
}

const MICROS_A_DAY = 86_400_000_000;

/** Two digits at a place. */
function two(b: Uint8Array, at: number, n: number): void {
  const tens = (n / 10) | 0;
  b[at] = 48 + tens;
  b[at + 1] = 48 + n - tens * 10;
}

/** The text of a day is kept: neighbours mostly share it. */
function timestampWriter(type: SqlType, o: JsonWriteOptions): Writer {
  const separator = o.standard === 'SQL' ? ' ' : 'T';
  const local = type.kind === 'timestamptz';
  let lastDay = Number.NaN;
  let opening: Uint8Array = new Uint8Array(0);
  return (column, row, out) => {
    if (column.physical !== 'i64') return;
    const hi = column.words[2 * row + 1] as number;
    if (hi < -0x20_0000 || hi >= 0x20_0000) {
      putUtf8(out, jsonText(type, readValue(type, column, row), o));
      return;
    }
    const us = hi * TWO32 + ((column.words[2 * row] as number) >>> 0);
    const day = Math.floor(us / MICROS_A_DAY);
    const rest = us - day * MICROS_A_DAY;
    if (day !== lastDay) {
      opening = Buffer.from(`"${dateText(day)}${separator}`);
      lastDay = day;
    }
    putBytes(out, opening, 0, opening.length);
    out.reserve(20);
    const b = out.buffer;
    let n = out.length;
    const s = Math.floor(rest / 1e6);
    let fraction = rest - s * 1e6;
    const minutes = (s / 60) | 0;
    two(b, n, (minutes / 60) | 0);
    b[n + 2] = 58;
    two(b, n + 3, minutes % 60);
    b[n + 5] = 58;
    two(b, n + 6, s % 60);
    n += 8;
    if (fraction !== 0) {
      b[n++] = 46;
      for (let unit = 100_000; fraction !== 0; unit /= 10) {
        const digit = (fraction / unit) | 0;
        b[n++] = 48 + digit;
        fraction -= digit * unit;
      }
    }
    if (local) b[n++] = 90;
    b[n++] = 34;
    out.length = n;
  };
}

/** JSON has no NaN and no infinities: written as text, as Flink does. */
function doubleText(n: number): string {
  if (!Number.isFinite(n)) return JSON.stringify(String(n));
  return Number.isInteger(n) && Math.abs(n) < 1e21 ? `${Object.is(n, -0) ? '-0' : n}.0` : String(n);
}

/** One value as JSON text. */
function jsonText(type: SqlType, v: Value, o: JsonWriteOptions): string {
  if (v === null) return 'null';
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'oid':
    case 'bigint':
      return String(v);
    case 'real':
    case 'double':
      return doubleText(type.kind === 'real' ? float32Text(v as number) : (v as number));
    case 'decimal':
    case 'numeric':
      return decimalText(v as Numeric, o);
    case 'bytea':
      return JSON.stringify(Buffer.from(v as Uint8Array).toString('base64'));
    case 'uuid':
      return JSON.stringify(uuidText(v as Uint8Array));
    case 'date':
      return JSON.stringify(dateText(v as number));
    case 'time':
      return JSON.stringify(timeText(v as bigint, 'sql'));
    case 'timestamp':
      return JSON.stringify(timestampText(v as bigint, o.standard === 'SQL' ? ' ' : 'T', 'sql'));
    case 'timestamptz':
      return JSON.stringify(`${timestampText(v as bigint, o.standard === 'SQL' ? ' ' : 'T', 'sql')}Z`);
    case 'interval':
      return JSON.stringify(intervalText(v as Interval));
    case 'json':
      return v as string;
    case 'jsonb':
      return jsonToCompactText((v as Json).json);
    case 'array':
      return `[${(v as Value[]).map((x) => jsonText(type.element, x, o)).join(',')}]`;
    case 'row': {
      const parts: string[] = [];
      type.fields.forEach((f, i) => {
        const x = (v as Value[])[i] ?? null;
        if (x !== null || !o.ignoreNulls) parts.push(`${JSON.stringify(f.name)}:${jsonText(f.type, x, o)}`);
      });
      return `{${parts.join(',')}}`;
    }
    case 'map': {
      const parts: string[] = [];
      for (const [k, x] of v as [Value, Value][]) {
        if (k === null && o.nullKey === 'DROP') continue;
        if (k === null && o.nullKey === 'FAIL') {
          throw new SqlError('data_exception', 'JSON has no NULL map key', { hint: "Set 'json.map-null-key.mode' to DROP or LITERAL." });
        }
        const key = k === null ? o.nullKeyLiteral : scalarKey(type.key, k, o);
        parts.push(`${JSON.stringify(key)}:${jsonText(type.value, x, o)}`);
      }
      return `{${parts.join(',')}}`;
    }
    case 'char':
    case 'varchar':
    case 'name':
    case 'unknown':
      return JSON.stringify(v);
    default:
      throw notSupported(`writing type ${type.kind} as JSON`);
  }
}

function scalarKey(type: SqlType, k: Value, o: JsonWriteOptions): string {
  const text = jsonText(type, k, o);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

/** Like Java's BigDecimal: small numbers in scientific notation unless plain ones are asked for. */
function decimalText(n: Numeric, o: JsonWriteOptions): string {
  if (n.special !== undefined) return JSON.stringify(n.special);
  if (o.plainDecimals) return numericText(n);
  const digits = (n.unscaled < 0n ? -n.unscaled : n.unscaled).toString();
  const exponent = digits.length - 1 - n.scale;
  if (exponent >= -6) return numericText(n);
  return `${n.unscaled < 0n ? '-' : ''}${digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits}E${exponent}`;
}
