import { functionTitle } from '../../functions/user/routine.ts';
import { notSupported } from '../../common/errors.ts';
import { columnsOf, conjunction, identity, splitConjunction } from '../../planner/columns.ts';
import { column, type Expr } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { PhysicalCalc, PhysicalPlan, PhysicalSource } from '../../planner/physical.ts';
import { calc } from '../../planner/physical/calc.ts';
import { source } from '../../planner/physical/leaves.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { remember } from '../../planner/physical/remember.ts';
import { mapPhysicalInputs } from '../../planner/physical/walk.ts';
import { isClock } from '../../planner/clocks.ts';
import { varyingCall } from '../../planner/volatility.ts';

/**
 * A clock or a random number is read when a row arrives. Where the row may be taken back later, its retraction has to carry the
 * same value: it is remembered with the row, unless all that happens to the row above is being kept by a key.
 * Errors: feature_not_supported, with the call's position, where a value can't be remembered: in a join's condition, and for a
 * clock in a condition, which would not be followed. Notices: that values are not kept up to date.
 */
export function withRemembered(root: PhysicalPlan, notice: (text: string) => void): PhysicalPlan {
  const keyed = root.kind === 'materialize' && root.keys !== null ? root.keys : null;
  if (root.kind !== 'materialize' && root.kind !== 'sink' && root.kind !== 'result') return visit(root, keyed, notice);
  return { ...root, input: visit(root.input, keyed, notice) };
}

/** @param key the columns by which rows are replaced above, where nothing else looks at them; else null. */
function visit(p: PhysicalPlan, key: readonly number[] | null, notice: (text: string) => void): PhysicalPlan {
  let keep = false;
  for (const { expr, removes, test } of exprsOf(p, key)) {
    const call = varyingCall(expr);
    if (call === undefined) continue;
    const updated = p.kind === 'source' ? p.props.changelog === 'retract' : inputsOf(p).some((i) => i.props.changelog !== 'append-only');
    if (updated && removes) {
      if ((test && (p.kind !== 'calc' || isClock(call))) || (p.kind === 'source' && p.watermark !== null)) throw refused(call);
      keep = true;
    }
    notice(`${functionTitle(call.name)}() is evaluated once for each row, when it arrives; the result does not follow the clock`);
  }
  const inner = mapPhysicalInputs(p, (input) => visit(input, below(p, key), notice));
  if (!keep) return inner;
  return inner.kind === 'calc' ? rememberingCalc(inner) : inner.kind === 'source' ? rememberingSource(inner) : inner;
}

const refused = (call: Expr & { kind: 'call' }): Error =>
  notSupported(
    `${functionTitle(call.name)}() in a condition over rows that may be updated or deleted`,
    call.span,
    `Its value when a row is taken back would not be that of when it came. ${call.name === 'now' ? "In WHERE and HAVING, time > NOW() - INTERVAL '…' by itself follows the clock. " : ''}Store the value in a column of the table, or use it in the query that reads the view.`,
  );

/** The node's expressions; `removes`: a retraction has to give the same value again; `test`: a row passes or doesn't by it. */
function exprsOf(p: PhysicalPlan, key: readonly number[] | null): { readonly expr: Expr; readonly removes: boolean; readonly test: boolean }[] {
  switch (p.kind) {
    case 'calc':
      return [...splitConjunction(p.filter).map((expr) => ({ expr, removes: true, test: true })), ...p.exprs.map((expr, i) => ({ expr, removes: key === null || key.includes(i), test: false }))];
    case 'source':
      return p.exprs.map((expr) => ({ expr, removes: true, test: false }));
    case 'hashJoin':
    case 'intervalJoin':
    case 'versionJoin':
    case 'lookupJoin':
    case 'connectorLookup':
      // Pairs are tested again for a retraction, and whenever the other side changes.
      return p.residual === null ? [] : [{ expr: p.residual, removes: true, test: true }];
    case 'tableFunction':
      return p.condition === null ? [] : [{ expr: p.condition, removes: true, test: true }];
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

/** Conditions that don't vary first; then what varies is computed, and what it gave is tested and shown. */
function rememberingCalc(p: PhysicalCalc): PhysicalPlan {
  const tests = splitConjunction(p.filter);
  const steady = conjunction(tests.filter((t) => varyingCall(t) === undefined));
  const { schema } = p.input.props;
  const input = steady === null ? p.input : calc(p.input, steady, identity(schema), schema);
  const kept: Expr[] = [];
  const keep = (e: Expr): Expr => (varyingCall(e) === undefined ? e : column(schema.length + kept.push(e) - 1, typeOf(e), true));
  const filter = conjunction(tests.filter((t) => varyingCall(t) !== undefined).map(keep));
  const exprs = p.exprs.map(keep);
  return calc(remember(input, kept), filter, exprs, p.props.schema);
}

/** The source gives its columns as they are read; what is computed of them comes after. */
function rememberingSource(p: PhysicalSource): PhysicalPlan {
  const read = [...p.spec.projection.flatMap((i) => p.spec.physical[i] ?? []), ...p.spec.metadata.map((m) => ({ name: m.key, type: m.type, nullable: true }))];
  const plain = source({ ...p, exprs: identity(read), schema: read, changelog: p.props.changelog, bounded: p.props.bounded, key: null });
  const made: PhysicalPlan = p.ttlMs === undefined ? plain : { ...plain, ttlMs: p.ttlMs };
  return rememberingCalc(calc(made, null, p.exprs, p.props.schema));
}
