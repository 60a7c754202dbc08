import { createHash } from 'node:crypto';
import { SqlError } from '../common/errors.ts';
import { fromHex, hex } from '../common/types/bytes-text.ts';
import { BYTEA, TEXT } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { native } from './build.ts';
import type { FunctionDef } from './define.ts';

/** Digests and codings of text and bytes. */

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
      return fromEscapes(text);
    default:
      throw new SqlError('invalid_parameter_value', `unrecognized encoding: "${format}"`);
  }
}

/** `\\` and octal `\303` are a byte each, everything else stands for its UTF-8. */
function fromEscapes(text: string): Uint8Array {
  const parts = text.split(/\\(\\|[0-3][0-7]{2})/);
  if (parts.some((part, i) => i % 2 === 0 && part.includes('\\'))) throw new SqlError('invalid_text_representation', 'invalid input syntax for type bytea');
  return bytesOf(Buffer.concat(parts.map((part, i) => (i % 2 === 0 ? utf8(part) : Uint8Array.of(part === '\\' ? 0x5c : Number.parseInt(part, 8))))));
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

/** Flink's rule for an odd number of digits: the first must be a digit, and is given as a zero byte. */
const unhex = (s: string): Uint8Array | null => (/^[0-9a-fA-F]*$/.test(s) ? fromHex(s.length % 2 === 0 ? s : `00${s.slice(1)}`) : null);

const unary = (name: string, fn: (s: string) => Value, doc: string, example: readonly [string, string | null]): FunctionDef => ({
  kind: 'scalar',
  name,
  overloads: [native(['varchar'], TEXT, fn)],
  doc,
  examples: [example],
});

export const encodingFunctions: readonly FunctionDef[] = [
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
  {
    kind: 'scalar',
    name: 'from_base64',
    overloads: [native(['varchar'], TEXT, (s) => decodeUtf8(fromBase64(s))), native(['bytea'], TEXT, (b) => decodeUtf8(fromBase64(decodeUtf8(b))))],
    doc: 'The UTF-8 text of base64, given as text or as its bytes.',
    examples: [[`from_base64('aGVsbG8=')`, 'hello']],
  },
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
    overloads: [native(['varchar'], BYTEA, unhex)],
    doc: 'Bytes of hex digits; NULL when they are not. Of an odd number of digits the first one counts as a zero byte.',
    examples: [[`unhex('466C')`, '\\x466c'], [`unhex('146')`, '\\x0046']],
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
];
