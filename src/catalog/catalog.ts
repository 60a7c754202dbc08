import { SqlError, type SqlErrorFields } from '../common/errors.ts';
import { objectId, type ObjectId } from '../common/ids.ts';
import type { SqlCondition } from '../common/sqlstate.ts';
import { DEFAULT_DATABASE, DEFAULT_SCHEMA } from './names.ts';
import { isMember, isRelation, KIND_NAMES, kindName, type CatalogObject, type SchemaMember } from './objects.ts';
import { CatalogSnapshot } from './snapshot.ts';
import { signatureOf } from './signature.ts';

/** One step of a DDL statement, in order; what the engine writes to the store. Temporary objects are never among them. */
export type CatalogChange = { readonly op: 'put'; readonly object: CatalogObject } | { readonly op: 'delete'; readonly id: ObjectId };

export interface CatalogUpdate {
  /** What to persist. */
  readonly changes: readonly CatalogChange[];
  /** Objects that are gone, dependants first. */
  readonly dropped: readonly CatalogObject[];
}

/** What a transaction block has changed: the object when it was first changed (null: it was new), and as it is for the block (null: dropped). */
export type Staged = ReadonlyMap<ObjectId, { readonly before: CatalogObject | null; readonly after: CatalogObject | null }>;

const NOTHING_STAGED: Staged = new Map();

/** Ids of PostgreSQL's own objects lie below; ours start here, as user OIDs do there. */
const FIRST_ID = 16384;
const BUILTIN_DATABASE_ID = 5;
const PUBLIC_SCHEMA_ID = 2200;

type WithoutId<T> = T extends CatalogObject ? Omit<T, 'id'> : never;
export type NewObject = WithoutId<CatalogObject>;

/** The catalog of a server, in memory. Readers take a snapshot; each change makes a new one. */
export class Catalog {
  #current: CatalogSnapshot;
  readonly #staged = new Map<number, Staged>();
  readonly #seen = new Map<number, CatalogSnapshot>();

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
    checkFree(this.#current, made, fields);
    this.#commit((objects) => objects.set(made.id, made), made.id + 1);
    return { object: made, changes: persistent(made) ? [{ op: 'put', object: made }] : [], dropped: [] };
  }

  /** Puts a changed object in the place of the one with its id (CREATE OR REPLACE, COMMENT, ALTER, rename). */
  replace(object: CatalogObject, fields: SqlErrorFields = {}): CatalogUpdate {
    const before = this.#current.object(object.id);
    if (before !== undefined && nameKey(before) !== nameKey(object)) checkFree(this.#current, object, fields);
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
    const order = dropOrder(this.#current, ids, behavior, fields);
    this.#commit((objects) => {
      for (const object of order) objects.delete(object.id);
    });
    return { changes: order.filter(persistent).map((o) => ({ op: 'delete', id: o.id })), dropped: order };
  }

