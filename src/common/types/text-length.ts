import { SqlError } from '../errors.ts';

/** Lengths: of char(n) and varchar(n), counted in code points, and of BINARY(n) and VARBINARY(n), in bytes. */

export function codePointLength(text: string): number {
  let n = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        n--;
        i++;
      }
    }
  }
  return n;
}

/** UTF-16 offset of code point `count`, at most the length. */
export function codePointOffset(text: string, count: number): number {
  let i = 0;
  for (let n = 0; n < count && i < text.length; n++) {
    const unit = text.charCodeAt(i);
    const next = unit >= 0xd800 && unit < 0xdc00 ? text.charCodeAt(i + 1) : 0;
    i += next >= 0xdc00 && next < 0xe000 ? 2 : 1;
  }
  return i;
}

/**
 * Cuts to `length` code points. On assignment (`strict`) only blanks may be cut.
 * Errors: string_data_right_truncation.
 */
export function fitVarchar(text: string, length: number | undefined, strict: boolean): string {
  if (length === undefined || text.length <= length || codePointLength(text) <= length) return text;
  const end = codePointOffset(text, length);
  if (strict && /[^ ]/.test(text.slice(end))) {
    throw new SqlError('string_data_right_truncation', `value too long for type character varying(${length})`);
  }
  return text.slice(0, end);
}

/** PostgreSQL's limit of char(n) and varchar(n). */
export const LENGTH_MAX = 10_485_760;

/** Cuts or pads with blanks to `length` code points. Errors: invalid_parameter_value above LENGTH_MAX. */
export function fitChar(text: string, length: number, strict: boolean): string {
  if (length > LENGTH_MAX) throw new SqlError('invalid_parameter_value', `length for type char cannot exceed ${LENGTH_MAX}`);
  const n = codePointLength(text);
  if (n <= length) return text + ' '.repeat(length - n);
  const end = codePointOffset(text, length);
  if (strict && /[^ ]/.test(text.slice(end))) {
    throw new SqlError('string_data_right_truncation', `value too long for type character(${length})`);
  }
  return text.slice(0, end);
}

/**
 * Cuts to `length` bytes; `fixed` fills up with zero bytes too. On assignment (`strict`) nothing may be cut.
 * Errors: string_data_right_truncation.
 */
export function fitBytes(bytes: Uint8Array, length: number | undefined, fixed: boolean, strict: boolean): Uint8Array {
  if (length === undefined || bytes.length === length || (bytes.length < length && !fixed)) return bytes;
  if (bytes.length > length) {
    if (strict) throw new SqlError('string_data_right_truncation', `value too long for type ${fixed ? 'binary' : 'varbinary'}(${length})`);
    return bytes.slice(0, length);
  }
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
}

/** Without the blanks that pad char(n). */
export function trimBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}
