import { createServer, type Socket } from 'node:net';
import { systemClock, type Clock } from '../../common/clock.ts';
import { SqlError } from '../../common/errors.ts';
import type { Engine } from '../../engine/api.ts';
import { CancelRegistry } from './cancel.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { DEFAULT_LIMITS, type PgLimits } from './limits.ts';
import { SILENT, type PgLog } from './log.ts';

export interface PgServerOptions {
  readonly engine: Engine;
  /** A loopback address: every client that reaches it is trusted. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly limits?: Partial<PgLimits>;
  readonly log?: PgLog;
  readonly clock?: Clock;
}

export interface PgServer {
  readonly port: number;
  /** Ends all sessions with admin_shutdown and stops listening. The engine stays open. */
  close(): Promise<void>;
}

/**
 * Listens for PostgreSQL clients.
 * Errors: invalid_parameter_value for an address that is not of the loopback; what `listen` reports.
 */
export async function startPgServer(options: PgServerOptions): Promise<PgServer> {
  if (!isLoopback(options.host)) {
    throw new SqlError('invalid_parameter_value', `cannot listen on "${options.host}"`, {
      detail: 'There is no authentication yet, so only this machine may connect.',
      hint: 'Use 127.0.0.1, ::1 or localhost.',
    });
  }
  const limits: PgLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const clock = options.clock ?? systemClock;
  const connections = new Map<Connection, Promise<void>>();
  let sessions = 0;
  const cx: ConnectionContext = {
    engine: options.engine,
    limits,
    clock,
    log: options.log ?? SILENT,
    cancels: new CancelRegistry(),
    admit: () => {
      if (sessions >= limits.connectionsMax) return false;
      sessions++;
      return true;
    },
    release: () => {
      sessions--;
    },
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket: Socket) => {
    const connection = new Connection(cx, socket);
    connections.set(connection, connection.serve().finally(() => connections.delete(connection)));
  });
  // Connections that have not started a session yet are bounded as well.
  server.maxConnections = limits.connectionsMax * 2 + 16;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', (error) => cx.log.error(`listening failed: ${error.message}`));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : options.port;
  let closing: Promise<void> | null = null;
  return {
    port,
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };

  async function closeAll(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of connections.keys()) connection.terminate();
    const stop = clock.setTimer(limits.shutdownTimeoutMs, () => {
      for (const connection of connections.keys()) connection.destroy();
    });
    await Promise.all(connections.values());
    stop();
    await closed;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
