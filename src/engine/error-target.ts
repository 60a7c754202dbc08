import { jobId, type JobId } from '../common/ids.ts';
import { SqlError } from '../common/errors.ts';
import { BIGINT, BYTEA, TEXT, TIMESTAMPTZ, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { quoteName } from '../catalog/names.ts';
import type { TableObject } from '../catalog/objects.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { PhysicalPlan, PhysicalSource } from '../planner/physical.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { ErrorRecord } from '../runtime/api.ts';
import type { Session } from './api.ts';
import type { Core } from './core.ts';

/**
 * `'error-handling.log.target'`: a stored table that the user made, into which a job's errors are written as well. Its columns are
 * filled by their names. Each record comes again until it is written; under the primary key (job_id, sequence) it is there once.
 */

const OPTION = 'error-handling.log.target';
const NONE = 'error_log';
/** Records written by one statement. */
const ROWS_MAX = 100;

const COLUMNS: Readonly<Record<string, { readonly type: SqlType; readonly of: (e: ErrorRecord, job: string) => Value }>> = {
  job_id: { type: BIGINT, of: (e) => BigInt(e.job) },
  sequence: { type: BIGINT, of: (e) => BigInt(e.sequence) },
  error_time: { type: TIMESTAMPTZ, of: (e) => e.atMicros },
  job: { type: TEXT, of: (_, job) => job },
  stage: { type: TEXT, of: stageOf },
  source: { type: TEXT, of: (e) => e.source },
  split: { type: TEXT, of: (e) => e.split },
  record_offset: { type: TEXT, of: (e) => e.offset },
  field: { type: TEXT, of: (e) => e.field },
  reason: { type: TEXT, of: (e) => e.reason },
  raw: { type: BYTEA, of: (e) => e.raw },
};

/** Where a record was refused: while it was read, or computed or written. */
export function stageOf(e: { readonly split: string | null }): string {
  return e.split === null || e.split === '' ? 'compute' : 'read';
}

const suggestion = (name: string): string =>
  `CREATE TABLE ${name} (job_id BIGINT, sequence BIGINT, error_time TIMESTAMPTZ, job TEXT, stage TEXT, source TEXT, split TEXT, record_offset TEXT, field TEXT, reason TEXT, raw BYTEA, PRIMARY KEY (job_id, sequence))`;

/** The table that a source's option names, beside the source's own; null where it names none. Errors: undefined_table, wrong_object_type, undefined_column. */
function targetOf(catalog: CatalogSnapshot, source: PhysicalSource): TableObject | null {
  const text = source.spec.options[OPTION];
  if (text === undefined || text === NONE) return null;
  const table = catalog.object(source.tableId);
  if (table?.kind !== 'table') return null;
  const [name = '', schema = table.schema, database = table.database] = text.split('.').reverse();
  const found = catalog.relationNamed(database, schema, name);
  if (found === undefined) throw new SqlError('undefined_table', `the error log "${text}" of table "${table.name}" does not exist`, { hint: `${suggestion(text)};` });
  if (found.kind !== 'table' || found.connector !== null) throw new SqlError('wrong_object_type', `the error log "${text}" of table "${table.name}" is not a stored table`);
  if (!found.columns.some((c) => c.name in COLUMNS)) {
    throw new SqlError('undefined_column', `the error log "${text}" has none of the columns that are written`, { hint: `Its columns are filled by name: ${suggestion(text)};` });
  }
  return found;
}

/** Before a job starts. */
export function checkErrorTargets(core: Core, plans: readonly PhysicalPlan[]): void {
  const visit = (p: PhysicalPlan): void => {
    if (p.kind === 'source') targetOf(core.catalog.snapshot(), p);
    for (const input of inputsOf(p)) visit(input);
  };
  plans.forEach(visit);
}

/** Writes records where their sources say; what is computed of several sources goes where all that say something agree. Rejects when a table can't be written. */
export async function writeErrors(core: Core, session: (database: string) => Session, job: JobId, records: readonly ErrorRecord[], sources: readonly PhysicalSource[]): Promise<void> {
  const catalog = core.catalog.snapshot();
  const targets = new Map<string, TableObject>();
  for (const source of sources) {
    const target = targetOf(catalog, source);
    if (target !== null) targets.set(source.table, target);
  }
  if (targets.size === 0) return;
  const ids = new Set([...targets.values()].map((t) => t.id));
  const common = ids.size === 1 ? [...targets.values()][0] : undefined;
  const name = [...core.jobs.entries.values()].find((e) => jobId(e.object.id) === job)?.object.name ?? String(job);
  const byTable = Map.groupBy(records, (e) => (stageOf(e) === 'read' ? targets.get(e.source) : common));
  for (const [table, some] of byTable) {
    if (table === undefined) continue;
    const made = session(table.database);
    try {
      for (let from = 0; from < some.length; from += ROWS_MAX) await insert(made, table, some.slice(from, from + ROWS_MAX), name);
    } finally {
      await made.close();
    }
  }
}

async function insert(session: Session, table: TableObject, records: readonly ErrorRecord[], job: string): Promise<void> {
  const columns = table.columns.flatMap((c) => (c.kind === 'physical' && c.name in COLUMNS ? [c.name] : []));
  const specs = columns.flatMap((c) => COLUMNS[c] ?? []);
  const values: Value[] = [];
  const types: SqlType[] = [];
  const rows = records.map((e) => `(${specs.map((s) => {
    types.push(s.type);
    return `$${values.push(s.of(e, job))}`;
  }).join(', ')})`);
  const [statement] = session.parse(`INSERT INTO ${[table.database, table.schema, table.name].map(quoteName).join('.')} (${columns.map(quoteName).join(', ')}) VALUES ${rows.join(', ')}${table.primaryKey === null ? '' : ' ON CONFLICT DO NOTHING'}`);
  if (statement === undefined) return;
  await session.execute(await session.prepare(statement, types), values, { signal: new AbortController().signal });
}
