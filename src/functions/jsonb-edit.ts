import { SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonCompare, jsonObject } from '../common/types/json.ts';
import type { Json, JsonNode, Value } from '../common/types/value.ts';
import { getElement, isScalarNode } from './json-element.ts';

/** Finding, comparing and changing parts of JSON values, as PostgreSQL's jsonb operators do. */

export const member = (j: Json, key: string): JsonNode | undefined => (isJsonObject(j.json) ? j.json[key] : undefined);
/** A bare scalar counts as an array of one, as in PostgreSQL. */
export function item(j: Json, i: number): JsonNode | undefined {
  if (isJsonObject(j.json)) return undefined;
  const items = isJsonArray(j.json) ? j.json : [j.json];
  return items[i < 0 ? items.length + i : i];
}

export function follow(j: Json, path: readonly Value[]): JsonNode | undefined {
  let node: JsonNode | undefined = j.json;
  for (const key of path) {
    if (node === undefined || key === null) return undefined;
    node = getElement(node, key as string);
  }
  return node;
}

/** `@>`: objects by key, arrays by some equal element, scalars by value; a top array contains a bare scalar. */
export function contains(a: JsonNode, b: JsonNode, top = true): boolean {
  if (isJsonObject(a) && isJsonObject(b)) {
    return Object.keys(b).every((k) => {
      const mine = a[k];
      return mine !== undefined && contains(mine, b[k] ?? null, false);
    });
  }
  if (isJsonArray(a) && isJsonArray(b)) return b.every((x) => a.some((y) => contains(y, x, false)));
  if (top && isJsonArray(a) && isScalarNode(b)) return a.some((y) => jsonCompare(y, b, false) === 0);
  return isScalarNode(a) && isScalarNode(b) && jsonCompare(a, b, false) === 0;
}

export const hasKey = (j: Json, key: string): boolean =>
  isJsonObject(j.json) ? j.json[key] !== undefined : isJsonArray(j.json) ? j.json.includes(key) : j.json === key;

export function concat(a: JsonNode, b: JsonNode): JsonNode {
  if (isJsonObject(a) && isJsonObject(b)) return jsonObject([...Object.entries(a), ...Object.entries(b)]);
  return [...(isJsonArray(a) ? a : [a]), ...(isJsonArray(b) ? b : [b])];
}

export function deleteKey(node: JsonNode, key: string): JsonNode {
  if (isJsonObject(node)) return jsonObject(Object.entries(node).filter(([k]) => k !== key));
  if (isJsonArray(node)) return node.filter((x) => x !== key);
  throw new SqlError('invalid_parameter_value', 'cannot delete from scalar');
}

export function deleteKeys(node: JsonNode, keys: readonly string[]): JsonNode {
  if (isScalarNode(node)) throw new SqlError('invalid_parameter_value', 'cannot delete from scalar');
  return keys.reduce(deleteKey, node);
}

export function deleteIndex(node: JsonNode, index: number): JsonNode {
  if (isJsonObject(node)) throw new SqlError('invalid_parameter_value', 'cannot delete from object using integer index');
  if (!isJsonArray(node)) throw new SqlError('invalid_parameter_value', 'cannot delete from scalar');
  const at = index < 0 ? node.length + index : index;
  return node.filter((_x, i) => i !== at);
}

/** Stands for a NULL in a path, which matters only once the path gets there. No key of jsonb holds this character. */
export const NULL_KEY = '\u0000';

/** Errors: null_value_not_allowed. */
function checkKey(key: string, level: number): void {
  if (key === NULL_KEY) throw new SqlError('null_value_not_allowed', `path element at position ${level} is null`);
}

/** Errors: invalid_text_representation where an array has no such subscript. */
function subscript(key: string, level: number, length: number): number {
  if (!/^[-+]?\d+$/.test(key)) throw new SqlError('invalid_text_representation', `path element at position ${level} is not an integer: "${key}"`);
  const n = Number(key);
  return n < 0 ? length + n : n;
}

export function deletePath(node: JsonNode, path: readonly string[], level = 1): JsonNode {
  const [key, ...rest] = path;
  if (key === undefined || (level === 1 && sizeOf(node) === 0)) return node;
  checkKey(key, level);
  if (isJsonArray(node)) subscript(key, level, node.length);
  const child = getElement(node, key);
  if (child === undefined) return node;
  if (isJsonObject(node)) {
    if (rest.length === 0) return deleteKey(node, key);
    return jsonObject(Object.entries(node).map(([k, v]) => [k, k === key ? deletePath(v, rest, level + 1) : v]));
  }
  if (!isJsonArray(node)) return node;
  const at = Number(key) < 0 ? node.length + Number(key) : Number(key);
  return rest.length === 0 ? node.filter((_v, i) => i !== at) : node.map((v, i) => (i === at ? deletePath(v, rest, level + 1) : v));
}

const sizeOf = (node: JsonNode): number => (isJsonArray(node) ? node.length : isJsonObject(node) ? Object.keys(node).length : 1);

/** Errors: invalid_parameter_value for a scalar, which has no paths. */
export function container(node: JsonNode, what: 'set' | 'delete'): JsonNode {
  if (isScalarNode(node)) throw new SqlError('invalid_parameter_value', `cannot ${what} path in scalar`);
  return node;
}

/** A scalar on the way has no parts: the path leads nowhere. */
export function setPath(node: JsonNode, path: readonly string[], value: JsonNode, create: boolean, insert: boolean, after: boolean, level = 1): JsonNode {
  const [key, ...rest] = path;
  if (key === undefined || isScalarNode(node) || (level === 1 && !create && sizeOf(node) === 0)) return node;
  checkKey(key, level);
  if (isJsonObject(node)) {
    const old = node[key];
    if (rest.length > 0) return old === undefined ? node : jsonObject(Object.entries(node).map(([k, v]) => [k, k === key ? setPath(v, rest, value, create, insert, after, level + 1) : v]));
    if (old !== undefined && insert) throw new SqlError('invalid_parameter_value', 'cannot replace existing key', { hint: 'Try using the function jsonb_set to replace key value.' });
    if (old === undefined && !create) return node;
    return jsonObject([...Object.entries(node), [key, value]]);
  }
  if (!isJsonArray(node)) return node;
  const at = subscript(key, level, node.length);
  if (rest.length > 0) return node.map((v, i) => (i === at ? setPath(v, rest, value, create, insert, after, level + 1) : v));
  if (insert) {
    const where = Math.max(0, Math.min(node.length, at + (after ? 1 : 0)));
    return [...node.slice(0, where), value, ...node.slice(where)];
  }
  if (at >= 0 && at < node.length) return node.map((v, i) => (i === at ? value : v));
  if (!create) return node;
  return at < 0 ? [value, ...node] : [...node, value];
}

export function stripNulls(node: JsonNode): JsonNode {
  if (isJsonArray(node)) return node.map(stripNulls);
  if (isJsonObject(node)) return jsonObject(Object.entries(node).filter(([, v]) => v !== null).map(([k, v]) => [k, stripNulls(v)]));
  return node;
}
