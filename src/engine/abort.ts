import { SqlError } from '../common/errors.ts';
import type { Clock } from '../common/clock.ts';

/** Why a statement was stopped: the signal's own SqlError, else a cancel request. */
export function abortError(signal: AbortSignal): SqlError {
  const reason: unknown = signal.reason;
  return reason instanceof SqlError ? reason : new SqlError('query_canceled', 'canceling statement due to user request');
}

export function checkAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/** The promise's outcome, or the signal's error when that comes first; what the promise does then is nobody's concern. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  checkAborted(signal);
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(abortError(signal));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits on the clock. Errors: the signal's. */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let cancel = (): void => undefined;
  const done = new Promise<void>((resolve) => {
    cancel = clock.setTimer(ms, resolve);
  });
  try {
    await abortable(done, signal);
  } finally {
    cancel();
  }
}

export const terminatedError = (): SqlError => new SqlError('admin_shutdown', 'terminating connection due to administrator command');
