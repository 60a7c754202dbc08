import { SqlError } from '../common/errors.ts';
import type { Schema } from '../common/batch/batch.ts';
import { jobId, type ObjectId } from '../common/ids.ts';
import { TEXT } from '../common/types/sql-type.ts';
import { nearestHint } from '../common/did-you-mean.ts';
import type { BoundExplainJob } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { activityLines, operatorInfos } from './activity-text.ts';
import type { JobEntry } from './job-table.ts';
import { rowsOf } from './rows.ts';
import type { Run } from './run.ts';

const SCHEMA: Schema = [{ name: 'QUERY PLAN', type: TEXT, nullable: false }];

/**
 * EXPLAIN EMPTY: what a job's operators have let through so far, where the watermark stands, and what follows from that.
 * Errors: undefined_object.
 */
export async function explainEmpty(run: Run, bound: BoundExplainJob): Promise<StatementResult> {
  const entry = jobOf(run, bound);
  await run.core.freshness.catchUp(run.signal);
  return { kind: 'rows', schema: SCHEMA, rows: rowsOf(SCHEMA, (await linesOf(run, entry)).map((l) => [l])), live: false, tag: () => 'EXPLAIN' };
}

/** For `millrace_catalog.operators`: the operators of all running jobs. */
export async function refreshOperators(run: Run): Promise<void> {
  const { core, session } = run;
  const ids = [...core.jobs.entries.values()].filter((e) => e.ended === null).map((e) => e.object.id);
  const found = await Promise.all(ids.map(async (id) => ({ id, activity: await core.runtime.inspect(jobId(id)) })));
  session.operators = found.flatMap(({ id, activity }) => (activity === undefined ? [] : operatorInfos(id, activity)));
}

async function linesOf(run: Run, { object, kind, ended }: JobEntry): Promise<string[]> {
  const title = `${kind} "${object.name}", job ${object.id}`;
  if (ended !== null) return [`${title}: ${ended.state}`, ...(ended.error === null ? [] : [`  ${ended.error}`])];
  const activity = await run.core.runtime.inspect(jobId(object.id));
  if (activity === undefined) return [`${title}: not running at the moment`];
  return [`${title}: ${activity.status.state}`, ...(activity.status.error === null ? [] : [`  last failure: ${activity.status.error}`]), ...activityLines(activity, pausedBelow(run, object.id))];
}

/** Paused views that the object stands on, at however many removes. */
function pausedBelow(run: Run, id: ObjectId): string[] {
  const { core } = run;
  const found = new Set<string>();
  const seen = new Set<ObjectId>();
  const walk = (at: ObjectId): void => {
    for (const below of core.catalog.snapshot().object(at)?.dependsOn ?? []) {
      if (seen.has(below)) continue;
      seen.add(below);
      const entry = core.jobs.entries.get(below);
      if (entry?.meta.paused === true) found.add(entry.object.name);
      walk(below);
    }
  };
  walk(id);
  return [...found];
}

/** Of a view or table, or the last job of that number or name. Errors: undefined_object. */
export function jobOf(run: Run, { object, name, span }: BoundExplainJob): JobEntry {
  const { entries } = run.core.jobs;
  const found = object === null ? [...entries.values()].findLast((e) => e.object.kind !== 'table' && (e.object.name === name || String(e.object.id) === name)) : entries.get(object);
  if (found !== undefined) return found;
  const names = [...entries.values()].flatMap((e) => (e.object.kind === 'table' ? [] : [e.object.name]));
  throw new SqlError('undefined_object', `there is no materialized view, table or job "${name}"`, { span, hint: nearestHint(name, names) ?? 'SHOW JOBS lists the jobs.' });
}
