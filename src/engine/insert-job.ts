import { SqlError, notSupported } from '../common/errors.ts';
import { jobId, type ObjectId } from '../common/ids.ts';
import type { SinkObject } from '../catalog/objects.ts';
import type { BoundCreateSink, BoundInsert, BoundStatementSet, Reads } from '../planner/statement.ts';
import type { Statement } from '../parser/ast-statements.ts';
import { abortable } from './abort.ts';
import type { StatementResult } from './api.ts';
import { persist, type Core } from './core.ts';
import { createWithJob, newMeta, nextObjectId } from './create-job.ts';
import { capturedOptions } from './captured.ts';
import { statusOf } from './job-table.ts';
import { replaceSink } from './replace-sink.ts';
import type { Run } from './run.ts';
import { requireWritable } from './writes.ts';

/** Errors: feature_not_supported for an endless query where rows are to be put in once. */
export function requireEnding(reads: Reads, table: string): void {
  if (!reads.bounded) throw notSupported(`an endless query into stored table "${table}"`, undefined, 'Create the table and INSERT into it, which is a job; or keep the query as a materialized view, or add LIMIT.');
}

/**
 * INSERT INTO a connector, or a statement set: a job of its own, listed by SHOW JOBS, running until its inputs end. The caller
 * holds the DDL mutex. Rows that are written out (VALUES) are waited for, as is every job under `table.dml-sync`.
 */
export async function startInsert(run: Run, bound: BoundInsert | BoundStatementSet | BoundCreateSink, ast: Statement): Promise<{ readonly result: Promise<StatementResult> }> {
  requireWritable(run, 'INSERT');
  const { core, session } = run;
  const inserts = bound.kind === 'insert' ? [bound] : bound.kind === 'createSink' ? [bound.insert] : bound.inserts;
  const place = bound.kind === 'createSink' ? bound : { name: null, database: session.database, schema: session.existingPath()[0] ?? 'public', dependsOn: [] };
  const [first] = inserts;
  if (first === undefined) throw new SqlError('syntax_error', 'an empty statement set');
  if (session.transaction?.implicit === false) throw notSupported('starting a job in a transaction block', ast.span, 'Start it outside of BEGIN and COMMIT.');
  if (run.params.length > 0) throw notSupported('parameters in a job', ast.span, 'Write the values as literals.');
  const id = nextObjectId(run);
  const object: SinkObject = {
    kind: 'sink', id, name: place.name ?? jobName(run, first), database: place.database, schema: place.schema, session: null, comment: null, owner: session.options.user,
    dependsOn: [...new Set([...place.dependsOn, ...inserts.flatMap((i) => [...(i.target.id === 0 ? [] : [i.target.id]), ...i.reads.objects])])], sql: run.text.slice(ast.span.start, ast.span.end).replace(/^(create\s+or\s+replace|replace)\s+sink/i, 'CREATE SINK'), options: capturedOptions(session),
    searchPath: session.existingPath(),
  };
  session.settings.reset('pipeline.name');
  if (bound.kind === 'createSink' && bound.replaces !== null) await replaceSink(run, object, bound.replaces);
  else await createWithJob(run, object, newMeta(run, id));
  const finished = watchEnd(core, id);
  const constant = inserts.every((i) => i.reads.constant);
  if (bound.kind === 'createSink') return { result: Promise.resolve({ kind: 'command', tag: bound.tag }) };
  if (!constant && session.settings.text('table.dml-sync') !== 'true') {
    session.notice('NOTICE', `job ${id} "${object.name}" is running`, { hint: `SHOW JOBS lists it, STOP JOB '${id}' ends it.` });
    return { result: Promise.resolve({ kind: 'command', tag: tagOf(bound) }) };
  }
  return { result: waited(run, id, finished, bound.kind === 'insert' ? null : 'EXECUTE STATEMENT SET') };
}

const tagOf = (bound: BoundInsert | BoundStatementSet): string => (bound.kind === 'insert' ? 'INSERT 0 0' : 'EXECUTE STATEMENT SET');

async function waited(run: Run, id: ObjectId, finished: Promise<void>, tag: string | null): Promise<StatementResult> {
  await abortable(finished, run.signal);
  const entry = run.core.jobs.entries.get(id);
  if (entry?.ended?.state === 'failed') throw new SqlError('io_error', entry.ended.error ?? 'the job has failed');
  return { kind: 'command', tag: tag ?? `INSERT 0 ${entry?.ended?.last?.rowsOut ?? 0}` };
}

/** Remembers that a job has ended by itself, so that it is not run again after a restart. Never rejects. */
export function watchEnd(core: Core, id: ObjectId): Promise<void> {
  const done = async (): Promise<void> => {
    try {
      await core.runtime.awaitFinished(jobId(id));
    } catch (error) {
      if (!core.closed && core.jobs.entries.get(id)?.ended === null) core.jobs.end(id, 'failed', statusOf(core.runtime, id), error instanceof Error ? error.message : String(error));
      return;
    }
    const entry = core.jobs.entries.get(id);
    if (entry === undefined || entry.ended !== null || core.closed) return;
    core.jobs.end(id, 'finished', statusOf(core.runtime, id));
    await persist(core, { changes: [], metas: [{ ...entry.meta, finished: true }] });
    await core.runtime.dropJobs([jobId(id)]);
  };
  return done().catch((error: unknown) => {
    if (!core.closed) core.log('error', `the end of job ${id} could not be recorded: ${String(error)}`);
  });
}

function jobName(run: Run, first: BoundInsert): string {
  const { session, core } = run;
  const wanted = session.settings.text('pipeline.name');
  const base = wanted === '' ? `insert_into_${first.target.name}` : wanted;
  const snapshot = core.catalog.snapshot();
  const schema = session.existingPath()[0] ?? 'public';
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}_${n}`;
    if (snapshot.relationNamed(session.database, schema, name) === undefined && snapshot.indexNamed(session.database, schema, name) === undefined) return name;
  }
}
