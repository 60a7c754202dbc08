import { pgTypeOf } from '../../common/types/oids.ts';
import { typeName, type SqlType } from '../../common/types/sql-type.ts';
import { columnsOf, relation, type Cells } from './columns.ts';
import type { SystemContext } from './context.ts';
import { INFORMATION_COLUMNS } from './information-columns.ts';
import { modelOf, type ModelColumn, type ModelRelation } from './model.ts';
import type { SystemRelation } from './relation.ts';

/** Keys of a table, as constraints. */
const constraintsOf = (r: ModelRelation): { readonly name: string; readonly type: string; readonly columns: readonly number[]; readonly enforced: boolean }[] => [
  ...(r.key === null ? [] : [{ ...r.key, type: 'PRIMARY KEY', enforced: !(r.object?.kind === 'table' && r.object.primaryKey?.enforced === false) }]),
  ...r.uniques.map((u) => ({ ...u, type: 'UNIQUE' })),
];

/** The standard's schema about the schema. Numbers and words as PostgreSQL 15 gives them. */

function* shown(cx: SystemContext): Iterable<ModelRelation> {
  for (const r of modelOf(cx).relations) if (r.kind === 'r' || r.kind === 'v' || r.kind === 'm') yield r;
}

/** Standard words: a materialized view is no standard object and is shown as a table, so that tools list it. */
function tableType(r: ModelRelation): string {
  if (r.temporary) return 'LOCAL TEMPORARY';
  return r.kind === 'v' ? 'VIEW' : 'BASE TABLE';
}

const dataType = (type: SqlType): string => {
  if (type.kind === 'bytea') return 'bytea';
  if (type.kind === 'array') return 'ARRAY';
  if (type.kind === 'row') return 'record';
  return typeName(type).replace(/\(.*?\)/, '');
};

const PRECISION: Readonly<Record<string, readonly [number, number, number | null]>> = {
  tinyint: [8, 2, 0], smallint: [16, 2, 0], int: [32, 2, 0], bigint: [64, 2, 0], real: [24, 2, null], double: [53, 2, null],
};

function numbers(type: SqlType): Cells {
  if (type.kind === 'decimal') return { numeric_precision: type.precision, numeric_precision_radix: 10, numeric_scale: type.scale };
  if (type.kind === 'numeric') return { numeric_precision_radix: 10 };
  const [precision, radix, scale] = PRECISION[type.kind] ?? [null, null, null];
  return { numeric_precision: precision, numeric_precision_radix: radix, numeric_scale: scale };
}

function columnCells(database: string, r: ModelRelation, c: ModelColumn, i: number): Cells {
  const { type } = c;
  const length = (type.kind === 'varchar' || type.kind === 'char') && type.length !== undefined ? type.length : null;
  const temporal = type.kind === 'timestamp' || type.kind === 'timestamptz' || type.kind === 'time' ? type.precision : type.kind === 'date' ? 0 : type.kind === 'interval' ? 6 : null;
  return {
    table_catalog: database, table_schema: r.schema, table_name: r.name, column_name: c.name, ordinal_position: i + 1, column_default: c.computed ? null : c.default,
    is_nullable: c.notNull ? 'NO' : 'YES', data_type: dataType(type), character_maximum_length: length, character_octet_length: length === null ? null : length * 4,
    ...numbers(type), datetime_precision: temporal, udt_catalog: database, udt_schema: 'pg_catalog',
    udt_name: type.kind === 'array' ? `_${pgTypeOf(type.element).typname}` : type.kind === 'varchar' && length !== null ? 'varchar' : pgTypeOf(type).typname, dtd_identifier: String(i + 1),
    is_self_referencing: 'NO', is_identity: 'NO', identity_cycle: 'NO', is_generated: c.computed ? 'ALWAYS' : 'NEVER', generation_expression: c.computed ? c.default : null,
    is_updatable: r.kind === 'r' && !c.computed ? 'YES' : 'NO',
  };
}

type Maker = (cx: SystemContext) => Iterable<Cells>;

const MAKERS: Readonly<Record<string, Maker>> = {
  *information_schema_catalog_name(cx) {
    yield { catalog_name: cx.database };
  },
  *schemata(cx) {
    for (const s of modelOf(cx).schemas) yield { catalog_name: cx.database, schema_name: s.name, schema_owner: 'millrace' };
  },
  *tables(cx) {
    for (const r of shown(cx)) {
      yield { table_catalog: cx.database, table_schema: r.schema, table_name: r.name, table_type: tableType(r), is_insertable_into: r.kind === 'r' && r.object !== null ? 'YES' : 'NO', is_typed: 'NO' };
    }
  },
  *columns(cx) {
    for (const r of shown(cx)) for (const [i, c] of r.columns.entries()) yield columnCells(cx.database, r, c, i);
  },
  *views(cx) {
    for (const r of shown(cx)) {
      if (r.kind !== 'v') continue;
      yield {
        table_catalog: cx.database, table_schema: r.schema, table_name: r.name, view_definition: r.sql, check_option: 'NONE', is_updatable: 'NO', is_insertable_into: 'NO',
        is_trigger_updatable: 'NO', is_trigger_deletable: 'NO', is_trigger_insertable_into: 'NO',
      };
    }
  },
  *table_constraints(cx) {
    for (const r of shown(cx)) {
      for (const c of constraintsOf(r)) {
        yield {
          constraint_catalog: cx.database, constraint_schema: r.schema, constraint_name: c.name, table_catalog: cx.database, table_schema: r.schema, table_name: r.name,
          constraint_type: c.type, is_deferrable: 'NO', initially_deferred: 'NO', enforced: c.enforced ? 'YES' : 'NO',
        };
      }
    }
  },
  *key_column_usage(cx) {
    for (const r of shown(cx)) {
      for (const c of constraintsOf(r)) {
        for (const [n, i] of c.columns.entries()) {
          yield {
            constraint_catalog: cx.database, constraint_schema: r.schema, constraint_name: c.name, table_catalog: cx.database, table_schema: r.schema, table_name: r.name,
            column_name: r.columns[i]?.name ?? '', ordinal_position: n + 1,
          };
        }
      }
    }
  },
  *constraint_column_usage(cx) {
    for (const r of shown(cx)) {
      for (const c of constraintsOf(r)) {
        for (const i of c.columns) yield { table_catalog: cx.database, table_schema: r.schema, table_name: r.name, column_name: r.columns[i]?.name ?? '', constraint_catalog: cx.database, constraint_schema: r.schema, constraint_name: c.name };
      }
    }
  },
  *table_privileges(cx) {
    for (const r of shown(cx)) {
      for (const privilege of ['SELECT', 'INSERT', 'UPDATE', 'DELETE']) {
        yield { grantor: 'millrace', grantee: cx.session.user, table_catalog: cx.database, table_schema: r.schema, table_name: r.name, privilege_type: privilege, is_grantable: 'NO', with_hierarchy: 'NO' };
      }
    }
  },
  *enabled_roles(cx) {
    for (const r of cx.roles()) yield { role_name: r.name };
  },
};

const none: Maker = () => [];

export const informationSchema: readonly SystemRelation[] = Object.entries(INFORMATION_COLUMNS).map(([name, [oid, columns]]) =>
  relation('information_schema', name, oid, columnsOf(columns), `The standard's ${name}`, MAKERS[name] ?? none),
);
