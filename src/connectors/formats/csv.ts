import type { Batch, Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { notSupported, SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { ByteSink, Decoded, Decoder, Encoder, FormatDescriptor, MessageBlock, Options } from '../api.ts';
import { putUtf8 } from '../bytes-out.ts';
import { read } from '../options.ts';
import { parseScalar, ValueError } from '../parse-value.ts';
import { dateText, float32Text, javaDouble, numericText, timestampText, timeText, uuidText } from '../text.ts';
import { ColumnWriter } from './column-writer.ts';
import { splitCsv, type Cell, type CsvSyntax } from './csv-split.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface CsvOptions extends CsvSyntax {
  readonly nullLiteral: string | undefined;
  readonly ignoreErrors: boolean;
  readonly comments: boolean;
  readonly elementDelimiter: string;
  readonly trim: boolean;
  readonly ignoreTrailing: boolean;
  readonly failOnMissing: boolean;
  readonly emptyAsNull: boolean;
  readonly trailingComma: boolean;
}

function csvOptions(o: Options): CsvOptions {
  const one = (name: string, fallback: string): string => {
    const text = (o[name] ?? fallback).replace('\\t', '\t');
    if ([...text].length > 1) throw new SqlError('invalid_parameter_value', `option "${name}" must be one character`);
    return text;
  };
  return {
    delimiter: one('csv.field-delimiter', ','),
    quote: read.boolean(o, 'csv.disable-quote-character') ? '' : one('csv.quote-character', '"'),
    escape: one('csv.escape-character', ''),
    nullLiteral: o['csv.null-literal'],
    ignoreErrors: read.boolean(o, 'csv.ignore-parse-errors'),
    comments: read.boolean(o, 'csv.allow-comments'),
    elementDelimiter: o['csv.array-element-delimiter'] ?? ';',
    trim: read.boolean(o, 'csv.trim-spaces'),
    ignoreTrailing: read.boolean(o, 'csv.ignore-trailing-unmappable'),
    failOnMissing: read.boolean(o, 'csv.fail-on-missing-columns'),
    emptyAsNull: read.boolean(o, 'csv.empty-string-as-null'),
    trailingComma: o['csv.allow-trailing-comma'] !== 'false',
  };
}

const isText = (t: SqlType): boolean => t.kind === 'varchar' || t.kind === 'char' || t.kind === 'name';

function cellValue(type: SqlType, cell: Cell, o: CsvOptions): Value {
  const text = o.trim ? cell.text.trim() : cell.text;
  if (o.nullLiteral !== undefined && text === o.nullLiteral && !cell.quoted) return null;
  if (text === '' && (!isText(type) || (o.emptyAsNull && !cell.quoted))) return type.kind === 'array' && cell.quoted ? [] : null;
  if (type.kind === 'array') return text.split(o.elementDelimiter).map((t) => cellValue(type.element, { text: t, quoted: false }, o));
  if (type.kind === 'bytea') return new Uint8Array(Buffer.from(text, 'base64'));
  return parseScalar(type, text);
}

class CsvDecoder implements Decoder {
  readonly #physical: Schema;
  readonly #projection: readonly number[];
  readonly #o: CsvOptions;

  constructor(physical: Schema, projection: readonly number[], o: CsvOptions) {
    this.#physical = physical;
    this.#projection = projection;
    this.#o = o;
  }

  decode(block: MessageBlock, from: number, to: number): Decoded {
    const o = this.#o;
    const writers = this.#projection.map((p) => new ColumnWriter((this.#physical[p] as Schema[number]).type, to - from, block.data));
    const bad: { message: number; reason: string; field: string | null }[] = [];
    const message = new Int32Array(to - from);
    let rows = 0;
    for (let m = from; m < to; m++) {
      const start = block.offsets[m] as number;
      const length = block.lengths[m] as number;
      if (length < 0) continue;
      let field: string | null = null;
      try {
        let line: string;
        try {
          line = utf8.decode(block.data.subarray(start, start + length));
        } catch {
          throw new ValueError('malformed CSV: invalid UTF-8');
        }
        if (o.comments && line.startsWith('#')) continue;
        const cells = splitCsv(line, o);
        const width = this.#physical.length;
        const extra = cells.length - width;
        const trailing = extra === 1 && o.trailingComma && cells.at(-1)?.text === '' && cells.at(-1)?.quoted === false;
        if (extra > 0 && !trailing && !o.ignoreTrailing) throw new ValueError(`too many columns: ${cells.length}, the table has ${width}`);
        if (extra < 0 && o.failOnMissing) throw new ValueError(`too few columns: ${cells.length}, the table has ${width}`);
        for (const [i, p] of this.#projection.entries()) {
          const f = this.#physical[p] as Schema[number];
          const cell = cells[p];
          field = f.name;
          try {
            (writers[i] as ColumnWriter).set(rows, cell === undefined ? null : cellValue(f.type, cell, o));
          } catch (e) {
            if (!(e instanceof ValueError) || !o.ignoreErrors) throw e;
            (writers[i] as ColumnWriter).setNull(rows);
          }
        }
        message[rows++] = m;
      } catch (e) {
        if (!(e instanceof ValueError)) throw e;
        for (const w of writers) w.clearNull(rows);
        if (!o.ignoreErrors) bad.push({ message: m, reason: field === null ? e.message : `cannot read field "${field}": ${e.message}`, field });
      }
    }
    return {
      batch: { rowCount: rows, ops: null, columns: writers.map((w) => w.finish(rows)) },
      message: rows === to - from && from === 0 ? null : message.subarray(0, rows),
      bad,
    };
  }
}

function cellText(type: SqlType, v: Value, o: CsvOptions): string {
  if (v === null) return o.nullLiteral ?? '';
  switch (type.kind) {
    case 'real':
      return javaDouble(float32Text(v as number));
    case 'double':
      return javaDouble(v as number);
    case 'decimal':
    case 'numeric':
      return numericText(v as Parameters<typeof numericText>[0]);
    case 'bytea':
      return Buffer.from(v as Uint8Array).toString('base64');
    case 'uuid':
      return uuidText(v as Uint8Array);
    case 'date':
      return dateText(v as number);
    case 'time':
      return timeText(v as bigint, 'sql');
    case 'timestamp':
      return timestampText(v as bigint, ' ', 'sql');
    case 'timestamptz':
      return `${timestampText(v as bigint, ' ', 'sql')}Z`;
    case 'array':
      return (v as Value[]).map((x) => cellText(type.element, x, o)).join(o.elementDelimiter);
    case 'map':
    case 'row':
    case 'jsonb':
    case 'interval':
      throw notSupported(`writing type ${type.kind} as CSV`);
    default:
      return String(v);
  }
}

class CsvEncoder implements Encoder {
  readonly #fields: readonly { readonly index: number; readonly type: SqlType }[];
  readonly #o: CsvOptions;

  constructor(schema: Schema, columns: readonly number[], o: CsvOptions) {
    this.#fields = columns.map((index) => ({ index, type: (schema[index] as Schema[number]).type }));
    this.#o = o;
  }

  encode(batch: Batch, row: number, out: ByteSink): void {
    const o = this.#o;
    const cells = this.#fields.map((f) => {
      const v = readValue(f.type, batch.columns[f.index] as Column, row);
      const text = cellText(f.type, v, o);
      if (v === null || o.quote === '') return text;
      const needs = text === o.nullLiteral || text.includes(o.delimiter) || text.includes(o.quote) || /[\r\n]/.test(text) || (o.escape !== '' && text.includes(o.escape)) || (text.startsWith('#') && o.comments);
      if (!needs) return text;
      const escaped = o.escape === '' ? text : text.replaceAll(o.escape, o.escape + o.escape);
      return o.quote + escaped.replaceAll(o.quote, o.escape === '' || o.escape === o.quote ? o.quote + o.quote : o.escape + o.quote) + o.quote;
    });
    putUtf8(out, cells.join(o.delimiter));
  }
}

