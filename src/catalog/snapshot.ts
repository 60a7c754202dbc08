import { SqlError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Identifier, ObjectName } from '../parser/ast.ts';
import { ambiguousName, DEFAULT_DATABASE, matchName, nameText, splitName, SYSTEM_SCHEMAS, undefinedRelation, type NameScope } from './names.ts';
import { defaultSchemaOf, isMember, isRelation, type CatalogObject, type ConnectionObject, type DatabaseObject, type FunctionObject, type IndexObject, type RelationObject, type SchemaMember, type SchemaObject, type SecretObject } from './objects.ts';
import { signatureOf } from './signature.ts';

/** The relations the server itself shows, by schema and name; implemented in `system/`. */
export interface SystemRelations<R> {
  find(schema: string, name: string): R | undefined;
  names(schema: string): Iterable<string>;
}

export type FoundRelation<R> = { readonly kind: 'object'; readonly object: RelationObject } | { readonly kind: 'system'; readonly relation: R };

interface Space {
  readonly relations: Map<string, RelationObject>;
  readonly secrets: Map<string, SecretObject>;
  readonly connections: Map<string, ConnectionObject>;
  /** Those of one name in the order in which they were made. */
  readonly functions: Map<string, FunctionObject[]>;
  readonly indexes: Map<string, IndexObject>;
}

const spaceKey = (database: string, schema: string, session: number | null): string => `${session ?? ''}/${database}/${schema}`;

/** The catalog at one version: never changes. */
export class CatalogSnapshot {
  readonly version: number;
  /** The next free id. */
  readonly nextId: number;
  readonly objects: ReadonlyMap<ObjectId, CatalogObject>;
  readonly #databases = new Map<string, DatabaseObject>();
  readonly #schemas = new Map<string, Map<string, SchemaObject>>();
  #indexes: readonly IndexObject[] | undefined;
  readonly #spaces = new Map<string, Space>();

