import { SqlError, notSupported } from '../common/errors.ts';
import type { JobStatement } from '../parser/ast-statements.ts';
import type { StatementResult } from './api.ts';
import { dropIds } from './drop-objects.ts';
import type { JobEntry } from './job-table.ts';
import type { Run } from './run.ts';

/** STOP, CANCEL and KILL JOB end an INSERT job. The caller holds the DDL mutex. */
export async function jobStatement(run: Run, s: JobStatement): Promise<StatementResult> {
  if (s.action === 'pause' || s.action === 'resume') throw notSupported(`${s.action.toUpperCase()} JOB`, s.span, 'STOP the job, and INSERT again later.');
  if (s.withSavepoint || s.withDrain) throw notSupported('STOP JOB with a savepoint', s.span, 'STOP it without: what it has written stays.');
  for (const name of s.jobs) await dropIds(run.core, [stoppable(run, name, s).object.id]);
  return { kind: 'command', tag: `${s.action.toUpperCase()} JOB` };
}

function stoppable(run: Run, name: string, s: JobStatement): JobEntry {
  const entries = [...run.core.jobs.entries.values()].filter((e) => e.kind !== 'table');
  const found = entries.find((e) => String(e.object.id) === name) ?? entries.find((e) => e.object.name === name && e.ended === null) ?? entries.find((e) => e.object.name === name);
  if (found === undefined) throw new SqlError('undefined_object', `job "${name}" does not exist`, { span: s.span, hint: 'SHOW JOBS lists the jobs.' });
  if (found.object.kind !== 'sink') throw new SqlError('wrong_object_type', `job "${name}" keeps a materialized view up to date`, { span: s.span, hint: `Use DROP MATERIALIZED VIEW ${found.object.name}.` });
  if (found.ended !== null) throw new SqlError('object_not_in_prerequisite_state', `job "${name}" has ended already`, { span: s.span });
  return found;
}
