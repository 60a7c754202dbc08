import { SqlError } from '../../common/errors.ts';
import { typeOid } from '../../common/types/oids.ts';
import type { Value } from '../../common/types/value.ts';
import type { PreparedStatement, Session } from '../../engine/api.ts';
import { writeError } from './error-message.ts';
import { FieldReader, type Frame } from './frames.ts';
import type { MessageQueue } from './message-queue.ts';
import { BACKEND, FRONTEND } from './messages.ts';
import { readFormats, readParameterTypes, readParameterValues } from './parameters.ts';
import { writeRowDescription } from './row-description.ts';
import { rowEncoder, type RowEncoder } from './row-encoder.ts';
import { commandComplete, receiveCopy, sendCopyOut } from './send-result.ts';
import { RowCursor } from './send-rows.ts';
import type { WireWriter } from './writer.ts';

interface Statement {
  /** Null for an empty text. */
  readonly prepared: PreparedStatement | null;
  readonly text: string;
}

interface Portal {
  readonly statement: Statement;
  readonly parameters: readonly Value[];
  readonly binary: readonly boolean[];
  /** Set once it runs. */
  cursor: RowCursor | null;
  encode: RowEncoder | null;
  tag: (rows: number) => string;
  finished: boolean;
}

export interface ExtendedLimits {
  readonly statementsMax: number;
  readonly portalsMax: number;
}

/**
 * Parse, Bind, Describe, Execute, Close and Sync of one connection. An error is answered once; messages up to the next Sync
 * are then skipped. Portals live to the Sync, in a transaction block to its end.
 */
export class ExtendedProtocol {
  readonly #session: Session;
  readonly #out: WireWriter;
  readonly #limits: ExtendedLimits;
  readonly #statements = new Map<string, Statement>();
  readonly #portals = new Map<string, Portal>();
  #implicit = false;
  /** After an error, until Sync. */
  skipping = false;

  constructor(session: Session, out: WireWriter, limits: ExtendedLimits) {
    this.#session = session;
    this.#out = out;
    this.#limits = limits;
  }

