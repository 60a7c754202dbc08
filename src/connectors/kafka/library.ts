import { createRequire } from 'node:module';

export type Library = typeof import('@platformatic/kafka');

let loaded: Library | null = null;

/** The client library, loaded when Kafka is first used: it takes longer to load than all of the rest. */
export function library(): Library {
  return (loaded ??= createRequire(import.meta.url)('@platformatic/kafka') as Library);
}
