import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SqlError } from '../common/errors.ts';
import { BOOLEAN, BYTEA, TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { textOut } from '../common/types/text-codec.ts';
import { native, scalar } from './build.ts';
import { textContext } from './session-text.ts';
import type { FunctionDef, ScalarOverload } from './define.ts';

/** Keyed digests, Unicode forms, text that may be no UTF-8, and text by a printf format. */

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const ALGORITHMS: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']);

function algorithm(name: string): string {
  const lower = name.toLowerCase();
  if (!ALGORITHMS.has(lower)) throw new SqlError('invalid_parameter_value', `cannot use "${name}": no such hash algorithm`, { hint: `The algorithms are ${[...ALGORITHMS].join(', ')}.` });
  return lower;
}
const digest = (data: Uint8Array, name: string): Uint8Array => Uint8Array.from(createHash(algorithm(name)).update(data).digest());
const hmac = (data: Uint8Array, key: Uint8Array, name: string): Uint8Array => Uint8Array.from(createHmac(algorithm(name), key).update(data).digest());

/** Flink: 224, 256, 384, 512, and 0 for 256; another length gives NULL. */
function sha2(data: string | Uint8Array, bits: number): string | null {
  const name = bits === 0 ? 'sha256' : `sha${bits}`;
  return [0, 224, 256, 384, 512].includes(bits) ? createHash(name).update(data).digest('hex') : null;
}

function secureEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

const FORMS: ReadonlySet<string> = new Set(['NFC', 'NFD', 'NFKC', 'NFKD']);
function form(name: string): 'NFC' | 'NFD' | 'NFKC' | 'NFKD' {
  const upper = name.toUpperCase();
  if (!FORMS.has(upper)) throw new SqlError('invalid_parameter_value', `invalid normalization form: ${name}`);
  return upper as 'NFC' | 'NFD' | 'NFKC' | 'NFKD';
}

/** PostgreSQL's escapes: \XXXX, \+XXXXXX, \uXXXX, \UXXXXXXXX, \\. */
function unistr(text: string): string {
  const out = text.replace(/\\(?:(\\)|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-9a-fA-F]{4})|)/g, (_all: string, back?: string, ...hex: readonly unknown[]) => {
    if (back !== undefined) return '\\';
    const digits = hex.slice(0, 4).find((h): h is string => typeof h === 'string');
    const point = digits === undefined ? -1 : Number.parseInt(digits, 16);
    if (point < 0 || point > 0x10ffff || point === 0) throw new SqlError('syntax_error', 'invalid Unicode escape', { hint: 'Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.' });
    return String.fromCodePoint(point);
  });
  if (!out.isWellFormed()) throw new SqlError('syntax_error', 'invalid Unicode surrogate pair');
  return out;
}

function isValidUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Java's Formatter, the conversions that SQL values have: %s %d %f %e %x %X %o %c %b %n %%. */
function printf(format: string, args: readonly Value[], text: (v: Value, i: number) => string): string {
  let next = 0;
  return format.replace(/%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g, (all: string, index: string | undefined, flags: string, width: string | undefined, precision: string | undefined, conversion: string) => {
    if (conversion === '%') return '%';
    if (conversion === 'n') return '\n';
    const at = index === undefined ? next++ : Number(index) - 1;
    if (at >= args.length) throw new SqlError('invalid_parameter_value', `too few arguments for the format: "${all}"`);
    return padded(converted(args[at] ?? null, text, at, flags, precision === undefined ? null : Number(precision), conversion, all), flags, Number(width ?? 0));
  });
}

