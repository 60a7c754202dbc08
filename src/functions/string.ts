import { createHash } from 'node:crypto';
import { SqlError } from '../common/errors.ts';
import { fromHex, hex } from '../common/types/bytes-text.ts';
import { BOOLEAN, BYTEA, INT, TEXT } from '../common/types/sql-type.ts';
import { codePointLength, codePointOffset, fitChar, fitVarchar, trimBlanks } from '../common/types/text-length.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Value } from '../common/types/value.ts';
import { native, template } from './build.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { textContext } from './session-text.ts';

/** Text functions of PostgreSQL and Flink. Positions count code points from 1, but in split_index, which counts from 0. */

const RESULT_MAX = 256 * 1024 * 1024;

function tooLong(): SqlError {
  return new SqlError('program_limit_exceeded', 'requested length too large');
}

/** True when every code point is one UTF-16 unit. */
const SURROGATE = /[\ud800-\udfff]/;
const isPlain = (text: string): boolean => !SURROGATE.test(text);

/** `substring(text from start for count)`; start may be below 1. */
export function substring(text: string, start: number, count?: number): string {
  if (count !== undefined && count < 0) throw new SqlError('substring_error', 'negative substring length not allowed');
  const end = count === undefined ? Infinity : start + count;
  const from = Math.max(start, 1) - 1;
  const to = Math.max(end - 1, 0);
  if (isPlain(text)) return text.slice(from, to === Infinity ? undefined : Math.max(from, to));
  const begin = codePointOffset(text, from);
  return to === Infinity ? text.slice(begin) : text.slice(begin, Math.max(begin, codePointOffset(text, to)));
}

/** 1-based position of `part`, 0 when absent. */
export function position(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? 0 : codePointLength(text.slice(0, at)) + 1;
}

function left(text: string, n: number): string {
  const keep = n >= 0 ? n : Math.max(0, codePointLength(text) + n);
  return text.slice(0, codePointOffset(text, keep));
}

function right(text: string, n: number): string {
  const length = codePointLength(text);
  return text.slice(codePointOffset(text, n >= 0 ? Math.max(0, length - n) : -n));
}

function trimSet(text: string, characters: string, atStart: boolean, atEnd: boolean): string {
  const set = new Set(Array.from(characters));
  const points = Array.from(text);
  let from = 0;
  let to = points.length;
  if (atStart) while (from < to && set.has(points[from] ?? '')) from++;
  if (atEnd) while (to > from && set.has(points[to - 1] ?? '')) to--;
  return points.slice(from, to).join('');
}

function pad(text: string, length: number, fill: string, before: boolean): string {
  if (length > RESULT_MAX) throw tooLong();
  const have = codePointLength(text);
  if (length <= 0) return '';
  if (have >= length) return left(text, length);
  if (fill === '') return text;
  const need = length - have;
  const units = Array.from(fill);
  const padding = fill.repeat(Math.floor(need / units.length)) + units.slice(0, need % units.length).join('');
  return before ? padding + text : text + padding;
}

function repeat(text: string, n: number): string {
  if (n <= 0) return '';
  if (text.length * n > RESULT_MAX) throw tooLong();
  return text.repeat(n);
}

function translate(text: string, from: string, to: string): string {
  const source = Array.from(from);
  const target = Array.from(to);
  const map = new Map<string, string>();
  for (const [i, c] of source.entries()) if (!map.has(c)) map.set(c, target[i] ?? '');
  let out = '';
  for (const c of text) out += map.get(c) ?? c;
  return out;
}

const initcap = (text: string): string => text.toLowerCase().replace(/(^|[^\p{L}\p{N}])(\p{L})/gu, (_all, before: string, c: string) => before + c.toUpperCase());

function splitPart(text: string, delimiter: string, n: number): string {
  if (n === 0) throw new SqlError('invalid_parameter_value', 'field position must not be zero');
  if (delimiter === '') return n === 1 || n === -1 ? text : '';
  const parts = text.split(delimiter);
  return (n > 0 ? parts[n - 1] : parts[parts.length + n]) ?? '';
}

