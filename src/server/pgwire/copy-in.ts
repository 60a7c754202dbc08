import { TARGET_BATCH_ROWS, type Schema } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { SqlError } from '../../common/errors.ts';
import { textIn, type TextInput } from '../../common/types/text-codec.ts';
import type { Row } from '../../common/types/value.ts';
import type { CopyFormat, StatementResult } from '../../engine/api.ts';
import { abortable } from './abortable.ts';
import { BinaryCopyReader } from './copy-binary.ts';
import { LineSplitter, splitCsvLine, splitTextLine } from './copy-format.ts';
import { writeCopyResponse } from './copy-out.ts';
import { FieldReader } from './frames.ts';
import { BACKEND, FRONTEND } from './messages.ts';
import type { Wire } from './wire.ts';

/** Turns the bytes of CopyData into rows. */
interface CopyReader {
  push(bytes: Uint8Array): Row[];
  end(): Row[];
}

/** COPY … FROM STDIN: takes CopyData until CopyDone. Gives the tag. */
export async function receiveCopy(wire: Wire, result: StatementResult & { kind: 'copyIn' }, signal: AbortSignal): Promise<string> {
  const { schema, format, receive } = result;
  const reader: CopyReader =
    format.format === 'binary' ? new BinaryCopyReader(schema, wire.limits.messageBytesMax) : new TextCopyReader(schema, format, wire.session.text, wire.limits.messageBytesMax);
  writeCopyResponse(wire.out, BACKEND.copyInResponse, schema.length, format.format === 'binary');
  let rows: Row[] = [];
  const write = async (): Promise<void> => {
    if (rows.length === 0) return;
    const full = rows;
    rows = [];
    await abortable(receive.write(batchFromRows(schema, full)), signal);
  };
  try {
    for (;;) {
      const frame = await wire.take(signal);
      if (frame === null) throw new SqlError('connection_failure', 'unexpected EOF on client connection with an open COPY');
      switch (frame.type) {
        case FRONTEND.copyData:
          for (const row of reader.push(frame.body)) rows.push(row);
          if (rows.length >= TARGET_BATCH_ROWS) await write();
          break;
        case FRONTEND.copyDone:
          for (const row of reader.end()) rows.push(row);
          await write();
          return await abortable(receive.finish(), signal);
        case FRONTEND.copyFail:
          throw new SqlError('query_canceled', `COPY from stdin failed: ${new FieldReader(frame.body).text()}`);
        case FRONTEND.flush:
        case FRONTEND.sync:
          break;
        default:
          throw new SqlError('protocol_violation', `unexpected message type 0x${frame.type.toString(16).padStart(2, '0')} during COPY from stdin`);
      }
    }
  } catch (error) {
    await receive.abort(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Text and CSV. */
export class TextCopyReader implements CopyReader {
  readonly #schema: Schema;
  readonly #format: CopyFormat;
  readonly #cx: TextInput;
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #line = 0;
  #ended = false;

  constructor(schema: Schema, format: CopyFormat, cx: TextInput, lineMax: number) {
    this.#schema = schema;
    this.#format = format;
    this.#cx = cx;
    this.#lines = new LineSplitter(format, lineMax);
  }

  push(bytes: Uint8Array): Row[] {
    return this.#rows(this.#lines.push(this.#decode(bytes, true)));
  }

  end(): Row[] {
    const rows = this.#rows(this.#lines.push(this.#decode(new Uint8Array(0), false)));
    for (const row of this.#rows(this.#lines.end())) rows.push(row);
    return rows;
  }

  #decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream });
    } catch {
      throw new SqlError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8"', { detail: `After line ${this.#line}.` });
    }
  }

  #rows(lines: readonly string[]): Row[] {
    const rows: Row[] = [];
    for (const line of lines) {
      this.#line++;
      if (this.#ended || (this.#line === 1 && this.#format.header)) continue;
      if (line === '\\.') {
        this.#ended = true;
        continue;
      }
      rows.push(this.#row(this.#format.format === 'csv' ? splitCsvLine(line, this.#format) : splitTextLine(line, this.#format)));
    }
    return rows;
  }

  #row(fields: readonly (string | null)[]): Row {
    const line = `Line ${this.#line}.`;
    if (fields.length > this.#schema.length && !(this.#schema.length === 0 && fields[0] === '')) {
      throw new SqlError('data_exception', 'extra data after last expected column', { detail: line });
    }
    return this.#schema.map((field, i) => {
      const text = fields[i];
      if (text === undefined) throw new SqlError('data_exception', `missing data for column "${field.name}"`, { detail: line });
      if (text === null) return null;
      try {
        return textIn(text, field.type, this.#cx);
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        const detail = `${error.detail === undefined ? '' : `${error.detail} `}Line ${this.#line}, column "${field.name}".`;
        throw new SqlError(error.condition, error.message, { detail, hint: error.hint, cause: error });
      }
    });
  }
}
