import type { Firing } from '../optimizer/physical/context.ts';
import { OP_TEXT, type Batch, type Field, type Schema } from '../common/batch/batch.ts';
import { batchFromRows, columnFromValues } from '../common/batch/builder.ts';
import { SqlError } from '../common/errors.ts';
import { BIGINT, BOOLEAN, TEXT } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { withParams } from '../optimizer/params.ts';
import { planQuery } from '../optimizer/plan.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { growthWarnings } from '../planner/physical/growth.ts';
import type { BoundQuery, BoundSubscribe } from '../planner/statement.ts';
import type { QueryChunk } from '../runtime/api.ts';
import type { RowSource } from './api.ts';
import { newQueryId } from './core.ts';
import { withSecrets } from './job-specs.ts';
import { readOptions } from './planning.ts';
import type { Run } from './run.ts';

/** What stands before the query's own columns in a continuous result. */
export interface Leading {
  /** SUBSCRIBE: the epoch in which the change became visible. */
  readonly epoch: boolean;
  /** SUBSCRIBE … WITH (progress): true in a row that only says how far time has come. */
  readonly progress: boolean;
  /** +I, -U, +U, -D. Left out where rows are final. */
  readonly op: boolean;
}

const EPOCH: Field = { name: 'epoch', type: BIGINT, nullable: false };
const PROGRESSED: Field = { name: 'progressed', type: BOOLEAN, nullable: false };
const OP: Field = { name: 'op', type: TEXT, nullable: true };

export const leadingOfQuery = (query: BoundQuery): Leading => ({ epoch: false, progress: false, op: query.emit !== 'on window close' && query.emit !== 'final' });
export const leadingOfSubscribe = (s: BoundSubscribe): Leading => ({ epoch: true, progress: s.progress, op: true });

export function continuousSchema(schema: Schema, leading: Leading): Schema {
  const columns = leading.progress ? schema.map((f) => ({ ...f, nullable: true })) : schema;
  return [...(leading.epoch ? [EPOCH] : []), ...(leading.progress ? [PROGRESSED] : []), ...(leading.op ? [OP] : []), ...columns];
}

/** The changes of a query, without end unless all its inputs end. Errors: those of planning. */
export async function openChanges(run: Run, bound: LogicalPlan, leading: Leading, withSnapshot: boolean, firing?: Firing): Promise<RowSource> {
  const { core, session } = run;
  const plan = run.params.length === 0 ? bound : withParams(bound, run.params);
  const planned = planQuery(plan, { kind: 'result', snapshotOnly: false, firing }, readOptions({ ...run, eval: { ...run.eval } }));
  if (!leading.op && planned.plan.props.changelog !== 'append-only') {
    throw new SqlError('feature_not_supported', 'the query produces updates, so its rows are never final', {
      hint: 'Group by window_start and window_end of a TUMBLE or HOP window over a column with a watermark, or use EMIT CHANGES.',
    });
  }
  for (const n of planned.notices) session.notice('NOTICE', n);
  for (const w of growthWarnings(planned.plan)) session.notice('WARNING', w);
  await core.freshness.catchUp(run.signal);
  const spec = { id: newQueryId(core), name: 'subscription', plans: [withSecrets(core, planned.plan)], timeZone: session.settings.text('TimeZone'), errorPolicy: 'fail', seed: core.rng.uint32(), schema: plan.schema } as const;
  const bufferBytesMax = Number(session.settings.text('millrace.subscription-buffer-bytes'));
  const handle = core.runtime.query(spec, { signal: run.signal, mode: 'changes', withSnapshot, bufferBytesMax });
  const schema = continuousSchema(plan.schema, leading);
  return {
    async next() {
      for (let chunk = await handle.next(); chunk !== null; chunk = await handle.next()) {
        const batch = shown(chunk, schema, leading);
        if (batch !== null) return batch;
      }
      return null;
    },
    close: () => handle.close(),
  };
}

function shown(chunk: QueryChunk, schema: Schema, leading: Leading): Batch | null {
  const epoch = BigInt(chunk.epoch);
  if (chunk.kind === 'progress') {
    if (!leading.progress) return null;
    const row: Row = schema.map((f) => (f === EPOCH ? epoch : f === PROGRESSED ? true : null));
    return batchFromRows(schema, [row]);
  }
  const { batch } = chunk;
  if (batch.rowCount === 0) return null;
  const { ops, rowCount } = batch;
  const lead = Array.from({ length: rowCount }, (_, i): Row => [epoch, false, OP_TEXT[ops === null ? 0 : (ops[i] ?? 0)] ?? '+I']);
  const columns = [
    ...(leading.epoch ? [columnFromValues(BIGINT, lead, 0)] : []),
    ...(leading.progress ? [columnFromValues(BOOLEAN, lead, 1)] : []),
    ...(leading.op ? [columnFromValues(TEXT, lead, 2)] : []),
  ];
  return { rowCount, ops: null, columns: [...columns, ...batch.columns] };
}
