import { createHash } from 'node:crypto';

/**
 * One text per structure: property order, positions in the SQL text and display names make no difference. Names of state
 * are hashes of such texts, so that they survive restarts and edits elsewhere in the query.
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`;
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      break;
    default:
      return String(value);
  }
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const parts = Object.entries(value)
    .filter(([key, v]) => key !== 'span' && v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, v]) => `${key}:${canonicalText(v)}`);
  return `{${parts.join(',')}}`;
}

/** Name of a node's state: of what it does, and of its inputs' names. */
export function stateIdOf(kind: string, own: unknown, inputs: readonly string[]): string {
  return createHash('sha256').update(`${kind}(${canonicalText(own)})<${inputs.join(',')}`).digest('hex').slice(0, 16);
}
