import type { Batch, Schema } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import { INT } from '../../common/types/sql-type.ts';
import { column } from '../../planner/expr.ts';
import type { PhysicalCalc, PhysicalConnectorLookup, PhysicalPlan } from '../../planner/physical.ts';
import type { LookupAnswer } from '../../connectors/api.ts';
import type { OperatorContext } from '../operator.ts';
import { CalcOperator } from '../operators/calc.ts';

/** What the plan does with a connector's rows before they are joined: computed columns, filters, projections. */
export class LookupSteps {
  readonly #steps: readonly CalcOperator[];

  /** @param read the connector's columns. */
  constructor(node: PhysicalConnectorLookup, read: Schema, context: OperatorContext) {
    let input = read;
    this.#steps = node.steps.map(({ filter, exprs, schema }) => {
      // The key a row belongs to goes along as a last column.
      const tagged = [...input, TAG];
      const calc = new CalcOperator(calcOver(node, tagged, [...schema, TAG], filter, [...exprs, column(input.length, INT, false)]), context);
      input = schema;
      return calc;
    });
  }
  apply({ batch, key }: LookupAnswer): LookupAnswer {
    if (this.#steps.length === 0) return { batch, key };
    let rows: Batch = { ...batch, columns: [...batch.columns, { physical: 'i32', values: key, nulls: null }] };
    for (const step of this.#steps) rows = step.apply(rows);
    const tag = rows.columns.at(-1) ?? columnFromValues(INT, [], 0);
    const columns = rows.columns.slice(0, -1);
    return { batch: { rowCount: rows.rowCount, ops: null, columns }, key: tag.physical === 'i32' ? tag.values : key };
  }
}

const TAG = { name: 'key', type: INT, nullable: false };

function calcOver(node: PhysicalConnectorLookup, input: Schema, schema: Schema, filter: PhysicalCalc['filter'], exprs: PhysicalCalc['exprs']): PhysicalCalc {
  const props = { ...node.props, changelog: 'append-only' as const, streamKey: null, watermarkColumns: [] };
  const below: PhysicalPlan = { kind: 'values', rows: [], props: { ...props, schema: input } };
  return { kind: 'calc', props: { ...props, schema }, input: below, filter, exprs };
}
