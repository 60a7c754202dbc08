import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import { epoch as toEpoch, type Epoch, type ObjectId } from '../common/ids.ts';
import { BIGINT } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { quoteName } from '../catalog/names.ts';
import { builtins } from '../functions/registry.ts';
import { optimize } from '../optimizer/optimizer.ts';
import { toPhysical } from '../optimizer/physical/to-physical.ts';
import { parseStatement } from '../parser/parser.ts';
import { bindStatement } from '../planner/bind/statement.ts';
import { evaluate } from '../planner/interpret.ts';
import { CHANGELOG_COLUMNS } from '../planner/physical/changelog.ts';
import type { BoundSubscriptionCursor } from '../planner/statement.ts';
import type { RowSource } from './api.ts';
import { readOptions } from './planning.ts';
import type { OpenQuery } from './query.ts';
import { drain } from './rows.ts';
import type { Run } from './run.ts';
import { snapshotRows } from './snapshot.ts';

/**
 * Reading what a subscription has kept. Changes are numbered without a gap, so a reader knows what it has missed: then it gets an error
 * and no rows. Only changes that a checkpoint holds are given, since after a crash the others may come in another order.
 */

/** Changes read at once. */
const PART = 1024;
/** The key of the row that tells the last number. */
const HEAD = batchFromRows([BIGINT], [[0n]]);
/** Before any epoch. */
const START = toEpoch(0);

interface Log {
  readonly run: Run;
  readonly id: ObjectId;
  /** The kept changes, as a name in SQL. */
  readonly name: string;
  readonly source: string;
  readonly subscription: string;
}

export async function openSubscription(run: Run, bound: BoundSubscriptionCursor): Promise<OpenQuery> {
  const { subscription: s, schema } = bound;
  const log: Log = { run, id: s.id, name: `${quoteName(s.database)}.${quoteName(s.schema)}.${quoteName(s.name)}`, source: `${quoteName(s.database)}.${s.sql.replace('SELECT * FROM ', '')}`, subscription: s.name };
  await run.core.freshness.catchUp(run.signal);
  let first: Row[] = [];
  let at: bigint;
  if (bound.from === 'full') ({ at, rows: first } = await whole(log));
  else at = await startOf(log, bound);
  await run.core.runtime.checkpoint();
  let durable = at;
  let closed = false;
  /** The epoch up to which there is nothing after `at`; null: there may be. */
  let seen: Epoch | null = null;
  let wake = (_: null): void => {};
  const { runtime, freshness } = run.core;
  const rows: RowSource = {
    async next() {
      if (first.length > 0) {
        const part = first.splice(0, PART);
        return batchFromRows(schema, part);
      }
      await freshness.catchUp(run.signal);
      while (!closed) {
        const after = seen ?? START;
        seen = await new Promise<Epoch | null>((resolve, reject) => {
          wake = resolve;
          runtime.laterEpoch(s.id, after).then(resolve, reject);
        });
        if (closed) break;
        if (seen !== null && (await lastNumber(log)) === at) continue;
        const part = await changesAfter(log, at);
        const [last] = part.at(-1) ?? [];
        if (typeof last !== 'bigint') continue;
        if (last > durable) {
          await runtime.checkpoint();
          durable = last;
        }
        at = last;
        seen = null;
        return batchFromRows(schema, part);
      }
      return null;
    },
    close() {
      closed = true;
      wake(null);
      return Promise.resolve();
    },
  };
  return { schema, live: true, rows };
}

/** The changes after one number, at most a part. Errors: object_not_in_prerequisite_state where some of them are gone. */
async function changesAfter(log: Log, at: bigint): Promise<Row[]> {
  const [head, ...rows] = await read(log, `SELECT * FROM ${log.name} WHERE "$token" = 0 OR ("$token" > ${at} AND "$token" <= ${at + BigInt(PART)}) ORDER BY "$token"`);
  const last = lastOf(head);
  if (last > at && rows[0]?.[0] !== at + 1n) throw gone(log, at + 1n, rows[0]?.[0] ?? null);
  return rows;
}

