import { isUtf8 } from 'node:buffer';
import { SqlError } from '../common/errors.ts';
import type { Span } from '../common/span.ts';

const SIMPLE: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g;

/**
 * Decodes the backslash escapes of an `E'..'` string. Octal and hexadecimal escapes give bytes of UTF-8; a run of them
 * is decoded together.
 */
export function decodeEscapes(raw: string, span: Span): string {
  const bytes: number[] = [];
  let out = '';
  let last = 0;
  const flush = (): void => {
    if (bytes.length === 0) return;
    const at = Buffer.from(bytes);
    if (bytes.includes(0) || !isUtf8(at)) throw new SqlError('character_not_in_repertoire', `invalid byte sequence for encoding "UTF8": ${invalidBytes(at)}`, { span });
    out += at.toString('utf8');
    bytes.length = 0;
  };
  for (const match of raw.matchAll(ESCAPE)) {
    if (match.index > last) flush();
    out += raw.slice(last, match.index);
    last = match.index + match[0].length;
    const [, u4, u8, hex, octal, other] = match;
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else {
      flush();
      if (other === 'u' || other === 'U') throw invalidEscape(span, 'Unicode escapes must be \\uXXXX or \\UXXXXXXXX.');
      out += other === undefined ? codePoint(Number.parseInt(u4 ?? u8 ?? '', 16), span) : (SIMPLE[other] ?? other);
    }
  }
  flush();
  return checkPairs(out + raw.slice(last), span);
}

/** The first bytes that are no character, as PostgreSQL shows them. */
function invalidBytes(bytes: Buffer): string {
  let at = 0;
  const lengthAt = (i: number): number => {
    const b = bytes[i] ?? 0;
    return b < 0x80 ? 1 : b >= 0xc0 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf8 ? 4 : 1;
  };
  while (at < bytes.length && bytes[at] !== 0 && isUtf8(bytes.subarray(at, at + lengthAt(at)))) at += lengthAt(at);
  return [...bytes.subarray(at, at + lengthAt(at))].map((b) => `0x${b.toString(16).padStart(2, '0')}`).join(' ');
}

/** Decodes `\XXXX` and `\+XXXXXX` of `U&'..'`, with `escape` in the backslash's place. */
export function decodeUnicodeEscapes(raw: string, escape: string, span: Span): string {
  if (/[0-9a-fA-F+'"\s]/.test(escape)) throw new SqlError('syntax_error', 'invalid Unicode escape character', { span });
  let out = '';
  let at = 0;
  for (;;) {
    const next = raw.indexOf(escape, at);
    if (next < 0) return checkPairs(out + raw.slice(at), span);
    out += raw.slice(at, next);
    const rest = raw.slice(next + 1, next + 8);
    const code = /^(?:([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6}))/.exec(rest);
    if (rest.startsWith(escape)) {
      out += escape;
      at = next + 2;
    } else if (code === null) throw invalidEscape(span, 'Unicode escapes must be \\XXXX or \\+XXXXXX.');
    else {
      out += codePoint(Number.parseInt(code[1] ?? code[2] ?? '', 16), span);
      at = next + 1 + code[0].length;
    }
  }
}

/** Surrogates are let through one by one; `checkPairs` sees whether they pair up. */
function codePoint(code: number, span: Span): string {
  if (code === 0 || code > 0x10ffff) throw invalidEscape(span, 'The value is not a Unicode code point.');
  return String.fromCodePoint(code);
}

function checkPairs(text: string, span: Span): string {
  if (!text.isWellFormed()) throw new SqlError('syntax_error', 'invalid Unicode surrogate pair', { span });
  return text;
}

function invalidEscape(span: Span, hint: string): SqlError {
  return new SqlError('invalid_escape_sequence', 'invalid Unicode escape', { span, hint });
}
