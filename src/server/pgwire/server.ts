import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../../common/clock.ts';
import { SqlError } from '../../common/errors.ts';
import type { Engine } from '../../engine/api.ts';
import { CancelRegistry } from './cancel.ts';
import { Connection, type ConnectionContext, type ServerLog } from './connection.ts';
import { DEFAULT_LIMITS, type WireLimits } from './limits.ts';

export interface PgServerOptions {
  readonly engine: Engine;
  /** A loopback address: every client that reaches it is trusted. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly limits?: Partial<WireLimits>;
  readonly log: ServerLog;
  readonly clock: Clock;
}

export interface PgServer {
  readonly port: number;
  /** Open connections. */
  readonly connectionCount: number;
  /** Ends all sessions with admin_shutdown and stops listening. The engine stays open. */
  close(): Promise<void>;
}

/**
 * Listens for PostgreSQL clients.
 * Errors: feature_not_supported for an address that is not of the loopback, config_file_error when the port is taken.
 */
export async function startPgServer(options: PgServerOptions): Promise<PgServer> {
  if (!isLoopback(options.host)) {
    throw new SqlError('feature_not_supported', `cannot listen on ${options.host}: there is no authentication yet`, {
      hint: 'Listen on 127.0.0.1, and reach it from elsewhere through an SSH tunnel.',
    });
  }
  const limits: WireLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const { clock } = options;
  const connections = new Map<Connection, Promise<void>>();
  let sessions = 0;
  const cx: ConnectionContext = {
    engine: options.engine,
    limits,
    clock,
    log: options.log,
    cancels: new CancelRegistry(),
    admit: () => {
      if (sessions >= limits.connections) return false;
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
  server.maxConnections = limits.connections * 2 + 16;
  await listen(server, options.host, options.port);
  server.on('error', (error) => cx.log('error', `listening failed: ${error.message}`));
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    port,
    get connectionCount() {
      return connections.size;
    },
    close: () => {
      closing ??= closeAll();
      return closing;
    },
  };

  async function closeAll(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of connections.keys()) connection.terminate();
    const stop = clock.setTimer(limits.farewellMs, () => {
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

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new SqlError('config_file_error', taken ? `port ${port} of ${host} is in use` : `cannot listen on ${host}:${port}: ${error.message}`, {
          hint: taken ? 'Another server may be running; choose another port with --port.' : undefined,
          cause: error,
        }),
      );
    };
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      resolve();
    });
  });
}
