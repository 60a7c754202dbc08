import { SqlError, notSupported } from '../common/errors.ts';
import { jobId } from '../common/ids.ts';
import { explainPlan } from '../planner/explain.ts';
import type { BoundExplain, BoundExplainJob, BoundQuery } from '../planner/statement.ts';
import type { JobActivity, QueryHandle } from '../runtime/api.ts';
import { sleep } from './abort.ts';
import { activityBetween, analyzedLines, msText } from './analyze-text.ts';
import type { StatementResult } from './api.ts';
import { explained, jsonResult, type ExplainOptions } from './explain-options.ts';
import { jobOf } from './explain-empty.ts';
import { isContinuous } from './prepared.ts';
import { endingNow } from './planning.ts';
import { planJson } from './plan-json.ts';
import { openRows } from './read.ts';
import type { Run } from './run.ts';

/** EXPLAIN ANALYZE: what operators have done. */

/** Of a running job, since it was started, or within the seconds to come (DURATION). Errors: undefined_object. */
export async function analyzeJob(run: Run, bound: BoundExplainJob, options: ExplainOptions): Promise<StatementResult> {
  const { core, signal } = run;
  const { object, kind, ended } = jobOf(run, bound);
  const title = `${kind} "${object.name}", job ${object.id}`;
  if (ended !== null) throw new SqlError('object_not_in_prerequisite_state', `${title} has ended: ${ended.state}`, { span: bound.span });
  await core.freshness.catchUp(signal);
  const look = async (): Promise<JobActivity> => {
    const activity = await core.runtime.inspect(jobId(object.id));
    if (activity === undefined) throw new SqlError('object_not_in_prerequisite_state', `${title} does not run at the moment`, { span: bound.span, hint: 'It may be restarting: try again.' });
    return activity;
  };
  let activity = await look();
  const periodMs = options.durationMs;
  if (periodMs !== null) {
    const before = activity;
    await sleep(core.clock, periodMs, signal);
    activity = activityBetween(before, await look());
  }
  if (options.json) return jsonResult(activity.plans.map((plan) => ({ Plan: planJson(plan, activity.nodes), 'Job': object.id, 'State': activity.status.state })));
  const of = periodMs === null ? 'since it was started' : `within ${msText(periodMs)}`;
  return explained([`${title}: ${activity.status.state}, ${of}`, ...analyzedLines(activity, periodMs)]);
}

/** A query: it is run, and its rows are counted. */
export async function analyzeQuery(run: Run, bound: BoundExplain, options: ExplainOptions): Promise<StatementResult> {
  const { statement } = bound;
  if (statement.kind !== 'query') throw notSupported('EXPLAIN ANALYZE of a statement other than a query', undefined, 'Without ANALYZE it is explained and not run; a running job is looked at by its name: EXPLAIN ANALYZE my_view.');
  if (options.durationMs !== null) throw new SqlError('syntax_error', 'DURATION belongs to a running job', { hint: 'A query is looked at until it ends.' });
  if (isContinuous(run.session, statement)) throw notSupported('EXPLAIN ANALYZE of an endless query', undefined, 'Keep it as a materialized view, and look at that: EXPLAIN ANALYZE my_view.');
  const { clock } = run.core;
  const startMs = clock.monotonicMs();
  const { rows, firstMs, activity } = await counted(run, statement, () => clock.monotonicMs() - startMs);
  const tookMs = clock.monotonicMs() - startMs;
  const [plan] = activity?.plans ?? [];
  if (options.json) return jsonResult([{ ...(plan === undefined ? {} : { Plan: planJson(plan, activity?.nodes) }), 'Actual Rows': rows, 'Execution Time': Math.round(tookMs * 1000) / 1000 }]);
  const lines = activity === undefined ? ['evaluated without operators:', ...explainPlan(endingNow(statement.plan)).split('\n').map((l) => `  ${l}`)] : analyzedLines(activity, null);
  return explained([...lines, `Rows: ${rows}`, `First rows after: ${msText(firstMs)}`, `Execution time: ${msText(tookMs)}`]);
}

async function counted(run: Run, query: BoundQuery, elapsedMs: () => number): Promise<{ readonly rows: number; readonly firstMs: number; readonly activity: JobActivity | undefined }> {
  const seen: { handle: QueryHandle | null } = { handle: null };
  const source = await openRows(run, query.plan, query.reads, (handle) => void (seen.handle = handle));
  let rows = 0;
  let firstMs: number | null = null;
  try {
    for (let batch = await source.next(); batch !== null; batch = await source.next()) {
      firstMs ??= elapsedMs();
      rows += batch.rowCount;
    }
    return { rows, firstMs: firstMs ?? elapsedMs(), activity: seen.handle?.activity };
  } finally {
    await source.close();
  }
}

