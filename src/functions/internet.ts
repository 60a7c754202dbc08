import { SqlError } from '../common/errors.ts';
import { BIGINT, INT, TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { native, scalar } from './build.ts';
import type { FunctionDef, ScalarFunction } from './define.ts';

/** Addresses and URLs. What is malformed gives NULL, as in Flink, Hive and ksqlDB. */

/** `a.b.c.d` as a number; fewer parts leave the missing bytes in the last one, as MySQL and Flink have it. */
function addressToNumber(text: string): bigint | null {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((p) => /^\d{1,10}$/.test(p))) return null;
  const numbers = parts.map(BigInt);
  const last = numbers.pop() ?? 0n;
  if (numbers.some((n) => n > 255n) || last >= 256n ** BigInt(4 - numbers.length)) return null;
  return numbers.reduce((sum, n, i) => sum + (n << BigInt(8 * (3 - i))), last);
}

function numberToAddress(n: bigint): string | null {
  if (n < 0n || n > 0xffff_ffffn) return null;
  return [24n, 16n, 8n, 0n].map((shift) => (n >> shift) & 255n).join('.');
}

interface UrlParts {
  readonly protocol: string;
  readonly authority: string | null;
  readonly userInfo: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string;
  readonly query: string | null;
  readonly fragment: string | null;
}

/** RFC 3986, appendix B; the parts as they are written, nothing decoded. */
function urlParts(text: string): UrlParts | null {
  const m = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  if (m === null || /\s/.test(text)) return null;
  const [, protocol = '', authority = null, path = '', query = null, fragment = null] = m;
  const a = authority === null ? null : /^(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority);
  if (authority !== null && a === null) return null;
  const port = a?.[3] === undefined || a[3] === '' ? null : Number(a[3]);
  if (port !== null && port > 65_535) return null;
  return { protocol, authority, userInfo: a?.[1] ?? null, host: a?.[2] ?? null, port, path, query, fragment };
}

function parameter(query: string | null, key: string): string | null {
  for (const pair of query?.split('&') ?? []) {
    const at = pair.indexOf('=');
    if (at >= 0 && pair.slice(0, at) === key) return pair.slice(at + 1);
  }
  return null;
}

function parseUrl(url: string, part: string, key?: string): string | null {
  const parts = urlParts(url);
  if (parts === null) return null;
  switch (part) {
    case 'HOST':
      return parts.host;
    case 'PATH':
      return parts.path;
    case 'QUERY':
      return key === undefined ? parts.query : parameter(parts.query, key);
    case 'REF':
      return parts.fragment;
    case 'PROTOCOL':
      return parts.protocol;
    case 'AUTHORITY':
      return parts.authority;
    case 'USERINFO':
      return parts.userInfo;
    case 'FILE':
      return parts.query === null ? parts.path : `${parts.path}?${parts.query}`;
    default:
      return null;
  }
}

const extract = (name: string, doc: string, value: (parts: UrlParts) => Value, returns: SqlType, expected: string): ScalarFunction =>
  scalar(name, [native(['varchar'], returns, (url) => {
    const parts = urlParts(url);
    return parts === null ? null : value(parts);
  })], doc, [[`${name}('https://me@example.com:8080/a/b?x=1&y=2#top')`, expected]]);

/** Replaces letters and digits: by default `X`, `x`, `n` and `-` for the rest. */
function masked(text: string, from: number, to: number, marks: readonly string[]): string {
  const [upper = 'X', lower = 'x', digit = 'n', other = '-'] = marks;
  return Array.from(text, (c, i) => {
    if (i < from || i >= to) return c;
    return /\p{Lu}/u.test(c) ? upper : /\p{Ll}/u.test(c) ? lower : /\p{Nd}/u.test(c) ? digit : other;
  }).join('');
}
function count(n: number): number {
  if (n < 0) throw new SqlError('invalid_parameter_value', 'the number of characters must not be negative');
  return n;
}
const mask = (name: string, doc: string, range: (length: number, n: number) => readonly [number, number], expected: string): ScalarFunction =>
  scalar(name, [native(['varchar', 'int'], TEXT, (text, n) => {
    const [from, to] = range(Array.from(text).length, count(n));
    return masked(text, from, to, []);
  })], doc, [[`${name}('My Test $123', 4)`, expected]]);

export const internetFunctions: readonly FunctionDef[] = [
  scalar('inet_aton', [native(['varchar'], BIGINT, addressToNumber)], 'An IPv4 address as a number; NULL when it is none (Flink).', [[`inet_aton('127.0.0.1')`, '2130706433']]),
  scalar('inet_ntoa', [native(['bigint'], TEXT, numberToAddress)], 'The IPv4 address of a number; NULL beyond 32 bits (Flink).', [[`inet_ntoa(2130706433)`, '127.0.0.1']]),
  scalar(
    'parse_url',
    [native(['varchar', 'varchar'], TEXT, (url, part) => parseUrl(url, part)), native(['varchar', 'varchar', 'varchar'], TEXT, (url, part, key) => parseUrl(url, part, key))],
    'A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE, USERINFO, or one parameter of the query (Flink).',
    [[`parse_url('http://example.com/a?k=1', 'HOST')`, 'example.com'], [`parse_url('http://example.com/a?k=1', 'QUERY', 'k')`, '1']],
  ),
  extract('url_extract_host', 'The host of a URL.', (p) => p.host, TEXT, 'example.com'),
  extract('url_extract_port', 'The port of a URL.', (p) => p.port, INT, '8080'),
  extract('url_extract_path', 'The path of a URL.', (p) => p.path, TEXT, '/a/b'),
  extract('url_extract_query', 'The query of a URL.', (p) => p.query, TEXT, 'x=1&y=2'),
  extract('url_extract_protocol', 'The protocol of a URL.', (p) => p.protocol, TEXT, 'https'),
  extract('url_extract_fragment', 'The fragment of a URL.', (p) => p.fragment, TEXT, 'top'),
  scalar('url_extract_parameter', [native(['varchar', 'varchar'], TEXT, (url, key) => parameter(urlParts(url)?.query ?? null, key))], 'A parameter of a URL’s query.', [[`url_extract_parameter('https://example.com/?x=1', 'x')`, '1']]),
  scalar('mask', [native(['varchar'], TEXT, (text) => masked(text, 0, Infinity, []))], 'Letters as X and x, digits as n, the rest as - (ksqlDB).', [[`mask('My Test $123')`, 'Xx-Xxxx--nnn']]),
  mask('mask_left', 'As mask, of the first n characters.', (_length, n) => [0, n], 'Xx-Xest $123'),
  mask('mask_right', 'As mask, of the last n characters.', (length, n) => [length - n, length], 'My Test -nnn'),
  mask('mask_keep_left', 'As mask, but for the first n characters.', (length, n) => [n, length], 'My Txxx--nnn'),
  mask('mask_keep_right', 'As mask, but for the last n characters.', (length, n) => [0, Math.max(0, length - n)], 'Xx-Xxxx-$123'),
];
