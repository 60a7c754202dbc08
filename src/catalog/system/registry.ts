import type { SystemRelations } from '../snapshot.ts';
import { informationSchema } from './information-schema.ts';
import { millraceCatalog } from './millrace-catalog.ts';
import { pgCatalog } from './pg-catalog.ts';
import type { SystemRelation } from './relation.ts';

/** Every system relation, in the order of pg_class. */
export const SYSTEM_RELATIONS: readonly SystemRelation[] = [...pgCatalog, ...informationSchema, ...millraceCatalog];

class Registry implements SystemRelations<SystemRelation> {
  readonly #schemas = new Map<string, Map<string, SystemRelation>>();

  constructor(relations: readonly SystemRelation[]) {
    for (const r of relations) {
      let names = this.#schemas.get(r.schema);
      if (names === undefined) this.#schemas.set(r.schema, (names = new Map()));
      names.set(r.name, r);
    }
  }

  find(schema: string, name: string): SystemRelation | undefined {
    return this.#schemas.get(schema)?.get(name);
  }

  names(schema: string): Iterable<string> {
    return this.#schemas.get(schema)?.keys() ?? [];
  }
}

export const systemRelations: SystemRelations<SystemRelation> = new Registry(SYSTEM_RELATIONS);

/** The relation of a plan's scan: `pg_catalog.pg_class`. */
export function systemRelationNamed(name: string): SystemRelation | undefined {
  const [schema = '', relation = ''] = name.split('.');
  return systemRelations.find(schema, relation);
}
