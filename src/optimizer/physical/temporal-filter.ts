import { canonicalText } from '../../planner/physical/canonical.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import { columnsOf, hasSubquery, splitConjunction } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { PhysicalPlan, TimeBound } from '../../planner/physical.ts';
import { pick, withColumns } from '../../planner/physical/calc.ts';
import { placed } from '../../planner/physical/exchange.ts';
import { hashBy, isAppendOnly } from '../../planner/physical/props.ts';
import { temporalFilter } from '../../planner/physical/temporal-filter.ts';
import { isVolatile, varyingCall } from '../../planner/volatility.ts';
import { sameLayout } from './join.ts';

/** `value operator moment`, the moment moving with NOW() alone. */
interface Comparison {
  readonly value: Expr;
  readonly operator: TimeBound['operator'];
  readonly moment: Expr;
}

const FLIPPED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' } as const;
const isOperator = (name: string): name is keyof typeof FLIPPED => name in FLIPPED;

/** Clocks that stand for the epoch's time. */
const CLOCKS: ReadonlySet<string> = new Set(['now', 'localtimestamp', 'current_date']);
const MOMENTS: ReadonlySet<string> = new Set(['timestamp', 'timestamptz', 'date']);

/** An expression without columns that never falls as NOW() rises. */
function isMoment(e: Expr): boolean {
  switch (e.kind) {
    case 'call': {
      if (CLOCKS.has(e.name) && e.args.length === 0) return true;
      const [a, b] = e.args;
      if (a === undefined || b === undefined || !MOMENTS.has(e.type.kind)) return false;
      if (e.name === '-') return isMoment(a) && isConstant(b);
      if (e.name === '+') return (isMoment(a) && isConstant(b)) || (isConstant(a) && isMoment(b));
      if (e.name === 'date_trunc') return isConstant(a) && isMoment(b) && e.args.slice(2).every(isConstant);
      if (e.name === 'floor' || e.name === 'ceil') return isMoment(a) && e.args.slice(1).every(isConstant);
      return false;
    }
    case 'cast':
      return MOMENTS.has(e.type.kind) && !e.try && isMoment(e.arg);
    default:
      return false;
  }
}

const isConstant = (e: Expr): boolean => columnsOf(e).length === 0 && varyingCall(e) === undefined && !hasSubquery(e);
const isSteady = (e: Expr): boolean => varyingCall(e) === undefined && !isVolatile(e) && !hasSubquery(e);

/** The bounds that a condition comes to, or undefined where it is none of this kind. */
function comparisons(e: Expr): readonly Comparison[] | undefined {
  if (e.kind !== 'call' || e.args.length !== 2 || !isOperator(e.name)) return undefined;
  const [a, b] = e.args;
  if (a === undefined || b === undefined) return undefined;
  const flipped = isMoment(a) && isSteady(b);
  if (!flipped && !(isMoment(b) && isSteady(a))) return undefined;
  const pair = flipped ? sameLayout(b, a) : sameLayout(a, b);
  if (pair === undefined || !MOMENTS.has(typeOf(pair[0]).kind)) return undefined;
  const [value, moment] = pair;
  const operator = flipped ? FLIPPED[e.name] : e.name;
  if (operator === '=') return [{ value, operator: '<=', moment }, { value, operator: '>=', moment }];
  return [{ value, operator, moment }];
}

export interface TimeCondition {
  readonly bounds: readonly Comparison[];
  readonly rest: readonly Expr[];
}

/** The conjuncts that compare a value with a moment, and the others; undefined where there are none. */
export function timeCondition(condition: Expr): TimeCondition | undefined {
  const bounds: Comparison[] = [];
  const rest: Expr[] = [];
  for (const part of splitConjunction(condition)) {
    const found = varyingCall(part) === undefined ? undefined : comparisons(part);
    if (found === undefined) rest.push(part);
    else bounds.push(...found);
  }
  return bounds.length === 0 ? undefined : { bounds, rest };
}

/** A filter whose rows come and go as time passes. */
export function lowerTimeBounds(input: PhysicalPlan, bounds: readonly Comparison[]): PhysicalPlan {
  const width = input.props.schema.length;
  const known = new Map<string, number>();
  const added: { readonly expr: Expr; readonly field: PhysicalPlan['props']['schema'][number] }[] = [];
  const columnOf = bounds.map(({ value }) => {
    const key = canonicalText(value);
    const at = known.get(key) ?? added.push({ expr: value, field: { name: `time${added.length + 1}`, type: typeOf(value), nullable: isNullable(value) } }) - 1;
    known.set(key, at);
    return at;
  });
  const { plan, at } = withColumns(input, added);
  // A retraction has to meet its insertion, whatever the number of workers was then.
  const own = isAppendOnly(plan) || plan.props.distribution.kind !== 'any' ? plan : placed(plan, hashBy(plan.props.streamKey ?? plan.props.schema.map((_, i) => i)));
  const made = temporalFilter(own, bounds.map((b, i) => ({ column: at[columnOf[i] as number] as number, operator: b.operator, moment: b.moment })));
  return pick(made, Array.from({ length: width }, (_, i) => i));
}
