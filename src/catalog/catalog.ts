import { SqlError, type SqlErrorFields } from '../common/errors.ts';
import { objectId, type ObjectId } from '../common/ids.ts';
import type { SqlCondition } from '../common/sqlstate.ts';
import { DEFAULT_DATABASE, DEFAULT_SCHEMA } from './names.ts';
import { isMember, isRelation, KIND_NAMES, type CatalogObject } from './objects.ts';
import { CatalogSnapshot } from './snapshot.ts';

/** One step of a DDL statement, in order; what the engine writes to the store. Temporary objects are never among them. */
export type CatalogChange = { readonly op: 'put'; readonly object: CatalogObject } | { readonly op: 'delete'; readonly id: ObjectId };

export interface CatalogUpdate {
  /** What to persist. */
  readonly changes: readonly CatalogChange[];
  /** Objects that are gone, dependants first. */
  readonly dropped: readonly CatalogObject[];
}

/** Ids of PostgreSQL's own objects lie below; ours start here, as user OIDs do there. */
const FIRST_ID = 16384;
const BUILTIN_DATABASE_ID = 5;
const PUBLIC_SCHEMA_ID = 2200;

type WithoutId<T> = T extends CatalogObject ? Omit<T, 'id'> : never;
export type NewObject = WithoutId<CatalogObject>;

/** The catalog of a server, in memory. Readers take a snapshot; each change makes a new one. */
export class Catalog {
  #current: CatalogSnapshot;

  constructor(owner = 'millrace') {
    const base = { comment: null, owner, dependsOn: [] };
    const database: CatalogObject = { ...base, kind: 'database', id: objectId(BUILTIN_DATABASE_ID), name: DEFAULT_DATABASE };
    const schema: CatalogObject = { ...base, kind: 'schema', id: objectId(PUBLIC_SCHEMA_ID), database: DEFAULT_DATABASE, name: DEFAULT_SCHEMA };
    this.#current = new CatalogSnapshot(0, FIRST_ID, new Map<ObjectId, CatalogObject>([[database.id, database], [schema.id, schema]]));
  }

  snapshot(): CatalogSnapshot {
    return this.#current;
  }

  /** Replaces the snapshot by an earlier one: a transaction that was rolled back. */
  restore(snapshot: CatalogSnapshot): void {
    this.#current = new CatalogSnapshot(this.#current.version + 1, Math.max(this.#current.nextId, snapshot.nextId), snapshot.objects);
  }

