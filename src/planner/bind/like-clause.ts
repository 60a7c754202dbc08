import { SqlError } from '../../common/errors.ts';
import type { PrimaryKey, TableColumn, TableObject, UniqueKey, Watermark } from '../../catalog/objects.ts';
import type { CreateTableStatement, LikeClause, LikePart } from '../../parser/ast-tables.ts';

/** What a table takes over from the one its LIKE clause names. */
export interface Inherited {
  readonly columns: readonly TableColumn[];
  readonly primaryKey: PrimaryKey | null;
  readonly uniques: readonly UniqueKey[];
  readonly watermark: Watermark | null;
  readonly options: Readonly<Record<string, string>>;
  readonly partitionedBy: readonly string[];
}

export const NOTHING_INHERITED: Inherited = { columns: [], primaryKey: null, uniques: [], watermark: null, options: {}, partitionedBy: [] };

type Action = LikeClause['options'][number]['action'];
const PARTS = ['constraints', 'distribution', 'generated', 'metadata', 'options', 'partitions', 'watermarks'] as const;
type Part = (typeof PARTS)[number];
const isPart = (part: LikePart): part is Part => PARTS.some((p) => p === part);
const OVERWRITABLE: ReadonlySet<LikePart> = new Set(['generated', 'metadata', 'options', 'watermarks']);

/**
 * Flink's rule: INCLUDING ALL but OVERWRITING OPTIONS unless said otherwise; what is said of a part goes before what is said
 * of ALL. INCLUDING takes over, and fails where the new table declares the same; OVERWRITING lets the new one win; EXCLUDING
 * leaves out. Physical columns are always included.
 */
function actions(like: LikeClause): Readonly<Record<Part, Action>> {
  const all = like.options.find((o) => o.part === 'all');
  const out: Record<Part, Action> = { constraints: 'including', distribution: 'including', generated: 'including', metadata: 'including', options: 'overwriting', partitions: 'including', watermarks: 'including' };
  if (all !== undefined) for (const part of PARTS) out[part] = all.action;
  const seen = new Set<LikePart>();
  for (const { action, part } of like.options) {
    if (seen.has(part)) throw new SqlError('syntax_error', `LIKE says twice what to do with ${part.toUpperCase()}`, { span: like.span });
    seen.add(part);
    if (action === 'overwriting' && !OVERWRITABLE.has(part)) {
      throw new SqlError('syntax_error', `OVERWRITING ${part.toUpperCase()} is not possible`, { span: like.span, hint: 'GENERATED, METADATA, OPTIONS and WATERMARKS can be overwritten.' });
    }
    if (isPart(part)) out[part] = action;
  }
  return out;
}

/** @param options the new table's own. */
export function inherited(base: TableObject, s: CreateTableStatement, like: LikeClause, options: Readonly<Record<string, string>>): Inherited {
  const action = actions(like);
  const own = new Set(s.columns.map((c) => c.name.name));
  const kept = base.columns.map((c) => {
    if (c.kind === 'physical') return true;
    const what = action[c.kind === 'computed' ? 'generated' : 'metadata'];
    return what === 'including' || (what === 'overwriting' && !own.has(c.name));
  });
  base.columns.forEach((c, i) => {
    if (kept[i] !== true || !own.has(c.name)) return;
    const span = s.columns.find((d) => d.name.name === c.name)?.name.span;
    const part = c.kind === 'computed' ? 'GENERATED' : 'METADATA';
    throw new SqlError('duplicate_column', `column "${c.name}" is already in table "${base.name}"`, {
      span, hint: c.kind === 'physical' ? 'Physical columns are always included.' : `EXCLUDING ${part} or OVERWRITING ${part} leaves it out.`,
    });
  });
  const index = base.columns.map((_, i) => kept.slice(0, i).filter(Boolean).length);
  const key = action.constraints === 'excluding' ? null : base.primaryKey;
  const declared = s.constraints.find((k) => k.kind === 'primaryKey')?.span ?? s.columns.find((c) => c.kind === 'physical' && c.constraints.some((k) => k.kind === 'primaryKey'))?.span;
  if (key !== null && declared !== undefined) throw conflict(base, 'primary key', 'CONSTRAINTS', declared);
  let mark = action.watermarks === 'excluding' ? null : base.watermark;
  if (mark !== null && s.watermark !== null) {
    if (action.watermarks === 'including') throw conflict(base, 'watermark', 'WATERMARKS', s.watermark.span);
    mark = null;
  }
  if (mark !== null && kept[mark.column] !== true) throw new SqlError('invalid_table_definition', `the watermark of "${base.name}" is on column "${base.columns[mark.column]?.name ?? ''}", which is left out`, { span: like.span, hint: 'Add EXCLUDING WATERMARKS.' });
  const partitionedBy = action.partitions === 'excluding' ? [] : base.partitionedBy;
  if (partitionedBy.length > 0 && s.partitionedBy[0] !== undefined) throw conflict(base, 'partitions', 'PARTITIONS', s.partitionedBy[0].span);
  const twice = action.options === 'including' ? Object.keys(base.options).find((k) => k in options) : undefined;
  if (twice !== undefined) {
    throw new SqlError('invalid_table_definition', `option "${twice}" is already set by table "${base.name}"`, { span: s.options.find((o) => o.key === twice)?.span, hint: 'OVERWRITING OPTIONS lets the new value win.' });
  }
  return {
    columns: base.columns.filter((_, i) => kept[i]),
    primaryKey: key === null ? null : { ...key, name: `${s.name.parts.at(-1)?.name ?? ''}_pkey`, columns: key.columns.map((i) => index[i] ?? 0) },
    uniques: action.constraints === 'excluding' ? [] : (base.uniques ?? []).map((u) => ({ ...u, name: `${s.name.parts.at(-1)?.name ?? ''}_${u.columns.map((i) => base.columns[i]?.name ?? '').join('_')}_key`, columns: u.columns.map((i) => index[i] ?? 0) })),
    watermark: mark === null ? null : { ...mark, column: index[mark.column] ?? 0 },
    options: action.options === 'excluding' ? {} : base.options,
    partitionedBy,
  };
}

function conflict(base: TableObject, what: string, part: string, span: CreateTableStatement['span']): SqlError {
  return new SqlError('invalid_table_definition', `table "${base.name}" has a ${what} already`, { span, hint: `EXCLUDING ${part} leaves it out.` });
}
