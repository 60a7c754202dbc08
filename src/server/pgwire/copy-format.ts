import { SqlError } from '../../common/errors.ts';
import type { CopyFormat } from '../../engine/api.ts';

/** Lines of COPY in text and CSV format. Source: PostgreSQL 15, COPY, "File Formats". */

const ESCAPES: Readonly<Record<string, string>> = { '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\' };
const UNESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** A value in text format. */
export function textField(text: string, format: CopyFormat): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    const escaped = c <= '\\' ? (c === format.delimiter && c !== '\t' ? `\\${c}` : ESCAPES[c]) : c === format.delimiter ? `\\${c}` : undefined;
    if (escaped === undefined) continue;
    out += text.slice(from, i) + escaped;
    from = i + 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** A value in CSV format; `alone`: the only column, where `\.` would end the data. */
export function csvField(text: string, format: CopyFormat, alone: boolean): string {
  const { quote, escape, delimiter, nullText } = format;
  const plain =
    text !== nullText && !text.includes(delimiter) && !text.includes(quote) && !text.includes('\n') && !text.includes('\r') && !(alone && text === '\\.');
  if (plain) return text;
  let out = quote;
  for (const c of text) out += c === quote || c === escape ? escape + c : c;
  return out + quote;
}

/** Fields of one line of text format; null is NULL. */
export function splitTextLine(line: string, format: CopyFormat): (string | null)[] {
  if (!line.includes('\\')) return line.split(format.delimiter).map((f) => (f === format.nullText ? null : f));
  const fields: (string | null)[] = [];
  let value = '';
  let start = 0;
  let i = 0;
  const finish = (): void => {
    fields.push(line.slice(start, i) === format.nullText ? null : value);
    value = '';
    start = i + 1;
  };
  for (; i < line.length; i++) {
    const c = line[i] as string;
    if (c === format.delimiter) finish();
    else if (c === '\\' && i + 1 < line.length) {
      const next = line[++i] as string;
      const octal = /^[0-7]{1,3}/.exec(line.slice(i, i + 3))?.[0];
      const hex = next === 'x' ? /^[0-9a-fA-F]{1,2}/.exec(line.slice(i + 1, i + 3))?.[0] : undefined;
      if (octal !== undefined) {
        value += String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
        i += octal.length - 1;
      } else if (hex !== undefined) {
        value += String.fromCharCode(Number.parseInt(hex, 16));
        i += hex.length;
      } else value += UNESCAPES[next] ?? next;
    } else value += c;
  }
  finish();
  return fields;
}

/** Cuts text into lines or CSV records; a record may be spread over many pieces. */
export class LineSplitter {
  readonly #format: CopyFormat;
  readonly #csv: boolean;
  #pending = '';
  /** Where the look for the record's end goes on. */
  #at = 0;
  #quoted = false;
  readonly #limit: number;

  constructor(format: CopyFormat, limit: number) {
    this.#format = format;
    this.#csv = format.format === 'csv';
    this.#limit = limit;
  }

  /** Whole records of the text so far, without their line ends. Errors: program_limit_exceeded. */
  push(text: string): string[] {
    const all = this.#pending === '' ? text : this.#pending + text;
    const lines: string[] = [];
    let start = 0;
    let i = this.#at;
    const { quote, escape } = this.#format;
    for (; i < all.length; i++) {
      const c = all[i] as string;
      if (this.#csv) {
        if (this.#quoted && c === escape && escape !== quote) {
          if (i + 1 >= all.length) break;
          const next = all[i + 1];
          if (next === quote || next === escape) i++;
          continue;
        }
        // A doubled quote leaves and enters again: the state comes out right.
        if (c === quote) this.#quoted = !this.#quoted;
        if (this.#quoted) continue;
      } else if (c === '\\') {
        // A backslash protects the character behind it, even a line end.
        if (i + 1 >= all.length) break;
        i++;
        continue;
      }
      if (c === '\n') {
        lines.push(all.slice(start, i > start && all[i - 1] === '\r' ? i - 1 : i));
        start = i + 1;
      }
    }
    this.#pending = all.slice(start);
    this.#at = i - start;
    if (this.#pending.length > this.#limit) throw new SqlError('program_limit_exceeded', `a COPY line is longer than ${this.#limit} characters`);
    return lines;
  }

  /** The last record, when it has no line end. Errors: data_exception. */
  end(): string[] {
    if (this.#quoted) throw new SqlError('data_exception', 'unterminated CSV quoted field');
    const last = this.#pending;
    this.#pending = '';
    this.#at = 0;
    return last === '' ? [] : [last];
  }
}

/** Fields of one CSV record; null is NULL. */
export function splitCsvLine(line: string, format: CopyFormat): (string | null)[] {
  const { quote, escape, delimiter, nullText } = format;
  if (!line.includes(quote)) return line.split(delimiter).map((f) => (f === nullText ? null : f));
  const fields: (string | null)[] = [];
  let value = '';
  let sawQuote = false;
  let quoted = false;
  const finish = (): void => {
    fields.push(!sawQuote && value === nullText ? null : value);
    value = '';
    sawQuote = false;
  };
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quoted) {
      const next = line[i + 1];
      if (c === escape && (next === quote || next === escape)) {
        value += next;
        i++;
      } else if (c === quote) quoted = false;
      else value += c;
    } else if (c === quote) {
      quoted = true;
      sawQuote = true;
    } else if (c === delimiter) finish();
    else value += c;
  }
  finish();
  return fields;
}
