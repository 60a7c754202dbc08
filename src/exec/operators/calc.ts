import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { Expr } from '../../planner/expr.ts';
import type { PhysicalCalc } from '../../planner/physical.ts';
import { someExpr } from '../../planner/walk.ts';
import type { EvalContext } from '../../functions/define.ts';
import { compileCalc, type CompiledCalc } from '../expr/compile.ts';
import { columnsOf, evaluate, typeOf } from '../expr/interpret.ts';
import type { OperatorContext } from '../operator.ts';
import { BaseOperator, typesOf } from './base.ts';

/**
 * Filter, then projection.
 *
 * Input and output: any changelog. A row whose expressions fail is reported and treated as one that doesn't pass.
 * State: none.
 */
export class CalcOperator extends BaseOperator {
  readonly #node: PhysicalCalc;
  readonly #compiled: CompiledCalc;
  readonly #types: readonly SqlType[];
  readonly #upsert: boolean;
  /** What expressions are evaluated in: where one asks for CURRENT_WATERMARK, with this input's. */
  readonly #eval: EvalContext;
  #watermark: bigint | null = null;

  constructor(node: PhysicalCalc, context: OperatorContext) {
    super(context);
    this.#node = node;
    this.#types = typesOf(node.input.props.schema);
    this.#upsert = node.input.props.changelog === 'upsert';
    this.#eval = [...node.exprs, ...(node.filter === null ? [] : [node.filter])].some(asksWatermark) ? this.#withWatermark(context.eval) : context.eval;
    this.#compiled = compileCalc(this.#types, node.filter, node.exprs, this.#upsert);
  }

  #withWatermark(outer: EvalContext): EvalContext {
    // The clock goes on in `outer`.
    return Object.create(outer, { watermark: { get: () => this.#watermark } }) as EvalContext;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.emit(this.apply(batch));
  }
  override onWatermark(port: number, micros: bigint): void {
    this.#watermark = micros;
    super.onWatermark(port, micros);
  }

  apply(batch: Batch): Batch {
    try {
      return this.#compiled.run(batch, this.#eval);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const { filter, exprs, props } = this.#node;
      return interpretBatch(batch, this.#types, filter, exprs, this.#upsert, { ...this.context, eval: this.#eval }, `${this.#node.kind} ${props.stateId}`);
    }
  }
}

const asksWatermark = (e: Expr): boolean => someExpr(e, (x) => x.kind === 'call' && x.name === 'current_watermark');

/** The slow way, row by row, that finds the rows at fault. */
function interpretBatch(
  batch: Batch,
  types: readonly SqlType[],
  filter: Expr | null,
  exprs: readonly Expr[],
  upsert: boolean,
  context: OperatorContext,
  operator: string,
): Batch {
  const read = columnsOf(filter === null ? exprs : [filter, ...exprs]);
  const env = { context: context.eval };
  const rows: Row[] = [];
  const ops: number[] = [];
  let before = false;
  for (let i = 0; i < batch.rowCount; i++) {
    let op = batch.ops === null ? INSERT : (batch.ops[i] as number);
    const row = types.map((t, k) => (read.includes(k) ? readValue(t, batch.columns[k] as Column, i) : null));
    let out: Row | null = null;
    try {
      if (filter === null || evaluate(filter, row, env) === true || (upsert && op === DELETE)) out = exprs.map((e) => evaluate(e, row, env));
      else if (upsert) {
        op = DELETE;
        out = exprs.map((e) => evaluate(e, row, env));
      }
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      context.rowError({ operator, error, row: types.map((t, k) => readValue(t, batch.columns[k] as Column, i)) });
    }
    const paired = op === UPDATE_AFTER && i > 0 && batch.ops?.[i - 1] === UPDATE_BEFORE;
    if (paired && out !== null && !before) op = INSERT;
    if (paired && out === null && before) ops[ops.length - 1] = DELETE;
    before = op === UPDATE_BEFORE && out !== null;
    if (out === null) continue;
    rows.push(out);
    ops.push(op);
  }
  // An update's first half whose second half lies beyond any pair stands alone as a delete.
  return {
    rowCount: rows.length,
    ops: ops.some((op) => op !== INSERT) ? Uint8Array.from(ops) : null,
    columns: exprs.map((e, c) => columnFromValues(typeOf(e), rows, c)),
  };
}
