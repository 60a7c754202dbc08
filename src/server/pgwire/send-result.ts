import { batchFromRows } from '../../common/batch/builder.ts';
import { SqlError } from '../../common/errors.ts';
import type { Row } from '../../common/types/value.ts';
import type { Session, StatementResult } from '../../engine/api.ts';
import { CopyParser } from './copy-parser.ts';
import { CopyWriter } from './copy-rows.ts';
import { FieldReader } from './frames.ts';
import type { MessageQueue } from './message-queue.ts';
import { BACKEND, FRONTEND } from './messages.ts';
import type { WireWriter } from './writer.ts';

export type CopyOut = Extract<StatementResult, { kind: 'copyOut' }>;
export type CopyIn = Extract<StatementResult, { kind: 'copyIn' }>;

export function commandComplete(out: WireWriter, tag: string): void {
  out.begin(BACKEND.commandComplete).text(tag).end();
}

/** The whole of a COPY TO STDOUT, up to CommandComplete. */
export async function sendCopyOut(result: CopyOut, session: Session, out: WireWriter): Promise<void> {
  const writer = new CopyWriter(result.schema, result.format, session.text);
  response(out, BACKEND.copyOutResponse, result);
  let rows = 0;
  try {
    writer.header(out);
    for (;;) {
      if (result.live) out.flush();
      const batch = await result.rows.next();
      if (batch === null) break;
      for (let r = 0; r < batch.rowCount; r++) {
        writer.row(out, batch, r);
        if (out.full) await out.drained();
      }
      rows += batch.rowCount;
    }
    writer.footer(out);
  } finally {
    await result.rows.close();
  }
  out.empty(BACKEND.copyDone);
  commandComplete(out, `COPY ${rows}`);
}

const BATCH_ROWS = 4096;

/** COPY FROM STDIN: asks for the data, takes it, and ends with CommandComplete. Messages come out of the connection's queue. */
export async function receiveCopy(result: CopyIn, session: Session, queue: MessageQueue, out: WireWriter): Promise<void> {
  const parser = new CopyParser(result.schema, result.format, session.text);
  response(out, BACKEND.copyInResponse, result);
  out.flush();
  let waiting: Row[] = [];
  const write = async (rows: readonly Row[], all: boolean): Promise<void> => {
    waiting = waiting.length === 0 ? [...rows] : waiting.concat(rows);
    if (waiting.length === 0 || (!all && waiting.length < BATCH_ROWS)) return;
    const batch = batchFromRows(result.schema, waiting);
    waiting = [];
    await result.receive.write(batch);
  };
  try {
    for (;;) {
      const frame = await queue.next();
      if (frame === null) throw new SqlError('connection_failure', 'unexpected EOF on client connection with an open COPY');
      switch (frame.type) {
        case FRONTEND.copyData:
          await write(parser.push(frame.body), false);
          continue;
        case FRONTEND.copyDone:
          await write(parser.end(), true);
          commandComplete(out, await result.receive.finish());
          return;
        case FRONTEND.copyFail:
          throw new SqlError('query_canceled', `COPY from stdin failed: ${new FieldReader(frame.body).text()}`);
        case FRONTEND.flush:
        case FRONTEND.sync:
          continue;
        default:
          throw new SqlError('protocol_violation', `unexpected message type 0x${frame.type.toString(16).toUpperCase()} during COPY from stdin`);
      }
    }
  } catch (error) {
    await result.receive.abort(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function response(out: WireWriter, type: number, result: CopyOut | CopyIn): void {
  const format = result.format.format === 'binary' ? 1 : 0;
  out.begin(type).byte(format).int16(result.schema.length);
  for (let i = 0; i < result.schema.length; i++) out.int16(format);
  out.end();
}

