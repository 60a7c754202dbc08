/** What one client, and all of them together, may use. */
export interface PgLimits {
  /** Sessions at the same time; the next one is refused with too_many_connections. */
  readonly connectionsMax: number;
  /** Bytes of one message after start-up. */
  readonly messageBytesMax: number;
  /** Milliseconds until a connection must have sent its start-up message. */
  readonly startupTimeoutMs: number;
  /** Prepared statements a session may hold. */
  readonly statementsMax: number;
  /** Portals a session may hold. */
  readonly portalsMax: number;
  /** Bytes of pipelined messages that are read ahead of the one being worked on. */
  readonly pipelineBytesMax: number;
  /** Milliseconds that `close()` gives clients to take their farewell before it cuts them off. */
  readonly shutdownTimeoutMs: number;
}

export const DEFAULT_LIMITS: PgLimits = {
  connectionsMax: 1000,
  messageBytesMax: 64 * 1024 * 1024,
  startupTimeoutMs: 10_000,
  statementsMax: 10_000,
  portalsMax: 1000,
  pipelineBytesMax: 1024 * 1024,
  shutdownTimeoutMs: 1000,
};

/** The first messages are small; PostgreSQL has the same limit. */
export const STARTUP_BYTES_MAX = 10_000;
