import { SqlError } from '../errors.ts';
import { compareText } from './bytes-text.ts';
import { numericCompare } from './numeric-math.ts';
import { numericFromText, numericToText } from './numeric-text.ts';
import type { JsonNode, Numeric } from './value.ts';

/** jsonb: parse, print and order, PostgreSQL's. Numbers keep their digits; keys are unique, the last one wins. */

export interface JsonObject {
  readonly [key: string]: JsonNode;
}
const DEPTH_MAX = 1000;

export const isJsonNumber = (node: JsonNode): node is Numeric =>
  typeof node === 'object' && node !== null && !Array.isArray(node) && typeof (node as Numeric).unscaled === 'bigint';
export const isJsonArray = (node: JsonNode): node is readonly JsonNode[] => Array.isArray(node);
export const isJsonObject = (node: JsonNode): node is JsonObject =>
  typeof node === 'object' && node !== null && !Array.isArray(node) && !isJsonNumber(node);

/** An object without a prototype, so that any key is just a key. */
export function jsonObject(entries: Iterable<readonly [string, JsonNode]>): JsonObject {
  const out: Record<string, JsonNode> = Object.create(null) as Record<string, JsonNode>;
  for (const [key, value] of entries) out[key] = value;
  return out;
}

/** Keys in jsonb's order: shorter first (in bytes), then by bytes. */
export function jsonKeys(node: JsonObject): string[] {
  return Object.keys(node).sort((a, b) => byteLength(a) - byteLength(b) || compareText(a, b));
}

function byteLength(text: string): number {
  let n = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) n += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return n;
}

export type JsonTypeName = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

export function jsonTypeof(node: JsonNode): JsonTypeName {
  if (node === null) return 'null';
  if (typeof node === 'boolean') return 'boolean';
  if (typeof node === 'string') return 'string';
  if (isJsonArray(node)) return 'array';
  return isJsonNumber(node) ? 'number' : 'object';
}

/** `{"a": 1, "b": [1, 2]}`: jsonb's text. */
export function jsonToText(node: JsonNode): string {
  if (node === null) return 'null';
  if (typeof node === 'boolean') return node ? 'true' : 'false';
  if (typeof node === 'string') return quoteJson(node);
  if (isJsonArray(node)) return `[${node.map(jsonToText).join(', ')}]`;
  if (isJsonNumber(node)) return numericToText(node);
  return `{${jsonKeys(node).map((k) => `${quoteJson(k)}: ${jsonToText(node[k] ?? null)}`).join(', ')}}`;
}

/** Without blanks, keys in jsonb's order. */
export function jsonToCompactText(node: JsonNode): string {
  if (isJsonArray(node)) return `[${node.map(jsonToCompactText).join(',')}]`;
  if (isJsonObject(node)) return `{${jsonKeys(node).map((k) => `${quoteJson(k)}:${jsonToCompactText(node[k] ?? null)}`).join(',')}}`;
  return jsonToText(node);
}

/** `jsonb_pretty`: four blanks a level. */
export function jsonPretty(node: JsonNode, indent = ''): string {
  const inner = `${indent}    `;
  if (isJsonArray(node)) {
    if (node.length === 0) return `[\n${indent}]`;
    return `[\n${node.map((v) => inner + jsonPretty(v, inner)).join(',\n')}\n${indent}]`;
  }
  if (isJsonObject(node)) {
    const keys = jsonKeys(node);
    if (keys.length === 0) return `{\n${indent}}`;
    return `{\n${keys.map((k) => `${inner}${quoteJson(k)}: ${jsonPretty(node[k] ?? null, inner)}`).join(',\n')}\n${indent}}`;
  }
  return jsonToText(node);
}

/** A JSON string literal; escapes as PostgreSQL's `escape_json` (non-ASCII stays). */
export function quoteJson(text: string): string {
  return JSON.stringify(text);
}

const RANK: Readonly<Record<JsonTypeName, number>> = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 };

