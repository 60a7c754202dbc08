import { describe, expect, it } from 'vitest';
import { objectId } from '../common/ids.ts';
import type { Identifier, ObjectName } from '../parser/ast.ts';
import { Catalog, type NewObject } from './catalog.ts';
import { decodeCatalogObject, encodeCatalogObject } from './codec.ts';
import { matchName } from './names.ts';
import type { CatalogObject } from './objects.ts';
import { systemRelations } from './system/registry.ts';

const span = { start: 0, end: 0 };
const id = (name: string, quoted = false): Identifier => ({ name, quoted, span });
const name = (...parts: string[]): ObjectName => ({ parts: parts.map((p) => id(p)), span });
const scope = { database: 'millrace', searchPath: ['public'], session: 7 };

const table = (tableName: string, extra: Partial<Extract<CatalogObject, { kind: 'table' }>> = {}): NewObject => ({
  kind: 'table', name: tableName, database: 'millrace', schema: 'public', session: null, comment: null, owner: 'o', dependsOn: [], primaryKey: { name: 'k', columns: [0], enforced: true },
  columns: [
    { kind: 'physical', name: 'a', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: false, default: '1', comment: null },
    { kind: 'computed', name: 'b', type: { kind: 'row', fields: [{ name: 'x', type: { kind: 'array', element: { kind: 'varchar' } } }] }, nullable: true, sql: 'row(a)', comment: 'c' },
    { kind: 'metadata', name: 'm', type: { kind: 'map', key: { kind: 'varchar', length: 5 }, value: { kind: 'timestamptz', precision: 3 } }, nullable: true, key: 'k', virtual: true, comment: null },
  ],
  watermark: { column: 1, sql: 'b' }, connector: null, options: {}, partitionedBy: ['a'], appendOnly: false, searchPath: ['public'], ...extra,
});
const view = (viewName: string, dependsOn: readonly CatalogObject[], session: number | null = null): NewObject => ({
  kind: 'view', name: viewName, database: 'millrace', schema: 'public', session, comment: null, owner: 'o', dependsOn: dependsOn.map((o) => o.id), sql: 'SELECT 1',
  columns: [{ name: 'a', type: { kind: 'int' }, nullable: true }], searchPath: ['public'],
});

describe('catalog', () => {
  it('gives ids that are never used again', () => {
    const catalog = new Catalog();
    const { object } = catalog.create(table('t'));
    catalog.drop([object.id], 'restrict');
    expect(catalog.create(table('t')).object.id).toBe(object.id + 1);
  });

  it('a snapshot never changes', () => {
    const catalog = new Catalog();
    const before = catalog.snapshot();
    catalog.create(table('t'));
    expect(before.findRelation(name('t'), scope, systemRelations)).toBeUndefined();
    expect(catalog.snapshot().findRelation(name('t'), scope, systemRelations)?.kind).toBe('object');
    catalog.restore(before);
    expect(catalog.snapshot().findRelation(name('t'), scope, systemRelations)).toBeUndefined();
  });

  it('tables and views share their names', () => {
    const catalog = new Catalog();
    const { object } = catalog.create(table('t'));
    expect(() => catalog.create(view('t', [object]))).toThrow('relation "t" already exists');
  });

  it('RESTRICT names the dependants; CASCADE drops them first', () => {
    const catalog = new Catalog();
    const { object: t } = catalog.create(table('t'));
    const { object: v } = catalog.create(view('v', [t]));
    const { object: w } = catalog.create(view('w', [v]));
    let detail: string | undefined;
    try {
      catalog.drop([t.id], 'restrict');
    } catch (error) {
      if (error instanceof Error && 'detail' in error) detail = String(error.detail);
    }
    expect(detail).toBe('view v depends on table t\nview w depends on view v');
    const { dropped, changes } = catalog.drop([t.id], 'cascade');
    expect(dropped.map((o) => o.id)).toEqual([w.id, v.id, t.id]);
    expect(changes.map((c) => c.op)).toEqual(['delete', 'delete', 'delete']);
  });

  it('a schema goes with what is in it', () => {
    const catalog = new Catalog();
    const { object: schema } = catalog.create({ kind: 'schema', name: 's', database: 'millrace', comment: null, owner: 'o', dependsOn: [] });
    catalog.create(table('t', { schema: 's' }));
    expect(() => catalog.drop([schema.id], 'restrict')).toThrow('cannot drop schema s because other objects depend on it');
    expect(catalog.drop([schema.id], 'cascade').dropped.length).toBe(2);
  });

  it('temporary objects shadow permanent ones, belong to their session and are not persisted', () => {
    const catalog = new Catalog();
    const { object: t } = catalog.create(table('t'));
    const made = catalog.create(view('t', [t], 7));
    expect(made.changes).toEqual([]);
    const kindOf = (session: number): string | undefined => {
      const found = catalog.snapshot().findRelation(name('t'), { ...scope, session }, systemRelations);
      return found?.kind === 'object' ? found.object.kind : undefined;
    };
    expect([kindOf(7), kindOf(8)]).toEqual(['view', 'table']);
    catalog.endSession(7);
    expect(kindOf(7)).toBe('table');
  });

  it('replays what it gave out', () => {
    const catalog = new Catalog();
    const first = catalog.create(table('t'));
    const second = catalog.rename(first.object.id, 'u');
    const other = new Catalog();
    const changes = [...first.changes, ...second.changes].map((c) => (c.op === 'put' ? { op: c.op, object: decodeCatalogObject(encodeCatalogObject(c.object)) } : c));
    other.load(changes, first.object.id + 1);
    expect(other.snapshot().findRelation(name('u'), scope, systemRelations)).toEqual(catalog.snapshot().findRelation(name('u'), scope, systemRelations));
    expect(other.create(table('v')).object.id).toBe(first.object.id + 1);
  });
});

