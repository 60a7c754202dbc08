import type { Socket } from 'node:net';
import type { Clock } from '../../common/clock.ts';
import { SqlError } from '../../common/errors.ts';
import type { Engine, Session } from '../../engine/api.ts';
import type { BackendKey, CancelRegistry } from './cancel.ts';
import { writeError, writeNotice } from './error-message.ts';
import { ExtendedQuery } from './extended.ts';
import { FrameReader, type Frame } from './frames.ts';
import { Inbox } from './inbox.ts';
import type { WireLimits } from './limits.ts';
import { BACKEND, FRONTEND, REQUEST_REFUSED, VERSION_3_0 } from './messages.ts';
import { runSimpleQuery } from './simple-query.ts';
import { readFirstMessage, sessionParameters, type FirstMessage } from './startup.ts';
import type { Wire } from './wire.ts';
import { WireWriter } from './writer.ts';

export type ServerLog = (level: 'info' | 'warn' | 'error', message: string) => void;

/** What connections share. */
export interface ConnectionContext {
  readonly engine: Engine;
  readonly limits: WireLimits;
  readonly clock: Clock;
  /** Statements, parameters and keys are never written. */
  readonly log: ServerLog;
  readonly cancels: CancelRegistry;
  /** Takes a place among the sessions; false when all are taken. */
  admit(): boolean;
  release(): void;
}

type Startup = FirstMessage & { kind: 'startup' };

/** One client's connection, from its first byte to its end. Never throws: whatever goes wrong ends this connection only. */
export class Connection {
  readonly #cx: ConnectionContext;
  readonly #socket: Socket;
  readonly #out: WireWriter;
  readonly #inbox: Inbox;
  /** The statement under way. */
  #running: AbortController | null = null;
  #waiting = false;
  /** Set once: why the session ends. */
  #ending: SqlError | null = null;

  constructor(cx: ConnectionContext, socket: Socket) {
    this.#cx = cx;
    this.#socket = socket;
    this.#out = new WireWriter(socket);
    this.#inbox = new Inbox(socket, new FrameReader(cx.limits.startupBytesMax), cx.limits.queuedBytesMax);
    // A connection that breaks is also closed, which is where it is dealt with.
    socket.on('error', () => socket.destroy());
    const gone = (): void => this.#running?.abort(new SqlError('connection_failure', 'connection to client lost'));
    socket.on('close', gone);
    socket.on('end', gone);
  }

  /** Serves the connection to its end. */
  async serve(): Promise<void> {
    try {
      const stopTimer = this.#cx.clock.setTimer(this.#cx.limits.startupMs, () => this.#socket.destroy());
      let first: Startup | null;
      try {
        first = await this.#firstMessage();
      } finally {
        stopTimer();
      }
      if (first !== null) await this.#session(first);
    } catch (error) {
      this.#fatal(error);
    } finally {
      this.#finish();
    }
  }

