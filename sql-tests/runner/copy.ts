import { batchFromRows } from '../../src/common/batch/builder.ts';
import type { StatementResult } from '../../src/engine/api.ts';
import type { SessionText } from '../../src/functions/session-text.ts';
import { TextCopyReader } from '../../src/server/pgwire/copy-in.ts';
import { copyText } from '../../src/server/pgwire/copy-out.ts';
import type { Outcome } from './database.ts';

const LINE_BYTES_MAX = 1 << 20;
/** Of the type text. */
const TEXT_OID = 25;

/** COPY … FROM STDIN of these lines, in text or CSV format. @returns the tag. */
export async function copyIn({ schema, format, receive }: StatementResult & { kind: 'copyIn' }, text: SessionText, lines: readonly string[]): Promise<string> {
  try {
    const reader = new TextCopyReader(schema, format, text, LINE_BYTES_MAX);
    const rows = [...reader.push(Buffer.from(lines.map((l) => `${l}\n`).join(''))), ...reader.end()];
    if (rows.length > 0) await receive.write(batchFromRows(schema, rows));
    return await receive.finish();
  } catch (error) {
    await receive.abort(String(error));
    throw error;
  }
}

/** COPY … TO STDOUT: the lines as rows of one column. */
export async function copyOut({ schema, format, rows }: StatementResult & { kind: 'copyOut' }, text: SessionText): Promise<Outcome> {
  const lines: string[][] = [];
  try {
    for (let batch = await rows.next(); batch !== null; batch = await rows.next()) {
      for (let r = 0; r < batch.rowCount; r++) lines.push([copyText(schema, format, text, batch, r)]);
    }
  } finally {
    await rows.close();
  }
  return { kind: 'rows', types: 'T', oids: [TEXT_OID], rows: lines };
}
