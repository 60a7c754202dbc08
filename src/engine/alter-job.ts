import { InternalError, SqlError, notSupported, unreachable } from '../common/errors.ts';
import { nearestHint } from '../common/did-you-mean.ts';
import type { ObjectId } from '../common/ids.ts';
import { described, type CatalogChange } from '../catalog/catalog.ts';
import { isRelation, type CatalogObject, type MaterializedViewObject, type RelationObject } from '../catalog/objects.ts';
import type { BoundAlterJob } from '../planner/statement.ts';
import { REPLACED_JOB_HINT, replaceFilled, requireNoBlock } from './alter.ts';
import { noteChanged } from './job-table.ts';
import type { StatementResult } from './api.ts';
import { CAPTURED } from './captured.ts';
import { persist } from './core.ts';
import { checkViews, refuseRunningJobs } from './dependants.ts';
import type { JobMeta } from './persist.ts';
import { setPaused } from './job-statements.ts';
import type { Run } from './run.ts';
import { checkedSetting } from './settings.ts';
import { requireWritable } from './writes.ts';

/** ALTER of what has a job. The caller holds the DDL mutex. */
export async function alterJob(run: Run, bound: BoundAlterJob): Promise<StatementResult> {
  requireWritable(run, bound.tag);
  requireNoBlock(run, bound.tag);
  const { change } = bound;
  switch (change.kind) {
    case 'pause':
    case 'resume': {
      const entry = run.core.jobs.entries.get(bound.id);
      if (entry === undefined) throw new SqlError('undefined_object', 'the job does not exist any more');
      await setPaused(run, entry, change.kind === 'pause', bound.span);
      break;
    }
    case 'query':
      await remake(run, bound, viewOf(run, bound.id), change.object, []);
      break;
    case 'options':
      await setOptions(run, bound, change.set, change.reset);
      break;
    case 'parallelism':
      checkParallelism(run, bound, change.value);
      break;
    case 'swap':
      await swap(run, bound, change.with);
      break;
    default:
      return unreachable(change);
  }
  return { kind: 'command', tag: bound.tag };
}

function viewOf(run: Run, id: ObjectId): MaterializedViewObject {
  const found = run.core.catalog.snapshot().object(id);
  if (found?.kind !== 'materializedView') throw new SqlError('undefined_object', 'the materialized view does not exist any more');
  return found;
}

/**
 * Another job in the place of the view's, filled first, under the zone and policy of the old one; paused when that was.
 * @param tables tables as the job is to see them where they are not of today; by default as the old one does.
 */
async function remake(run: Run, bound: BoundAlterJob, old: MaterializedViewObject, object: Omit<MaterializedViewObject, 'id'>, tables?: JobMeta['tables']): Promise<void> {
  const before = run.core.jobs.entries.get(old.id)?.meta;
  if (before === undefined) throw new InternalError('a materialized view without a job');
  const meta = { ...before, tables: tables ?? before.tables };
  await replaceFilled(run, old, { ...object, id: old.id }, () => Promise.resolve({ kind: 'command', tag: bound.tag }), meta);
}

/** Settings that a job keeps are part of its plan and the layout of its state: the view is filled anew with the others. */
async function setOptions(run: Run, bound: BoundAlterJob, set: Readonly<Record<string, string>>, reset: readonly string[]): Promise<void> {
  const old = viewOf(run, bound.id);
  const options: Record<string, string> = { ...old.options };
  const known = (name: string): string => {
    const found = CAPTURED.find(([k]) => k === name.toLowerCase());
    if (found === undefined) throw new SqlError('invalid_parameter_value', `unrecognized option "${name}" of a materialized view`, { span: bound.span, hint: nearestHint(name, CAPTURED.map(([k]) => k)) ?? `The options are ${CAPTURED.map(([k]) => k).join(', ')}.` });
    return found[0];
  };
  for (const name of reset) delete options[known(name)];
  for (const [name, value] of Object.entries(set)) {
    const key = known(name);
    const text = checkedSetting(key, [value], bound.span);
    if (CAPTURED.some(([k, usual]) => k === key && usual === text)) delete options[key];
    else options[key] = text;
  }
  const keys = new Set([...Object.keys(options), ...Object.keys(old.options)]);
  if ([...keys].every((k) => options[k] === old.options[k])) return;
  run.session.notice('NOTICE', `materialized view "${old.name}" is filled anew with its changed settings`, { detail: 'Until then it shows the rows that it had.' });
  const { id: _, ...rest } = old;
  await remake(run, bound, old, { ...rest, options });
}

function checkParallelism(run: Run, bound: BoundAlterJob, value: string): void {
  if (/^(adaptive|default|0)$/i.test(value) || value === String(run.core.parallelism)) return;
  throw notSupported(`a parallelism other than the server's ${run.core.parallelism}`, bound.span, 'All jobs run on all workers: start the server with another parallelism, and their state is dealt anew.');
}

async function swap(run: Run, bound: BoundAlterJob, otherId: ObjectId): Promise<void> {
  const { core } = run;
  const before = core.catalog.snapshot();
  const [a, b] = [relation(before.object(bound.id)), relation(before.object(otherId))];
  if (a.session !== b.session) throw notSupported('swapping a temporary object with a permanent one', bound.span, 'Create both alike.');
  const verb = `swap ${described(a)} with ${described(b)}`;
  for (const o of [a, b]) refuseRunningJobs(core, o.id, verb, REPLACED_JOB_HINT);
  const other = (id: ObjectId): ObjectId => (id === a.id ? b.id : id === b.id ? a.id : id);
  // Definitions name what they are made of: those who named the one now mean the other.
  const dependants = new Map([...before.dependants(a.id), ...before.dependants(b.id)].map((d) => [d.id, d]));
  const puts: CatalogChange[] = [
    { op: 'put', object: { ...a, name: b.name, database: b.database, schema: b.schema } },
    { op: 'put', object: { ...b, name: a.name, database: a.database, schema: a.schema } },
    ...[...dependants.values()].map((d): CatalogChange => ({ op: 'put', object: { ...d, dependsOn: d.dependsOn.map(other) } })),
  ];
  core.catalog.load(puts, 0);
  try {
    for (const o of [a, b]) checkViews(run, o.id, verb);
    if (a.session === null) await persist(core, { changes: puts });
  } catch (error) {
    core.catalog.restore(before);
    throw error;
  }
  for (const p of puts) if (p.op === 'put') noteChanged(core, p.object);
}

function relation(object: CatalogObject | undefined): RelationObject {
  if (object === undefined || !isRelation(object)) throw new SqlError('undefined_object', 'the object does not exist any more');
  return object;
}
