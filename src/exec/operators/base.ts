import type { Batch, Schema } from '../../common/batch/batch.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Distribution, PhysicalPlan } from '../../planner/physical.ts';
import type { Barrier, Operator, OperatorContext } from '../operator.ts';
import { KEY_GROUPS, keyGroupsOf, type CheckpointedState } from '../state-api.ts';
import { hashRows } from '../hash.ts';

/** An operator without state whose watermark passes through; subclasses override what they change. */
export abstract class BaseOperator implements Operator {
  protected readonly context: OperatorContext;
  readonly states: CheckpointedState[] = [];

  constructor(context: OperatorContext) {
    this.context = context;
  }
  abstract onBatch(port: number, batch: Batch): void;
  onWatermark(_port: number, micros: bigint): void {
    this.context.output.watermark(micros);
  }
  onBarrier(_barrier: Barrier): void {}
  onEnd(_port: number): void {}
  close(): void {}

  protected register<T extends CheckpointedState>(state: T): T {
    this.states.push(state);
    this.context.state.register(state);
    return state;
  }
  protected emit(batch: Batch): void {
    if (batch.rowCount > 0) this.context.output.emit(batch);
  }
}

export const typesOf = (schema: Schema): SqlType[] => schema.map((f) => f.type);

/**
 * The key group of each input row for state, which has to be one that this worker owns: by the hash that placed the row
 * here. `null` when that is the hash of `keys` themselves.
 */
export function groupsBy(
  input: PhysicalPlan,
  keys: readonly number[],
  context: { readonly worker: number; readonly parallelism: number },
): ((batch: Batch) => Int32Array) | null {
  const placed: Distribution = input.props.distribution;
  if (placed.kind === 'hash') {
    const columns = placed.keys;
    if (columns.length === keys.length && columns.every((k, i) => k === keys[i])) return null;
    const types = columns.map((k) => (input.props.schema[k] as Schema[number]).type);
    return (batch) => {
      const groups = hashRows(batch, columns, types);
      for (let i = 0; i < groups.length; i++) groups[i] = (groups[i] as number) & (KEY_GROUPS - 1);
      return groups;
    };
  }
  const group = placed.kind === 'single' ? 0 : keyGroupsOf(context.worker, context.parallelism).from;
  return (batch) => new Int32Array(batch.rowCount).fill(group);
}