  /** Replays persisted changes at start. `nextId` is the highest ever used plus one, as persisted. */
  load(changes: Iterable<CatalogChange>, nextId: number): void {
    const objects = new Map(this.#current.objects);
    let next = Math.max(nextId, this.#current.nextId);
    for (const change of changes) {
      if (change.op === 'put') {
        objects.set(change.object.id, change.object);
        next = Math.max(next, change.object.id + 1);
      } else objects.delete(change.id);
    }
    this.#current = new CatalogSnapshot(this.#current.version + 1, next, objects);
  }

  /** A new object with the next id. Errors: duplicate_table and the like when the name is taken. */
  create(object: NewObject, fields: SqlErrorFields = {}): CatalogUpdate & { readonly object: CatalogObject } {
    const made = { ...object, id: objectId(this.#current.nextId) } as CatalogObject;
    this.#checkFree(made, fields);
    this.#commit((objects) => objects.set(made.id, made), made.id + 1);
    return { object: made, changes: persistent(made) ? [{ op: 'put', object: made }] : [], dropped: [] };
  }

  /** Puts a changed object in the place of the one with its id (CREATE OR REPLACE, COMMENT, ALTER, rename). */
  replace(object: CatalogObject, fields: SqlErrorFields = {}): CatalogUpdate {
    const before = this.#current.object(object.id);
    if (before !== undefined && nameKey(before) !== nameKey(object)) this.#checkFree(object, fields);
    this.#commit((objects) => objects.set(object.id, object));
    return { changes: persistent(object) ? [{ op: 'put', object }] : [], dropped: [] };
  }

  rename(id: ObjectId, name: string, fields: SqlErrorFields = {}): CatalogUpdate {
    const object = this.#current.object(id);
    if (object === undefined) throw new SqlError('undefined_object', `object ${id} does not exist`);
    return this.replace({ ...object, name }, fields);
  }

  /**
   * Drops objects. RESTRICT (the default) fails when something else stands on them; CASCADE drops that too.
   * Errors: dependent_objects_still_exist, with the dependants in DETAIL.
   */
  drop(ids: readonly ObjectId[], behavior: 'restrict' | 'cascade', fields: SqlErrorFields = {}): CatalogUpdate {
    const order: CatalogObject[] = [];
    const seen = new Set<ObjectId>();
    const details: string[] = [];
    const visit = (object: CatalogObject): void => {
      if (seen.has(object.id)) return;
      seen.add(object.id);
      for (const child of this.#standingOn(object)) {
        // The schema that a database comes with goes with it.
        const own = object.kind === 'database' && child.kind === 'schema' && (child.name === DEFAULT_SCHEMA || child.name === object.options?.['default-database']);
        if (!own && !ids.includes(child.id) && !seen.has(child.id)) details.push(`${described(child)} depends on ${described(object)}`);
        visit(child);
      }
      order.push(object);
    };
    const roots = ids.map((id) => this.#current.object(id)).filter((o) => o !== undefined);
    for (const root of roots) visit(root);
    if (behavior === 'restrict' && details.length > 0) {
      const what = roots.length === 1 && roots[0] !== undefined ? described(roots[0]) : 'desired object(s)';
      throw new SqlError('dependent_objects_still_exist', `cannot drop ${what} because other objects depend on it`, {
        ...fields,
        detail: `${details.join('\n')}`,
        hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
      });
    }
    this.#commit((objects) => {
      for (const object of order) objects.delete(object.id);
    });
    return { changes: order.filter(persistent).map((o) => ({ op: 'delete', id: o.id })), dropped: order };
  }

  /** Forgets the temporary objects of a session that has ended. */
  endSession(session: number): CatalogUpdate {
    const ids = [...this.#current.objects.values()].filter((o) => isMember(o) && o.session === session).map((o) => o.id);
    return ids.length === 0 ? { changes: [], dropped: [] } : this.drop(ids, 'cascade');
  }

  #standingOn(object: CatalogObject): CatalogObject[] {
    const out = [...this.#current.dependants(object.id)];
    if (object.kind === 'schema' || object.kind === 'database') {
      for (const o of this.#current.objects.values()) {
        if (object.kind === 'schema' && isMember(o) && o.database === object.database && o.schema === object.name) out.push(o);
        if (object.kind === 'database' && ((isMember(o) && o.database === object.name) || (o.kind === 'schema' && o.database === object.name))) out.push(o);
      }
    }
    return out;
  }

  #checkFree(object: CatalogObject, fields: SqlErrorFields): void {
    const key = nameKey(object);
    for (const other of this.#current.objects.values()) {
      if (other.id !== object.id && nameKey(other) === key) throw new SqlError(DUPLICATE[object.kind], `${takenKind(object)} "${object.name}" already exists`, fields);
    }
  }

  #commit(change: (objects: Map<ObjectId, CatalogObject>) => void, nextId: number = this.#current.nextId): void {
    const objects = new Map(this.#current.objects);
    change(objects);
    this.#current = new CatalogSnapshot(this.#current.version + 1, nextId, objects);
  }
}

const DUPLICATE: Readonly<Record<CatalogObject['kind'], SqlCondition>> = {
  database: 'duplicate_database',
  schema: 'duplicate_schema',
  table: 'duplicate_table',
  view: 'duplicate_table',
  materializedView: 'duplicate_table',
  sink: 'duplicate_table',
  secret: 'duplicate_object',
  connection: 'duplicate_object',
  function: 'duplicate_function',
};

const takenKind = (object: CatalogObject): string => (isMember(object) && isRelation(object) ? 'relation' : KIND_NAMES[object.kind]);

const persistent = (object: CatalogObject): boolean => !isMember(object) || object.session === null;

export const described = (object: CatalogObject): string => `${KIND_NAMES[object.kind]} ${isMember(object) && object.schema !== DEFAULT_SCHEMA ? `${object.schema}.` : ''}${object.name}`;

/** Objects whose keys are equal can't live side by side. */
function nameKey(object: CatalogObject): string {
  if (object.kind === 'database') return `d/${object.name}`;
  if (object.kind === 'schema') return `s/${object.database}/${object.name}`;
  const space = isRelation(object) ? 'r' : object.kind;
  return `${space}/${object.session ?? ''}/${object.database}/${object.schema}/${object.name}`;
}
