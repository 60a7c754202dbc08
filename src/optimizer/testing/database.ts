import type { Row } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import { Bag } from '../../exec/testing/harness.ts';
import { objectId } from '../../common/ids.ts';
import type { LogicalPlan } from '../../planner/logical.ts';
import { evaluatePlan } from '../../planner/naive.ts';
import { TestDatabase } from '../../planner/testing.ts';
import { verifyPlan } from '../../planner/verify.ts';
import { optimize, type Optimized, type OptimizeOptions } from '../optimizer.ts';
import type { PhysicalOptions, Planned, Target } from '../physical/context.ts';
import { toPhysical } from '../physical/to-physical.ts';
import { testEval } from './run.ts';

/** SQL to plans, and plans to rows, for the optimizer's tests. */
export class PlanDatabase {
  readonly db: TestDatabase;
  readonly contents: Map<number, Bag> = new Map();

  constructor(ddl: string) {
    this.db = new TestDatabase(ddl);
  }

  /** The id of a stored table or a connector's. */
  relation(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    let plan = this.db.plan(`SELECT * FROM ${name}`);
    while ('input' in plan) plan = plan.input;
    if (plan.kind !== 'scan' || plan.relation.kind === 'system') throw new Error(`no relation ${name}`);
    this.#ids.set(name, plan.relation.id);
    return plan.relation.id;
  }
  readonly #ids = new Map<string, number>();

  bag(relation: number): Bag {
    let bag = this.contents.get(relation);
    if (bag === undefined) this.contents.set(relation, (bag = new Bag()));
    return bag;
  }

  plan(sql: string): LogicalPlan {
    return this.db.plan(sql);
  }

  optimized(sql: string, options: Partial<OptimizeOptions> = {}): Optimized {
    const plan = this.plan(sql);
    const made = optimize(plan, { functions: builtins, eval: testEval, ...options });
    verifyPlan(made.plan);
    return made;
  }

  physical(sql: string, target: Target = { kind: 'materialize', relation: objectId(900), name: 'v' }, options: PhysicalOptions = {}, optimizing: Partial<OptimizeOptions> = {}): Planned {
    return toPhysical(this.optimized(sql, optimizing).plan, target, options);
  }

  /** What the unoptimized query gives for the rows that are there. */
  expected(plan: LogicalPlan, nowMicros: bigint = testEval.nowMicros): Bag {
    const rows: Row[] = [
      ...evaluatePlan(plan, {
        functions: builtins, eval: { ...testEval, nowMicros }, params: [],
        scan: (s) => (s.relation.kind === 'system' ? [] : this.bag(s.relation.id).list()),
      }),
    ];
    return Bag.of(rows);
  }
}