  constructor(version: number, nextId: number, objects: ReadonlyMap<ObjectId, CatalogObject>) {
    this.version = version;
    this.nextId = nextId;
    this.objects = objects;
    for (const object of objects.values()) {
      if (object.kind === 'database') this.#databases.set(object.name, object);
      else if (object.kind === 'schema') getOrAdd(this.#schemas, object.database, () => new Map()).set(object.name, object);
      else this.#addMember(object);
    }
  }

  #addMember(object: SchemaMember): void {
    const key = spaceKey(object.database, object.schema, object.session);
    const space = getOrAdd(this.#spaces, key, (): Space => ({ relations: new Map(), secrets: new Map(), connections: new Map(), functions: new Map(), indexes: new Map() }));
    if (isRelation(object)) space.relations.set(object.name, object);
    else if (object.kind === 'secret') space.secrets.set(object.name, object);
    else if (object.kind === 'index') space.indexes.set(object.name, object);
    else if (object.kind === 'function') getOrAdd(space.functions, object.name, () => []).push(object);
    else space.connections.set(object.name, object);
  }

  object(id: ObjectId): CatalogObject | undefined {
    return this.objects.get(id);
  }

  databases(): Iterable<DatabaseObject> {
    return this.#databases.values();
  }

  schemas(database: string): Iterable<SchemaObject> {
    return this.#schemas.get(database)?.values() ?? [];
  }

  /** Every relation of a database; temporary ones only of `session`. */
  *relations(database: string, session: number): Iterable<RelationObject> {
    for (const object of this.objects.values()) {
      if (isMember(object) && isRelation(object) && object.database === database && (object.session === null || object.session === session)) yield object;
    }
  }

  database(id: Identifier): DatabaseObject {
    const found = pick('database', id, this.#databases) ?? (isNamed(id, FLINKS_CATALOG) ? this.#databases.get(DEFAULT_DATABASE) : undefined);
    if (found === undefined) throw new SqlError('invalid_catalog_name', `database "${id.name}" does not exist`, { span: id.span });
    return found;
  }

  /** A schema by its exact name. */
  schemaNamed(database: string, name: string): SchemaObject | undefined {
    return this.#schemas.get(database)?.get(name);
  }

  findSchema(database: string, id: Identifier): SchemaObject | undefined {
    const schemas = this.#schemas.get(database) ?? new Map<string, SchemaObject>();
    const found = pick('schema', id, schemas);
    if (found !== undefined || !isNamed(id, FLINKS_DATABASE)) return found;
    const owner = this.#databases.get(database);
    return owner === undefined ? undefined : schemas.get(defaultSchemaOf(owner));
  }

  /** The members of one schema that are relations, by their exact names. */
  relationNamed(database: string, schema: string, name: string, session: number | null = null): RelationObject | undefined {
    return this.#spaces.get(spaceKey(database, schema, session))?.relations.get(name);
  }

  /** The index of that very name: it shares the relations' names. */
  indexNamed(database: string, schema: string, name: string, session: number | null = null): IndexObject | undefined {
    return this.#spaces.get(spaceKey(database, schema, session))?.indexes.get(name);
  }

  /**
   * The relation a name means: the session's temporary objects first, then pg_catalog, then along the search path.
   * Errors: undefined_table, invalid_schema_name, invalid_catalog_name, ambiguous_alias.
   */
  resolveRelation<R>(name: ObjectName, scope: NameScope, system: SystemRelations<R>): FoundRelation<R> {
    const found = this.findRelation(name, scope, system);
    if (found !== undefined) return found;
    const { database, schema } = this.located(name, scope);
    if (schema !== null && !this.#schemaExists(database, schema)) {
      throw new SqlError('undefined_table', `relation "${nameText(name)}" does not exist`, { span: name.span, detail: `There is no schema "${schema.name}".` });
    }
    throw undefinedRelation(nameText(name), name.span, this.#visible(scope, system));
  }

  findRelation<R>(name: ObjectName, scope: NameScope, system: SystemRelations<R>): FoundRelation<R> | undefined {
    const { database, schema, object } = this.located(name, scope);
    for (const [inSchema, session] of this.#places(database, schema, scope)) {
      const relations = this.#spaces.get(spaceKey(database, inSchema, session))?.relations;
      const mine = relations === undefined ? undefined : pick('relation', object, relations);
      if (mine !== undefined) return { kind: 'object', object: mine };
      if (session !== null || !SYSTEM_SCHEMAS.includes(inSchema)) continue;
      const match = matchName(object, system.names(inSchema));
      const relation = match.kind === 'one' ? system.find(inSchema, match.name) : undefined;
      if (relation !== undefined) return { kind: 'system', relation };
    }
    return undefined;
  }

  findSecret(name: ObjectName, scope: NameScope): SecretObject | undefined {
    return this.#findMember(name, scope, (space) => space.secrets);
  }

  findConnection(name: ObjectName, scope: NameScope): ConnectionObject | undefined {
    return this.#findMember(name, scope, (space) => space.connections);
  }

  /** A user's functions of one name, where one hides those of the same parameters further on; those of the server are in its tables. */
  findFunctions(name: ObjectName, scope: NameScope): readonly FunctionObject[] {
    const { database, schema, object } = this.located(name, scope);
    const found = new Map<string, FunctionObject>();
    for (const [inSchema, session] of this.#places(database, schema, scope)) {
      const space = this.#spaces.get(spaceKey(database, inSchema, session));
      for (const f of space === undefined ? [] : (pick('object', object, space.functions) ?? [])) getOrAdd(found, signatureOf(f), () => f);
    }
    return [...found.values()];
  }

  findIndex(name: ObjectName, scope: NameScope): IndexObject | undefined {
    return this.#findMember(name, scope, (space) => space.indexes);
  }

  /** The indexes of a relation. */
  indexesOf(id: ObjectId): readonly IndexObject[] {
    this.#indexes ??= [...this.objects.values()].filter((o) => o.kind === 'index');
    return this.#indexes.filter((i) => i.dependsOn.includes(id));
  }

  /** The functions of one schema by their exact name. */
  functionsNamed(database: string, schema: string, name: string, session: number | null = null): readonly FunctionObject[] {
    return this.#spaces.get(spaceKey(database, schema, session))?.functions.get(name) ?? [];
  }

  /** Objects that stand on `id`, directly. */
  *dependants(id: ObjectId): Iterable<CatalogObject> {
    for (const object of this.objects.values()) if (object.dependsOn.includes(id)) yield object;
  }

  #findMember<O>(name: ObjectName, scope: NameScope, of: (space: Space) => ReadonlyMap<string, O>): O | undefined {
    const { database, schema, object } = this.located(name, scope);
    for (const [inSchema, session] of this.#places(database, schema, scope)) {
      const space = this.#spaces.get(spaceKey(database, inSchema, session));
      const found = space === undefined ? undefined : pick('object', object, of(space));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * The parts of a name. `d.t` where there is no schema d means the default schema of a database d: a script made for Flink
   * finds there what it has made after CREATE DATABASE d. Errors: invalid_catalog_name.
   */
  located(name: ObjectName, scope: NameScope): { readonly database: string; readonly schema: Identifier | null; readonly object: Identifier } {
    const { database, schema, object } = splitName(name);
    if (database !== null) return { database: this.database(database).name, schema, object };
    if (schema === null || this.#schemaExists(scope.database, schema)) return { database: scope.database, schema, object };
    const other = pick('database', schema, this.#databases);
    if (other === undefined) return { database: scope.database, schema, object };
    return { database: other.name, schema: { ...schema, name: defaultSchemaOf(other), quoted: true }, object };
  }

  #schemaExists(database: string, id: Identifier): boolean {
    return matchName(id, SYSTEM_SCHEMAS).kind === 'one' || id.name === 'pg_temp' || this.findSchema(database, id) !== undefined;
  }

  *#places(database: string, schema: Identifier | null, scope: NameScope): Iterable<readonly [string, number | null]> {
    if (schema === null) {
      for (const name of scope.searchPath) yield [name, scope.session];
      if (!scope.searchPath.includes('public')) yield ['public', scope.session];
      if (!scope.searchPath.includes('pg_catalog')) yield ['pg_catalog', null];
      for (const name of scope.searchPath) yield [name, null];
      yield ['millrace_catalog', null];
      return;
    }
    const known = matchName(schema, SYSTEM_SCHEMAS);
    const own = this.findSchema(database, schema);
    if (own !== undefined) {
      yield [own.name, scope.session];
      yield [own.name, null];
    } else if (known.kind === 'one') yield [known.name, null];
    else if (schema.name === 'pg_temp') for (const s of this.schemas(database)) yield [s.name, scope.session];
  }

  *#visible<R>(scope: NameScope, system: SystemRelations<R>): Iterable<string> {
    for (const name of scope.searchPath) {
      for (const session of [scope.session, null]) yield* this.#spaces.get(spaceKey(scope.database, name, session))?.relations.keys() ?? [];
    }
    for (const name of SYSTEM_SCHEMAS) if (name !== 'information_schema') yield* system.names(name);
  }
}

/** Flink's names of what is there from the beginning: where nothing is called so, they mean the first database and a database's default schema. */
const FLINKS_CATALOG = 'default_catalog';
const FLINKS_DATABASE = 'default_database';
const isNamed = (id: Identifier, name: string): boolean => (id.quoted ? id.name : id.name.toLowerCase()) === name;

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = make()));
  return found;
}

function pick<O>(what: string, id: Identifier, map: ReadonlyMap<string, O>): O | undefined {
  const exact = map.get(id.name);
  if (exact !== undefined) return exact;
  const match = matchName(id, map.keys());
  if (match.kind === 'several') throw ambiguousName(what, id, match.names);
  return match.kind === 'one' ? map.get(match.name) : undefined;
}