/** Field `index` (from 0) of a text cut at each delimiter, by a scan that makes no array; NULL when there are fewer. */
export function splitIndex(text: string, delimiter: string, index: number): string | null {
  if (index < 0 || delimiter === '') return null;
  let from = 0;
  for (let i = 0; i < index; i++) {
    const next = text.indexOf(delimiter, from);
    if (next < 0) return null;
    from = next + delimiter.length;
  }
  const end = text.indexOf(delimiter, from);
  return end < 0 ? text.slice(from) : text.slice(from, end);
}

function overlay(text: string, part: string, start: number, count: number): string {
  if (start < 1) throw new SqlError('substring_error', 'negative substring length not allowed');
  return substring(text, 1, start - 1) + part + substring(text, Math.max(start + count, 1));
}

function chr(n: number): string {
  if (n === 0) throw new SqlError('program_limit_exceeded', 'null character not permitted');
  if (n < 0 || n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) {
    throw new SqlError('program_limit_exceeded', 'requested character too large for encoding: ' + String(n));
  }
  return String.fromCodePoint(n);
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const bytesOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** Text of bytes. Errors: character_not_in_repertoire. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SqlError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8"');
  }
}

function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return hex(bytes);
    case 'base64':
      return Buffer.from(bytes).toString('base64').replace(/(.{76})(?=.)/g, '$1\n');
    case 'escape': {
      let out = '';
      for (const b of bytes) {
        if (b === 0x5c) out += '\\\\';
        else if (b === 0 || b >= 0x80) out += `\\${b.toString(8).padStart(3, '0')}`;
        else out += String.fromCharCode(b);
      }
      return out;
    }
    default:
      throw new SqlError('invalid_parameter_value', `unrecognized encoding: "${format}"`);
  }
}

function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case 'hex':
      return fromHex(text);
    case 'base64':
      return fromBase64(text);
    case 'escape':
      return utf8(text.replace(/\\(\\|[0-3][0-7]{2})/g, (_all, c: string) => (c === '\\' ? '\\' : String.fromCharCode(Number.parseInt(c, 8)))));
    default:
      throw new SqlError('invalid_parameter_value', `unrecognized encoding: "${format}"`);
  }
}

