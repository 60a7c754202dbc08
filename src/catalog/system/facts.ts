import { typeName } from '../../common/types/sql-type.ts';
import type { FunctionObject } from '../objects.ts';
import { createStatement } from '../print-ddl.ts';
import { typeOid } from '../../common/types/oids.ts';
import { typeFromText } from '../../common/types/literal-type.ts';
import { SqlError } from '../../common/errors.ts';
import type { SessionFacts } from '../../functions/define.ts';
import { quoteName } from '../names.ts';
import type { SystemContext } from './context.ts';
import { constraintOid, indexOid, modelOf, OWNER_OID, type Model } from './model.ts';
import { indexText } from './pg-catalog.ts';
import { procsOf, type ProcInfo } from './pg-functions.ts';

/**
 * What catalog functions ask: names and numbers of relations, definitions, comments. For the server to build a session's
 * `SessionFacts` with. `cx` is asked for at each call, since the catalog changes.
 */
export function catalogFacts(cx: () => SystemContext): Pick<Required<SessionFacts>, 'relationOid' | 'relationName' | 'typeOid' | 'procOid' | 'namespaceOid' | 'describe'> {
  return {
    relationOid: (text) => relationOid(cx(), text),
    relationName: (oid) => relationName(cx(), oid),
    typeOid: (text) => {
      try {
        return typeOid(typeFromText(text));
      } catch (error) {
        if (error instanceof SqlError) return undefined;
        throw error;
      }
    },
    procOid: (text) => {
      const wanted = parts(text).at(-1)?.name;
      for (const p of procsByOid(cx()).values()) if (p.name === wanted) return p.oid;
      for (const o of cx().catalog.objects.values()) if (o.kind === 'function' && o.name === wanted) return o.id;
      return undefined;
    },
    namespaceOid: (text) => modelOf(cx()).schemas.find((s) => s.name === parts(text).at(-1)?.name)?.oid,
    describe: (what, oid, sub) => describe(cx(), what, oid, sub),
  };
}

/** A dotted name as `'…'::regclass` takes it: quoted parts keep their case, others match without regard to it. */
function parts(text: string): { readonly name: string; readonly quoted: boolean }[] {
  return Array.from(text.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^".]+))\s*(?:\.|$)/g), ([, quoted, plain]) =>
    quoted === undefined ? { name: (plain ?? '').trim(), quoted: false } : { name: quoted.replaceAll('""', '"'), quoted: true },
  );
}

function relationOid(cx: SystemContext, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const names = parts(text);
  const last = names.at(-1);
  if (last === undefined) return undefined;
  const schema = names.at(-2)?.name;
  const { relations } = modelOf(cx);
  const inSchema = relations.filter((r) => (schema === undefined ? true : r.schema === schema.toLowerCase() || r.schema === schema));
  const found = inSchema.filter((r) => r.name === last.name);
  const near = found.length > 0 || last.quoted ? found : inSchema.filter((r) => r.name.toLowerCase() === last.name.toLowerCase());
  const order = ['pg_catalog', ...cx.session.searchPath];
  const rank = (r: { readonly schema: string }): number => (order.includes(r.schema) ? order.indexOf(r.schema) : order.length);
  const [best] = near.filter((r) => schema !== undefined || order.includes(r.schema) || r.schema === 'millrace_catalog').sort((a, b) => rank(a) - rank(b));
  return best?.oid;
}

function relationName(cx: SystemContext, oid: number): string | undefined {
  const r = modelOf(cx).find(oid);
  if (r === undefined) return undefined;
  const visible = r.schema === 'pg_catalog' || cx.session.searchPath.includes(r.schema);
  return visible ? quoteName(r.name) : `${quoteName(r.schema)}.${quoteName(r.name)}`;
}

