import { DELETE, INSERT, OP_TEXT, UPDATE_AFTER, UPDATE_BEFORE, opSign, type Batch } from '../../common/batch/batch.ts';
import { rowsFromBatch } from '../../common/batch/builder.ts';
import { InternalError } from '../../common/errors.ts';
import { physicalOf } from '../../common/types/sql-type.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { structuralKey } from '../expr/compile.ts';
import type { Barrier, Operator, OperatorContext, Output } from '../operator.ts';

/**
 * Checks an operator's output, for tests: layouts against the schema, -U directly before its +U, no row less than 0 times at
 * a barrier, watermarks and epochs that only go up. `make` builds the operator on the context it is given;
 * `sent` are the rows (by `structuralKey`) that a restored operator's predecessor has sent.
 */
export function checkedOperator(node: PhysicalPlan, context: OperatorContext, make: (context: OperatorContext) => Operator, sent: ReadonlyMap<string, number> = new Map()): Operator {
  const multiplicity = new Map(sent);
  let watermark: bigint | null = null;
  let epoch = -1;
  const { schema, changelog } = node.props;
  const fail = (what: string): never => {
    throw new InternalError(`${node.kind} ${node.props.stateId}: ${what}`);
  };
  const check = (batch: Batch): void => {
    if (batch.rowCount === 0) fail('an empty batch was sent');
    if (batch.columns.length !== schema.length) fail('the batch has another number of columns');
    batch.columns.forEach((column, c) => {
      const field = schema[c];
      if (field === undefined || column.physical !== physicalOf(field.type)) fail(`column ${c} has layout ${column.physical}`);
      const { nulls } = column;
      // An upsert's deletion may stand for a row that never was, and that has no place in the result.
      const stands = (i: number): boolean => changelog !== 'upsert' || batch.ops?.[i] !== DELETE;
      if (field?.nullable === false && nulls !== null && nulls.subarray(0, batch.rowCount).some((isNull, i) => isNull === 1 && stands(i))) fail(`column ${c} holds a NULL`);
    });
    for (let i = 0; i < batch.rowCount; i++) {
      const op = batch.ops === null ? INSERT : (batch.ops[i] as number);
      const next = batch.ops === null ? INSERT : batch.ops[i + 1];
      if (op === UPDATE_BEFORE && (i + 1 >= batch.rowCount || next !== UPDATE_AFTER)) fail('a -U is not followed by its +U');
      if (op === UPDATE_AFTER && changelog !== 'upsert' && (i === 0 || batch.ops?.[i - 1] !== UPDATE_BEFORE)) fail('a +U has no -U before it');
      if (op !== INSERT && changelog === 'append-only') fail(`an append-only output sent ${OP_TEXT[op]}`);
    }
    if (changelog === 'upsert') return;
    rowsFromBatch(schema, batch).forEach((row, i) => {
      const key = structuralKey(row);
      const count = (multiplicity.get(key) ?? 0) + (batch.ops === null ? 1 : opSign(batch.ops[i] as number));
      if (count === 0) multiplicity.delete(key);
      else multiplicity.set(key, count);
    });
  };
  const output: Output = {
    emit(batch) {
      check(batch);
      context.output.emit(batch);
    },
    watermark(micros) {
      if (watermark !== null && micros < watermark) fail('a watermark went back');
      watermark = micros;
      context.output.watermark(micros);
    },
  };
  const inner = make({ ...context, output });
  return {
    states: inner.states,
    onBatch: (port, batch) => inner.onBatch(port, batch),
    onWatermark: (port, micros) => inner.onWatermark(port, micros),
    onBarrier(barrier: Barrier) {
      if (barrier.epoch <= epoch) fail('an epoch came twice');
      epoch = barrier.epoch;
      inner.onBarrier(barrier);
      for (const [row, count] of multiplicity) if (count < 0) fail(`row ${row} is there ${count} times at a barrier`);
    },
    onEnd: (port) => inner.onEnd(port),
    close: () => inner.close(),
  };
}