function converted(v: Value, text: (v: Value, i: number) => string, at: number, flags: string, precision: number | null, conversion: string, all: string): string {
  if (conversion === 'b' || conversion === 'B') return v === null ? 'false' : typeof v === 'boolean' ? String(v) : 'true';
  if (v === null) return 'null';
  const shown = text(v, at);
  const signed = (digits: string): string => {
    const negative = digits.startsWith('-');
    const body = negative ? digits.slice(1) : digits;
    const grouped = flags.includes(',') ? body.replace(/^\d+/, (d) => d.replace(/\B(?=(\d{3})+$)/g, ',')) : body;
    if (negative) return flags.includes('(') ? `(${grouped})` : `-${grouped}`;
    return flags.includes('+') ? `+${grouped}` : flags.includes(' ') ? ` ${grouped}` : grouped;
  };
  switch (conversion) {
    case 's':
      return precision === null ? shown : Array.from(shown).slice(0, precision).join('');
    case 'S':
      return shown.toUpperCase();
    case 'c':
      return /^\d+$/.test(shown) ? String.fromCodePoint(Number(shown)) : (Array.from(shown)[0] ?? '');
    case 'd':
      if (!/^-?\d+$/.test(shown)) break;
      return signed(shown);
    case 'x':
    case 'X':
    case 'o': {
      if (!/^-?\d+$/.test(shown)) break;
      const bits = typeof v === 'bigint' ? 64 : 32;
      const digits = BigInt.asUintN(bits, BigInt(shown)).toString(conversion === 'o' ? 8 : 16);
      return conversion === 'X' ? digits.toUpperCase() : digits;
    }
    case 'f':
    case 'e': {
      const n = Number(shown);
      if (Number.isNaN(n)) break;
      return signed(conversion === 'f' ? n.toFixed(precision ?? 6) : n.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2'));
    }
    default:
      break;
  }
  throw new SqlError('invalid_parameter_value', `the format "${all}" does not fit the value ${shown}`);
}

function padded(text: string, flags: string, width: number): string {
  if (width > 1_000_000) throw new SqlError('program_limit_exceeded', 'requested length too large');
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (flags.includes('0')) return text.replace(/^[-+ ]?/, (sign) => sign + '0'.repeat(missing));
  return ' '.repeat(missing) + text;
}

/** One overload for text, one for bytes. */
const both = <A extends readonly ('varchar' | 'bytea' | 'int')[]>(more: A, returns: SqlType, f: (data: Uint8Array, ...rest: readonly string[]) => Value): ScalarOverload[] => [
  { args: ['varchar', ...more], returns, volatility: 'immutable', nulls: 'strict', eval: ([a, ...rest]) => f(utf8(a as string), ...(rest as string[])) },
  { args: ['bytea', ...more], returns, volatility: 'immutable', nulls: 'strict', eval: ([a, ...rest]) => f(a as Uint8Array, ...(rest as string[])) },
];

export const codingFunctions: readonly FunctionDef[] = [
  scalar('digest', both(['varchar'], BYTEA, (data, name = '') => digest(data, name)), 'A digest by its name, as pgcrypto has it.', [[`encode(digest('abc', 'md5'), 'hex')`, '900150983cd24fb0d6963f7d28e17f72']]),
  scalar(
    'hmac',
    [
      native(['varchar', 'varchar', 'varchar'], BYTEA, (data, key, name) => hmac(utf8(data), utf8(key), name)),
      native(['bytea', 'bytea', 'varchar'], BYTEA, (data, key, name) => hmac(data, key, name)),
    ],
    'A keyed digest (data, key, algorithm), as pgcrypto has it.',
    [[`encode(hmac('data', 'key', 'md5'), 'hex')`, '9d5c73ef85594d34ec4438b7c97e51d8']],
  ),
  scalar('sha2', [native(['varchar', 'int'], TEXT, sha2), native(['bytea', 'int'], TEXT, sha2)], 'The SHA-2 digest of so many bits, in hexadecimal (Flink).', [[`sha2('abc', 224)`, '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7']]),
  scalar('secure_compare', [native(['varchar', 'varchar'], BOOLEAN, (a, b) => secureEqual(utf8(a), utf8(b))), native(['bytea', 'bytea'], BOOLEAN, secureEqual)], 'Whether two secrets are equal, in a time that says nothing of them.', [[`secure_compare('a', 'b')`, 'f']], ['constant_time_eq']),
  scalar(
    'printf',
    [{
      args: ['varchar'], variadic: 'any', returns: TEXT, volatility: 'stable', nulls: 'custom',
      eval: ([format = null, ...args], cx, [, ...types]) => (format === null ? null : printf(format as string, args, (v, i) => textOut(v as NonNullable<Value>, types[i] ?? TEXT, textContext(cx)))),
    }],
    'Text by a format of Java’s: %s, %d, %x, %f, %e, %c, %b, %n (Flink).',
    [[`printf('%s has %05d points, %.2f', 'Ann', 42, 1.5)`, 'Ann has 00042 points, 1.50'], [`printf('%x %-4s| %,d', 255, 'a', 1234567)`, 'ff a   | 1,234,567']],
  ),
  scalar('normalize', [native(['varchar'], TEXT, (text) => text.normalize('NFC')), native(['varchar', 'varchar'], TEXT, (text, name) => text.normalize(form(name)))], 'The text in a Unicode normal form, NFC by default.', [[`length(normalize('é', 'NFD'))`, '2']]),
  scalar('unistr', [native(['varchar'], TEXT, unistr)], 'The text with its Unicode escapes evaluated.', [[`unistr('d\\0061t\\+000061')`, 'data']]),
  scalar('is_valid_utf8', [native(['bytea'], BOOLEAN, isValidUtf8)], 'Whether bytes are UTF-8 (Flink).', [[`is_valid_utf8(decode('ff', 'hex'))`, 'f']]),
  scalar('make_valid_utf8', [native(['bytea'], TEXT, (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))], 'The text of bytes, what is no UTF-8 as U+FFFD (Flink).', [[`make_valid_utf8(decode('61ff', 'hex'))`, 'a\ufffd']]),
];
