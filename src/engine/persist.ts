import { Catalog, type CatalogChange } from '../catalog/catalog.ts';
import { decodeCatalogObject, encodeCatalogObject } from '../catalog/codec.ts';
import type { TableObject } from '../catalog/objects.ts';
import { SqlError } from '../common/errors.ts';
import { objectId, type ObjectId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { Store } from '../store/api.ts';

/** What a job needs beyond its object's definition to be the same after a restart. */
export interface JobMeta {
  readonly id: ObjectId;
  readonly timeZone: string;
  readonly errorPolicy: 'log' | 'ignore' | 'fail';
  readonly seed: number;
  /** Microseconds since 1970 UTC. */
  readonly createdAt: bigint;
  /** All its inputs have ended: it is listed, and not run again. */
  readonly finished: boolean;
  /** It was paused, and comes back paused. */
  readonly paused: boolean;
  /** Tables that have been altered since the job was started, as they were then: the job is planned from these. */
  readonly tables: readonly TableObject[];
}

export interface Persisted {
  readonly metas: ReadonlyMap<ObjectId, JobMeta>;
  readonly secrets: ReadonlyMap<ObjectId, string>;
}

/** One durable step of DDL. */
export interface PersistedChange {
  readonly changes: readonly CatalogChange[];
  readonly nextId: number;
  readonly metas?: readonly JobMeta[];
  readonly secrets?: readonly { readonly id: ObjectId; readonly value: string }[];
}

const NEXT_ID = 'next-id';

export async function writeChange(store: Store, change: PersistedChange): Promise<void> {
  const out = new Map<string, JsonValue | null>([[NEXT_ID, change.nextId]]);
  for (const c of change.changes) {
    if (c.op === 'put') out.set(`object/${c.object.id}`, encodeCatalogObject(c.object));
    else for (const space of ['object', 'job', 'secret']) out.set(`${space}/${c.id}`, null);
  }
  for (const m of change.metas ?? []) {
    out.set(`job/${m.id}`, { id: m.id, timeZone: m.timeZone, errorPolicy: m.errorPolicy, seed: m.seed, createdAt: String(m.createdAt), finished: m.finished, paused: m.paused, ...(m.tables.length === 0 ? {} : { tables: m.tables.map(encodeCatalogObject) }) });
  }
  for (const s of change.secrets ?? []) out.set(`secret/${s.id}`, s.value);
  await store.writeCatalog(out);
}

/** Fills the catalog with what is stored. Errors: data_corrupted. */
export async function readPersisted(store: Store, catalog: Catalog): Promise<Persisted> {
  const entries = await store.readCatalog();
  const changes: CatalogChange[] = [];
  const metas = new Map<ObjectId, JobMeta>();
  const secrets = new Map<ObjectId, string>();
  let nextId = 0;
  for (const [key, value] of entries) {
    const [space = '', id = ''] = key.split('/');
    if (key === NEXT_ID && typeof value === 'number') nextId = value;
    else if (space === 'object') changes.push({ op: 'put', object: decodeCatalogObject(value) });
    else if (space === 'job') metas.set(objectId(Number(id)), decodeMeta(value));
    else if (space === 'secret' && typeof value === 'string') secrets.set(objectId(Number(id)), value);
    else throw new SqlError('data_corrupted', `unknown entry "${key}" in the catalog`);
  }
  catalog.load(changes, nextId);
  return { metas, secrets };
}

const POLICIES = ['log', 'ignore', 'fail'] as const;

function decodeMeta(value: JsonValue): JobMeta {
  const bad = (): never => {
    throw new SqlError('data_corrupted', 'a job in the catalog cannot be read');
  };
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return bad();
  const fields = new Map<string, JsonValue>(Object.entries(value));
  const [id, timeZone, seed, createdAt, finished] = ['id', 'timeZone', 'seed', 'createdAt', 'finished'].map((k) => fields.get(k));
  const errorPolicy = POLICIES.find((p) => p === fields.get('errorPolicy'));
  if (typeof id !== 'number' || typeof timeZone !== 'string' || typeof seed !== 'number' || typeof createdAt !== 'string' || typeof finished !== 'boolean' || errorPolicy === undefined) return bad();
  const kept = fields.get('tables') ?? [];
  if (!Array.isArray(kept)) return bad();
  const tables = kept.map((o): TableObject => {
    const table = decodeCatalogObject(o);
    return table.kind === 'table' ? table : bad();
  });
  return { id: objectId(id), timeZone, errorPolicy, seed, createdAt: BigInt(createdAt), finished, paused: fields.get('paused') === true, tables };
}
