import { SqlError } from '../../common/errors.ts';
import type { FormatDescriptor } from '../api.ts';
import { nearest } from '../options.ts';
import { canalJson, debeziumJson, maxwellJson, oggJson } from './cdc/formats.ts';
import { csv } from './csv.ts';
import { json } from './json.ts';
import { raw } from './raw.ts';

/** Every format, by its name in `'format' = '…'`. Adding one: its file and a line here. */
export const FORMATS: ReadonlyMap<string, FormatDescriptor> = new Map([json, csv, raw, debeziumJson, canalJson, maxwellJson, oggJson].map((f) => [f.name, f]));

/** Errors: undefined_object, naming the nearest format. */
export function formatNamed(name: string): FormatDescriptor {
  const found = FORMATS.get(name);
  if (found !== undefined) return found;
  throw unknownName('format', name, [...FORMATS.keys()]);
}

export function unknownName(what: string, name: string, known: readonly string[]): SqlError {
  const near = nearest(name, known);
  return new SqlError('undefined_object', `${what} "${name}" does not exist`, {
    hint: near === undefined ? `The ${what}s are ${known.toSorted().join(', ')}.` : `Perhaps you meant "${near}".`,
  });
}