/** The number of the last change as of the last epoch; null where that is not to be had without a query. */
async function lastNumber({ run, id }: Log): Promise<bigint | null> {
  const found = await run.core.runtime.readKeys(id, { columns: [0], keys: HEAD, output: [0, 1, 2] });
  return found === null ? null : lastOf(rowsFromBatch(CHANGELOG_COLUMNS, found)[0]);
}

const lastOf = (head: Row | undefined): bigint => (typeof head?.[2] === 'string' ? BigInt(head[2]) : 0n);

function gone(log: Log, token: bigint, oldest: Row[number]): SqlError {
  return new SqlError('object_not_in_prerequisite_state', `change ${token} of subscription "${log.subscription}" is no longer kept`, {
    detail: oldest === null ? 'Nothing of that time is kept.' : `The oldest change that is kept is ${String(oldest)}.`, hint: 'Begin anew with DECLARE … FULL, and give the subscription a longer retention.',
  });
}

/** The number of the change after which the cursor stands. */
async function startOf(log: Log, bound: BoundSubscriptionCursor): Promise<bigint> {
  const [head, oldest] = await read(log, `SELECT * FROM ${log.name} ORDER BY "$token" LIMIT 2`);
  const last = lastOf(head);
  const before = typeof oldest?.[0] === 'bigint' ? oldest[0] - 1n : last;
  if (bound.from === 'now') return last;
  if (bound.from === 'begin') return before;
  const value = bound.since === null ? null : evaluate(bound.since, [], { functions: builtins, eval: log.run.eval, params: log.run.params });
  if (typeof value !== 'bigint') throw new SqlError('null_value_not_allowed', 'SINCE must not be null');
  if (bound.from === 'token') {
    if (value < 0n || value > last) throw new SqlError('invalid_parameter_value', `subscription "${log.subscription}" has given no token ${value}`, { detail: `The last one is ${last}.` });
    if (value < before) throw gone(log, value + 1n, oldest?.[0] ?? null);
    return value;
  }
  const [next] = await read(log, `SELECT * FROM ${log.name} WHERE "$token" > 0 AND "$at" >= TO_TIMESTAMP(${Number(value) / 1e6}) ORDER BY "$token" LIMIT 1`);
  const at = typeof next?.[0] === 'bigint' ? next[0] - 1n : last;
  // What came since then and is gone was older than the oldest that is there.
  if (at === before && before > 0n) throw gone(log, at, oldest?.[0] ?? null);
  return at;
}

/** The rows that are there, as inserts, and the last change they hold: of one epoch. */
async function whole(log: Log): Promise<{ at: bigint; rows: Row[] }> {
  const all = await read(log, `SELECT h."$op", x.* FROM (SELECT "$op" FROM ${log.name} WHERE "$token" = 0) AS h LEFT JOIN (SELECT *, TRUE AS "$here" FROM ${log.source}) AS x ON TRUE`);
  const at = typeof all[0]?.[0] === 'string' ? BigInt(all[0][0]) : 0n;
  const rows = all.filter((r) => r.at(-1) === true).map((r): Row => [at, null, '+I', ...r.slice(1, -1)]);
  return { at, rows };
}

/** A query at one epoch, whatever the session's transaction block has written. */
async function read(log: Log, sql: string): Promise<Row[]> {
  const { run } = log;
  const cx = { ...run.session.bindContext(sql), redefining: log.id };
  const bound = bindStatement(parseStatement(sql), cx);
  if (bound.kind !== 'query') throw new InternalError('a subscription is read by a query');
  const options = readOptions(run);
  const physical = toPhysical(optimize(bound.plan, options).plan, { kind: 'result', snapshotOnly: true }, options.physical).plan;
  return await drain(bound.plan.schema, snapshotRows(run, physical, bound.plan.schema));
}