describe('names', () => {
  it('match exactly first, else the one that differs in case', () => {
    expect(matchName(id('A'), ['a', 'A'])).toEqual({ kind: 'one', name: 'A' });
    expect(matchName(id('A'), ['a'])).toEqual({ kind: 'one', name: 'a' });
    expect(matchName(id('AB'), ['ab', 'Ab'])).toEqual({ kind: 'several', names: ['ab', 'Ab'] });
    expect(matchName(id('A', true), ['a'])).toEqual({ kind: 'none' });
  });
  it('have one to three parts', () => {
    const catalog = new Catalog();
    catalog.create(table('t'));
    const s = catalog.snapshot();
    expect(s.findRelation(name('millrace', 'public', 't'), scope, systemRelations)?.kind).toBe('object');
    expect(s.findRelation(name('public', 't'), scope, systemRelations)?.kind).toBe('object');
    expect(s.findRelation(name('pg_class'), scope, systemRelations)?.kind).toBe('system');
    expect(s.findRelation(name('jobs'), scope, systemRelations)?.kind).toBe('system');
    expect(() => s.findRelation(name('a', 'b', 'c', 'd'), scope, systemRelations)).toThrow('improper relation name');
    expect(() => s.resolveRelation(name('nope', 'public', 't'), scope, systemRelations)).toThrow('database "nope" does not exist');
  });
});

describe('JSON form', () => {
  const full = (object: NewObject): CatalogObject => ({ ...object, id: objectId(5) }) as CatalogObject;
  it.each([full(table('t')), full(view('v', [])), full({ kind: 'secret', name: 's', database: 'd', schema: 'x', session: 3, comment: 'c', owner: 'o', dependsOn: [objectId(1)] })])('round trip of %o', (object) => {
    expect(decodeCatalogObject(encodeCatalogObject(object))).toEqual(object);
  });
  it.each([
    [null, 'not an object'], [{ kind: 'table' }, '"id" is not there'], [{ ...full(view('v', [])), sql: 5 }, '"sql" is not a text'], [{ ...full(view('v', [])), kind: 'x' }, 'unknown kind "x"'],
    [{ ...full(table('t')), watermark: { column: 9, sql: '' } }, 'out of range'], [{ ...full(view('v', [])), columns: [{ name: 'a', type: { kind: 'blob' }, nullable: true }] }, 'unknown type "blob"'],
  ])('damage is refused: %#', (value, message) => {
    expect(() => decodeCatalogObject(value)).toThrow(message);
  });
});
