import { SqlError } from '../../common/errors.ts';
import { typeEquals, typeName } from '../../common/types/sql-type.ts';
import type { PhysicalPlan, PhysicalSink } from '../../planner/physical.ts';
import { pick } from '../../planner/physical/calc.ts';
import { describeKey } from '../../planner/physical/describe.ts';
import { enforce } from '../../planner/physical/enforce.ts';
import { exchange, placed } from '../../planner/physical/exchange.ts';
import { hashBy, isAppendOnly, sameSet } from '../../planner/physical/props.ts';
import { remember } from '../../planner/physical/remember.ts';
import { normalize, sink } from '../../planner/physical/roots.ts';
import { topN } from '../../planner/physical/top-n.ts';
import type { SinkRules, Target } from './context.ts';
import { usesAggregate, whatUpdates } from './updates.ts';

type SinkTarget = Target & { readonly kind: 'sink' };

const USUAL: SinkRules = { materialize: 'auto', onNull: 'error', requireOnConflict: false };

/**
 * The rows into a connector's table: as changes it can take, one row a key where it has one, each that the table's columns can
 * hold. Errors: datatype_mismatch; feature_not_supported and invalid_table_definition where it can't take the changes.
 */
export function attachSink(body: PhysicalPlan, target: SinkTarget, rules: SinkRules = USUAL): PhysicalSink {
  const { spec } = target;
  checkTypes(body, spec.schema, spec.table);
  return sinkOf(fitting(settled(body, target, rules), target, rules), target, rules);
}

/** What ON CONFLICT asks for, done. */
function settled(body: PhysicalPlan, target: SinkTarget, rules: SinkRules): PhysicalPlan {
  const { spec: { primaryKey, table }, onConflict: conflict = null } = target;
  if (primaryKey.length === 0 || sameSet(body.props.streamKey, primaryKey)) return body;
  if (conflict === null) {
    if (rules.requireOnConflict && !isAppendOnly(body)) {
      throw new SqlError('invalid_table_definition', `rows of the query may meet in the primary key of sink "${table}", and nothing says what becomes of them`, {
        detail: `The query's rows are told apart by ${describeKey(body)}, those of the sink by its primary key.`,
        hint: 'Add ON CONFLICT DO DEDUPLICATE, DO NOTHING or DO ERROR to the INSERT, or SET table.exec.sink.require-on-conflict to false.',
      });
    }
    return body;
  }
  const byKey = placed(body, hashBy(primaryKey));
  if (conflict === 'error') return unique(byKey, primaryKey);
  // Of rows that only come the newest overwrites the others.
  if (conflict === 'deduplicate' && isAppendOnly(body) && target.accepts.includes('upsert')) return body;
  return oneOf(byKey, primaryKey, conflict === 'deduplicate');
}

/** The oldest or newest row of a key, by the epoch in which it came. */
function oneOf(input: PhysicalPlan, primaryKey: readonly number[], newest: boolean): PhysicalPlan {
  const width = input.props.schema.length;
  const dated = remember(input, [], true);
  const best = topN({ input: dated, partition: primaryKey, order: [{ column: width, descending: newest, nullsFirst: newest }], offset: 0, limit: 1, number: 'rows', rank: null });
  // Nothing takes the place of the oldest of rows that only come.
  const made: PhysicalPlan = isAppendOnly(input) && !newest ? { ...best, props: { ...best.props, changelog: 'append-only' } } : best;
  return pick(made, input.props.schema.map((_, i) => i));
}

/** Rows by key, two of one key being an error. Names of state differ from those of a source's normalisation. */
function unique(body: PhysicalPlan, keys: readonly number[]): PhysicalPlan {
  const made = normalize(body, keys);
  return { ...made, checked: true, props: { ...made.props, changelog: isAppendOnly(body) ? 'append-only' : 'retract', stateId: `${made.props.stateId}u` } };
}

function fitting(body: PhysicalPlan, { spec }: SinkTarget, rules: SinkRules): PhysicalPlan {
  const notNull = spec.schema.flatMap((f, i) => (!f.nullable && body.props.schema[i]?.nullable !== false ? [i] : []));
  return notNull.length === 0 ? body : enforce(body, spec.schema, notNull, spec.table, rules.onNull);
}

function sinkOf(body: PhysicalPlan, { spec, accepts }: SinkTarget, rules: SinkRules): PhysicalSink {
  const { primaryKey } = spec;
  if (isAppendOnly(body)) return sink(primaryKey.length > 0 && accepts.includes('upsert') ? placed(body, hashBy(primaryKey)) : body, spec);
  const culprit = whatUpdates(body) ?? 'the query';
  if (accepts.includes('retract')) return sink(body.props.streamKey === null ? placedRows(body) : placed(body, hashBy(body.props.streamKey)), spec);
  if (!accepts.includes('upsert')) {
    throw new SqlError('feature_not_supported', `sink "${spec.table}" accepts only inserts, but ${culprit} produces updates`, {
      hint: spec.stored !== undefined ? 'Give the table a PRIMARY KEY: its rows are then changed and deleted by key.' : usesAggregate(body)
        ? 'Aggregate per window (TUMBLE or HOP over a column with a watermark, grouped by window_start and window_end), or write to a sink that takes updates.'
        : 'Write to a sink that takes updates, or keep the result in a materialized view.',
    });
  }
  if (primaryKey.length === 0) {
    throw new SqlError('invalid_table_definition', `sink "${spec.table}" needs a primary key, because ${culprit} produces updates`, {
      hint: 'Declare PRIMARY KEY (…) NOT ENFORCED on the sink table.',
    });
  }
  const byKey = placed(body, hashBy(primaryKey));
  const apart = sameSet(body.props.streamKey, primaryKey);
  if (rules.materialize === 'none' || (apart && rules.materialize === 'auto')) return sink(byKey, spec);
  // Other rows of the same key may be waiting behind the one shown: keep them, show the first.
  return sink(topN({ input: byKey, partition: primaryKey, order: [], offset: 0, limit: 1, number: 'rows', rank: null }), spec);
}

/** Rows without a key: a retraction has to meet its insertion, whatever the number of workers was then. */
export const placedRows = (body: PhysicalPlan): PhysicalPlan =>
  isAppendOnly(body) || body.props.distribution.kind !== 'any' ? body : exchange(body, hashBy(body.props.schema.map((_, i) => i)));

function checkTypes(body: PhysicalPlan, schema: PhysicalPlan['props']['schema'], table: string): void {
  const bad = schema.findIndex((f, i) => !typeEquals(f.type, body.props.schema[i]?.type ?? { kind: 'unknown' }));
  if (bad < 0 && schema.length === body.props.schema.length) return;
  const type = body.props.schema[bad]?.type;
  throw new SqlError('datatype_mismatch', `column "${schema[bad]?.name ?? ''}" of sink "${table}" has another type than the query gives${type === undefined ? '' : `: ${typeName(type)}`}`);
}