export const csv: FormatDescriptor = {
  name: 'csv',
  doc: 'One line of separated values a message, by position.',
  framing: 'lines',
  options: [
    { name: 'csv.field-delimiter', type: 'string', default: ',', doc: 'Between fields.' },
    { name: 'csv.disable-quote-character', type: 'boolean', default: 'false', doc: 'No quoting.' },
    { name: 'csv.quote-character', type: 'string', default: '"', doc: 'Around fields; doubled inside.' },
    { name: 'csv.allow-comments', type: 'boolean', default: 'false', doc: 'Lines that start with # are skipped.' },
    { name: 'csv.ignore-parse-errors', type: 'boolean', default: 'false', doc: 'A field that cannot be read is NULL, a bad line is left out.' },
    { name: 'csv.array-element-delimiter', type: 'string', default: ';', doc: 'Between elements of an array.' },
    { name: 'csv.escape-character', type: 'string', doc: 'Takes the next character as it is.' },
    { name: 'csv.null-literal', type: 'string', doc: 'Unquoted text that is NULL.' },
    { name: 'csv.write-bigdecimal-in-scientific-notation', type: 'boolean', default: 'true', doc: 'Accepted as in Flink; decimals are written plain.' },
    { name: 'csv.trim-spaces', type: 'boolean', default: 'false', doc: 'Spaces around fields are dropped.' },
    { name: 'csv.ignore-trailing-unmappable', type: 'boolean', default: 'false', doc: 'More fields than columns are no error.' },
    { name: 'csv.fail-on-missing-columns', type: 'boolean', default: 'false', doc: 'Fewer fields than columns are an error.' },
    { name: 'csv.empty-string-as-null', type: 'boolean', default: 'false', doc: 'An empty text is NULL.' },
    { name: 'csv.allow-trailing-comma', type: 'boolean', default: 'true', doc: 'A separator after the last field is no error.' },
  ],
  decoder: (physical, projection, o) => new CsvDecoder(physical, projection, csvOptions(o)),
  encoder: (schema, columns, o) => new CsvEncoder(schema, columns, csvOptions(o)),
};
