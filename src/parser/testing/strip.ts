import type { TypeName } from '../ast.ts';
import { printType } from '../print.ts';

/**
 * A tree for comparison: without positions and without what printing may change on purpose, namely whether a name is
 * quoted, and the spelling of a type.
 */
export function strip(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strip);
  if (typeof node !== 'object' || node === null) return node;
  if (isType(node)) return { kind: 'type', text: printType(node) };
  const kept = Object.entries(node).filter(([key]) => key !== 'quoted' && !/span$/i.test(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, strip(value)]));
}

function isType(node: object): node is TypeName {
  return 'kind' in node && node.kind === 'type';
}