  /** The catalog as a session sees it: with what its transaction block has changed and not yet committed. */
  snapshotFor(session: number): CatalogSnapshot {
    const staged = this.#staged.get(session);
    if (staged === undefined || staged.size === 0) return this.#current;
    const known = this.#seen.get(session);
    if (known?.version === this.#current.version) return known;
    const objects = new Map(this.#current.objects);
    for (const [id, { after }] of staged) {
      if (after === null) objects.delete(id);
      else objects.set(id, after);
    }
    const made = new CatalogSnapshot(this.#current.version, this.#current.nextId, objects);
    this.#seen.set(session, made);
    return made;
  }

  /** What a session's transaction block has changed, by object. */
  staged(session: number): Staged {
    return this.#staged.get(session) ?? NOTHING_STAGED;
  }

  /** Changes objects for one session alone; null drops one. Errors: duplicate_table and the like. */
  stage(session: number, changes: readonly (readonly [id: ObjectId, after: CatalogObject | null])[], fields: SqlErrorFields = {}): void {
    const before = this.snapshotFor(session);
    const staged = new Map(this.staged(session));
    let { nextId } = this.#current;
    for (const [id, after] of changes) {
      const old = before.object(id);
      if (after !== null && (old === undefined || nameKey(old) !== nameKey(after))) checkFree(before, after, fields);
      staged.set(id, { before: staged.has(id) ? (staged.get(id)?.before ?? null) : (this.#current.object(id) ?? null), after });
      nextId = Math.max(nextId, id + 1);
    }
    this.restage(session, staged, nextId);
  }

  /** Puts back what was staged before. */
  restage(session: number, staged: Staged, nextId: number = this.#current.nextId): void {
    if (staged.size === 0) this.#staged.delete(session);
    else this.#staged.set(session, staged);
    this.#seen.delete(session);
    this.#commit(() => undefined, nextId);
  }

  /**
   * What COMMIT makes everybody's: objects that the session's block has made, changed and dropped.
   * Errors: serialization_failure where somebody else has changed the same, dependent_objects_still_exist, duplicate_table and the like.
   */
  ready(session: number): { readonly changes: readonly CatalogChange[]; readonly dropped: readonly CatalogObject[] } {
    const base = this.#current;
    const view = this.snapshotFor(session);
    const gone = new Set<ObjectId>();
    for (const [id, { before, after }] of this.staged(session)) {
      const now = base.object(id) ?? null;
      if (now !== before) throw new SqlError('serialization_failure', `could not serialize access to ${described(now ?? before ?? after ?? view.object(id) as CatalogObject)} due to concurrent update`, { hint: 'Run the transaction again.' });
      if (after === null && now !== null) gone.add(id);
    }
    const dropped = [...gone].flatMap((id) => base.object(id) ?? []);
    const puts = [...view.objects.values()].flatMap((o): readonly CatalogObject[] => (ownUncommitted(o, session) ? [everybodys(o)] : this.staged(session).has(o.id) ? [o] : []));
    const names = new Map<string, CatalogObject>();
    const own = new Set(puts.map((o) => o.id));
    for (const o of view.objects.values()) {
      if (!own.has(o.id)) names.set(nameKey(o), o);
      const lost = o.dependsOn.find((d) => gone.has(d));
      const home = isMember(o) ? view.schemaNamed(o.database, o.schema) : o;
      if (lost !== undefined) throw new SqlError('dependent_objects_still_exist', `cannot drop ${described(base.object(lost) as CatalogObject)} because other objects depend on it`, { detail: `${described(o)} depends on it.` });
      if (home === undefined) throw new SqlError('dependent_objects_still_exist', `cannot drop schema ${isMember(o) ? o.schema : ''} because other objects depend on it`, { detail: `${described(o)} is in it.` });
    }
    for (const o of puts) {
      const other = names.get(nameKey(o));
      if (other !== undefined) throw new SqlError(DUPLICATE[o.kind], `${takenKind(o)} "${o.name}" already exists`, { detail: `${described(other)} was made by another session meanwhile.` });
      names.set(nameKey(o), o);
    }
    return { changes: [...dropped.map((o) => ({ op: 'delete' as const, id: o.id })), ...puts.map((object) => ({ op: 'put' as const, object }))], dropped };
  }

  /** Forgets the temporary objects of a session that has ended. */
  endSession(session: number): CatalogUpdate {
    const ids = [...this.#current.objects.values()].filter((o) => isMember(o) && o.session === session).map((o) => o.id);
    return ids.length === 0 ? { changes: [], dropped: [] } : this.drop(ids, 'cascade');
  }

  #commit(change: (objects: Map<ObjectId, CatalogObject>) => void, nextId: number = this.#current.nextId): void {
    const objects = new Map(this.#current.objects);
    change(objects);
    this.#current = new CatalogSnapshot(this.#current.version + 1, nextId, objects);
  }
}

/** What dropping `ids` takes away, dependants first. Errors: dependent_objects_still_exist. */
export function dropOrder(snapshot: CatalogSnapshot, ids: readonly ObjectId[], behavior: 'restrict' | 'cascade', fields: SqlErrorFields = {}): readonly CatalogObject[] {
  const order: CatalogObject[] = [];
  const seen = new Set<ObjectId>();
  const details: string[] = [];
  const visit = (object: CatalogObject): void => {
    if (seen.has(object.id)) return;
    seen.add(object.id);
    for (const child of standingOn(snapshot, object)) {
      // The schema that a database comes with goes with it.
      const own = child.kind === 'index' || (object.kind === 'database' && child.kind === 'schema' && (child.name === DEFAULT_SCHEMA || child.name === object.options?.['default-database']));
      if (!own && !ids.includes(child.id) && !seen.has(child.id)) details.push(`${described(child)} depends on ${described(object)}`);
      visit(child);
    }
    order.push(object);
  };
  const roots = ids.map((id) => snapshot.object(id)).filter((o) => o !== undefined);
  for (const root of roots) visit(root);
  if (behavior === 'restrict' && details.length > 0) {
    const what = roots.length === 1 && roots[0] !== undefined ? described(roots[0]) : 'desired object(s)';
    throw new SqlError('dependent_objects_still_exist', `cannot drop ${what} because other objects depend on it`, {
      ...fields,
      detail: `${details.join('\n')}`,
      hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
    });
  }
  return order;
}

function standingOn(snapshot: CatalogSnapshot, object: CatalogObject): CatalogObject[] {
  const out = [...snapshot.dependants(object.id)];
  if (object.kind === 'schema' || object.kind === 'database') {
    for (const o of snapshot.objects.values()) {
      if (object.kind === 'schema' && isMember(o) && o.database === object.database && o.schema === object.name) out.push(o);
      if (object.kind === 'database' && ((isMember(o) && o.database === object.name) || (o.kind === 'schema' && o.database === object.name))) out.push(o);
    }
  }
  return out;
}

function checkFree(snapshot: CatalogSnapshot, object: CatalogObject, fields: SqlErrorFields): void {
  const key = nameKey(object);
  for (const other of snapshot.objects.values()) {
    if (other.id !== object.id && nameKey(other) === key) throw new SqlError(DUPLICATE[object.kind], `${takenKind(object)} "${object.name}" already exists`, fields);
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
  index: 'duplicate_table',
};

const ownUncommitted = (o: CatalogObject, session: number): o is SchemaMember => isMember(o) && o.session === session && o.uncommitted === true;

function everybodys(object: SchemaMember): SchemaMember {
  const { uncommitted: _, ...rest } = object;
  return { ...rest, session: null };
}

const takenKind = (object: CatalogObject): string => (isMember(object) && (isRelation(object) || object.kind === 'index') ? 'relation' : KIND_NAMES[object.kind]);

const persistent = (object: CatalogObject): boolean => !isMember(object) || object.session === null;

export const described = (object: CatalogObject): string => `${kindName(object)} ${isMember(object) && object.schema !== DEFAULT_SCHEMA ? `${object.schema}.` : ''}${object.name}`;

/** Objects whose keys are equal can't live side by side. */
function nameKey(object: CatalogObject): string {
  if (object.kind === 'database') return `d/${object.name}`;
  if (object.kind === 'schema') return `s/${object.database}/${object.name}`;
  const space = isRelation(object) || object.kind === 'index' ? 'r' : object.kind;
  const overload = object.kind === 'function' ? `(${signatureOf(object)})` : '';
  return `${space}/${object.session ?? ''}/${object.database}/${object.schema}/${object.name}${overload}`;
}
