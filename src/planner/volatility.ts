import type { Volatility } from '../functions/define.ts';
import type { FunctionLookup } from '../functions/resolve.ts';
import { builtins } from '../functions/registry.ts';
import { CLOCKS } from './clocks.ts';
import { mapColumns } from './columns.ts';
import type { Expr } from './expr.ts';
import type { LogicalPlan } from './logical.ts';
import { eachNode } from './bind/reads.ts';
import { exprChildren, planExprs } from './walk.ts';

const ORDER: readonly Volatility[] = ['immutable', 'stable', 'volatile'];

/** Kinds whose text form depends on the session: a cast between them and text is stable, not immutable. */
const SESSION_BOUND: ReadonlySet<string> = new Set(['timestamptz', 'regclass', 'regtype', 'regproc', 'regnamespace', 'timestamp', 'date', 'time']);

/** How far the value may change between evaluations over the same row. Subqueries count as stable: data may change. */
function volatilityOf(e: Expr, functions: FunctionLookup = builtins): Volatility {
  return worst([own(e, functions), ...exprChildren(e).map((child) => volatilityOf(child, functions))]);
}

const worst = (all: readonly Volatility[]): Volatility => all.reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), 'immutable');

function own(e: Expr, functions: FunctionLookup): Volatility {
  switch (e.kind) {
    case 'call': {
      const def = functions.find(e.name);
      return def?.kind === 'scalar' ? (def.overloads[e.overload]?.volatility ?? 'volatile') : 'volatile';
    }
    case 'cast': {
      const from = 'type' in e.arg ? e.arg.type.kind : 'boolean';
      return SESSION_BOUND.has(from) !== SESSION_BOUND.has(e.type.kind) || (SESSION_BOUND.has(from) && from !== e.type.kind) ? 'stable' : 'immutable';
    }
    case 'lambda':
      return worst(e.bodies.map((b) => volatilityOf(b.expr, functions)));
    case 'param':
    case 'subquery':
      return 'stable';
    default:
      return 'immutable';
  }
}

export const isVolatile = (e: Expr, functions?: FunctionLookup): boolean => volatilityOf(e, functions) === 'volatile';
export const isImmutable = (e: Expr, functions?: FunctionLookup): boolean => volatilityOf(e, functions) === 'immutable';

const ROW_TIMES: ReadonlySet<string> = new Set(['proctime', 'current_watermark']);

/** Whether the plan's rows vary when it is run again over the same data; times that every row has are left aside. */
export function isVarying(plan: LogicalPlan, functions: FunctionLookup): boolean {
  let found = false;
  const visit = (e: Expr): void => {
    if (e.kind === 'call' && !ROW_TIMES.has(e.name) && own(e, functions) === 'volatile') found = true;
    exprChildren(e).forEach(visit);
    if (e.kind === 'lambda') e.bodies.forEach((b) => visit(b.expr));
  };
  eachNode(plan, (p) => planExprs(p).forEach(visit));
  return found;
}

/** The first call whose value over the same row is another one later in a job: clocks, random numbers. */
export function varyingCall(e: Expr, functions: FunctionLookup = builtins): (Expr & { kind: 'call' }) | undefined {
  if (e.kind === 'call' && (CLOCKS.has(e.name) || own(e, functions) === 'volatile')) return e;
  for (const child of [...exprChildren(e), ...(e.kind === 'lambda' ? e.bodies.map((b) => b.expr) : [])]) {
    const found = varyingCall(child, functions);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether the upper expressions may take the lower ones in: nothing costly is computed twice, nothing volatile at all. */
export function mergeable(upper: readonly Expr[], lower: readonly Expr[]): boolean {
  if (lower.some((e) => isVolatile(e))) return false;
  const uses = new Map<number, number>();
  for (const e of upper) {
    mapColumns(e, (c) => {
      uses.set(c.index, (uses.get(c.index) ?? 0) + 1);
      return c;
    });
  }
  return lower.every((e, i) => e.kind === 'column' || e.kind === 'literal' || (uses.get(i) ?? 0) <= 1);
}
