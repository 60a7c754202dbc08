import type { Batch, Schema } from '../common/batch/batch.ts';
import { rowsFromBatch } from '../common/batch/builder.ts';
import { InternalError, SqlError, notSupported } from '../common/errors.ts';
import { hasLengths, storedWithin, withoutLengths } from '../common/types/lengths.ts';
import { TEXT } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { builtins } from '../functions/registry.ts';
import { compileExpr } from '../planner/interpret.ts';
import { evaluatePlan } from '../planner/naive.ts';
import type { BoundCopy, CopyTarget } from '../planner/statement.ts';
import { bindStatement } from '../planner/bind/statement.ts';
import { quoteName } from '../catalog/names.ts';
import { parseStatement } from '../parser/parser.ts';
import type { CopyFormat, CopyReceiver, StatementResult } from './api.ts';
import { insertion } from './dml.ts';
import { openQuery } from './query.ts';
import { naiveHost } from './snapshot.ts';
import { enforcedUniques } from './planning.ts';
import type { Run } from './run.ts';
import { lockTable, requireWritable, unlock, write } from './writes.ts';

/** COPY to and from the client. */

export async function copy(run: Run, bound: BoundCopy): Promise<StatementResult> {
  if (bound.endpoint !== 'stdin' && bound.endpoint !== 'stdout') throw notSupported('COPY with a file of the server', undefined, "Use STDIN or STDOUT (psql's \\copy), or a table with 'connector' = 'filesystem'.");
  const format = copyFormat(bound.options);
  if (bound.to !== null) {
    const open = await openQuery(run, bound.to);
    return { kind: 'copyOut', schema: open.schema, format, rows: open.rows, live: open.live };
  }
  if (bound.from === null) throw new InternalError('a COPY without a table');
  requireWritable(run, 'COPY FROM');
  const { table, columns } = bound.from;
  if (table.connector !== null) throw notSupported('COPY into a connector table', undefined, 'INSERT the rows, or COPY them into a stored table.');
  const schema = columns.map((i) => {
    const c = table.columns[i];
    if (c === undefined || c.kind !== 'physical') throw new SqlError('invalid_column_reference', `column "${c?.name ?? ''}" is computed`, { detail: 'Computed columns cannot be used in COPY.' });
    return { name: c.name, type: c.type, nullable: true };
  });
  // What is too long is an error when it is stored: reading it as the column's type would cut it.
  const given = schema.map((f) => ({ ...f, type: withoutLengths(f.type) }));
  return { kind: 'copyIn', schema: given, format, receive: receiver(run, bound, bound.from, given, schema) };
}

/** Rows are checked and written together at the end: all or none. */
function receiver(run: Run, bound: BoundCopy, target: CopyTarget, given: Schema, schema: Schema): CopyReceiver {
  const rows: Row[] = [];
  const complete = completing(run, target);
  const limited = schema.some((f) => hasLengths(f.type));
  const stored = (row: Row): Row => (limited ? row.map((v, i) => storedWithin(v, schema[i]?.type ?? TEXT)) : row);
  const where = bound.where === null ? null : compileExpr(bound.where, { functions: builtins, eval: run.eval, params: run.params });
  return {
    async write(batch: Batch) {
      for (const read of rowsFromBatch(given, batch)) {
        const row = stored(read);
        if (where === null || where(row, null) === true) rows.push(complete(row));
      }
      await Promise.resolve();
    },
    async finish() {
      const { table } = target;
      if (table.primaryKey !== null || enforcedUniques(table).length > 0 || run.session.transaction !== null) await lockTable(run, table);
      try {
        const { changes } = await insertion(run, table, rows, { conflict: null });
        await write(run, table, changes);
      } finally {
        unlock(run);
      }
      return `COPY ${rows.length}`;
    },
    async abort() {
      rows.length = 0;
      await Promise.resolve();
    },
  };
}

/** Puts the given columns where the table has them, and defaults elsewhere. */
function completing(run: Run, target: CopyTarget): (row: Row) => Row {
  const { table, columns } = target;
  const physical = table.columns.flatMap((c, i) => (c.kind === 'physical' ? [i] : []));
  const from = physical.map((at) => columns.indexOf(at));
  if (from.every((at, i) => at === i)) return (row) => row;
  if (from.every((at, i) => at >= 0 || (table.columns[physical[i] ?? -1] as { default?: string | null } | undefined)?.default == null)) return (row) => from.map((at) => (at < 0 ? null : (row[at] ?? null)));
  const sql = `INSERT INTO ${[table.database, table.schema, table.name].map(quoteName).join('.')} DEFAULT VALUES`;
  const insert = bindStatement(parseStatement(sql), run.session.bindContext(sql));
  if (insert.kind !== 'insert') throw new InternalError('no insert');
  const host = naiveHost(run);
  return (row) => {
    const [defaults = []] = evaluatePlan(insert.plan, host);
    return from.map((at, i) => (at < 0 ? (defaults[i] ?? null) : (row[at] ?? null)));
  };
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, on: true, '1': true, match: true, false: false, off: false, '0': false };
const KNOWN = ['format', 'delimiter', 'null', 'header', 'quote', 'escape', 'encoding', 'freeze', 'csv', 'binary'];

/** Errors: invalid_parameter_value and PostgreSQL's for options that don't go together. */
export function copyFormat(options: Readonly<Record<string, string>>): CopyFormat {
  for (const key of Object.keys(options)) {
    if (KNOWN.includes(key)) continue;
    if (key.startsWith('force_')) throw notSupported(`COPY option ${key.toUpperCase()}`, undefined, 'Leave it out.');
    throw new SqlError('syntax_error', `option "${key}" not recognized`);
  }
  const format = (options['format'] ?? (options['csv'] !== undefined ? 'csv' : options['binary'] !== undefined ? 'binary' : 'text')).toLowerCase();
  if (format !== 'text' && format !== 'csv' && format !== 'binary') throw new SqlError('invalid_parameter_value', `COPY format "${format}" not recognized`);
  const csv = format === 'csv';
  const delimiter = options['delimiter'] ?? (csv ? ',' : '\t');
  const quote = options['quote'] ?? '"';
  const header = FLAGS[(options['header'] ?? 'false').toLowerCase()];
  if (header === undefined) throw new SqlError('syntax_error', 'header requires a Boolean value or "match"');
  if (format === 'binary' && (options['delimiter'] !== undefined || options['null'] !== undefined)) throw new SqlError('syntax_error', 'cannot specify DELIMITER or NULL in BINARY mode');
  if (new TextEncoder().encode(delimiter).length !== 1) throw new SqlError('feature_not_supported', 'COPY delimiter must be a single one-byte character');
  if (!csv && options['quote'] !== undefined) throw new SqlError('feature_not_supported', 'COPY quote available only in CSV mode');
  if (header && format === 'binary') throw new SqlError('feature_not_supported', 'COPY HEADER is not available in BINARY mode');
  if (options['encoding'] !== undefined && !/^['"]?utf-?_?8['"]?$/i.test(options['encoding'])) throw notSupported('another encoding than UTF8', undefined, 'Convert the data to UTF8.');
  return { format, delimiter, nullText: options['null'] ?? (csv ? '' : '\\N'), header, quote, escape: options['escape'] ?? quote };
}
