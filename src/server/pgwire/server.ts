import { randomInt } from 'node:crypto';
import { createServer, isIP, type AddressInfo, type Server } from 'node:net';
import type { Clock } from '../../common/clock.ts';
import { SqlError } from '../../common/errors.ts';
import type { Engine } from '../../engine/api.ts';
import { Connection, DEFAULT_LIMITS, type WireLimits } from './connection.ts';

export interface PgServerOptions {
  readonly engine: Engine;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly limits?: Partial<WireLimits>;
  readonly clock: Clock;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

export interface PgServer {
  readonly port: number;
  /** Open connections. */
  readonly connectionCount: number;
  /** Takes no more connections, tells the open ones (57P01) and ends them. */
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/**
 * The Postgres wire protocol on a port. Every user is trusted, so only loopback addresses are accepted.
 * Errors: feature_not_supported for another address, config_file_error when the port is taken.
 */
export async function startPgServer(options: PgServerOptions): Promise<PgServer> {
  if (!isLoopback(options.host)) {
    throw new SqlError('feature_not_supported', `cannot listen on ${options.host}: there is no authentication yet`, { hint: 'Listen on 127.0.0.1, and reach it from elsewhere through an SSH tunnel.' });
  }
  const limits: WireLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const connections = new Map<number, Connection>();
  const ended = new Set<Promise<void>>();
  let nextId = randomInt(1000, 30_000);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const id = nextId++;
    const connection = new Connection(socket, id, randomInt(-(2 ** 31), 2 ** 31), {
      engine: options.engine,
      limits,
      clock: options.clock,
      log: options.log,
      cancel: (processId, secret) => {
        const target = connections.get(processId);
        // A wrong secret is not answered, nor told apart.
        if (target !== undefined && target.secret === secret) target.cancel();
      },
      refuse: () => (connections.size > limits.connections ? new SqlError('too_many_connections', 'sorry, too many clients already', { hint: 'Close idle connections, or start the server with a higher --max-connections.' }) : null),
    });
    connections.set(id, connection);
    const run = connection.run().finally(() => {
      connections.delete(id);
      ended.delete(run);
    });
    ended.add(run);
  });
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get connectionCount() {
      return connections.size;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections.values()) connection.shutDown();
      await Promise.allSettled(ended);
      await closed;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(new SqlError('config_file_error', taken ? `port ${port} of ${host} is in use` : `cannot listen on ${host}:${port}: ${error.message}`, { hint: taken ? 'Another server may be running; choose another port with --port.' : undefined, cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}
