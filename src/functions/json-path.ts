import { SqlError, notSupported } from '../common/errors.ts';
import { isJsonArray, isJsonObject, jsonKeys } from '../common/types/json.ts';
import type { JsonNode } from '../common/types/value.ts';

/**
 * SQL/JSON paths: `$.a.b[0]`, `[*]`, `.*`, `$.'quoted key'`, `[1 to 3]`, `last`, with `lax` (missing parts give nothing)
 * or `strict`. Filters and methods are refused by name.
 */
type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'anyKey' }
  | { readonly kind: 'anyItem' }
  | { readonly kind: 'item'; readonly from: number; readonly to: number };

export interface JsonPath {
  readonly strict: boolean;
  readonly steps: readonly Step[];
}

/** A path that the data does not have, in strict mode. */
export class PathMismatch extends SqlError {}

const CACHE_MAX = 500;
const cache = new Map<string, JsonPath>();

export function parsePath(text: string): JsonPath {
  let found = cache.get(text);
  if (found === undefined) {
    found = parse(text);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(text, found);
  }
  return found;
}

function parse(text: string): JsonPath {
  const mode = /^\s*(lax|strict)?\s*\$/i.exec(text);
  if (mode === null) throw invalid(text);
  const strict = mode[1]?.toLowerCase() === 'strict';
  const steps: Step[] = [];
  let rest = text.slice(mode[0].length);
  while (rest.trim() !== '') {
    const m =
      /^\s*\.\s*(?:([\p{L}_$][\p{L}\p{N}_$-]*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\*))/u.exec(rest) ??
      /^\s*\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/.exec(rest);
    if (m !== null) {
      const [all, a, b, c, star] = m;
      if (/^\s*\(/.test(rest.slice(all.length))) throw notSupported(`JSON path method .${a ?? ''}()`);
      if (star !== undefined) steps.push({ kind: 'anyKey' });
      else steps.push({ kind: 'key', key: a ?? (b ?? c ?? '').replace(/\\(.)/g, '$1') });
      rest = rest.slice(all.length);
      continue;
    }
    const item = /^\s*\[\s*(?:(\*)|(-?\d+|last(?:\s*-\s*\d+)?)(?:\s+to\s+(-?\d+|last(?:\s*-\s*\d+)?))?)\s*\]/i.exec(rest);
    if (item === null) {
      if (/^\s*\?/.test(rest)) throw notSupported('a filter in a JSON path');
      throw invalid(text);
    }
    if (item[1] !== undefined) steps.push({ kind: 'anyItem' });
    else {
      const from = indexOf(item[2] ?? '0');
      steps.push({ kind: 'item', from, to: item[3] === undefined ? from : indexOf(item[3]) });
    }
    rest = rest.slice(item[0].length);
  }
  return { strict, steps };
}

/** `last` is -1, `last - 1` is -2. */
function indexOf(text: string): number {
  if (!text.toLowerCase().startsWith('last')) return Number(text);
  return -1 - Number(/\d+/.exec(text)?.[0] ?? 0);
}

function invalid(text: string): SqlError {
  return new SqlError('syntax_error', `invalid JSON path "${text}"`, { hint: 'A path looks like $.key[0].' });
}

/** The nodes a path leads to. Errors: PathMismatch in strict mode. */
export function evaluatePath(root: JsonNode, path: JsonPath): JsonNode[] {
  let nodes: JsonNode[] = [root];
  for (const step of path.steps) {
    const next: JsonNode[] = [];
    for (const node of nodes) walk(node, step, path.strict, next);
    nodes = next;
    if (nodes.length === 0) break;
  }
  return nodes;
}

function walk(node: JsonNode, step: Step, strict: boolean, out: JsonNode[]): void {
  const missing = (what: string): void => {
    if (strict) throw new PathMismatch('data_exception', what);
  };
  if (step.kind === 'key' || step.kind === 'anyKey') {
    if (isJsonArray(node) && !strict) {
      for (const item of node) if (isJsonObject(item)) walk(item, step, strict, out);
      return;
    }
    if (!isJsonObject(node)) return missing('jsonpath member accessor can only be applied to an object');
    if (step.kind === 'anyKey') {
      for (const key of jsonKeys(node)) out.push(node[key] ?? null);
      return;
    }
    const value = node[step.key];
    if (value === undefined) return missing(`JSON object does not contain key "${step.key}"`);
    out.push(value);
    return;
  }
  const items = isJsonArray(node) ? node : strict ? undefined : [node];
  if (items === undefined) return missing('jsonpath array accessor can only be applied to an array');
  if (step.kind === 'anyItem') {
    out.push(...items);
    return;
  }
  const at = (i: number): number => (i < 0 ? items.length + i : i);
  for (let i = at(step.from); i <= at(step.to); i++) {
    const value = items[i];
    if (value === undefined) missing('jsonpath array subscript is out of bounds');
    else out.push(value);
  }
}

/** A path element of `#>`: a key, or an index into an array, negative from the end. */
export function getElement(node: JsonNode, key: string): JsonNode | undefined {
  if (isJsonArray(node)) {
    if (!/^-?\d+$/.test(key)) return undefined;
    const i = Number(key);
    return node[i < 0 ? node.length + i : i];
  }
  return isJsonObject(node) ? node[key] : undefined;
}

export const isScalarNode = (node: JsonNode): boolean => !isJsonArray(node) && !isJsonObject(node);
