import { requireFilled } from './background.ts';
import { firingOf } from './firing.ts';
import { SqlError, notSupported } from '../common/errors.ts';
import type { BoundQuery, BoundSubscribe } from '../planner/statement.ts';
import type { Schema } from '../common/batch/batch.ts';
import type { RowSource, StatementResult } from './api.ts';
import { continuousSchema, leadingOfQuery, leadingOfSubscribe, openChanges } from './continuous.ts';
import { isContinuous } from './prepared.ts';
import { openRows } from './read.ts';
import type { Run } from './run.ts';
import { settleImplicit } from './writes.ts';

export interface OpenQuery {
  readonly schema: Schema;
  readonly rows: RowSource;
  readonly live: boolean;
}

/** A query's rows, whatever it is for: a SELECT, a cursor, COPY TO. */
export async function openQuery(run: Run, bound: BoundQuery | BoundSubscribe): Promise<OpenQuery> {
  requireFilled(run.core, bound.reads.objects);
  await settleImplicit(run, bound.reads);
  if (bound.kind === 'subscribe') {
    if (bound.asOf !== null || bound.upTo !== null) throw notSupported(bound.asOf !== null ? 'AS OF' : 'UP TO', undefined, 'Leave it out: a subscription begins with the present rows.');
    const leading = leadingOfSubscribe(bound);
    return { schema: continuousSchema(bound.plan.schema, leading), rows: await openChanges(run, bound.plan, leading, bound.snapshot), live: true };
  }
  if (isContinuous(run.session, bound)) {
    if (bound.reads.system) throw new SqlError('feature_not_supported', 'catalog relations cannot be watched', { hint: 'Select from them again.' });
    if (bound.emit === null) {
      run.session.notice('NOTICE', 'the query goes on with changes, because execution.runtime-mode is streaming', { hint: "SET execution.runtime-mode = 'batch' makes a plain SELECT end." });
    }
    const leading = leadingOfQuery(bound);
    return { schema: continuousSchema(bound.plan.schema, leading), rows: await openChanges(run, bound.plan, leading, true, firingOf(bound.emit, (n) => run.session.settings.text(n))), live: true };
  }
  return { schema: bound.plan.schema, rows: await openRows(run, bound.plan, bound.reads), live: false };
}

export async function runQuery(run: Run, bound: BoundQuery | BoundSubscribe): Promise<StatementResult> {
  const open = await openQuery(run, bound);
  return { kind: 'rows', ...open, tag: (n) => (bound.kind === 'subscribe' ? `SUBSCRIBE ${n}` : `SELECT ${n}`) };
}
