import { SqlError, notSupported } from '../common/errors.ts';
import { BIGINT, BYTEA, INT, TEXT } from '../common/types/sql-type.ts';
import { fitBytes } from '../common/types/text-length.ts';
import { native, scalar } from './build.ts';
import { toInt32 } from './integer.ts';
import type { FunctionDef } from './define.ts';

/** Bytes: their bits, parts of them, and their text in a character set other than UTF-8. */

function index(at: number, size: number): number {
  if (at < 0 || at >= size) throw new SqlError('array_subscript_error', `index ${at} out of valid range, 0..${size - 1}`);
  return at;
}
const byteAt = (bytes: Uint8Array, at: number): number => bytes[index(at, bytes.length)] ?? 0;

function bitIndex(bytes: Uint8Array, bit: bigint): readonly [at: number, mask: number] {
  const n = index(Number(bit), bytes.length * 8);
  return [n >> 3, 1 << (n & 7)];
}

function getBit(bytes: Uint8Array, bit: bigint): number {
  const [at, mask] = bitIndex(bytes, bit);
  return (byteAt(bytes, at) & mask) === 0 ? 0 : 1;
}

function setBit(bytes: Uint8Array, bit: bigint, value: number): Uint8Array {
  const [at, mask] = bitIndex(bytes, bit);
  if (value !== 0 && value !== 1) throw new SqlError('invalid_parameter_value', 'new bit must be 0 or 1');
  const old = byteAt(bytes, at);
  return setByte(bytes, at, value === 1 ? old | mask : old & ~mask);
}

function setByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[index(at, bytes.length)] = value;
  return out;
}

function bitCount(bytes: Uint8Array): bigint {
  let n = 0;
  for (let b of bytes) for (; b !== 0; b &= b - 1) n++;
  return BigInt(n);
}

function overlay(bytes: Uint8Array, by: Uint8Array, from: number, count: number): Uint8Array {
  if (from <= 0) throw new SqlError('substring_error', 'negative substring length not allowed');
  const after = toInt32(from + count) - 1;
  return Uint8Array.from([...bytes.subarray(0, from - 1), ...by, ...bytes.subarray(Math.max(0, after))]);
}

/** Takes bytes that are in `set` off the chosen ends. */
function trim(bytes: Uint8Array, set: Uint8Array, start: boolean, end: boolean): Uint8Array {
  let [from, to] = [0, bytes.length];
  while (start && from < to && set.includes(bytes[from] ?? 0)) from++;
  while (end && to > from && set.includes(bytes[to - 1] ?? 0)) to--;
  return bytes.slice(from, to);
}

const position = (part: Uint8Array, bytes: Uint8Array): number => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(part) + 1;

/** Java's standard character sets. */
const CHARSETS: Readonly<Record<string, { readonly encode: (text: string) => Uint8Array; readonly decode: (bytes: Uint8Array) => string }>> = {
  'UTF-8': { encode: (text) => new TextEncoder().encode(text), decode: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) },
  'US-ASCII': { encode: (text) => single(text, 0x7f), decode: (bytes) => Array.from(bytes, (b) => (b > 0x7f ? '\ufffd' : String.fromCharCode(b))).join('') },
  'ISO-8859-1': { encode: (text) => single(text, 0xff), decode: (bytes) => Array.from(bytes, (b) => String.fromCharCode(b)).join('') },
  'UTF-16BE': { encode: (text) => swapped(Buffer.from(text, 'utf16le')), decode: (bytes) => utf16(swapped(bytes)) },
  'UTF-16LE': { encode: (text) => Uint8Array.from(Buffer.from(text, 'utf16le')), decode: utf16 },
  'UTF-16': {
    encode: (text) => Uint8Array.from([0xfe, 0xff, ...swapped(Buffer.from(text, 'utf16le'))]),
    decode: (bytes) => (bytes[0] === 0xff && bytes[1] === 0xfe ? utf16(bytes.subarray(2)) : utf16(swapped(bytes[0] === 0xfe && bytes[1] === 0xff ? bytes.subarray(2) : bytes))),
  },
  'UTF-32': {
    encode: (text) => Uint8Array.from(Array.from(text).flatMap((c) => [24, 16, 8, 0].map((shift) => ((c.codePointAt(0) ?? 0) >>> shift) & 0xff))),
    decode: (bytes) => Array.from({ length: bytes.length >> 2 }, (_, i) => point(((bytes[i * 4] ?? 0) << 24) | ((bytes[i * 4 + 1] ?? 0) << 16) | ((bytes[i * 4 + 2] ?? 0) << 8) | (bytes[i * 4 + 3] ?? 0))).join(''),
  },
};
const ALIASES: Readonly<Record<string, string>> = { UTF8: 'UTF-8', ASCII: 'US-ASCII', LATIN1: 'ISO-8859-1', UTF16: 'UTF-16', UTF32: 'UTF-32' };

