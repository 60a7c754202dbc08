import type { Schema } from '../../common/batch/batch.ts';
import type { Expr } from '../expr.ts';
import type { PhysicalCalc, PhysicalPlan } from '../physical.ts';
import { conjunction, identity, isIdentity, splitConjunction, substitute } from '../columns.ts';
import { mergeable } from '../volatility.ts';
import { stateIdOf } from './canonical.ts';
import { equivalentColumns } from './equivalent.ts';
import { columnMapOf, mapAll, mapDistribution } from './props.ts';

/** Filter, then projection, exactly as given. */
export function calc(input: PhysicalPlan, filter: Expr | null, exprs: readonly Expr[], schema: Schema): PhysicalCalc {
  const to = columnMapOf(exprs);
  const { props } = input;
  return {
    kind: 'calc', input, filter, exprs,
    props: {
      schema,
      streamKey: mapAll(props.streamKey, (c) => to(c) ?? equivalentColumns(input, c).map(to).find((i) => i !== undefined)),
      changelog: props.changelog,
      watermarkColumns: exprs.flatMap((e, i) => (carries(e, props.watermarkColumns) ? [i] : [])),
      bounded: props.bounded,
      distribution: mapDistribution(props.distribution, to),
      stateId: stateIdOf('calc', { filter, exprs }, [props.stateId]),
    },
  };
}

/** A value that is never below the time it is made of: the column itself, or one read at the same or a finer precision. */
function carries(e: Expr, times: readonly number[]): boolean {
  if (e.kind === 'column') return times.includes(e.index);
  if (e.kind !== 'cast' || e.try || e.arg.kind !== 'column') return false;
  const from = e.arg.type;
  const to = e.type;
  return from.kind === to.kind && (from.kind === 'timestamp' || from.kind === 'timestamptz') && 'precision' in to && to.precision >= from.precision && carries(e.arg, times);
}

/** `calc` merged with one below it, and left out where it would change nothing. */
export function project(input: PhysicalPlan, filter: Expr | null, exprs: readonly Expr[], schema: Schema): PhysicalPlan {
  if (filter === null && isIdentity(exprs, input.props.schema.length)) return renamed(input, schema);
  if (input.kind === 'calc' && input.once !== true && mergeable(filter === null ? exprs : [filter, ...exprs], input.exprs)) {
    const upper = filter === null ? null : substitute(filter, input.exprs);
    const merged = conjunction([...splitConjunction(input.filter), ...splitConjunction(upper)]);
    return calc(input.input, merged, exprs.map((e) => substitute(e, input.exprs)), schema);
  }
  return calc(input, filter, exprs, schema);
}

/** Some columns of a row, in order. */
export function pick(input: PhysicalPlan, columns: readonly number[]): PhysicalPlan {
  const all = identity(input.props.schema);
  const exprs = columns.map((c) => all[c] as Expr);
  return project(input, null, exprs, columns.map((c) => input.props.schema[c] as Schema[number]));
}

/** The row with the expressions behind its columns (those that are columns already are not repeated), and where each is. */
export function withColumns(input: PhysicalPlan, exprs: readonly { readonly expr: Expr; readonly field: Schema[number] }[]): { readonly plan: PhysicalPlan; readonly at: readonly number[] } {
  const all: Expr[] = identity(input.props.schema);
  const schema = [...input.props.schema];
  const at = exprs.map(({ expr, field }) => {
    if (expr.kind === 'column') return expr.index;
    schema.push(field);
    return all.push(expr) - 1;
  });
  return { plan: project(input, null, all, schema), at };
}

function renamed(input: PhysicalPlan, schema: Schema): PhysicalPlan {
  const { props } = input;
  if (props.schema.every((f, i) => f.name === schema[i]?.name)) return input;
  const names = props.schema.map((f, i) => ({ ...f, name: schema[i]?.name ?? f.name }));
  return { ...input, props: { ...props, schema: names } };
}
