import { notSupported } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import { lookupCache, lookupRetries } from '../../connectors/lookup-options.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import { columnsOf, conjunction, isIdentity, isTrue, remapColumns, splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalAsOfJoin } from '../../planner/logical.ts';
import type { Lookups, PhysicalConnectorLookup, PhysicalPlan, PhysicalSource } from '../../planner/physical.ts';
import { connectorLookup } from '../../planner/physical/as-of-joins.ts';
import { withColumns } from '../../planner/physical/calc.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { hashBy, isAppendOnly } from '../../planner/physical/props.ts';
import { isVolatile } from '../../planner/volatility.ts';
import { ownColumns } from './as-of-parts.ts';
import type { Lowering } from './context.ts';

/** A connector's table that finds rows by key, with what is done to its rows before the join. */
export interface LookedUp {
  readonly source: PhysicalSource;
  readonly steps: PhysicalConnectorLookup['steps'];
}

/** @returns undefined for anything else, which is read whole. */
export function lookedUp(p: PhysicalPlan): LookedUp | undefined {
  switch (p.kind) {
    case 'calc': {
      const below = lookedUp(p.input);
      return below === undefined ? undefined : { ...below, steps: [...below.steps, { filter: p.filter, exprs: p.exprs, schema: p.props.schema }] };
    }
    case 'source': {
      if (p.spec.limit !== undefined) return undefined;
      const width = p.spec.projection.length + p.spec.metadata.length;
      return { source: p, steps: isIdentity(p.exprs, width) ? [] : [{ filter: null, exprs: p.exprs, schema: p.props.schema }] };
    }
    default:
      return undefined;
  }
}

/** The reader's column that a column behind the steps is, or undefined. */
function readerColumn({ source, steps }: LookedUp, index: number): number | undefined {
  let at = index;
  for (const { exprs } of steps.toReversed()) {
    const e = exprs[at];
    if (e?.kind !== 'column') return undefined;
    at = e.index;
  }
  return at < source.spec.projection.length ? at : undefined;
}

const EXACT: ReadonlySet<SqlType['kind']> = new Set(['smallint', 'int', 'bigint', 'decimal', 'numeric']);

interface Key {
  /** Over the left side, of the connector column's type. */
  readonly left: Expr;
  /** The reader's column. */
  readonly column: number;
  /** Whether finding by it is the whole condition. */
  readonly exact: boolean;
}

/** An equality of a left expression with a connector's column, maybe widened. */
function keyOf(e: Expr, width: number, right: LookedUp): Key | undefined {
  if (e.kind !== 'call' || e.name !== '=' || e.args.length !== 2 || isVolatile(e)) return undefined;
  for (const [a, b] of [e.args, e.args.toReversed()] as const) {
    if (a === undefined || b === undefined) return undefined;
    const left = columnsOf(a);
    if (left.length === 0 || left.some((c) => c >= width)) continue;
    const bare = b.kind === 'cast' && !b.try ? b.arg : b;
    if (bare.kind !== 'column' || bare.index < width) continue;
    const column = readerColumn(right, bare.index - width);
    if (column === undefined) continue;
    const type = typeOf(bare);
    if (typeEquals(typeOf(a), type)) return { left: a, column, exact: bare === b };
    // A value that the column's type cannot hold equals none of its values.
    if (EXACT.has(type.kind) && EXACT.has(typeOf(a).kind)) return { left: { kind: 'cast', arg: a, type, try: true }, column, exact: false };
    // Text of any length, and times of any precision.
    if (type.kind === typeOf(a).kind) return { left: { kind: 'cast', arg: a, type, try: true }, column, exact: false };
  }
  return undefined;
}

/** Each left row asks the connector. Errors: feature_not_supported where no key can be asked for. */
export function lowerConnectorLookup(plan: LogicalAsOfJoin, right: LookedUp, rightSchema: Schema, cx: Lowering): PhysicalPlan {
  const width = plan.left.schema.length;
  const keys: Key[] = [];
  const rest: Expr[] = [];
  for (const part of splitConjunction(plan.condition)) {
    const key = keyOf(part, width, right);
    if (key !== undefined && !keys.some((k) => k.column === key.column)) {
      keys.push(key);
      if (key.exact) continue;
    }
    if (!isTrue(part)) rest.push(part);
  }
  const { source } = right;
  if (keys.length === 0) {
    throw notSupported(`looking up rows of "${source.table}" without an equality with one of its columns`, plan.span, 'Add a condition such as a.key = dim.key, where dim.key is a column itself and of the same type.');
  }
  const named = keys.map((k, i) => ({ expr: k.left, field: { name: `key${i + 1}`, type: typeOf(k.left), nullable: isNullable(k.left) } }));
  const left = withColumns(cx.lower(plan.left), named);
  const grown = left.plan.props.schema.length;
  const lookups = lookupsOf(plan, source);
  const apart = isAppendOnly(left.plan) && plan.lookup?.shuffle !== true;
  const made = connectorLookup({
    left: apart ? left.plan : placed(left.plan, hashBy(left.at)),
    table: source.table, tableId: source.tableId, spec: { ...source.spec, keys: keys.map((k) => k.column) }, steps: right.steps, right: rightSchema,
    type: plan.type, leftKeys: left.at, lookups,
    residual: conjunction(rest.map((e) => remapColumns(e, (i) => (i < width ? i : i - width + grown)))),
  });
  return ownColumns(plan, made, grown);
}

function lookupsOf({ lookup }: LogicalAsOfJoin, { spec }: PhysicalSource): Lookups {
  return {
    capacity: lookup?.async === false ? 1 : (lookup?.capacity ?? 100),
    ordered: lookup?.ordered ?? true,
    timeoutMs: lookup?.timeoutMs ?? 300_000,
    retryMiss: lookup?.retryMiss ?? null,
    maxRetries: lookupRetries(spec.options),
    cache: lookupCache(spec.options),
  };
}
