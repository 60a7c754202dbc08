import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Batch } from '../../common/batch/batch.ts';
import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import { i64Column, type Column } from '../../common/batch/column.ts';
import { InternalError, SqlError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { TableFunction } from '../../functions/define.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalTableFunction } from '../../planner/physical.ts';
import { gather, IntList } from '../columns.ts';
import { compilePredicate, type Predicate } from '../expr/compile.ts';
import { evaluate } from '../expr/interpret.ts';
import type { OperatorContext } from '../operator.ts';
import { BaseOperator, typesOf } from './base.ts';

/** Rows of the function for the rows of a batch: which row each is for, its number there, its columns. */
interface Expanded {
  readonly rows: Int32Array;
  readonly numbers: BigInt64Array;
  readonly columns: readonly Column[];
  readonly count: number;
}

/**
 * Each row with each row that a set-returning function gives for it; `outer` keeps a row without any, padded with NULLs.
 *
 * Input and output: any changelog; update pairs fall apart into -D and +I. State: none, so that a retraction gives the same
 * rows again. A row for which the function or the condition fails is reported and gives nothing.
 */
export class TableFunctionOperator extends BaseOperator {
  readonly #node: PhysicalTableFunction;
  readonly #overload: TableFunction['overloads'][number];
  readonly #inputTypes: readonly SqlType[];
  readonly #argTypes: readonly SqlType[];
  readonly #types: readonly SqlType[];
  readonly #predicate: Predicate | null;

  constructor(node: PhysicalTableFunction, context: OperatorContext) {
    super(context);
    this.#node = node;
    const def = builtins.find(node.name);
    const overload = def?.kind === 'table' ? def.overloads[node.overload] : undefined;
    if (overload === undefined) throw new InternalError(`no table function ${node.name}/${node.overload}`);
    this.#overload = overload;
    this.#inputTypes = typesOf(node.input.props.schema);
    this.#argTypes = node.args.map((a) => this.#inputTypes[a] as SqlType);
    this.#types = typesOf(node.props.schema).slice(this.#inputTypes.length, -1);
    this.#predicate = node.condition === null ? null : compilePredicate(typesOf(node.props.schema), node.condition);
  }

  override onBatch(_port: number, batch: Batch): void {
    const failed = new Set<number>();
    let made = this.#expand(batch, failed);
    if (this.#predicate !== null) made = this.#filtered(this.#predicate, batch, made, failed);
    if (this.#node.outer) made = this.#padded(batch, made, failed);
    const { rows, count } = made;
    if (count === 0) return;
    const { ops } = batch;
    this.emit({
      rowCount: count,
      ops: ops === null ? null : Uint8Array.from(rows, (i) => single(ops[i] as number)),
      columns: this.#columns(batch, made),
    });
  }

  #columns(batch: Batch, made: Expanded): Column[] {
    const nulls = this.#node.outer ? Uint8Array.from(made.numbers, (n) => (n === 0n ? 1 : 0)) : null;
    return [
      ...batch.columns.map((c) => gather(c, made.rows, made.count)),
      ...made.columns,
      i64Column(made.numbers, nulls !== null && nulls.includes(1) ? nulls : null),
    ];
  }

  #expand(batch: Batch, failed: Set<number>): Expanded {
    const at = this.#node.args.map((a) => batch.columns[a] as Column);
    const types = this.#argTypes;
    const rows = new IntList(batch.rowCount);
    const numbers: bigint[] = [];
    const values: (readonly Value[])[] = [];
    const args: Value[] = types.map(() => null);
    for (let i = 0; i < batch.rowCount; i++) {
      for (let a = 0; a < at.length; a++) args[a] = readValue(types[a] as SqlType, at[a] as Column, i);
      const from = rows.length;
      try {
        let n = 0n;
        for (const row of this.#overload.eval(args, this.context.eval, types)) {
          rows.push(i);
          numbers.push(++n);
          values.push(row);
        }
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        this.#fail(batch, i, error, failed);
        rows.length = from;
        numbers.length = from;
        values.length = from;
      }
    }
    const count = rows.length;
    return { rows: rows.array.slice(0, count), numbers: BigInt64Array.from(numbers), columns: this.#types.map((t, c) => columnFromValues(t, values, c)), count };
  }

  #fail(batch: Batch, row: number, error: SqlError, failed: Set<number>): void {
    if (failed.has(row)) return;
    failed.add(row);
    this.context.rowError({ operator: `${this.#node.kind} ${this.#node.props.stateId}`, error, row: readRow(this.#inputTypes, batch.columns, row) });
  }

  #filtered(predicate: Predicate, batch: Batch, made: Expanded, failed: Set<number>): Expanded {
    const selection = new Int32Array(made.count);
    const columns = this.#columns(batch, made);
    let count: number;
    try {
      count = predicate(columns, made.count, this.context.eval, selection);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      count = this.#testEach(batch, made, columns, selection, failed);
    }
    return this.#chosen(made, selection.subarray(0, count));
  }

  #testEach(batch: Batch, made: Expanded, columns: readonly Column[], selection: Int32Array, failed: Set<number>): number {
    const { condition, props } = this.#node;
    const types = typesOf(props.schema);
    const passed: number[] = [];
    for (let k = 0; k < made.count; k++) {
      try {
        if (condition !== null && evaluate(condition, readRow(types, columns, k), { context: this.context.eval }) === true) passed.push(k);
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        this.#fail(batch, made.rows[k] as number, error, failed);
      }
    }
    const kept = passed.filter((k) => !failed.has(made.rows[k] as number));
    selection.set(kept);
    return kept.length;
  }

  #chosen(made: Expanded, kept: Int32Array): Expanded {
    const n = kept.length;
    if (n === made.count) return made;
    return { rows: kept.map((k) => made.rows[k] as number), numbers: BigInt64Array.from(kept, (k) => made.numbers[k] as bigint), columns: made.columns.map((c) => gather(c, kept, n)), count: n };
  }

  /** A row of NULLs, numbered 0, for each input row that has none. */
  #padded(batch: Batch, made: Expanded, failed: ReadonlySet<number>): Expanded {
    const from = new IntList(made.count);
    const rows = new IntList(made.count);
    let k = 0;
    for (let i = 0; i < batch.rowCount; i++) {
      const before = k;
      for (; k < made.count && made.rows[k] === i; k++) {
        from.push(k);
        rows.push(i);
      }
      if (k > before || failed.has(i)) continue;
      from.push(-1);
      rows.push(i);
    }
    const n = rows.length;
    if (n === made.count) return made;
    const at = from.array.slice(0, n);
    const columns = made.count === 0 ? this.#types.map((t) => columnFromValues(t, Array.from({ length: n }, () => []), 0)) : made.columns.map((c) => gather(c, at, n));
    return { rows: rows.array.slice(0, n), numbers: BigInt64Array.from(at, (j) => (j < 0 ? 0n : (made.numbers[j] as bigint))), columns, count: n };
  }
}

const readRow = (types: readonly SqlType[], columns: readonly Column[], row: number): Row => types.map((t, c) => readValue(t, columns[c] as Column, row));

const single = (op: number): number => (op === UPDATE_BEFORE ? DELETE : op === UPDATE_AFTER ? INSERT : op);
