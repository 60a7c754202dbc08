import type { Socket } from 'node:net';
import { SqlError } from '../../common/errors.ts';
import type { Clock } from '../../common/clock.ts';
import type { Engine, ParsedStatement, Session } from '../../engine/api.ts';
import { writeError, writeNotice } from './error-message.ts';
import { ExtendedProtocol } from './extended.ts';
import { FieldReader, FrameReader } from './frames.ts';
import { MessageQueue } from './message-queue.ts';
import { BACKEND, FRONTEND } from './messages.ts';
import { rowEncoder } from './row-encoder.ts';
import { writeRowDescription } from './row-description.ts';
import { commandComplete, receiveCopy, sendCopyOut } from './send-result.ts';
import { RowCursor } from './send-rows.ts';
import { readFirstMessage, sessionParameters, type FirstMessage } from './startup.ts';
import { WireWriter } from './writer.ts';

/** Bytes and counts a connection may use. */
export interface WireLimits {
  /** Before the session exists. */
  readonly startupBytesMax: number;
  readonly startupMs: number;
  /** One message. */
  readonly messageBytesMax: number;
  /** Pipelined messages that wait; above it the socket is not read. */
  readonly queuedBytesMax: number;
  readonly connections: number;
  readonly statementsMax: number;
  readonly portalsMax: number;
}

export const DEFAULT_LIMITS: WireLimits = {
  startupBytesMax: 10_000,
  startupMs: 60_000,
  messageBytesMax: 256 * 1024 * 1024,
  queuedBytesMax: 16 * 1024 * 1024,
  connections: 100,
  statementsMax: 10_000,
  portalsMax: 10_000,
};

/** What a connection needs of the server around it. */
export interface ConnectionHost {
  readonly engine: Engine;
  readonly limits: WireLimits;
  readonly clock: Clock;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Cancels what runs on the backend of this id, if the secret is its own. */
  readonly cancel: (processId: number, secret: number) => void;
  /** Null while there is room for one more session, else the error to send. */
  readonly refuse: () => SqlError | null;
}

/** One client: start-up, then its messages one after another until it ends. Never throws into the server. */
export class Connection {
  readonly processId: number;
  readonly secret: number;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #out: WireWriter;
  readonly #frames: FrameReader;
  readonly #queue = new MessageQueue();
  #session: Session | null = null;
  /** Aborts the statement that runs. */
  #running: AbortController | null = null;
  #startupTimer: () => void;
  #over = false;
  #busy = false;

