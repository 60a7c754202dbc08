/** What one client, and all of them together, may use. */
export interface WireLimits {
  /** Bytes of a message before the session exists. */
  readonly startupBytesMax: number;
  /** Milliseconds until a connection must have sent its start-up message. */
  readonly startupMs: number;
  /** Bytes of one message of a session. */
  readonly messageBytesMax: number;
  /** Bytes of pipelined messages that are read ahead of the one being worked on. */
  readonly queuedBytesMax: number;
  /** Sessions at the same time; the next one is refused with too_many_connections. */
  readonly connections: number;
  /** Prepared statements a session may hold. */
  readonly statementsMax: number;
  /** Portals a session may hold. */
  readonly portalsMax: number;
  /** Milliseconds a client has to take the last messages before it is cut off. */
  readonly farewellMs: number;
}

export const DEFAULT_LIMITS: WireLimits = {
  startupBytesMax: 10_000,
  startupMs: 60_000,
  messageBytesMax: 256 * 1024 * 1024,
  queuedBytesMax: 4 * 1024 * 1024,
  connections: 100,
  statementsMax: 10_000,
  portalsMax: 10_000,
  farewellMs: 1000,
};
