import { OP_TEXT, type Batch } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { BIGINT, INT, TEXT, TIMESTAMPTZ } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalChangelog } from '../../planner/physical.ts';
import { hashColumns } from '../hash.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { BaseOperator, typesOf } from './base.ts';

/**
 * A relation's changes as rows to be kept: number (from 1, without a gap), time of the epoch, op, and the changed row.
 *
 * The rows that are there when it is first started are no changes, and are left out. A row of number 0, whose op is the last number given,
 * goes before: it is sent anew while nothing changes, so that it does not expire (`headMs`).
 * State: the last number. Input: retract, in one task. Output: append-only, but for row 0, which is written over.
 */
export class ChangelogOperator extends BaseOperator {
  readonly #headMicros: bigint;
  readonly #store: KeyedStore;
  readonly #input: PhysicalChangelog['input'];
  #pending: Batch[] = [];

  constructor(node: PhysicalChangelog, context: OperatorContext) {
    super(context);
    this.#headMicros = BigInt(node.headMs) * 1000n;
    this.#input = node.input;
    this.#store = new KeyedStore({ id: `${node.props.stateId}.last`, types: [INT, BIGINT, BIGINT], keyCount: 1, equality: 'sql' });
    this.register(this.#store);
  }

  override onBatch(_port: number, batch: Batch): void {
    this.#pending.push(batch);
  }
  /** What is kept of changes follows no event time. */
  override onWatermark(): void {}

  override onBarrier(barrier: Barrier): void {
    const batches = this.#pending;
    this.#pending = [];
    // Where rows are placed on one task, only that task counts.
    if (this.context.worker !== 0 && batches.length === 0) return;
    const first = this.#store.entryCount === 0;
    const slot = this.#slot();
    const last = (this.#store.columns[1] as StateColumn).i64;
    const sentAt = (this.#store.columns[2] as StateColumn).i64;
    let token = last[slot] as bigint;
    const before = token;
    if (!first) {
      for (const b of batches) {
        this.#send(b, token, barrier.nowMicros);
        token += BigInt(b.rowCount);
      }
    }
    if (!first && token === before && barrier.nowMicros - (sentAt[slot] as bigint) < this.#headMicros) return;
    last[slot] = token;
    sentAt[slot] = barrier.nowMicros;
    this.#store.touch(slot);
    const head: Row = [0n, barrier.nowMicros, String(token)];
    const lead = [columnFromValues(BIGINT, [head], 0), columnFromValues(TIMESTAMPTZ, [head], 1), columnFromValues(TEXT, [head], 2)];
    this.emit({ rowCount: 1, ops: null, columns: [...lead, ...typesOf(this.#input.props.schema).map((t) => columnFromValues(t, [[null]], 0))] });
  }

  #send(batch: Batch, from: bigint, at: bigint): void {
    const n = batch.rowCount;
    const lead = Array.from({ length: n }, (_, i): Row => [from + BigInt(i) + 1n, at, OP_TEXT[batch.ops === null ? 0 : (batch.ops[i] ?? 0)] ?? '+I']);
    this.emit({ rowCount: n, ops: null, columns: [columnFromValues(BIGINT, lead, 0), columnFromValues(TIMESTAMPTZ, lead, 1), columnFromValues(TEXT, lead, 2), ...batch.columns] });
  }

  #slot(): number {
    const columns: Column[] = [{ physical: 'i32', values: Int32Array.of(0), nulls: null }];
    const slots = new Int32Array(1);
    this.#store.upsert(columns, hashColumns(columns, [INT], 1), 1, slots, new Int32Array(1));
    return slots[0] as number;
  }
}
