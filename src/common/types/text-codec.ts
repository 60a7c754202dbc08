import { SqlError, notSupported } from '../errors.ts';
import { arrayFromText, arrayToText, type ArrayTree } from './array-text.ts';
import { byteaFromText, byteaToText, uuidFromText, uuidToText } from './bytes-text.ts';
import { dateFromText, timeFromText, timestampFromText, timestamptzFromText, type DateTimeInput } from './datetime-parse.ts';
import { dateToText, timeToText, timestampToText, timestamptzToText } from './datetime-text.ts';
import { fitDecimal } from './decimal-rules.ts';
import { floatFromText, floatToText } from './float-text.ts';
import { intervalToText } from './interval.ts';
import { intervalFromText } from './interval-parse.ts';
import { bigintFromText, booleanFromText, intFromText } from './integer-text.ts';
import { jsonFromText, jsonToText } from './json.ts';
import { numericFromText, numericToText } from './numeric-text.ts';
import { fitBytes, fitChar, fitVarchar } from './text-length.ts';
import { typeName, type SqlType } from './sql-type.ts';
import type { Interval, Json, Numeric, Value } from './value.ts';

/** What text output depends on besides the value. */
export interface TextOutput {
  readonly timeZone: string;
  /** Names of regclass, regtype, regproc and regnamespace values; without it, or when undefined, the number. */
  readonly oidName?: ((type: SqlType, oid: number) => string | undefined) | undefined;
}

/** What text input depends on. */
export interface TextInput extends DateTimeInput {
  /** OID of a name for the reg* types; without it only numbers are read. */
  readonly oidOf?: ((type: SqlType, text: string) => number) | undefined;
}

const UTC: TextOutput = { timeZone: 'UTC' };

/**
 * The value's text, as PostgreSQL's output functions give it (ISO dates, hex bytea, shortest floats).
 * The value must be laid out as `Value` says for `type` and not be NULL.
 */
export function textOut(value: Value, type: SqlType, cx: TextOutput = UTC): string {
  switch (type.kind) {
    case 'boolean':
      return value === true ? 't' : 'f';
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'oid':
      return String(value);
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return value === 0 ? '-' : (cx.oidName?.(type, value as number) ?? String(value));
    case 'real':
      return floatToText(value as number, true);
    case 'double':
      return floatToText(value as number);
    case 'decimal':
    case 'numeric':
      return numericToText(value as Numeric);
    case 'char':
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'json':
    case 'unknown':
      return value as string;
    case 'bytea':
      return byteaToText(value as Uint8Array);
    case 'uuid':
      return uuidToText(value as Uint8Array);
    case 'date':
      return dateToText(value as number);
    case 'time':
      return timeToText(value as bigint);
    case 'timestamp':
      return timestampToText(value as bigint);
    case 'timestamptz':
      return timestamptzToText(value as bigint, cx.timeZone);
    case 'interval':
      return intervalToText(value as Interval);
    case 'jsonb':
      return jsonToText((value as Json).json);
    case 'array': {
      const nested = isNested(value as Value[], type.element);
      const element = nested && type.element.kind !== 'array' ? type : type.element;
      return arrayToText((value as Value[]).map((v) => (v === null ? null : textOut(v, element, cx))), nested);
    }
    case 'map': {
      const entries = (value as [Value, Value][]).map(([k, v]) => `${mapPart(k, type.key, cx)}=${mapPart(v, type.value, cx)}`);
      return `{${entries.join(', ')}}`;
    }
    case 'row':
      return rowToText(value as Value[], type, cx);
  }
}

/** Whether the list's items are arrays. */
export function isNested(list: readonly Value[], element: SqlType): boolean {
  return element.kind === 'array' || (Array.isArray(list[0]) && element.kind !== 'row' && element.kind !== 'map');
}

function mapPart(value: Value, type: SqlType, cx: TextOutput): string {
  return value === null ? 'NULL' : textOut(value, type, cx);
}

