import { SqlError, notSupported } from '../../common/errors.ts';
import type { MaterializedViewObject, RelationObject, SinkObject } from '../../catalog/objects.ts';
import { KIND_NAMES } from '../../catalog/objects.ts';
import type { AlterAction, AlterStatement } from '../../parser/ast-alter.ts';
import type { BoundAlterJob } from '../statement.ts';
import { givenOptions, requireDistinctNames } from './definition.ts';
import type { QueryEnv } from './env.ts';
import { withMadeNames } from './made-names.ts';
import { findObject, missing } from './objects.ts';
import { bindWholeQuery } from './query.ts';
import { readsOf } from './reads.ts';
import { withoutStars } from './stars.ts';

/** ALTER MATERIALIZED VIEW and ALTER SINK: what is to happen to the job. One action a statement. */
export function bindAlterJob(env: QueryEnv, s: AlterStatement, object: MaterializedViewObject | SinkObject, tag: string): BoundAlterJob {
  const [action, second] = s.actions;
  if (action === undefined) throw new SqlError('syntax_error', 'an action is needed', { span: s.span });
  if (second !== undefined) throw notSupported('several changes of a job in one statement', second.span, 'Write an ALTER for each.');
  return { kind: 'alterJob', tag, id: object.id, span: action.span, change: changeOf(env, s, object, action) };
}

function changeOf(env: QueryEnv, s: AlterStatement, object: MaterializedViewObject | SinkObject, action: AlterAction): BoundAlterJob['change'] {
  switch (action.kind) {
    case 'suspend':
      return { kind: 'pause' };
    case 'resume':
      return { kind: 'resume' };
    case 'setProperty':
      if (action.property === 'parallelism') return { kind: 'parallelism', value: action.value ?? '' };
      break;
    case 'setOptions':
      if (object.kind === 'materializedView') return { kind: 'options', set: givenOptions(env, action.options).options, reset: [] };
      break;
    case 'resetOptions':
      if (action.keys.length === 0) throw new SqlError('syntax_error', 'RESET needs the names of options', { span: action.span });
      if (object.kind === 'materializedView') return { kind: 'options', set: {}, reset: action.keys };
      break;
    case 'asQuery':
      if (object.kind === 'materializedView') return { kind: 'query', object: newQuery(env, s, object, action) };
      break;
    default:
      break;
  }
  const hint = object.kind === 'sink' ? 'CREATE OR REPLACE SINK puts another in its place without losing or repeating a row.' : 'A materialized view can be given another query (AS), settings (SET, RESET), a name (RENAME TO, SWAP WITH), and be held up (SUSPEND, RESUME).';
  throw notSupported(`ALTER ${s.objectType.toUpperCase()} with this action`, action.span, hint);
}

/** The view with another query; its columns are the query's. */
function newQuery(env: QueryEnv, s: AlterStatement, view: MaterializedViewObject, { query }: Extract<AlterAction, { kind: 'asQuery' }>): Omit<MaterializedViewObject, 'id'> {
  const plan = withMadeNames(bindWholeQuery(query, env, true), query);
  const { span } = s.name;
  if (env.notes.temporary) throw notSupported('a materialized view of temporary objects', span, 'Use permanent tables.');
  if (readsOf(plan, env.notes).system) throw notSupported('a materialized view of catalog relations', span, 'Create a plain view.');
  if (env.notes.reads.has(view.id)) throw new SqlError('invalid_object_definition', `materialized view "${view.name}" cannot stand on itself`, { span });
  requireDistinctNames(plan.schema, () => span);
  const { id: _, ...rest } = view;
  return { ...rest, key: null, sql: withoutStars(env.cx.text, query.span, env.notes.stars), columns: plan.schema, dependsOn: [...env.notes.reads], searchPath: env.cx.scope.searchPath };
}

/** ALTER … SWAP WITH: two objects of a kind exchange their names. */
export function bindSwap(env: QueryEnv, s: AlterStatement, object: RelationObject, action: Extract<AlterAction, { kind: 'swapWith' }>, tag: string): BoundAlterJob {
  if (s.actions.length > 1) throw notSupported('SWAP WITH beside other changes', action.span, 'Write an ALTER for each.');
  const other = findObject(env, s.objectType, action.other);
  if (other === undefined) throw missing(env, s.objectType, action.other);
  if (other.id === object.id) throw new SqlError('invalid_parameter_value', `${KIND_NAMES[object.kind]} "${object.name}" cannot be swapped with itself`, { span: action.other.span });
  return { kind: 'alterJob', tag, id: object.id, span: action.span, change: { kind: 'swap', with: other.id } };
}
