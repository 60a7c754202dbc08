import type { LogicalPlan } from './logical.ts';

/** A plan whose rows are versions of keyed rows. */
export interface Versioned {
  /** Gives every version, where the plan itself gives the latest ones alone. */
  readonly plan: LogicalPlan;
  readonly key: readonly number[];
}

/** A table with a declared key, or the latest row per key of its event time (ROW_NUMBER() … = 1). */
export function versioned(p: LogicalPlan): Versioned | undefined {
  switch (p.kind) {
    case 'scan': {
      const { relation, projection } = p;
      if (relation.kind !== 'connector' || relation.primaryKey === null) return undefined;
      return found(p, relation.primaryKey.map((k) => projection?.indexOf(k) ?? k));
    }
    case 'watermark': {
      const below = versioned(p.input);
      return below === undefined ? undefined : { plan: { ...p, input: below.plan }, key: below.key };
    }
    case 'project': {
      const below = versioned(p.input);
      if (below === undefined) return undefined;
      return found({ ...p, input: below.plan }, below.key.map((k) => p.exprs.findIndex((e) => e.kind === 'column' && e.index === k)));
    }
    case 'topN': {
      const [first] = p.order;
      if (p.limit !== 1 || p.offset !== 0 || p.rank || first?.descending !== true || first.expr.kind !== 'column') return undefined;
      return found(p.input, p.partition.map((e) => (e.kind === 'column' ? e.index : -1)));
    }
    default:
      return undefined;
  }
}

const found = (plan: LogicalPlan, key: readonly number[]): Versioned | undefined => (key.includes(-1) ? undefined : { plan, key });
