import type { Distribution, PhysicalPlan } from '../physical.ts';
import type { Expr } from '../expr.ts';

/** Deriving properties through projections: `to(i)` is the output position of input column i, or undefined when it is lost. */
export type ColumnMap = (index: number) => number | undefined;

/** Where each input column is found in a projection's output: the first expression that is just that column. */
export function columnMapOf(exprs: readonly Expr[]): ColumnMap {
  const at = new Map<number, number>();
  exprs.forEach((e, i) => {
    if (e.kind === 'column' && !at.has(e.index)) at.set(e.index, i);
  });
  return (index) => at.get(index);
}

/** All or nothing. */
export function mapAll(columns: readonly number[] | null, to: ColumnMap): number[] | null {
  if (columns === null) return null;
  const out: number[] = [];
  for (const c of columns) {
    const at = to(c);
    if (at === undefined) return null;
    out.push(at);
  }
  return out;
}

export function mapDistribution(d: Distribution, to: ColumnMap): Distribution {
  if (d.kind !== 'hash') return d;
  const keys = mapAll(d.keys, to);
  return keys === null ? { kind: 'any' } : { kind: 'hash', keys };
}

export const ANY: Distribution = { kind: 'any' };
export const SINGLE: Distribution = { kind: 'single' };

/** Hash by no column at all is one place. */
export const hashBy = (keys: readonly number[]): Distribution => (keys.length === 0 ? SINGLE : { kind: 'hash', keys });

export const isSubset = (a: readonly number[], b: readonly number[]): boolean => a.every((x) => b.includes(x));
export const sameSet = (a: readonly number[] | null, b: readonly number[] | null): boolean => a !== null && b !== null && isSubset(a, b) && isSubset(b, a);

/** Whether rows that agree in `wanted`'s keys already meet on one worker. */
export function satisfies(actual: Distribution, wanted: Distribution): boolean {
  switch (wanted.kind) {
    case 'any':
      return true;
    case 'single':
      return actual.kind === 'single';
    case 'broadcast':
      return actual.kind === 'broadcast';
    case 'hash':
      return actual.kind === 'single' || (actual.kind === 'hash' && actual.keys.length > 0 && isSubset(actual.keys, wanted.keys));
  }
}

export const isAppendOnly = (p: PhysicalPlan): boolean => p.props.changelog === 'append-only';

/** A later row's value, where it has one, lies above the watermark. */
export const isEventTime = (p: PhysicalPlan, index: number): boolean => p.props.watermarkColumns.includes(index);

export function inputsOf(p: PhysicalPlan): readonly PhysicalPlan[] {
  switch (p.kind) {
    case 'source':
    case 'tableScan':
    case 'tableInput':
    case 'values':
      return [];
    case 'hashJoin':
    case 'intervalJoin':
    case 'versionJoin':
    case 'nearestJoin':
    case 'lookupJoin':
      return [p.left, p.right];
    case 'connectorLookup':
      return [p.left];
    case 'unionAll':
      return p.inputs;
    default:
      return [p.input];
  }
}
