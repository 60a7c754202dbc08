import { createRequire } from 'node:module';

export type Library = typeof import('pg');

let loaded: Library | null = null;

/** The client library, loaded when a database is first asked. */
export function library(): Library {
  return (loaded ??= createRequire(import.meta.url)('pg') as Library);
}
