import { SqlError } from '../common/errors.ts';

/** Reading fields of unknown JSON. Errors: data_corrupted, naming the field. */

type Fields = Readonly<Record<string, unknown>>;

function bad(what: string, wanted: string): never {
  throw new SqlError('data_corrupted', `catalog entry is damaged: "${what}" is not ${wanted}`);
}

export function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad(what, 'an object');
  return value as Fields;
}

export function field(o: Fields, name: string): unknown {
  if (!Object.hasOwn(o, name)) return bad(name, 'there');
  return o[name];
}

export function text(o: Fields, name: string): string {
  const value = field(o, name);
  return typeof value === 'string' ? value : bad(name, 'a text');
}

export function textOrNull(o: Fields, name: string): string | null {
  return field(o, name) === null ? null : text(o, name);
}

export function boolean(o: Fields, name: string): boolean {
  const value = field(o, name);
  return typeof value === 'boolean' ? value : bad(name, 'a boolean');
}

export function integer(value: unknown, what: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : bad(what, 'a whole number');
}

export function list(o: Fields, name: string): readonly unknown[] {
  const value = field(o, name);
  return Array.isArray(value) ? (value as readonly unknown[]) : bad(name, 'a list');
}

export function strings(o: Fields, name: string): string[] {
  return list(o, name).map((v) => (typeof v === 'string' ? v : bad(name, 'a list of texts')));
}

export function textMap(o: Fields, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(record(field(o, name), name)).map(([k, v]) => [k, typeof v === 'string' ? v : bad(`${name}.${k}`, 'a text')]));
}