function describe(cx: SystemContext, what: Parameters<SessionFacts['describe']>[0], oid: number, sub: number): string | null {
  const model = modelOf(cx);
  switch (what) {
    case 'viewdef':
      return viewText(model, oid);
    case 'constraintdef': {
      for (const r of model.relations) {
        const u = r.uniques.find((x) => x.constraint === oid);
        if (u !== undefined) return `UNIQUE ${u.nullsNotDistinct ? 'NULLS NOT DISTINCT ' : ''}(${u.columns.map((i) => quoteName(r.columns[i]?.name ?? '')).join(', ')})`;
      }
      const table = model.relations.find((r) => r.key !== null && constraintOid(r.oid) === oid);
      if (table?.key == null) return null;
      return `PRIMARY KEY (${table.key.columns.map((i) => quoteName(table.columns[i]?.name ?? '')).join(', ')})`;
    }
    case 'indexdef': {
      const table = model.relations.find((r) => r.key !== null && indexOid(r.oid) === oid);
      const owner = model.relations.find((r) => r.indexes.some((i) => i.oid === oid));
      const index = owner?.indexes.find((i) => i.oid === oid);
      if (owner !== undefined && index !== undefined) return sub === 0 ? indexText(owner, { ...index, unique: false }) : quoteName(owner.columns[index.columns[sub - 1] ?? -1]?.name ?? '');
      for (const r of model.relations) {
        const u = r.uniques.find((x) => x.oid === oid);
        if (u !== undefined) return sub === 0 ? indexText(r, u) : quoteName(r.columns[u.columns[sub - 1] ?? -1]?.name ?? '');
      }
      if (table?.key == null) return null;
      return sub === 0 ? indexText(table, table.key) : quoteName(table.columns[table.key.columns[sub - 1] ?? -1]?.name ?? '');
    }
    case 'expr':
      return null;
    case 'comment': {
      const r = model.find(oid);
      if (r !== undefined) return sub > 0 ? (r.columns[sub - 1]?.comment ?? null) : r.comment;
      return model.schemas.find((s) => s.oid === oid)?.comment ?? null;
    }
    case 'user':
      for (const role of cx.roles()) if (role.oid === oid) return role.name;
      return oid === OWNER_OID ? cx.session.user : `unknown (OID=${oid})`;
    case 'namespace':
      return model.schemas.find((s) => s.oid === oid)?.name ?? null;
    case 'proc':
      return procText(cx, oid, sub);
  }
}

function viewText(model: Model, oid: number): string | null {
  const sql = model.find(oid)?.sql;
  return sql == null ? null : ` ${sql.trim()}${sql.trim().endsWith(';') ? '' : ';'}`;
}

const procs = new WeakMap<SystemContext, Map<number, ProcInfo>>();

function procsByOid(cx: SystemContext): Map<number, ProcInfo> {
  let known = procs.get(cx);
  if (known === undefined) procs.set(cx, (known = new Map(Array.from(procsOf(cx.functions()), (p) => [p.oid, p]))));
  return known;
}

/** 0: its name; 1: what it gives; 2: its arguments; 3: its definition, which built-in functions have none of. */
function procText(cx: SystemContext, oid: number, sub: number): string | null {
  const p = procsByOid(cx).get(oid);
  if (p === undefined) {
    const own = [...cx.catalog.objects.values()].find((o) => o.id === oid);
    return own?.kind === 'function' ? userProcText(own, sub) : null;
  }
  return sub === 0 ? p.name : sub === 1 ? p.resultText : sub === 2 ? p.argText : null;
}

function userProcText(f: FunctionObject, sub: number): string {
  const list = (items: FunctionObject['params']): string => items.map((p) => `${p.name === null ? '' : `${quoteName(p.name)} `}${typeName(p.type)}`).join(', ');
  switch (sub) {
    case 0:
      return f.name;
    case 1:
      return f.columns === null ? typeName(f.returns) : `TABLE(${list(f.columns)})`;
    case 2:
      return list(f.params);
    default:
      return createStatement(f, {});
  }
}
