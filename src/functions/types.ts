import type { SqlType, TypeKind } from '../common/types/sql-type.ts';

/** Type categories and implicit conversions, PostgreSQL's (pg_type.typcategory, pg_cast.castcontext). */

export type Category = 'N' | 'S' | 'D' | 'T' | 'B' | 'U' | 'A' | 'R' | 'X' | 'Z';

export function categoryOf(kind: TypeKind): Category {
  switch (kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'real':
    case 'double':
    case 'decimal':
    case 'numeric':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return 'N';
    case 'char':
    case 'varchar':
    case 'name':
      return 'S';
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return 'D';
    case 'interval':
      return 'T';
    case 'boolean':
      return 'B';
    case 'array':
      return 'A';
    case 'row':
    case 'map':
      return 'R';
    case 'unknown':
      return 'X';
    case 'internalchar':
      return 'Z';
    case 'bytea':
    case 'uuid':
    case 'json':
    case 'jsonb':
      return 'U';
  }
}

const PREFERRED: ReadonlySet<TypeKind> = new Set<TypeKind>(['double', 'oid', 'varchar', 'timestamptz', 'interval', 'boolean']);
export const isPreferred = (kind: TypeKind): boolean => PREFERRED.has(kind);

const INTEGERS = ['tinyint', 'smallint', 'int', 'bigint'] as const;
const REG = ['regclass', 'regtype', 'regproc', 'regnamespace'] as const;

/** Conversions done without being asked for; each set is transitively closed. */
const IMPLICIT: ReadonlyMap<TypeKind, ReadonlySet<TypeKind>> = new Map<TypeKind, ReadonlySet<TypeKind>>([
  ['tinyint', new Set(['smallint', 'int', 'bigint', 'decimal', 'numeric', 'real', 'double'])],
  ['smallint', new Set(['int', 'bigint', 'decimal', 'numeric', 'real', 'double', 'oid', ...REG])],
  ['int', new Set(['bigint', 'decimal', 'numeric', 'real', 'double', 'oid', ...REG])],
  ['bigint', new Set(['decimal', 'numeric', 'real', 'double', 'oid', ...REG])],
  ['decimal', new Set(['numeric', 'real', 'double'])],
  ['numeric', new Set(['real', 'double'])],
  ['real', new Set(['double'])],
  ['date', new Set(['timestamp', 'timestamptz'])],
  ['timestamp', new Set(['timestamptz'])],
  ['time', new Set(['interval'])],
  ['char', new Set(['varchar', 'name'])],
  ['name', new Set(['varchar'])],
  ['internalchar', new Set(['varchar'])],
  ['varchar', new Set(['char', 'regclass'])],
  ['oid', new Set(REG)],
  ['regclass', new Set(['oid'])],
  ['regtype', new Set(['oid'])],
  ['regproc', new Set(['oid'])],
  ['regnamespace', new Set(['oid'])],
]);

/** Conversions done when a value is stored into a column of another type, beyond the implicit ones. */
const ASSIGNMENT: ReadonlyMap<TypeKind, ReadonlySet<TypeKind>> = new Map<TypeKind, ReadonlySet<TypeKind>>([
  ['smallint', new Set(['tinyint'])],
  ['int', new Set(['tinyint', 'smallint'])],
  ['bigint', new Set(INTEGERS)],
  ['real', new Set([...INTEGERS, 'decimal', 'numeric'])],
  ['double', new Set([...INTEGERS, 'decimal', 'numeric', 'real'])],
  ['numeric', new Set([...INTEGERS, 'decimal'])],
  ['decimal', new Set(INTEGERS)],
  ['timestamp', new Set(['date', 'time'])],
  ['timestamptz', new Set(['date', 'time', 'timestamp'])],
  ['interval', new Set(['time'])],
  ['json', new Set(['jsonb'])],
  ['jsonb', new Set(['json'])],
  ['varchar', new Set(['internalchar', 'name'])],
  ['char', new Set(['internalchar'])],
  ['oid', new Set(['int', 'bigint'])],
  ...REG.map((r): [TypeKind, ReadonlySet<TypeKind>] => [r, new Set<TypeKind>(['int', 'bigint'])]),
]);

/** Conversions only a written cast does, besides those through text. */
const EXPLICIT: ReadonlyMap<TypeKind, ReadonlySet<TypeKind>> = new Map<TypeKind, ReadonlySet<TypeKind>>([
  ['boolean', new Set([...INTEGERS, 'decimal', 'numeric', 'real', 'double'])],
  ['tinyint', new Set(['boolean'])],
  ['smallint', new Set(['boolean'])],
  ['int', new Set(['boolean', 'internalchar'])],
  ['bigint', new Set(['boolean'])],
  ['internalchar', new Set(['int'])],
  ['jsonb', new Set(['boolean', ...INTEGERS, 'decimal', 'numeric', 'real', 'double'])],
  ['varchar', new Set(['bytea'])],
  ['bytea', new Set(['varchar'])],
  ['time', new Set(['timestamp', 'timestamptz'])],
]);

export type CastContext = 'implicit' | 'assignment' | 'explicit';

const STRINGS: ReadonlySet<TypeKind> = new Set<TypeKind>(['varchar', 'char', 'name']);

/** Whether a value of `from` may become `to` in `context`. Lengths and precisions never matter here. */
export function canCast(from: SqlType, to: SqlType, context: CastContext): boolean {
  if (from.kind === 'unknown') return true;
  if (from.kind === to.kind) {
    if (from.kind === 'array' && to.kind === 'array') return canCast(from.element, to.element, context);
    if (from.kind === 'map' && to.kind === 'map') return canCast(from.key, to.key, context) && canCast(from.value, to.value, context);
    if (from.kind === 'row' && to.kind === 'row') {
      return from.fields.length === to.fields.length && from.fields.every((f, i) => canCast(f.type, to.fields[i]?.type ?? f.type, context));
    }
    return true;
  }
  if (IMPLICIT.get(from.kind)?.has(to.kind) === true) return true;
  if (context === 'implicit') return false;
  if (ASSIGNMENT.get(from.kind)?.has(to.kind) === true) return true;
  // Anything may be stored as text; any text may be read by a written cast.
  if (STRINGS.has(to.kind) && from.kind !== 'internalchar') return true;
  if (context === 'assignment') return false;
  if (EXPLICIT.get(from.kind)?.has(to.kind) === true) return true;
  return STRINGS.has(from.kind) && to.kind !== 'map';
}
