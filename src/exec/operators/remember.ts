import { DELETE, TARGET_BATCH_ROWS, type Batch } from '../../common/batch/batch.ts';
import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { Epoch } from '../../common/ids.ts';
import { BIGINT } from '../../common/types/sql-type.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { EvalContext } from '../../functions/define.ts';
import type { PhysicalRemember } from '../../planner/physical.ts';
import { gather } from '../columns.ts';
import { compileCalc, type CompiledCalc } from '../expr/compile.ts';
import { evaluate, typeOf } from '../expr/interpret.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { BaseOperator, groupsBy, typesOf } from './base.ts';
import { NetRows } from './net-rows.ts';
import { SeenRows } from './seen-rows.ts';
import { HeldWatermark } from './watermarks.ts';

/**
 * Values that vary, once for each row that comes.
 *
 * Input: any but upsert. Output: the same changes with the values behind the row, net per barrier; a row that is taken back
 * takes back the values it came with, the last of equal rows first. A row whose expressions fail is reported when it comes and
 * never shown.
 * State: every row that is there with its values, O(input rows); none where rows only come.
 */
export class RememberOperator extends BaseOperator {
  readonly #node: PhysicalRemember;
  readonly #types: readonly SqlType[];
  readonly #net: NetRows;
  readonly #seen: SeenRows;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #compiled: CompiledCalc;
  readonly #eval: EvalContext;
  readonly #held = new HeldWatermark();
  readonly #appendOnly: boolean;
  readonly #waiting: Batch[] = [];
  #watermark: bigint | null = null;
  #loaded = false;

  constructor(node: PhysicalRemember, context: OperatorContext) {
    super(context);
    this.#node = node;
    const { stateId } = node.props;
    this.#types = typesOf(node.input.props.schema);
    this.#groups = groupsBy(node.input, [], context);
    this.#compiled = compileCalc(this.#types, null, node.exprs, false);
    // The clock goes on in the context's own.
    this.#eval = Object.create(context.eval, { watermark: { get: () => this.#watermark } }) as EvalContext;
    this.#net = new NetRows(`${stateId}.net`, this.#types);
    this.#seen = new SeenRows(`${stateId}.seen`, this.#types, [...node.exprs.map(typeOf), ...(node.arrival ? [BIGINT] : [])]);
    this.#appendOnly = node.input.props.changelog === 'append-only';
    if (this.#appendOnly) return;
    this.register(this.#net.rows);
    this.register(this.#seen.rows);
  }

  override onBatch(_port: number, batch: Batch): void {
    if (this.#appendOnly) this.#waiting.push(batch);
    else this.#net.add(batch, this.#groupsOf(batch));
  }
  override onWatermark(_port: number, micros: bigint): void {
    this.#watermark = micros;
    this.#held.hold(micros);
  }
  override onBarrier(barrier: Barrier): void {
    if (this.#appendOnly) {
      for (const batch of this.#waiting) this.#come(batch, barrier);
      this.#waiting.length = 0;
    } else this.#flush(barrier);
    this.#held.release(this.context.output);
  }
  #flush(barrier: Barrier): void {
    if (!this.#loaded) this.#seen.load();
    this.#loaded = true;
    const { inserted, deleted } = this.#net.take();
    if (deleted.rowCount > 0) this.#retract(deleted);
    for (let from = 0; from < inserted.rowCount; from += TARGET_BATCH_ROWS) this.#come(part(inserted, from, Math.min(TARGET_BATCH_ROWS, inserted.rowCount - from)), barrier);
  }

  #groupsOf(batch: Batch): Int32Array {
    return this.#groups?.(batch) ?? new Int32Array(batch.rowCount);
  }

  #retract(batch: Batch): void {
    const { slots, shown } = this.#seen.take(batch, false);
    for (let from = 0; from < shown.length; from += TARGET_BATCH_ROWS) {
      const some = shown.array.subarray(from, Math.min(shown.length, from + TARGET_BATCH_ROWS));
      this.emit({ rowCount: some.length, ops: new Uint8Array(some.length).fill(DELETE), columns: this.#seen.outputColumns(some, some.length) });
    }
    this.#seen.remove(slots);
  }

  #come(batch: Batch, { epoch }: Barrier): void {
    const n = batch.rowCount;
    const rows = Int32Array.from({ length: n }, (_, i) => i);
    const { columns, failed } = this.#values(batch);
    const all = [...batch.columns, ...columns, ...(this.#node.arrival ? [epochColumn(epoch, n)] : [])];
    if (!this.#appendOnly) {
      this.#seen.add(all, rows, failed === null ? new Int32Array(n) : failed, n, this.#groupsOf(batch));
      this.#seen.came(n);
    }
    if (failed === null) {
      this.emit({ rowCount: n, ops: null, columns: all });
      return;
    }
    const kept = rows.filter((i) => failed[i] === 0);
    this.emit({ rowCount: kept.length, ops: null, columns: all.map((c) => gather(c, kept, kept.length)) });
  }

  /** `failed`: -1 for rows without values. */
  #values(batch: Batch): { readonly columns: readonly Column[]; readonly failed: Int32Array | null } {
    try {
      return { columns: this.#compiled.run(batch, this.#eval).columns, failed: null };
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      return this.#oneByOne(batch);
    }
  }

  #oneByOne(batch: Batch): { readonly columns: readonly Column[]; readonly failed: Int32Array } {
    const { exprs, props } = this.#node;
    const failed = new Int32Array(batch.rowCount);
    const env = { context: this.#eval };
    const values = Array.from({ length: batch.rowCount }, (_, i): Row => {
      const row = this.#types.map((t, c) => readValue(t, batch.columns[c] as Column, i));
      try {
        return exprs.map((e) => evaluate(e, row, env));
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        this.context.rowError({ operator: `${this.#node.kind} ${props.stateId}`, error, row });
        failed[i] = -1;
        return exprs.map(() => null);
      }
    });
    return { columns: exprs.map((e, c) => columnFromValues(typeOf(e), values, c)), failed };
  }
}

function epochColumn(epoch: Epoch, n: number): Column {
  const values = new BigInt64Array(n).fill(BigInt(epoch));
  return { physical: 'i64', values, words: new Int32Array(values.buffer), nulls: null };
}

function part(batch: Batch, from: number, n: number): Batch {
  if (from === 0 && n === batch.rowCount) return batch;
  const rows = Int32Array.from({ length: n }, (_, i) => from + i);
  return { rowCount: n, ops: null, columns: batch.columns.map((c) => gather(c, rows, n)) };
}