/** jsonb's btree order. An empty top-level array sorts before everything (a quirk that PostgreSQL documents). */
export function jsonCompare(a: JsonNode, b: JsonNode, top = true): number {
  const x = jsonTypeof(a);
  const y = jsonTypeof(b);
  if (x !== y) {
    if (top && x === 'array' && isJsonArray(a) && a.length === 0) return -1;
    if (top && y === 'array' && isJsonArray(b) && b.length === 0) return 1;
    return RANK[x] < RANK[y] ? -1 : 1;
  }
  if (a === null || b === null) return 0;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (isJsonArray(a) && isJsonArray(b)) {
    if (a.length !== b.length) return a.length < b.length ? -1 : 1;
    for (let i = 0; i < a.length; i++) {
      const c = jsonCompare(a[i] ?? null, b[i] ?? null, false);
      if (c !== 0) return c;
    }
    return 0;
  }
  if (isJsonNumber(a) && isJsonNumber(b)) return numericCompare(a, b);
  return compareObjects(a as JsonObject, b as JsonObject);
}

function compareObjects(a: JsonObject, b: JsonObject): number {
  const ka = jsonKeys(a);
  const kb = jsonKeys(b);
  if (ka.length !== kb.length) return ka.length < kb.length ? -1 : 1;
  for (let i = 0; i < ka.length; i++) {
    const p = ka[i] ?? '';
    const q = kb[i] ?? '';
    if (p !== q) return byteLength(p) - byteLength(q) || compareText(p, q);
    const c = jsonCompare(a[p] ?? null, b[q] ?? null, false);
    if (c !== 0) return c;
  }
  return 0;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;

/** Errors: invalid_text_representation. */
export function jsonFromText(text: string): JsonNode {
  let at = 0;
  const fail = (detail: string): SqlError =>
    new SqlError('invalid_text_representation', 'invalid input syntax for type json', { detail });
  const unexpected = (): SqlError => {
    if (at >= text.length) return fail('The input string ended unexpectedly.');
    const token = /^(?:"(?:[^"\\]|\\.)*"?|[\w.+-]+|.)/su.exec(text.slice(at))?.[0] ?? '';
    return fail(`Token "${token}" is invalid.`);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const value = (depth: number): JsonNode => {
    if (depth > DEPTH_MAX) throw new SqlError('statement_too_complex', 'JSON is nested too deeply');
    match(SPACE);
    const c = text[at];
    if (c === '"') return string();
    if (c === '{') return object(depth);
    if (c === '[') return array(depth);
    for (const [word, node] of WORDS) {
      if (text.startsWith(word, at) && !/[\w]/.test(text[at + word.length] ?? ' ')) {
        at += word.length;
        return node;
      }
    }
    const start = at;
    const number = match(NUMBER);
    if (number === undefined || /[\w.+-]/.test(text[at] ?? ' ')) {
      at = start;
      throw unexpected();
    }
    return numericFromText(number);
  };
  const string = (): string => {
    const literal = match(STRING);
    if (literal === undefined) throw unexpected();
    const decoded: unknown = JSON.parse(literal);
    if (typeof decoded !== 'string') throw unexpected();
    if (decoded.includes('\u0000')) {
      throw new SqlError('invalid_text_representation', 'unsupported Unicode escape sequence', { detail: '\\u0000 cannot be converted to text.' });
    }
    return decoded;
  };
  const array = (depth: number): JsonNode => {
    at++;
    const items: JsonNode[] = [];
    match(SPACE);
    if (text[at] === ']') {
      at++;
      return items;
    }
    for (;;) {
      items.push(value(depth + 1));
      match(SPACE);
      const c = text[at++];
      if (c === ']') return items;
      if (c !== ',') {
        at--;
        throw unexpected();
      }
    }
  };
  const object = (depth: number): JsonNode => {
    at++;
    const out: Record<string, JsonNode> = Object.create(null) as Record<string, JsonNode>;
    match(SPACE);
    if (text[at] === '}') {
      at++;
      return out;
    }
    for (;;) {
      match(SPACE);
      if (text[at] !== '"') throw unexpected();
      const key = string();
      match(SPACE);
      if (text[at] !== ':') throw unexpected();
      at++;
      out[key] = value(depth + 1);
      match(SPACE);
      const c = text[at++];
      if (c === '}') return out;
      if (c !== ',') {
        at--;
        throw unexpected();
      }
    }
  };
  const result = value(0);
  match(SPACE);
  if (at < text.length) throw unexpected();
  return result;
}

const WORDS: readonly (readonly [string, JsonNode])[] = [['true', true], ['false', false], ['null', null]];