  constructor(socket: Socket, processId: number, secret: number, host: ConnectionHost) {
    this.processId = processId;
    this.secret = secret;
    this.#socket = socket;
    this.#host = host;
    this.#out = new WireWriter(socket);
    this.#frames = new FrameReader(host.limits.startupBytesMax);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => this.#gone());
    socket.on('close', () => this.#gone());
    this.#queue.onTaken = () => {
      if (this.#queue.bytes < host.limits.queuedBytesMax / 2 && socket.isPaused()) socket.resume();
    };
    this.#startupTimer = host.clock.setTimer(host.limits.startupMs, () => socket.destroy());
  }

  /** Serves the client; resolves when it has gone. */
  async run(): Promise<void> {
    try {
      if (await this.#startUp()) await this.#serve();
    } catch (error) {
      this.#fatal(error);
    } finally {
      this.#startupTimer();
      this.#over = true;
      await this.#session?.close().catch((error: unknown) => this.#host.log('error', `closing a session: ${error instanceof Error ? error.message : String(error)}`));
      this.#out.flush();
      this.#socket.end(() => this.#socket.destroy());
    }
  }

  /** Ends what runs now with query_canceled. */
  cancel(): void {
    this.#running?.abort(new SqlError('query_canceled', 'canceling statement due to user request'));
  }

  /** The server stops: says so and ends. */
  shutDown(): void {
    const reason = new SqlError('admin_shutdown', 'terminating connection due to administrator command');
    this.#running?.abort(reason);
    if (!this.#over) this.#fatal(reason);
    this.#over = true;
    this.#out.flush();
    this.#socket.end(() => this.#socket.destroy());
    this.#queue.end();
  }

  #gone(): void {
    this.#running?.abort(new SqlError('connection_failure', 'the client has gone'));
    this.#queue.end();
  }

  #fatal(error: unknown): void {
    if (this.#over || this.#socket.destroyed) return;
    this.#over = true;
    writeError(this.#out, error, null, 'FATAL');
    this.#out.flush();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#frames.push(chunk);
      // The first messages are taken one by one: what follows them has another framing.
      if (!this.#frames.typed) this.#offerFirst();
      else for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) this.#queue.push(frame);
      if (this.#queue.bytes > this.#host.limits.queuedBytesMax) this.#socket.pause();
    } catch (error) {
      this.#fatal(error);
      this.#running?.abort(error);
      this.#queue.end();
      this.#socket.end();
    }
  }

  #offerFirst(): void {
    const frame = this.#frames.next();
    if (frame !== null) this.#queue.push(frame);
  }

  async #startUp(): Promise<boolean> {
    for (;;) {
      const frame = await this.#queue.next();
      if (frame === null) return false;
      const first = readFirstMessage(frame.body);
      switch (first.kind) {
        case 'ssl':
        case 'gss':
          // Bytes behind the request came before our answer: they would be read as if they were encrypted.
          if (this.#frames.pending > 0) throw new SqlError('protocol_violation', 'received unencrypted data after SSL request');
          this.#out.byte('N'.charCodeAt(0));
          this.#out.flush();
          continue;
        case 'cancel':
          this.#host.cancel(first.processId, first.secret);
          return false;
        case 'startup':
          this.#open(first);
          return true;
      }
    }
  }

  #open(first: Extract<FirstMessage, { kind: 'startup' }>): void {
    const refused = this.#host.refuse();
    if (refused !== null) throw refused;
    const user = first.parameters.get('user') ?? '';
    if (user === '') throw new SqlError('invalid_authorization_specification', 'no PostgreSQL user name specified in startup packet');
    const replication = first.parameters.get('replication');
    if (replication !== undefined && !['', 'false', 'off', 'no', '0'].includes(replication)) throw new SqlError('feature_not_supported', 'replication connections are not supported');
    const out = this.#out;
    if (first.minor > 0 || first.protocolOptions.length > 0) {
      out.begin(BACKEND.negotiateVersion).int32(0).int32(first.protocolOptions.length);
      for (const name of first.protocolOptions) out.text(name);
      out.end();
    }
    const parameters = sessionParameters(first.parameters);
    let reporting = false;
    const session = this.#host.engine.createSession({
      user,
      database: first.parameters.get('database') ?? user,
      parameters,
      backendPid: this.processId,
      onNotice: (notice) => {
        if (this.#over) return;
        writeNotice(out, notice);
        if (!this.#busy) out.flush();
      },
      onParameter: (name, value) => {
        if (reporting && !this.#over) out.begin(BACKEND.parameterStatus).text(name).text(value).end();
      },
    });
    this.#session = session;
    out.begin(BACKEND.authentication).int32(0).end();
    for (const [name, value] of session.reportedParameters()) out.begin(BACKEND.parameterStatus).text(name).text(value).end();
    reporting = true;
    out.begin(BACKEND.backendKeyData).int32(this.processId).int32(this.secret).end();
    this.#ready(session);
    this.#startupTimer();
    this.#frames.lengthMax = this.#host.limits.messageBytesMax;
    this.#frames.typed = true;
    // Messages that came along with the start-up message.
    this.#receive(Buffer.alloc(0));
  }

  #ready(session: Session): void {
    this.#out.begin(BACKEND.readyForQuery).byte(session.transactionStatus.charCodeAt(0)).end();
    this.#out.flush();
  }

  async #serve(): Promise<void> {
    const session = this.#session as Session;
    const extended = new ExtendedProtocol(session, this.#out, this.#host.limits);
    for (;;) {
      this.#busy = this.#queue.ready;
      const frame = await this.#queue.next();
      if (frame === null || this.#over) break;
      this.#busy = true;
      if (extended.skipping && frame.type !== FRONTEND.sync && frame.type !== FRONTEND.terminate) continue;
      switch (frame.type) {
        case FRONTEND.query: {
          const reader = new FieldReader(frame.body);
          await extended.reset();
          await this.#simpleQuery(session, reader);
          this.#ready(session);
          break;
        }
        case FRONTEND.sync:
          await extended.sync();
          this.#ready(session);
          break;
        case FRONTEND.terminate:
          await extended.reset();
          return;
        case FRONTEND.flush:
          this.#out.flush();
          break;
        case FRONTEND.copyData:
        case FRONTEND.copyDone:
        case FRONTEND.copyFail:
          // Left over from a COPY that failed.
          break;
        case FRONTEND.functionCall:
          writeError(this.#out, new SqlError('feature_not_supported', 'function calls by message are not supported', { hint: 'Call the function in a SELECT.' }), null);
          this.#ready(session);
          break;
        case FRONTEND.parse:
        case FRONTEND.bind:
        case FRONTEND.describe:
        case FRONTEND.execute:
        case FRONTEND.close:
          await this.#abortable((signal) => extended.handle(frame, this.#queue, signal));
          if (this.#out.full) await this.#out.drained();
          break;
        default:
          throw new SqlError('protocol_violation', `invalid frontend message type ${frame.type}`);
      }
    }
    await extended.reset();
  }

  async #abortable(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      await work(running.signal);
    } finally {
      this.#running = null;
    }
  }

  async #simpleQuery(session: Session, reader: FieldReader): Promise<void> {
    await this.#abortable(async (signal) => {
      let text: string | null = null;
      let began = false;
      try {
        text = reader.text();
        const statements = session.parse(text);
        if (statements.length === 0) {
          this.#out.empty(BACKEND.emptyQuery);
          return;
        }
        if (statements.length > 1) {
          session.beginImplicit();
          began = true;
        }
        for (const statement of statements) await this.#run(session, statement, signal);
        if (began) await session.endImplicit(false);
      } catch (error) {
        writeError(this.#out, reasonOf(error, signal), text);
        if (began) await session.endImplicit(true);
      }
    });
  }

  async #run(session: Session, statement: ParsedStatement, signal: AbortSignal): Promise<void> {
    const out = this.#out;
    const prepared = await session.prepare(statement, []);
    if (prepared.parameters.length > 0) throw new SqlError('undefined_parameter', 'there is no parameter $1');
    const result = await session.execute(prepared, [], { signal });
    switch (result.kind) {
      case 'empty':
        out.empty(BACKEND.emptyQuery);
        return;
      case 'command':
        commandComplete(out, result.tag);
        return;
      case 'copyOut':
        return sendCopyOut(result, session, out);
      case 'copyIn':
        return receiveCopy(result, session, this.#queue, out);
      case 'rows': {
        const cursor = new RowCursor(result.rows, result.live);
        try {
          const text = result.schema.map(() => false);
          writeRowDescription(out, result.schema, text);
          await cursor.send(0, rowEncoder(result.schema, text, session.text), out);
          commandComplete(out, result.tag(cursor.sent));
        } finally {
          await cursor.close();
        }
      }
    }
  }
}

/** What a cancelled statement ends with: the reason of the abort. */
export function reasonOf(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted && signal.reason instanceof SqlError ? signal.reason : error;
}