  /** Ends the session with admin_shutdown; the rest is up to `serve`. */
  terminate(): void {
    this.#ending ??= new SqlError('admin_shutdown', 'terminating connection due to administrator command');
    if (this.#running !== null) this.#running.abort(this.#ending);
    else {
      this.#fatal(this.#ending);
      this.#finish();
    }
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Reads up to the start-up message. Null: nothing more to do. */
  async #firstMessage(): Promise<Startup | null> {
    // Each kind of encryption may be asked for once.
    for (let i = 0; i < 3; i++) {
      const frame = await this.#inbox.take(() => this.#out.rest());
      if (frame === null) return null;
      const message = readFirstMessage(frame.body);
      switch (message.kind) {
        case 'cancel':
          this.#cx.cancels.cancel(message.pid, message.secret);
          return null;
        case 'startup':
          return message;
        case 'encryption':
          // Bytes behind the request came before our answer: they would be read as if they were encrypted.
          if (this.#inbox.frames.pending > 0) throw new SqlError('protocol_violation', 'received unencrypted data after SSL request');
          this.#out.byte(REQUEST_REFUSED);
          break;
      }
    }
    throw new SqlError('protocol_violation', 'too many encryption requests');
  }

  async #session(first: Startup): Promise<void> {
    const { cx, out } = { cx: this.#cx, out: this.#out };
    this.#inbox.frames.typed = true;
    this.#inbox.frames.lengthMax = cx.limits.messageBytesMax;
    if (!cx.admit()) throw new SqlError('too_many_connections', 'sorry, too many clients already', { hint: 'Close idle connections, or start the server with a higher --max-connections.' });
    let session: Session | null = null;
    const key = cx.cancels.register(() => this.#running?.abort(new SqlError('query_canceled', 'canceling statement due to user request')));
    try {
      if (first.minor > 0 || first.unknownOptions.length > 0) {
        out.begin(BACKEND.negotiateVersion).int32(VERSION_3_0).int32(first.unknownOptions.length);
        for (const name of first.unknownOptions) out.text(name);
        out.end();
      }
      const user = first.parameters.get('user') ?? '';
      let started = false;
      session = cx.engine.createSession({
        user,
        database: first.parameters.get('database') ?? user,
        parameters: sessionParameters(first.parameters),
        backendPid: key.pid,
        onNotice: (notice) => {
          writeNotice(out, notice);
          if (started) out.flush();
        },
        onParameter: (name, value) => {
          // Those of the start are reported together.
          if (!started) return;
          this.#parameterStatus(name, value);
          if (this.#waiting) out.flush();
        },
      });
      this.#greet(session, key);
      started = true;
      await this.#messages(session);
    } finally {
      cx.cancels.release(key);
      await session?.close();
      cx.release();
    }
  }

  #greet(session: Session, key: BackendKey): void {
    const out = this.#out;
    out.begin(BACKEND.authentication).int32(0).end();
    for (const [name, value] of session.reportedParameters()) this.#parameterStatus(name, value);
    out.begin(BACKEND.backendKeyData).int32(key.pid).int32(key.secret).end();
    this.#ready(session);
  }

  #parameterStatus(name: string, value: string): void {
    this.#out.begin(BACKEND.parameterStatus).text(name).text(value).end();
  }

  #ready(session: Session): void {
    this.#out.begin(BACKEND.readyForQuery).byte(session.transactionStatus.charCodeAt(0)).end();
  }

  #wire(session: Session): Wire {
    const idle = (): void => {
      this.#waiting = true;
      this.#out.rest();
    };
    return {
      session,
      out: this.#out,
      limits: this.#cx.limits,
      take: async (signal) => {
        const frame = await this.#inbox.take(idle, signal);
        this.#waiting = false;
        return frame;
      },
      cancellable: async (run) => {
        if (this.#ending !== null) throw this.#ending;
        const controller = new AbortController();
        this.#running = controller;
        try {
          return await run(controller.signal);
        } finally {
          this.#running = null;
        }
      },
    };
  }

  /** The messages of a session until it ends. */
  async #messages(session: Session): Promise<void> {
    const wire = this.#wire(session);
    const extended = new ExtendedQuery(wire);
    /** After an error of the extended protocol everything up to Sync is passed over. */
    let skipping = false;
    try {
      for (;;) {
        const frame = await wire.take();
        if (frame === null || frame.type === FRONTEND.terminate || this.#ending !== null) break;
        if (frame.type === FRONTEND.sync) {
          await extended.sync(skipping).catch((error: unknown) => writeError(this.#out, error, null));
          skipping = false;
          this.#ready(session);
        } else if (skipping) continue;
        else if (frame.type === FRONTEND.query) {
          await extended.sync(false).catch((error: unknown) => writeError(this.#out, error, null));
          await runSimpleQuery(wire, frame.body);
          if (session.transactionStatus === 'I') await extended.dropPortals();
          this.#ready(session);
        } else if (frame.type === FRONTEND.functionCall) {
          writeError(this.#out, new SqlError('feature_not_supported', 'function call messages are not supported', { hint: 'Use SELECT.' }), null);
          this.#ready(session);
        } else skipping = await this.#extendedMessage(extended, frame);
        if (this.#ending !== null) throw this.#ending;
      }
      if (this.#ending !== null) throw this.#ending;
    } finally {
      await extended.dropPortals();
    }
  }

  /** True when it failed: the rest up to Sync is to be passed over. Errors: an unknown message type. */
  async #extendedMessage(extended: ExtendedQuery, frame: Frame): Promise<boolean> {
    try {
      switch (frame.type) {
        case FRONTEND.parse:
          await extended.parse(frame.body);
          break;
        case FRONTEND.bind:
          await extended.bind(frame.body);
          break;
        case FRONTEND.describe:
          extended.describe(frame.body);
          break;
        case FRONTEND.execute:
          await extended.execute(frame.body);
          break;
        case FRONTEND.close:
          await extended.close(frame.body);
          break;
        case FRONTEND.flush:
          this.#out.flush();
          break;
        // What a client still sends when a COPY has failed meanwhile.
        case FRONTEND.copyData:
        case FRONTEND.copyDone:
        case FRONTEND.copyFail:
          break;
        default:
          throw new UnknownMessage(frame.type);
      }
      return false;
    } catch (error) {
      if (error instanceof UnknownMessage) throw error.toSqlError();
      writeError(this.#out, error, extended.text);
      return true;
    }
  }

  /** Tells the client why the connection ends. */
  #fatal(error: unknown): void {
    if (!(error instanceof SqlError)) this.#cx.log('error', `connection failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (!this.#socket.destroyed && this.#socket.writable) writeError(this.#out, error, null, 'FATAL');
  }

  #finish(): void {
    if (this.#socket.destroyed) return;
    this.#out.flush();
    this.#socket.end();
    // The client's own end closes the socket; what it still sends is thrown away.
    this.#socket.resume();
    const stop = this.#cx.clock.setTimer(this.#cx.limits.farewellMs, () => this.#socket.destroy());
    this.#socket.once('close', stop);
    this.#socket.destroySoon();
  }
}

class UnknownMessage extends Error {
  readonly type: number;
  constructor(type: number) {
    super('unknown message');
    this.type = type;
  }
  toSqlError(): SqlError {
    return new SqlError('protocol_violation', `invalid frontend message type ${this.type}`);
  }
}
