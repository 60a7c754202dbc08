import { SqlError, notSupported } from '../common/errors.ts';
import { jobId } from '../common/ids.ts';
import type { Span } from '../common/span.ts';
import type { JobStatement } from '../parser/ast-jobs.ts';
import { abortable } from './abort.ts';
import type { StatementResult } from './api.ts';
import { persist } from './core.ts';
import { dropIds } from './drop-objects.ts';
import type { JobEntry } from './job-table.ts';
import type { Run } from './run.ts';

/**
 * STOP, CANCEL and KILL JOB end INSERT jobs, PAUSE and RESUME JOB hold any up. A list is checked as a whole before anything is
 * done. The caller holds the DDL mutex.
 */
export async function jobStatement(run: Run, s: JobStatement): Promise<StatementResult> {
  if (s.withSavepoint) throw notSupported('STOP JOB WITH SAVEPOINT', s.span, 'PAUSE JOB stops it at a checkpoint and keeps its state; RESUME JOB goes on from there.');
  if (s.withDrain && s.action !== 'stop') throw new SqlError('syntax_error', 'WITH DRAIN belongs to STOP JOB', { span: s.span });
  const found = s.jobs.map((name) => (s.action === 'pause' || s.action === 'resume' ? jobNamed(run, name, s.span) : stoppable(run, name, s.span)));
  for (const entry of found) {
    if (s.action === 'pause' || s.action === 'resume') await setPaused(run, entry, s.action === 'pause', s.span);
    else if (s.withDrain) await drain(run, entry);
    else await dropIds(run.core, [entry.object.id]);
  }
  return { kind: 'command', tag: `${s.action.toUpperCase()} JOB` };
}

/**
 * Paused at a checkpoint, also after a restart; or going on from there. NOTICE when it is so already.
 * Errors: object_not_in_prerequisite_state where the job has ended or failed.
 */
export async function setPaused(run: Run, { object, ended }: JobEntry, paused: boolean, span?: Span): Promise<void> {
  const { core, session } = run;
  const { meta } = core.jobs.entries.get(object.id) ?? {};
  if (meta === undefined || ended !== null) throw new SqlError('object_not_in_prerequisite_state', `job "${object.name}" has ended already`, { span });
  if (meta.paused === paused) session.notice('NOTICE', `job "${object.name}" is ${paused ? 'paused' : 'running'} already`);
  // Asked again all the same: what was written down last may not have been reached.
  await abortable(paused ? core.runtime.pauseJob(jobId(object.id)) : core.runtime.resumeJob(jobId(object.id)), run.signal);
  const changed = { ...meta, paused };
  if (object.session === null) await persist(core, { changes: [], metas: [changed] });
  core.jobs.metaChanged(changed);
}

/** The watermark goes to its end, windows fire, and the job is over. */
async function drain(run: Run, { object, meta }: JobEntry): Promise<void> {
  const { core, session } = run;
  if (meta.paused) throw new SqlError('object_not_in_prerequisite_state', `job "${object.name}" is paused`, { hint: 'RESUME JOB first: draining sends out what it holds.' });
  const finished = core.runtime.awaitFinished(jobId(object.id));
  finished.catch(() => undefined);
  await abortable(core.runtime.drainJob(jobId(object.id)), run.signal);
  await abortable(finished, run.signal);
  session.notice('NOTICE', `job "${object.name}" has been drained`, { detail: 'Its windows have fired with the rows that were there: started again, it would begin anew.' });
}

/** By number or name, running ones first. Errors: undefined_object. */
export function jobNamed(run: Run, name: string, span?: Span): JobEntry {
  const entries = [...run.core.jobs.entries.values()].filter((e) => e.kind !== 'table');
  const found = entries.find((e) => String(e.object.id) === name) ?? entries.find((e) => e.object.name === name && e.ended === null) ?? entries.find((e) => e.object.name === name);
  if (found === undefined) throw new SqlError('undefined_object', `job "${name}" does not exist`, { span, hint: 'SHOW JOBS lists the jobs.' });
  return found;
}

function stoppable(run: Run, name: string, span: Span): JobEntry {
  const found = jobNamed(run, name, span);
  // What is being filled can be given up.
  if (run.core.filling.has(found.object.id)) return found;
  if (found.object.kind !== 'sink') throw new SqlError('wrong_object_type', `job "${name}" keeps a materialized view up to date`, { span, hint: `Use DROP MATERIALIZED VIEW ${found.object.name}, or PAUSE JOB.` });
  if (found.ended !== null) throw new SqlError('object_not_in_prerequisite_state', `job "${name}" has ended already`, { span });
  return found;
}
