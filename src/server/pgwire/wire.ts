import type { Session } from '../../engine/api.ts';
import type { Frame } from './frames.ts';
import type { WireLimits } from './limits.ts';
import type { WireWriter } from './writer.ts';

/** What the handlers of messages see of their connection. */
export interface Wire {
  readonly session: Session;
  readonly out: WireWriter;
  readonly limits: WireLimits;
  /** The next message; sends what has been written before it waits. Null when the client has gone; rejects when `signal` aborts. */
  take(signal?: AbortSignal): Promise<Frame | null>;
  /** Runs one statement: a CancelRequest, the client's end and the server's shutdown abort the signal. */
  cancellable<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T>;
}