  /** One message; errors are answered here. */
  async handle(frame: Frame, queue: MessageQueue, signal: AbortSignal): Promise<void> {
    let text: string | null = null;
    const about = (t: string): void => {
      text = t;
    };
    try {
      const reader = new FieldReader(frame.body);
      switch (frame.type) {
        case FRONTEND.parse:
          return await this.#parse(reader, about);
        case FRONTEND.bind:
          return await this.#bind(reader, about);
        case FRONTEND.describe:
          return this.#describe(reader);
        case FRONTEND.execute:
          return await this.#execute(reader, queue, signal, about);
        case FRONTEND.close:
          return await this.#close(reader);
      }
    } catch (error) {
      this.skipping = true;
      writeError(this.#out, signal.aborted && signal.reason instanceof SqlError ? signal.reason : error, text);
    }
  }

  async sync(): Promise<void> {
    await this.#endImplicit();
    this.skipping = false;
    if (this.#session.transactionStatus === 'I') await this.#closePortals();
  }

  /** Before a simple query and at the end: the unnamed statement and what is open go. */
  async reset(): Promise<void> {
    await this.#endImplicit();
    this.skipping = false;
    this.#statements.delete('');
    if (this.#session.transactionStatus === 'I') await this.#closePortals();
  }

  async #endImplicit(): Promise<void> {
    if (!this.#implicit) return;
    this.#implicit = false;
    const failed = this.skipping;
    try {
      await this.#session.endImplicit(failed);
    } catch (error) {
      if (!failed) writeError(this.#out, error, null);
    }
  }

  async #closePortals(): Promise<void> {
    const portals = [...this.#portals.values()];
    this.#portals.clear();
    for (const portal of portals) await portal.cursor?.close();
  }

  async #parse(reader: FieldReader, about: (text: string) => void): Promise<void> {
    const name = reader.text();
    const text = reader.text();
    about(text);
    const types = readParameterTypes(reader);
    reader.end();
    if (name !== '' && this.#statements.has(name)) throw new SqlError('duplicate_prepared_statement', `prepared statement "${name}" already exists`);
    if (this.#statements.size >= this.#limits.statementsMax) throw new SqlError('configuration_limit_exceeded', `more than ${this.#limits.statementsMax} prepared statements`, { hint: 'Close the ones that are not used any more.' });
    const parsed = this.#session.parse(text);
    if (parsed.length > 1) throw new SqlError('syntax_error', 'cannot insert multiple commands into a prepared statement');
    const [first] = parsed;
    this.#statements.set(name, { text, prepared: first === undefined ? null : await this.#session.prepare(first, types) });
    this.#out.empty(BACKEND.parseComplete);
  }

  #statement(name: string): Statement {
    const found = this.#statements.get(name);
    if (found === undefined) throw new SqlError('invalid_sql_statement_name', name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`);
    return found;
  }

  #portal(name: string): Portal {
    const found = this.#portals.get(name);
    if (found === undefined) throw new SqlError('invalid_cursor_name', `portal "${name}" does not exist`);
    return found;
  }

  async #bind(reader: FieldReader, about: (text: string) => void): Promise<void> {
    const name = reader.text();
    const statementName = reader.text();
    const statement = this.#statement(statementName);
    about(statement.text);
    const types = statement.prepared?.parameters ?? [];
    const formats = readFormats(reader, types.length);
    const parameters = readParameterValues(reader, formats, types, statementName, this.#session.text);
    const binary = readFormats(reader, null)(statement.prepared?.columns?.length ?? 0);
    reader.end();
    if (name !== '' && this.#portals.has(name)) throw new SqlError('duplicate_cursor', `portal "${name}" already exists`);
    if (this.#portals.size >= this.#limits.portalsMax) throw new SqlError('configuration_limit_exceeded', `more than ${this.#limits.portalsMax} open portals`);
    await this.#portals.get(name)?.cursor?.close();
    this.#portals.set(name, { statement, parameters, binary, cursor: null, encode: null, tag: () => '', finished: false });
    this.#out.empty(BACKEND.bindComplete);
  }

  #describe(reader: FieldReader): void {
    const kind = reader.byte();
    const name = reader.text();
    reader.end();
    if (kind === 'S'.charCodeAt(0)) {
      const { prepared } = this.#statement(name);
      const parameters = prepared?.parameters ?? [];
      this.#out.begin(BACKEND.parameterDescription).int16(parameters.length);
      for (const type of parameters) this.#out.int32(typeOid(type));
      this.#out.end();
      this.#columns(prepared, null);
    } else if (kind === 'P'.charCodeAt(0)) {
      const portal = this.#portal(name);
      this.#columns(portal.statement.prepared, portal.binary);
    } else throw new SqlError('protocol_violation', `invalid DESCRIBE message subtype ${kind}`);
  }

  #columns(prepared: PreparedStatement | null, binary: readonly boolean[] | null): void {
    if (prepared?.columns === undefined || prepared.columns === null) this.#out.empty(BACKEND.noData);
    else writeRowDescription(this.#out, prepared.columns, binary);
  }

  async #execute(reader: FieldReader, queue: MessageQueue, signal: AbortSignal, about: (text: string) => void): Promise<void> {
    const portal = this.#portal(reader.text());
    const max = reader.int32();
    reader.end();
    about(portal.statement.text);
    if (portal.statement.prepared === null) {
      this.#out.empty(BACKEND.emptyQuery);
      return;
    }
    if (portal.finished) {
      // Done already: no rows are left.
      commandComplete(this.#out, portal.tag(0));
      return;
    }
    if (portal.cursor === null && !(await this.#start(portal, portal.statement.prepared, queue, signal))) return;
    const { cursor, encode } = portal;
    if (cursor === null || encode === null) return;
    const before = cursor.sent;
    if (await cursor.send(Math.max(0, max), encode, this.#out)) {
      portal.finished = true;
      commandComplete(this.#out, portal.tag(cursor.sent - before));
    } else this.#out.empty(BACKEND.portalSuspended);
  }

  /** Runs the portal's statement. @returns whether it has rows to send. */
  async #start(portal: Portal, prepared: PreparedStatement, queue: MessageQueue, signal: AbortSignal): Promise<boolean> {
    if (!this.#implicit) {
      this.#session.beginImplicit();
      this.#implicit = true;
    }
    const result = await this.#session.execute(prepared, portal.parameters, { signal });
    switch (result.kind) {
      case 'rows':
        portal.cursor = new RowCursor(result.rows, result.live);
        portal.encode = rowEncoder(result.schema, portal.binary, this.#session.text);
        portal.tag = result.tag;
        return true;
      case 'empty':
        this.#out.empty(BACKEND.emptyQuery);
        break;
      case 'command':
        portal.tag = () => result.tag;
        commandComplete(this.#out, result.tag);
        break;
      case 'copyOut':
        await sendCopyOut(result, this.#session, this.#out);
        break;
      case 'copyIn':
        await receiveCopy(result, this.#session, queue, this.#out);
        break;
    }
    portal.finished = true;
    return false;
  }

  async #close(reader: FieldReader): Promise<void> {
    const kind = reader.byte();
    const name = reader.text();
    reader.end();
    if (kind === 'S'.charCodeAt(0)) this.#statements.delete(name);
    else if (kind === 'P'.charCodeAt(0)) {
      const portal = this.#portals.get(name);
      this.#portals.delete(name);
      await portal?.cursor?.close();
    } else throw new SqlError('protocol_violation', `invalid CLOSE message subtype ${kind}`);
    this.#out.empty(BACKEND.closeComplete);
  }
}
