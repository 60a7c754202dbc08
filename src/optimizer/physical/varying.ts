import { notSupported } from '../../common/errors.ts';
import { columnsOf } from '../../planner/columns.ts';
import type { Expr } from '../../planner/expr.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { varyingCall } from '../../planner/volatility.ts';

/**
 * A clock or a random number is read when a row arrives. Where the row may be taken back later, its retraction would carry
 * another value and not cancel it: refused, unless all that happens to the row above is being kept by a key.
 * Errors: feature_not_supported, with the call's position. Notices: that values are not kept up to date.
 */
export function checkVarying(root: PhysicalPlan, notice: (text: string) => void): void {
  const keyed = root.kind === 'materialize' && root.keys !== null ? root.keys : null;
  visit(root.kind === 'materialize' || root.kind === 'sink' || root.kind === 'result' ? root.input : root, keyed, notice);
}

/** @param key the columns by which rows are replaced above, where nothing else looks at them; else null. */
function visit(p: PhysicalPlan, key: readonly number[] | null, notice: (text: string) => void): void {
  for (const { expr, removes } of exprsOf(p, key)) {
    const call = varyingCall(expr);
    if (call === undefined) continue;
    const updated = p.kind === 'source' ? p.props.changelog === 'retract' : inputsOf(p).some((i) => i.props.changelog !== 'append-only');
    if (updated && removes) {
      throw notSupported(
        `${call.name}() over rows that may be updated or deleted`,
        call.span,
        `Its value when a row is taken back would not be that of when it came. ${call.name === 'now' ? "In WHERE and HAVING, time > NOW() - INTERVAL '…' by itself follows the clock. " : ''}Store the value in a column of the table, or use it in the query that reads the view.`,
      );
    }
    notice(`${call.name}() is evaluated once for each row, when it arrives; the result does not follow the clock`);
  }
  for (const input of inputsOf(p)) visit(input, below(p, key), notice);
}

/** The node's expressions; `removes`: a retraction has to give the same value again. */
function exprsOf(p: PhysicalPlan, key: readonly number[] | null): { readonly expr: Expr; readonly removes: boolean }[] {
  switch (p.kind) {
    case 'calc':
      return [...(p.filter === null ? [] : [{ expr: p.filter, removes: true }]), ...p.exprs.map((expr, i) => ({ expr, removes: key === null || key.includes(i) }))];
    case 'source':
      return p.exprs.map((expr) => ({ expr, removes: true }));
    case 'hashJoin':
    case 'intervalJoin':
    case 'versionJoin':
    case 'lookupJoin':
    case 'connectorLookup':
      // Pairs are tested again for a retraction, and whenever the other side changes.
      return p.residual === null ? [] : [{ expr: p.residual, removes: true }];
    default:
      return [];
  }
}

function below(p: PhysicalPlan, key: readonly number[] | null): readonly number[] | null {
  if (key === null) return null;
  if (p.kind === 'exchange') return p.to.kind === 'single' || (p.to.kind === 'hash' && p.to.keys.every((k) => key.includes(k))) ? key : null;
  if (p.kind !== 'calc') return null;
  return columnsOf(...key.map((k) => p.exprs[k] ?? null));
}
