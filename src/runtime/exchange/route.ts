import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { gather } from '../../exec/columns.ts';
import { hashRows } from '../../exec/hash.ts';
import { KEY_GROUPS, ownerOf } from '../../exec/state-api.ts';
import type { Distribution, PhysicalPlan } from '../../planner/physical.ts';

/** Which worker each row goes to; the parts by worker, null where there is nothing. */
export type Route = (batch: Batch) => readonly (Batch | null)[];

/** Rows of `producer` placed as `to` says, over `parallelism` workers. */
export function routeTo(to: Distribution, producer: PhysicalPlan, parallelism: number, worker: number): Route {
  const whole = (target: number): Route => {
    const parts = new Array<Batch | null>(parallelism).fill(null);
    return (batch) => parts.map((_, w) => (w === target ? batch : null));
  };
  switch (to.kind) {
    case 'any':
      return whole(worker);
    case 'single':
      return whole(ownerOf(0, parallelism));
    case 'broadcast':
      return (batch) => new Array<Batch>(parallelism).fill(batch);
    case 'hash':
      return hashRoute(to.keys, producer, parallelism);
  }
}

function hashRoute(keys: readonly number[], producer: PhysicalPlan, parallelism: number): Route {
  const types = keys.map((k): SqlType => producer.props.schema[k]?.type ?? { kind: 'unknown' });
  const owners = Uint8Array.from({ length: KEY_GROUPS }, (_, g) => ownerOf(g, parallelism));
  const upsert = producer.props.changelog === 'upsert';
  return (batch) => {
    const n = batch.rowCount;
    const hashes = hashRows(batch, keys, types);
    const counts = new Int32Array(parallelism);
    for (let i = 0; i < n; i++) {
      const owner = owners[(hashes[i] as number) & (KEY_GROUPS - 1)] as number;
      hashes[i] = owner;
      counts[owner] = (counts[owner] as number) + 1;
    }
    const rows = Array.from(counts, (count) => new Int32Array(count));
    const at = new Int32Array(parallelism);
    for (let i = 0; i < n; i++) {
      const owner = hashes[i] as number;
      const place = at[owner] as number;
      (rows[owner] as Int32Array)[place] = i;
      at[owner] = place + 1;
    }
    const ops = batch.ops === null ? null : splitPairs(batch.ops, hashes, n, upsert);
    return rows.map((indices) => {
      const count = indices.length;
      if (count === 0) return null;
      if (count === n) return ops === batch.ops || ops === null ? batch : { ...batch, ops };
      return { rowCount: count, ops: ops === null ? null : gatherOps(ops, indices), columns: batch.columns.map((c) => gather(c, indices, count)) };
    });
  };
}

/** Halves of an update that part ways stand alone as a deletion and an insertion. */
function splitPairs(ops: Uint8Array, owners: Int32Array, n: number, upsert: boolean): Uint8Array {
  let out = ops;
  for (let i = 0; i + 1 < n; i++) {
    if (ops[i] !== UPDATE_BEFORE || ops[i + 1] !== UPDATE_AFTER || owners[i] === owners[i + 1]) continue;
    if (out === ops) out = ops.slice(0, n);
    out[i] = DELETE;
    if (!upsert) out[i + 1] = INSERT;
  }
  return out;
}

function gatherOps(ops: Uint8Array, indices: Int32Array): Uint8Array | null {
  const out = new Uint8Array(indices.length);
  let plain = true;
  for (let i = 0; i < indices.length; i++) {
    const op = ops[indices[i] as number] as number;
    out[i] = op;
    if (op !== INSERT) plain = false;
  }
  return plain ? null : out;
}