function fromBase64(text: string): Uint8Array {
  const compact = text.replace(/[\s]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0) {
    throw new SqlError('invalid_parameter_value', 'invalid base64 end sequence', { hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.' });
  }
  return bytesOf(Buffer.from(compact, 'base64'));
}

function convertEncoding(name: string): void {
  if (!/^utf-?8$/i.test(name)) throw new SqlError('feature_not_supported', `encoding "${name}" is not supported yet`, { hint: 'Use UTF8.' });
}

const digest = (algorithm: string, data: string | Uint8Array): Uint8Array => bytesOf(createHash(algorithm).update(data).digest());

function hashFunction(name: string, algorithm: string, example: readonly [string, string]): FunctionDef {
  return {
    kind: 'scalar',
    name,
    overloads: [
      native(['varchar'], TEXT, (s) => hex(digest(algorithm, s))),
      native(['bytea'], name === 'md5' ? TEXT : BYTEA, (b) => (name === 'md5' ? hex(digest(algorithm, b)) : digest(algorithm, b))),
    ],
    doc: `The ${name.toUpperCase()} digest: of text as hex digits (Flink), of bytes ${name === 'md5' ? 'too' : 'as bytes (PostgreSQL)'}.`,
    examples: [example],
  };
}

export const quoteIdent = (text: string): string => (/^[a-z_][a-z0-9_$]*$/.test(text) && !RESERVED.has(text) ? text : `"${text.replaceAll('"', '""')}"`);

/** Keywords that can't stand as a bare column name in PostgreSQL. */
const RESERVED: ReadonlySet<string> = new Set(
  ('all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character ' +
    'check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role ' +
    'current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists ' +
    'extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner inout int ' +
    'integer intersect interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural ' +
    'nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position ' +
    'precision primary real references returning right row select session_user setof similar smallint some substring symmetric table ' +
    'tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where ' +
    'window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable').split(' '),
);

export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}

/** `%s`, `%I`, `%L`, `%%`, positions `%2$s` and widths `%-10s`. */
function format(pattern: string, args: readonly (string | null)[]): string {
  let next = 0;
  let out = '';
  let last = 0;
  const spec = /%(?:(\d+)\$)?(-)?(\d+|\*)?(.?)/gs;
  for (let m = spec.exec(pattern); m !== null; m = spec.exec(pattern)) {
    out += pattern.slice(last, m.index);
    last = spec.lastIndex;
    const kind = m[4] ?? '';
    if (kind === '%') {
      out += '%';
      continue;
    }
    if (kind !== 's' && kind !== 'I' && kind !== 'L') {
      const detail = kind === '' ? 'unterminated format() type specifier' : `unrecognized format() type specifier "${kind}"`;
      throw new SqlError('invalid_parameter_value', detail, { hint: 'For a single "%" use "%%".' });
    }
    let width = m[3] === '*' ? Number(args[next++] ?? 0) : Number(m[3] ?? 0);
    let leftAlign = m[2] === '-';
    if (width < 0) {
      width = -width;
      leftAlign = true;
    }
    const at = m[1] === undefined ? next++ : Number(m[1]) - 1;
    if (m[1] !== undefined) next = at + 1;
    if (at < 0) throw new SqlError('invalid_parameter_value', 'format specifies argument 0, but arguments are numbered from 1');
    if (at >= args.length) throw new SqlError('invalid_parameter_value', 'too few arguments for format()');
    const value = args[at] ?? null;
    let text: string;
    if (kind === 'L') text = value === null ? 'NULL' : quoteLiteral(value);
    else if (kind === 'I') {
      if (value === null) throw new SqlError('null_value_not_allowed', 'null values cannot be formatted as an SQL identifier');
      text = quoteIdent(value);
    } else text = value ?? '';
    const padding = ' '.repeat(Math.max(0, width - codePointLength(text)));
    out += leftAlign ? text + padding : padding + text;
  }
  return out + pattern.slice(last);
}

/** Texts of arguments of any type, NULL as null. */
const texts =
  (fn: (values: readonly (string | null)[]) => Value): ScalarOverload['eval'] =>
  (values, cx, types) =>
    fn(values.map((v, i) => (v === null ? null : asText(v, types[i] ?? TEXT, textContext(cx)))));

function asText(value: Value, type: Parameters<typeof textOut>[1], cx: Parameters<typeof textOut>[2]): string {
  return type.kind === 'char' ? trimBlanks(value as string) : textOut(value, type, cx);
}

const concatWith: ScalarOverload['eval'] = texts(([a, b]) => `${a ?? ''}${b ?? ''}`);

const unary = (name: string, fn: (s: string) => Value, doc: string, example: readonly [string, string | null], aliases: readonly string[] = [], oid?: number): FunctionDef => ({
  kind: 'scalar',
  name,
  aliases,
  overloads: [native(['varchar'], TEXT, fn, oid === undefined ? {} : { oid })],
  doc,
  examples: [example],
});

export const stringFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: '||',
    operator: true,
    overloads: [
      native(['varchar', 'varchar'], TEXT, (a, b) => a + b, { emit: template((a, b) => `(${a} + ${b})`) }),
      { args: ['varchar', 'anynonarray'], returns: TEXT, volatility: 'stable', nulls: 'strict', eval: concatWith },
      { args: ['anynonarray', 'varchar'], returns: TEXT, volatility: 'stable', nulls: 'strict', eval: concatWith },
      native(['bytea', 'bytea'], BYTEA, (a, b) => bytesOf(Buffer.concat([a, b]))),
    ],
    doc: 'Joins two texts; NULL when either is NULL. One side may be of another type.',
    examples: [[`'a' || 'b'`, 'ab'], [`'n' || 1`, 'n1'], [`'a' || null`, null]],
  },
  {
    kind: 'scalar',
    name: 'length',
    aliases: ['char_length', 'character_length', 'len'],
    overloads: [native(['varchar'], INT, codePointLength, { oid: 1317 }), native(['bytea'], INT, (b) => b.length, { oid: 2010 })],
    doc: 'Characters of a text, or bytes of a bytea.',
    examples: [[`length('kafka')`, '5'], [`char_length('é')`, '1']],
  },
  {
    kind: 'scalar',
    name: 'octet_length',
    overloads: [native(['varchar'], INT, (s) => Buffer.byteLength(s)), native(['bytea'], INT, (b) => b.length)],
    doc: 'Bytes of a text in UTF-8, or of a bytea.',
    examples: [[`octet_length('é')`, '2']],
  },
  {
    kind: 'scalar',
    name: 'bit_length',
    overloads: [native(['varchar'], INT, (s) => Buffer.byteLength(s) * 8), native(['bytea'], INT, (b) => b.length * 8)],
    doc: 'Bits of a text in UTF-8, or of a bytea.',
    examples: [[`bit_length('ab')`, '16']],
  },
  {
    kind: 'scalar',
    name: 'upper',
    overloads: [native(['varchar'], TEXT, (s) => s.toUpperCase(), { oid: 871, emit: template((s) => `${s}.toUpperCase()`) })],
    doc: 'The text in upper case.',
    examples: [[`upper('kafka')`, 'KAFKA']],
  },
  {
    kind: 'scalar',
    name: 'lower',
    overloads: [native(['varchar'], TEXT, (s) => s.toLowerCase(), { oid: 870, emit: template((s) => `${s}.toLowerCase()`) })],
    doc: 'The text in lower case.',
    examples: [[`lower('KAFKA')`, 'kafka']],
  },
  unary('initcap', initcap, 'The first letter of each word in upper case, the rest in lower case.', [`initcap('hello wORLD')`, 'Hello World'], [], 872),
  unary('reverse', (s) => Array.from(s).reverse().join(''), 'The characters in reverse order.', [`reverse('abc')`, 'cba'], [], 3062),
  {
    kind: 'scalar',
    name: 'substring',
    aliases: ['substr'],
    overloads: [
      native(['varchar', 'int'], TEXT, (s, from) => substring(s, from), { oid: 937 }),
      native(['varchar', 'int', 'int'], TEXT, (s, from, count) => substring(s, from, count), { oid: 936 }),
      native(['bytea', 'int'], BYTEA, (b, from) => b.slice(Math.max(from - 1, 0))),
      native(['bytea', 'int', 'int'], BYTEA, (b, from, count) => {
        if (count < 0) throw new SqlError('substring_error', 'negative substring length not allowed');
        return b.slice(Math.max(from - 1, 0), Math.max(from - 1 + count, 0));
      }),
    ],
    doc: 'Characters from a 1-based start, all or `count` of them. With a pattern: see regular expressions.',
    examples: [[`substring('Thomas', 2, 3)`, 'hom'], [`substring('Thomas', 3)`, 'omas'], [`substring('Thomas', -1, 3)`, 'T']],
  },
  {
    kind: 'scalar',
    name: 'position',
    overloads: [native(['varchar', 'varchar'], INT, (part, s) => position(s, part))],
    doc: '`position(part IN text)`: where the first occurrence starts, from 1; 0 when there is none.',
    examples: [[`position('om', 'Thomas')`, '3']],
  },
  {
    kind: 'scalar',
    name: 'strpos',
    aliases: ['instr'],
    overloads: [native(['varchar', 'varchar'], INT, position, { oid: 868 })],
    doc: 'As position, with the text first.',
    examples: [[`strpos('Thomas', 'om')`, '3']],
  },
  {
    kind: 'scalar',
    name: 'locate',
    overloads: [
      native(['varchar', 'varchar'], INT, (part, s) => position(s, part)),
      native(['varchar', 'varchar', 'int'], INT, (part, s, from) => {
        if (from < 1) return 0;
        const at = s.indexOf(part, codePointOffset(s, from - 1));
        return at < 0 ? 0 : codePointLength(s.slice(0, at)) + 1;
      }),
    ],
    doc: 'Where `part` first occurs at or after a position, from 1; 0 when there is none.',
    examples: [[`locate('a', 'banana', 3)`, '4']],
  },
  {
    kind: 'scalar',
    name: 'left',
    overloads: [native(['varchar', 'int'], TEXT, left, { oid: 3060 })],
    doc: 'The first n characters; a negative n leaves out the last |n|.',
    examples: [[`left('abcde', 2)`, 'ab'], [`left('abcde', -2)`, 'abc']],
  },
  {
    kind: 'scalar',
    name: 'right',
    overloads: [native(['varchar', 'int'], TEXT, right, { oid: 3061 })],
    doc: 'The last n characters; a negative n leaves out the first |n|.',
    examples: [[`right('abcde', 2)`, 'de'], [`right('abcde', -2)`, 'cde']],
  },
  ...(
    [
      ['btrim', true, true, ['trim'], `btrim('xyxtrimyyx', 'xyz')`, 'trim', 'both ends'],
      ['ltrim', true, false, [], `ltrim('zzzytest', 'xyz')`, 'test', 'the start'],
      ['rtrim', false, true, [], `rtrim('testxxzx', 'xyz')`, 'test', 'the end'],
    ] as const
  ).map(
    ([name, start, end, aliases, sql, expected, where]): FunctionDef => ({
      kind: 'scalar',
      name,
      aliases,
      overloads: [
        native(['varchar'], TEXT, (s) => trimSet(s, ' ', start, end)),
        native(['varchar', 'varchar'], TEXT, (s, set) => trimSet(s, set, start, end)),
      ],
      doc: `Takes blanks, or any of the given characters, off ${where}.`,
      examples: [[sql, expected]],
    }),
  ),
  {
    kind: 'scalar',
    name: 'lpad',
    overloads: [native(['varchar', 'int'], TEXT, (s, n) => pad(s, n, ' ', true)), native(['varchar', 'int', 'varchar'], TEXT, (s, n, fill) => pad(s, n, fill, true))],
    doc: 'Fills up to a length at the start; cuts what is longer.',
    examples: [[`lpad('hi', 5, 'xy')`, 'xyxhi']],
  },
  {
    kind: 'scalar',
    name: 'rpad',
    overloads: [native(['varchar', 'int'], TEXT, (s, n) => pad(s, n, ' ', false)), native(['varchar', 'int', 'varchar'], TEXT, (s, n, fill) => pad(s, n, fill, false))],
    doc: 'Fills up to a length at the end; cuts what is longer.',
    examples: [[`rpad('hi', 5, 'xy')`, 'hixyx']],
  },
  {
    kind: 'scalar',
    name: 'repeat',
    overloads: [native(['varchar', 'int'], TEXT, repeat)],
    doc: 'The text n times.',
    examples: [[`repeat('Pg', 3)`, 'PgPgPg']],
  },
  {
    kind: 'scalar',
    name: 'replace',
    overloads: [native(['varchar', 'varchar', 'varchar'], TEXT, (s, from, to) => (from === '' ? s : s.replaceAll(from, () => to)))],
    doc: 'Replaces every occurrence.',
    examples: [[`replace('abcabc', 'b', 'X')`, 'aXcaXc']],
  },
  {
    kind: 'scalar',
    name: 'translate',
    overloads: [native(['varchar', 'varchar', 'varchar'], TEXT, translate)],
    doc: 'Replaces each character of the second text by the one at its place in the third, or drops it.',
    examples: [[`translate('12345', '143', 'ax')`, 'a2x5']],
  },
  {
    kind: 'scalar',
    name: 'overlay',
    overloads: [
      native(['varchar', 'varchar', 'int'], TEXT, (s, part, from) => overlay(s, part, from, codePointLength(part))),
      native(['varchar', 'varchar', 'int', 'int'], TEXT, overlay),
    ],
    doc: '`overlay(text PLACING part FROM start FOR count)`.',
    examples: [[`overlay('Txxxxas', 'hom', 2, 4)`, 'Thomas']],
  },
  {
    kind: 'scalar',
    name: 'split_part',
    overloads: [native(['varchar', 'varchar', 'int'], TEXT, splitPart)],
    doc: 'The n-th field (from 1, or from the end when negative) of a text cut at each delimiter; empty when there are fewer.',
    examples: [[`split_part('a,b,c', ',', 2)`, 'b'], [`split_part('a,b,c', ',', -1)`, 'c']],
  },
  {
    kind: 'scalar',
    name: 'split_index',
    overloads: [
      native(['varchar', 'varchar', 'int'], TEXT, splitIndex),
      native(['varchar', 'int', 'int'], TEXT, (s, code, index) => (code > 255 || code < 1 ? null : splitIndex(s, String.fromCharCode(code), index))),
    ],
    doc: 'Field `index`, counted from 0, of a text cut at each delimiter (a text, or a character code); NULL when there are fewer.',
    examples: [[`split_index('https://a.b/c/d', '/', 3)`, 'c'], [`split_index('a', '/', 1)`, null]],
  },
  {
    kind: 'scalar',
    name: 'starts_with',
    aliases: ['startswith', '^@'],
    overloads: [native(['varchar', 'varchar'], BOOLEAN, (s, part) => s.startsWith(part))],
    doc: 'Whether the text starts with another.',
    examples: [[`starts_with('alphabet', 'alph')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'endswith',
    aliases: ['ends_with'],
    overloads: [native(['varchar', 'varchar'], BOOLEAN, (s, part) => s.endsWith(part))],
    doc: 'Whether the text ends with another.',
    examples: [[`endswith('alphabet', 'bet')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'concat',
    overloads: [{ args: [], variadic: 'any', returns: TEXT, volatility: 'stable', nulls: 'custom', eval: texts((all) => all.filter((s) => s !== null).join('')) }],
    doc: 'Joins the texts of all arguments; NULLs are left out (PostgreSQL’s rule, not Flink’s).',
    examples: [[`concat('a', null, 1)`, 'a1']],
  },
  {
    kind: 'scalar',
    name: 'concat_ws',
    overloads: [
      {
        args: ['varchar'],
        variadic: 'any',
        returns: TEXT,
        volatility: 'stable',
        nulls: 'custom',
        eval: texts(([separator, ...rest]) => (separator === null || separator === undefined ? null : rest.filter((s) => s !== null).join(separator))),
      },
    ],
    doc: 'Joins the texts of the arguments with a separator; NULLs are left out.',
    examples: [[`concat_ws(',', 'a', null, 'b')`, 'a,b']],
  },
  {
    kind: 'scalar',
    name: 'format',
    overloads: [
      {
        args: ['varchar'],
        variadic: 'any',
        returns: TEXT,
        volatility: 'stable',
        nulls: 'custom',
        eval: texts(([pattern, ...rest]) => (pattern === null || pattern === undefined ? null : format(pattern, rest))),
      },
    ],
    doc: 'Fills `%s` (text), `%I` (quoted identifier) and `%L` (quoted literal) in a pattern.',
    examples: [[`format('Hello %s, %2$L', 'World', 'x')`, `Hello World, 'x'`]],
  },
  {
    kind: 'scalar',
    name: 'ascii',
    overloads: [native(['varchar'], INT, (s) => s.codePointAt(0) ?? 0)],
    doc: 'Code point of the first character; 0 for the empty text.',
    examples: [[`ascii('x')`, '120']],
  },
  {
    kind: 'scalar',
    name: 'chr',
    overloads: [native(['int'], TEXT, chr)],
    doc: 'The character of a code point.',
    examples: [['chr(65)', 'A']],
  },
  hashFunction('md5', 'md5', [`md5('abc')`, '900150983cd24fb0d6963f7d28e17f72']),
  hashFunction('sha1', 'sha1', [`sha1('abc')`, 'a9993e364706816aba3e25717850c26c9cd0d89d']),
  hashFunction('sha224', 'sha224', [`sha224('abc')`, '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7']),
  hashFunction('sha256', 'sha256', [`sha256('abc')`, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad']),
  hashFunction('sha384', 'sha384', [
    `sha384('abc')`,
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  ]),
  hashFunction('sha512', 'sha512', [
    `sha512('abc')`,
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ]),
  {
    kind: 'scalar',
    name: 'encode',
    overloads: [native(['bytea', 'varchar'], TEXT, encode, { oid: 1946 })],
    doc: 'Bytes as text: `hex`, `base64` or `escape`.',
    examples: [[`encode('\\x123aff', 'hex')`, '123aff'], [`encode('abc', 'base64')`, 'YWJj']],
  },
  {
    kind: 'scalar',
    name: 'decode',
    overloads: [native(['varchar', 'varchar'], BYTEA, decode, { oid: 1947 })],
    doc: 'Bytes of a text in `hex`, `base64` or `escape`.',
    examples: [[`decode('YWJj', 'base64')`, '\\x616263']],
  },
  {
    kind: 'scalar',
    name: 'to_base64',
    overloads: [native(['varchar'], TEXT, (s) => Buffer.from(s).toString('base64')), native(['bytea'], TEXT, (b) => Buffer.from(b).toString('base64'))],
    doc: 'Base64 of a text in UTF-8, or of bytes, without line breaks.',
    examples: [[`to_base64('hello')`, 'aGVsbG8=']],
  },
  unary('from_base64', (s) => decodeUtf8(fromBase64(s)), 'The UTF-8 text of base64.', [`from_base64('aGVsbG8=')`, 'hello']),
  {
    kind: 'scalar',
    name: 'convert_from',
    overloads: [native(['bytea', 'name'], TEXT, (b, encoding) => (convertEncoding(encoding), decodeUtf8(b)))],
    doc: 'Text of bytes in an encoding (UTF8).',
    examples: [[`convert_from('\\x6162', 'UTF8')`, 'ab']],
  },
  {
    kind: 'scalar',
    name: 'convert_to',
    overloads: [native(['varchar', 'name'], BYTEA, (s, encoding) => (convertEncoding(encoding), utf8(s)))],
    doc: 'Bytes of a text in an encoding (UTF8).',
    examples: [[`convert_to('ab', 'UTF8')`, '\\x6162']],
  },
  {
    kind: 'scalar',
    name: 'to_hex',
    overloads: [native(['int'], TEXT, (n) => (n >>> 0).toString(16)), native(['bigint'], TEXT, (n) => BigInt.asUintN(64, n).toString(16))],
    doc: 'Hex digits of an integer, two’s complement.',
    examples: [['to_hex(255)', 'ff']],
  },
  {
    kind: 'scalar',
    name: 'hex',
    overloads: [native(['bigint'], TEXT, (n) => BigInt.asUintN(64, n).toString(16).toUpperCase()), native(['varchar'], TEXT, (s) => hex(utf8(s)).toUpperCase())],
    doc: 'Upper-case hex digits of an integer or of a text’s UTF-8 bytes.',
    examples: [['hex(20)', '14'], [`hex('hello')`, '68656C6C6F']],
  },
  {
    kind: 'scalar',
    name: 'unhex',
    overloads: [native(['varchar'], BYTEA, (s) => (/^(?:[0-9a-fA-F]{2})*$/.test(s) ? fromHex(s) : null))],
    doc: 'Bytes of hex digits; NULL when they are not.',
    examples: [[`unhex('466C')`, '\\x466c']],
  },
  {
    kind: 'scalar',
    name: 'bin',
    overloads: [native(['bigint'], TEXT, (n) => BigInt.asUintN(64, n).toString(2))],
    doc: 'Binary digits of an integer.',
    examples: [['bin(4)', '100']],
  },
  unary('url_encode', (s) => encodeURIComponent(s).replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+'), 'Percent-encodes for a form (a blank becomes +).', [`url_encode('a b&c')`, 'a+b%26c']),
  unary(
    'url_decode',
    (s) => {
      try {
        return decodeURIComponent(s.replaceAll('+', '%20'));
      } catch {
        return null;
      }
    },
    'Undoes url_encode; NULL for a malformed text.',
    [`url_decode('a+b%26c')`, 'a b&c'],
  ),
  unary('quote_ident', quoteIdent, 'The text as an identifier, quoted if it must be.', [`quote_ident('Foo bar')`, '"Foo bar"'], [], 1282),
  {
    kind: 'scalar',
    name: 'quote_literal',
    overloads: [{ args: ['any'], returns: TEXT, volatility: 'stable', nulls: 'strict', eval: texts(([s]) => quoteLiteral(s ?? '')) }],
    doc: 'The text as a string literal.',
    examples: [[`quote_literal('O''Reilly')`, `'O''Reilly'`]],
  },
  {
    kind: 'scalar',
    name: 'quote_nullable',
    overloads: [{ args: ['any'], returns: TEXT, volatility: 'stable', nulls: 'custom', eval: texts(([s]) => (s === null || s === undefined ? 'NULL' : quoteLiteral(s))) }],
    doc: 'As quote_literal; NULL gives the text NULL.',
    examples: [['quote_nullable(null)', 'NULL']],
  },
  {
    kind: 'scalar',
    name: 'elt',
    overloads: [
      {
        args: ['int', 'varchar'],
        variadic: 'varchar',
        returns: TEXT,
        volatility: 'immutable',
        nulls: 'custom',
        eval: ([n, ...rest]) => (typeof n === 'number' && n >= 1 ? (rest[n - 1] ?? null) : null),
      },
    ],
    doc: 'The n-th of the following texts; NULL when there is none.',
    examples: [[`elt(2, 'a', 'b')`, 'b']],
  },
  {
    kind: 'scalar',
    name: 'is_alpha',
    overloads: [native(['varchar'], BOOLEAN, (s) => /^\p{L}+$/u.test(s))],
    doc: 'Whether all characters are letters.',
    examples: [[`is_alpha('abc')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'is_digit',
    overloads: [native(['varchar'], BOOLEAN, (s) => /^\p{Nd}+$/u.test(s))],
    doc: 'Whether all characters are digits.',
    examples: [[`is_digit('12a')`, 'f']],
  },
  {
    kind: 'scalar',
    name: 'is_decimal',
    overloads: [native(['varchar'], BOOLEAN, (s) => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(s))],
    doc: 'Whether the text is a number.',
    examples: [[`is_decimal('1.5')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'assign_varchar',
    overloads: [native(['varchar', 'int'], TEXT, (s, n) => fitVarchar(s, n, true))],
    doc: 'What storing into a varchar(n) column does: an error when characters other than blanks would be lost.',
    examples: [[`assign_varchar('ab  ', 2)`, 'ab']],
  },
  {
    kind: 'scalar',
    name: 'assign_char',
    overloads: [native(['varchar', 'int'], TEXT, (s, n) => fitChar(s, n, true))],
    doc: 'What storing into a char(n) column does: pads with blanks; an error when other characters would be lost.',
    examples: [[`assign_char('ab', 3)`, 'ab ']],
  },
];
