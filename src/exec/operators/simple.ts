import type { Batch } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { BOOLEAN } from '../../common/types/sql-type.ts';
import type { PhysicalNormalize, PhysicalUnionAll, PhysicalValues } from '../../planner/physical.ts';
import { objectId } from '../../common/ids.ts';
import { evaluate } from '../expr/interpret.ts';
import type { Barrier, OperatorContext } from '../operator.ts';
import { keyGroupsOf } from '../state-api.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { BaseOperator } from './base.ts';
import { MaterializeOperator } from './materialize.ts';
import { MinWatermark } from './watermarks.ts';

/** UNION ALL: all inputs' rows as they come; the watermark is their minimum. */
export class UnionAllOperator extends BaseOperator {
  readonly #watermark: MinWatermark;
  constructor(node: PhysicalUnionAll, context: OperatorContext) {
    super(context);
    this.#watermark = new MinWatermark(node.inputs.length);
  }
  override onBatch(_port: number, batch: Batch): void {
    this.emit(batch);
  }
  override onWatermark(port: number, micros: bigint): void {
    const moved = this.#watermark.advance(port, micros);
    if (moved !== null) this.context.output.watermark(moved);
  }
  override onEnd(port: number): void {
    const moved = this.#watermark.end(port);
    if (moved !== null) this.context.output.watermark(moved);
  }
}

/** Rows of constants, sent once in the life of the job, before the first barrier's end, by the owner of key group 0. */
export class ValuesOperator extends BaseOperator {
  readonly #node: PhysicalValues;
  readonly #sent: KeyedStore;
  constructor(node: PhysicalValues, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#sent = this.register(new KeyedStore({ id: `${node.props.stateId}.sent`, types: [BOOLEAN], keyCount: 1, equality: 'sql' }));
  }
  override onBatch(): void {}
  override onBarrier(_barrier: Barrier): void {
    if (this.#sent.entryCount > 0 || keyGroupsOf(this.context.worker, this.context.parallelism).from !== 0) return;
    const mark = new Int32Array(1);
    this.#sent.upsert([{ physical: 'bool', values: Uint8Array.of(1), nulls: null }], new Int32Array(1), 1, mark, new Int32Array(1));
    const env = { context: this.context.eval };
    this.emit(batchFromRows(this.#node.props.schema, this.#node.rows.map((row) => row.map((e) => evaluate(e, [], env)))));
  }
}

/** Turns an upsert changelog into a full one: the last row per key, as net change per barrier. */
export class NormalizeOperator extends MaterializeOperator {
  constructor(node: PhysicalNormalize, context: OperatorContext) {
    super({ kind: 'materialize', props: node.props, input: node.input, relation: objectId(0), keys: node.keys, conflict: node.checked === true ? 'checked' : 'overwrite' }, context, node.ttlMs ?? null);
  }
}