function rowToText(values: readonly Value[], type: SqlType & { kind: 'row' }, cx: TextOutput): string {
  const parts = values.map((v, i) => {
    const field = type.fields[i];
    if (v === null || field === undefined) return '';
    const text = textOut(v, field.type, cx);
    return text === '' || /[(),"\\\s]/.test(text) ? `"${text.replace(/(["\\])/g, '$1$1')}"` : text;
  });
  return `(${parts.join(',')})`;
}

/**
 * Reads a value, as PostgreSQL's input functions do; modifiers (length, precision) are applied as by an explicit cast.
 * Errors: invalid_text_representation, numeric_value_out_of_range, invalid_datetime_format, datetime_field_overflow…
 */
export function textIn(text: string, type: SqlType, cx: TextInput): Value {
  switch (type.kind) {
    case 'boolean':
      return booleanFromText(text);
    case 'tinyint':
      return intFromText(text, -128, 127, 'tinyint');
    case 'smallint':
      return intFromText(text, -32768, 32767, 'smallint');
    case 'int':
      return intFromText(text, -2147483648, 2147483647, 'integer');
    case 'bigint':
      return bigintFromText(text);
    case 'oid':
      return intFromText(text, -2147483648, 4294967295, 'oid') >>> 0;
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      if (/^\d+$/.test(text)) return intFromText(text, 0, 4294967295, 'oid');
      if (text === '-') return 0;
      if (cx.oidOf === undefined) throw notSupported(`a cast of "${text}" to ${type.kind} outside a session`);
      return cx.oidOf(type, text);
    case 'real':
      return floatFromText(text, true);
    case 'double':
      return floatFromText(text);
    case 'decimal':
      return fitDecimal(numericFromText(text), type.precision, type.scale);
    case 'numeric':
      return numericFromText(text);
    case 'char':
      return fitChar(text, type.length, false);
    case 'varchar':
      return fitVarchar(text, type.length, false);
    case 'name':
      return text.length > 63 ? text.slice(0, 63) : text;
    case 'internalchar':
      return text.slice(0, 1);
    case 'unknown':
      return text;
    case 'json':
      jsonFromText(text);
      return text;
    case 'bytea':
      return fitBytes(byteaFromText(text), type.length, type.fixed === true, false);
    case 'uuid':
      return uuidFromText(text);
    case 'date':
      return dateFromText(text, cx);
    case 'time':
      return timeFromText(text, type.precision, cx);
    case 'timestamp':
      return timestampFromText(text, type.precision, cx);
    case 'timestamptz':
      return timestamptzFromText(text, type.precision, cx);
    case 'interval':
      return intervalFromText(text);
    case 'jsonb':
      return { json: jsonFromText(text) };
    case 'array':
      return arrayOfTree(arrayFromText(text), type, text, cx);
    case 'row':
      return rowFromText(text, type, cx);
    case 'map':
      throw notSupported(`reading ${typeName(type)} from text`, undefined, 'Build it with MAP[key, value, …].');
  }
}

function arrayOfTree(tree: ArrayTree, type: SqlType & { kind: 'array' }, text: string, cx: TextInput): Value[] {
  return tree.map((item) => {
    if (item === null) return null;
    if (typeof item !== 'string') {
      if (type.element.kind !== 'array') throw notSupported(`reading a nested array as ${typeName(type)}`, undefined, `Cast it to ${typeName(type)}[].`);
      return arrayOfTree(item, type.element, text, cx);
    }
    if (type.element.kind === 'array') throw new SqlError('invalid_text_representation', `malformed array literal: "${text}"`);
    return textIn(item, type.element, cx);
  });
}

function rowFromText(text: string, type: SqlType & { kind: 'row' }, cx: TextInput): Value[] {
  const malformed = (detail: string): SqlError =>
    new SqlError('invalid_text_representation', `malformed record literal: "${text}"`, { detail });
  const inner = text.trim();
  if (!inner.startsWith('(')) throw malformed('Missing left parenthesis.');
  const fields: (string | null)[] = [];
  let at = 1;
  for (;;) {
    let out = '';
    let present = false;
    for (;;) {
      const c = inner[at];
      if (c === undefined) throw malformed('Unexpected end of input.');
      if (c === ',' || c === ')') break;
      present = true;
      at++;
      if (c === '\\') out += inner[at++] ?? '';
      else if (c === '"') {
        for (;;) {
          const q = inner[at++];
          if (q === undefined) throw malformed('Unexpected end of input.');
          if (q === '"') {
            if (inner[at] !== '"') break;
            at++;
            out += '"';
          } else out += q === '\\' ? (inner[at++] ?? '') : q;
        }
      } else out += c;
    }
    fields.push(present ? out : null);
    if (inner[at++] === ')') break;
  }
  if (at < inner.length) throw malformed('Junk after right parenthesis.');
  if (fields.length !== type.fields.length) throw malformed(fields.length < type.fields.length ? 'Too few columns.' : 'Too many columns.');
  return type.fields.map((f, i) => {
    const part = fields[i];
    return part === null || part === undefined ? null : textIn(part, f.type, cx);
  });
}
