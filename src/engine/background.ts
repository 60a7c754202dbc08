import { SqlError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import { abortable } from './abort.ts';
import type { Core } from './core.ts';
import { dropIds } from './drop-objects.ts';
import type { JobObject } from './job-specs.ts';
import type { Run } from './run.ts';
import type { SessionState } from './session-state.ts';

/** Materialized views that are filled while their CREATE has returned already (`background_ddl`). */
export interface Filling {
  readonly name: string;
  /** The error that ended it, or null when it runs. Never rejects. */
  readonly over: Promise<Error | null>;
}

/**
 * Goes on without the statement. One that cannot be filled is dropped with what stands on it, and its session is told.
 * @param made rejects when the job's start fails.
 */
export function fillInBackground(core: Core, session: SessionState, object: JobObject, made: Promise<void>): void {
  const failed = async (error: Error): Promise<Error> => {
    // Dropped meanwhile, or the server ends: a restart begins it again.
    if (core.closed || core.catalog.snapshot().object(object.id) === undefined) return error;
    const release = await core.ddl.acquire(new AbortController().signal);
    try {
      if (core.catalog.snapshot().object(object.id) !== undefined) await dropIds(core, [object.id]);
    } finally {
      release();
    }
    const message = `materialized view "${object.name}" could not be created: ${error.message}`;
    core.log('error', message);
    if (core.sessions.get(session.options.backendPid) === session) session.notice('WARNING', message);
    return error;
  };
  const over = made.then(
    () => null,
    async (error: unknown) => await failed(error instanceof Error ? error : new Error(String(error))).catch((e: unknown) => (e instanceof Error ? e : new Error(String(e)))),
  ).finally(() => core.filling.delete(object.id));
  core.filling.set(object.id, { name: object.name, over });
}

/** WAIT: for all of them, or for one by name. Errors: that which has ended the one. */
export async function waitForFilling(run: Run, name: string | null): Promise<void> {
  const all = [...run.core.filling.values()].filter((f) => name === null || f.name === name);
  const ends = await abortable(Promise.all(all.map((f) => f.over)), run.signal);
  const error = name === null ? undefined : ends.find((e) => e !== null);
  if (error !== undefined && error !== null) throw error;
}

/** Errors: object_not_in_prerequisite_state while one of them is being filled. */
export function requireFilled(core: Core, objects: readonly ObjectId[]): void {
  if (core.filling.size === 0) return;
  for (const id of objects) {
    const filling = core.filling.get(id);
    if (filling !== undefined) throw new SqlError('object_not_in_prerequisite_state', `materialized view "${filling.name}" is still being filled`, { hint: 'WAIT returns when it is there; SHOW JOBS lists it as being created.' });
  }
}
