import { SqlError } from '../errors.ts';

/** bytea and uuid text, and byte order. */

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += HEX[b] ?? '';
  return out;
}

export const byteaToText = (bytes: Uint8Array): string => `\\x${hex(bytes)}`;

/** Pairs of hex digits; white space between pairs is allowed. Errors: invalid_parameter_value. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  const bad = /[^0-9a-fA-F]/.exec(digits);
  if (bad !== null) throw new SqlError('invalid_parameter_value', `invalid hexadecimal digit: "${bad[0]}"`);
  if (digits.length % 2 !== 0) throw new SqlError('invalid_parameter_value', 'invalid hexadecimal data: odd number of digits');
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Hex (`\x…`) and escape formats. */
export function byteaFromText(text: string): Uint8Array {
  if (text.startsWith('\\x')) return fromHex(text.slice(2));
  const bytes = new TextEncoder().encode(text);
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i] ?? 0;
    if (b !== 0x5c) {
      out.push(b);
      continue;
    }
    if (bytes[i + 1] === 0x5c) {
      out.push(0x5c);
      i++;
      continue;
    }
    const octal = String.fromCharCode(bytes[i + 1] ?? 0, bytes[i + 2] ?? 0, bytes[i + 3] ?? 0);
    if (!/^[0-3][0-7]{2}$/.test(octal)) throw new SqlError('invalid_text_representation', 'invalid input syntax for type bytea');
    out.push(Number.parseInt(octal, 8));
    i += 3;
  }
  return Uint8Array.from(out);
}

export function uuidToText(bytes: Uint8Array): string {
  const h = hex(bytes);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

/** Standard form, braces, upper case and hyphens after every fourth digit. */
export function uuidFromText(text: string): Uint8Array {
  const inner = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  if (!/^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/i.test(inner)) {
    throw new SqlError('invalid_text_representation', `invalid input syntax for type uuid: "${text}"`);
  }
  return fromHex(inner.replaceAll('-', ''));
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d < 0 ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** Order of UTF-8 bytes (C collation), which is code point order: UTF-16 units above the surrogates come first. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      if (x >= 0xd800 && y >= 0xd800) return fixUp(x) < fixUp(y) ? -1 : 1;
      return x < y ? -1 : 1;
    }
  }
  return Math.sign(a.length - b.length);
}

const fixUp = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);
