import type { Schema } from '../../common/batch/batch.ts';
import { rowText } from '../../common/batch/row-text.ts';
import { SqlError } from '../../common/errors.ts';
import type { Notice, RowSource, Session, StatementResult } from '../../engine/api.ts';
import { renderError } from '../../parser/caret.ts';
import { tableText } from './table-text.ts';

/** Where a script's output goes. */
export interface ScriptOutput {
  readonly line: (text: string) => void;
  readonly errorLine: (text: string) => void;
}

/** Rows a table holds before it is printed and a new one begun. */
const TABLE_ROWS = 1000;
const RIGHT = new Set(['tinyint', 'smallint', 'int', 'bigint', 'real', 'double', 'decimal', 'numeric', 'oid']);

/** How `millrace sql` prints a NOTICE. */
export function noticeText(notice: Notice): string {
  return [`${notice.severity}:  ${notice.message}`, ...(notice.detail === undefined ? [] : [`DETAIL:  ${notice.detail}`]), ...(notice.hint === undefined ? [] : [`HINT:  ${notice.hint}`])].join('\n');
}

/**
 * Runs every statement of a script in turn, as `psql -f` does, and prints what it gives. Live results go on until `signal`.
 * @returns whether all succeeded; with `stopOnError` the first failure ends the script.
 */
export async function runScript(session: Session, text: string, out: ScriptOutput, options: { readonly stopOnError: boolean; readonly signal: AbortSignal }): Promise<boolean> {
  let succeeded = true;
  const failed = (error: unknown): void => {
    succeeded = false;
    out.errorLine(error instanceof SqlError ? renderError(error, text) : `ERROR:  ${error instanceof Error ? error.message : String(error)}`);
  };
  let statements;
  try {
    statements = session.parse(text);
  } catch (error) {
    failed(error);
    return false;
  }
  for (const statement of statements) {
    if (options.signal.aborted) break;
    try {
      const prepared = await session.prepare(statement, []);
      if (prepared.parameters.length > 0) throw new SqlError('undefined_parameter', 'there is no parameter $1');
      await print(session, await session.execute(prepared, [], { signal: options.signal }), out);
    } catch (error) {
      if (options.signal.aborted) break;
      failed(error);
      if (options.stopOnError) return false;
    }
  }
  return succeeded;
}

async function print(session: Session, result: StatementResult, out: ScriptOutput): Promise<void> {
  switch (result.kind) {
    case 'empty':
      return;
    case 'command':
      out.line(result.tag);
      return;
    case 'rows':
      return printRows(session, result.schema, result.rows, result.live, out);
    case 'copyOut':
      return eachRow(session, result.schema, result.rows, (row) => out.line(row.map((v) => v ?? result.format.nullText).join(result.format.delimiter)));
    case 'copyIn':
      await result.receive.abort('a script has no COPY data');
      throw new SqlError('feature_not_supported', 'COPY FROM STDIN is not supported in a script', { hint: 'Use INSERT, or psql.' });
  }
}

/** Ended results as tables; live ones a line a row, as they come. */
async function printRows(session: Session, schema: Schema, source: RowSource, live: boolean, out: ScriptOutput): Promise<void> {
  const names = schema.map((f) => f.name);
  const right = schema.map((f) => RIGHT.has(f.type.kind));
  if (live) {
    out.line(names.join(' | '));
    return eachRow(session, schema, source, (row) => out.line(row.map((v) => v ?? '').join(' | ')));
  }
  let rows: (string | null)[][] = [];
  await eachRow(session, schema, source, (row) => {
    rows.push(row);
    if (rows.length < TABLE_ROWS) return;
    out.line(tableText(names, right, rows));
    rows = [];
  });
  out.line(`${tableText(names, right, rows)}\n`);
}

async function eachRow(session: Session, schema: Schema, source: RowSource, take: (row: (string | null)[]) => void): Promise<void> {
  try {
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      for (let r = 0; r < batch.rowCount; r++) {
        take(rowText(schema, batch, r, session.text));
      }
    }
  } finally {
    await source.close();
  }
}
