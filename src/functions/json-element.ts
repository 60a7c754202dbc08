import { isJsonArray, isJsonObject, jsonToText } from '../common/types/json.ts';
import type { JsonNode } from '../common/types/value.ts';

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

/** `->>`: text without quotes; JSON null is SQL NULL. */
export function nodeText(node: JsonNode | undefined): string | null {
  if (node === undefined || node === null) return null;
  return typeof node === 'string' ? node : jsonToText(node);
}