const single = (text: string, max: number): Uint8Array => Uint8Array.from(Array.from(text), (c) => ((c.codePointAt(0) ?? 0) > max ? 0x3f : (c.codePointAt(0) ?? 0)));
const swapped = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (_b, i) => bytes[i ^ 1] ?? 0);
const point = (n: number): string => (n >= 0 && n <= 0x10ffff ? String.fromCodePoint(n) : '\ufffd');
function utf16(bytes: Uint8Array): string {
  return new TextDecoder('utf-16le', { ignoreBOM: true }).decode(bytes);
}

/** Whether a name is of a character set, rather than of one of PostgreSQL's codings (hex, base64, escape). */
export const isCharset = (name: string): boolean => CHARSETS[ALIASES[name.toUpperCase()] ?? name.toUpperCase()] !== undefined;

function charset(name: string): (typeof CHARSETS)[string] {
  const found = CHARSETS[ALIASES[name.toUpperCase()] ?? name.toUpperCase()];
  if (found === undefined) throw notSupported(`the character set "${name}"`, undefined, `The sets are ${Object.keys(CHARSETS).join(', ')}.`);
  return found;
}

export const byteFunctions: readonly FunctionDef[] = [
  scalar('get_byte', [native(['bytea', 'int'], INT, byteAt, { oid: 721 })], 'A byte, counted from 0.', [[`get_byte('\\x0102', 1)`, '2']]),
  scalar('set_byte', [native(['bytea', 'int', 'int'], BYTEA, setByte, { oid: 722 })], 'With a byte, counted from 0, replaced.', [[`set_byte('\\x0102', 1, 255)`, '\\x01ff']]),
  scalar('get_bit', [native(['bytea', 'bigint'], INT, getBit, { oid: 723 })], 'A bit, counted from 0 in each byte’s lowest.', [[`get_bit('\\x0f', 3)`, '1']]),
  scalar('set_bit', [native(['bytea', 'bigint', 'int'], BYTEA, setBit, { oid: 724 })], 'With a bit replaced.', [[`set_bit('\\x0f', 0, 0)`, '\\x0e']]),
  scalar('bit_count', [native(['bytea'], BIGINT, bitCount, { oid: 6163 })], 'How many bits are set.', [[`bit_count('\\x0f')`, '4']]),
  scalar(
    'overlay',
    [native(['bytea', 'bytea', 'int'], BYTEA, (b, by, from) => overlay(b, by, from, by.length)), native(['bytea', 'bytea', 'int', 'int'], BYTEA, overlay)],
    'The same of bytes.', [[`overlay('\\x010203'::bytea, '\\xff'::bytea, 2)`, '\\x01ff03']],
  ),
  scalar('position', [native(['bytea', 'bytea'], INT, position)], 'The same of bytes.', [[`position('\\x02'::bytea, '\\x0102'::bytea)`, '2']]),
  scalar('btrim', [native(['bytea', 'bytea'], BYTEA, (b, set) => trim(b, set, true, true))], 'The same of bytes.', []),
  scalar('ltrim', [native(['bytea', 'bytea'], BYTEA, (b, set) => trim(b, set, true, false))], 'The same of bytes.', []),
  scalar('rtrim', [native(['bytea', 'bytea'], BYTEA, (b, set) => trim(b, set, false, true))], 'The same of bytes.', []),
  scalar('fit_bytes', [native(['bytea', 'int', 'boolean'], BYTEA, (b, n, fixed) => fitBytes(b, n, fixed, false))], 'A cast to VARBINARY(n), or with `true` to BINARY(n): cut, and filled up with zero bytes (Flink).', [[`fit_bytes('\\x6162', 4, true)`, '\\x61620000']]),
  scalar('assign_bytes', [native(['bytea', 'int', 'boolean'], BYTEA, (b, n, fixed) => fitBytes(b, n, fixed, true))], 'What storing into a VARBINARY(n) column does, or with `true` a BINARY(n) column: fills up with zero bytes; an error when bytes would be lost.', [[`assign_bytes('\\x6162', 3, true)`, '\\x616200']]),
  scalar('encode_charset', [native(['varchar', 'varchar'], BYTEA, (text, name) => charset(name).encode(text))], 'ENCODE with a character set’s name (Flink): the bytes of a text; what the set lacks becomes ?.', [[`encode_charset('é', 'ISO-8859-1')`, '\\xe9']]),
  scalar('decode_charset', [native(['bytea', 'varchar'], TEXT, (bytes, name) => charset(name).decode(bytes))], 'DECODE with a character set’s name (Flink): the text of bytes.', [[`decode_charset('\\x00410042', 'UTF-16BE')`, 'AB']]),
];
