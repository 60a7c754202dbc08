import { SqlError } from '../common/errors.ts';
import { BOOLEAN, BYTEA, INT, TEXT, type SqlType } from '../common/types/sql-type.ts';
import { codePointLength, codePointOffset, fitChar, fitVarchar } from '../common/types/text-length.ts';
import type { Value } from '../common/types/value.ts';
import { native, template } from './build.ts';
import { toInt32 } from './integer.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';
import { castTextsOf, textsOf } from './texts.ts';

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

/** INSTR(text, part, from, nth), as Oracle's: 0 where there is none. Positions count characters. */
function occurrence(text: string, part: string, from: number, nth: number): number {
  if (nth < 1) throw new SqlError('invalid_parameter_value', 'INSTR: the occurrence must be greater than zero');
  if (from === 0) return 0;
  let start = codePointOffset(text, from > 0 ? from - 1 : Math.max(0, codePointLength(text) + from));
  if (from > 0 ? codePointLength(text) < from - 1 : codePointLength(text) < -from) return 0;
  for (let left = nth; ; left--) {
    const at = from > 0 ? text.indexOf(part, start) : text.lastIndexOf(part, start);
    // An empty part is everywhere, and indexOf finds it at the end however far behind that the search begins.
    if (at < 0 || (from > 0 && at < start)) return 0;
    if (left === 1) return codePointLength(text.slice(0, at)) + 1;
    if (from < 0 && at === 0) return 0;
    start = from > 0 ? at + (codePointLength(text.slice(at, at + 2)) === 1 ? 2 : 1) : at - 1;
  }
}

function left(text: string, n: number): string {
  const keep = n >= 0 ? n : Math.max(0, codePointLength(text) + n);
  return text.slice(0, codePointOffset(text, keep));
}

function right(text: string, n: number): string {
  const length = codePointLength(text);
  // PostgreSQL's negation of the smallest integer wraps.
  return text.slice(codePointOffset(text, n >= 0 ? Math.max(0, length - n) : n === -2147483648 ? 0 : -n));
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
  const have = codePointLength(text);
  if (length <= 0) return '';
  if (have >= length) return left(text, length);
  if (fill === '') return text;
  if (length > RESULT_MAX) throw tooLong();
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
  toInt32(start + count);
  return substring(text, 1, start - 1) + part + substring(text, Math.max(start + count, 1));
}

function chr(n: number): string {
  if (n === 0) throw new SqlError('program_limit_exceeded', 'null character not permitted');
  if (n < 0) throw new SqlError('invalid_parameter_value', 'character number must be positive');
  if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) {
    throw new SqlError('program_limit_exceeded', 'requested character too large for encoding: ' + String(n));
  }
  return String.fromCodePoint(n);
}

/** Flink's tests of what a text is made of: false of NULL. */
const falseOfNull = (pattern: RegExp): ScalarOverload => ({
  args: ['varchar'], returns: BOOLEAN, volatility: 'immutable', nulls: 'custom', eval: ([text]) => typeof text === 'string' && pattern.test(text),
});

const elt = (index: 'int' | 'bigint', of: 'varchar' | 'bytea', returns: SqlType): ScalarOverload => ({
  args: [index, of], variadic: of, returns, volatility: 'immutable', nulls: 'custom', eval: ([n, ...rest]) => (n !== null && Number(n) >= 1 ? (rest[Number(n) - 1] ?? null) : null),
});

const concatWith: ScalarOverload['eval'] = castTextsOf(([a, b]) => `${a ?? ''}${b ?? ''}`);

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
      native(['bytea', 'bytea'], BYTEA, (a, b) => Uint8Array.from(Buffer.concat([a, b]))),
    ],
    doc: 'Joins two texts; NULL when either is NULL. One side may be of another type.',
    examples: [[`'a' || 'b'`, 'ab'], [`'n' || 1`, 'n1'], [`'is ' || true`, 'is true'], [`'a' || null`, null]],
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
    overloads: [native(['varchar', 'varchar'], INT, position, { oid: 868 })],
    doc: 'As position, with the text first.',
    examples: [[`strpos('Thomas', 'om')`, '3']],
  },
  {
    kind: 'scalar',
    name: 'instr',
    overloads: [
      native(['varchar', 'varchar'], INT, position),
      native(['varchar', 'varchar', 'int'], INT, (s, part, from) => occurrence(s, part, from, 1)),
      native(['varchar', 'varchar', 'int', 'int'], INT, occurrence),
    ],
    doc: 'As strpos. With a position the search starts there, with a negative one at that character from the end and goes backwards; a fourth argument asks for the n-th occurrence. Occurrences may overlap.',
    examples: [[`instr('Thomas', 'om')`, '3'], [`instr('banana', 'an', 3)`, '4'], [`instr('banana', 'a', 1, 3)`, '6'], [`instr('banana', 'a', -2)`, '4']],
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
    overloads: [native(['varchar', 'varchar'], BOOLEAN, (s, part) => s.startsWith(part)), native(['bytea', 'bytea'], BOOLEAN, (s, part) => Buffer.compare(s.subarray(0, part.length), part) === 0)],
    doc: 'Whether the text starts with another.',
    examples: [[`starts_with('alphabet', 'alph')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'endswith',
    aliases: ['ends_with'],
    overloads: [native(['varchar', 'varchar'], BOOLEAN, (s, part) => s.endsWith(part)), native(['bytea', 'bytea'], BOOLEAN, (s, part) => part.length <= s.length && Buffer.compare(s.subarray(s.length - part.length), part) === 0)],
    doc: 'Whether the text ends with another.',
    examples: [[`endswith('alphabet', 'bet')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'concat',
    overloads: [{ args: [], variadic: 'any', returns: TEXT, volatility: 'stable', nulls: 'custom', eval: textsOf((all) => all.filter((s) => s !== null).join('')) }],
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
        eval: textsOf(([separator, ...rest]) => (separator === null || separator === undefined ? null : rest.filter((s) => s !== null).join(separator))),
      },
    ],
    doc: 'Joins the texts of the arguments with a separator; NULLs are left out.',
    examples: [[`concat_ws(',', 'a', null, 'b')`, 'a,b']],
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
    overloads: [native(['int'], TEXT, chr), native(['bigint'], TEXT, (code) => chr(Number(code)))],
    doc: 'The character of a code point.',
    examples: [['chr(65)', 'A']],
  },
  {
    kind: 'scalar',
    name: 'elt',
    overloads: [elt('int', 'varchar', TEXT), elt('bigint', 'varchar', TEXT), elt('int', 'bytea', BYTEA), elt('bigint', 'bytea', BYTEA)],
    doc: 'The n-th of the following texts or bytes; NULL when there is none.',
    examples: [[`elt(2, 'a', 'b')`, 'b']],
  },
  {
    kind: 'scalar',
    name: 'is_alpha',
    overloads: [falseOfNull(/^\p{L}+$/u)],
    doc: 'Whether all characters are letters; false of NULL.',
    examples: [[`is_alpha('abc')`, 't']],
  },
  {
    kind: 'scalar',
    name: 'is_digit',
    overloads: [falseOfNull(/^\p{Nd}+$/u)],
    doc: 'Whether all characters are digits; false of NULL.',
    examples: [[`is_digit('12a')`, 'f']],
  },
  {
    kind: 'scalar',
    name: 'is_decimal',
    overloads: [falseOfNull(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/)],
    doc: 'Whether the text is a number; false of NULL.',
    examples: [[`is_decimal('1.5')`, 't'], ['is_decimal(null)', 'f']],
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
