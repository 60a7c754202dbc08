import type { Row } from '../../common/types/value.ts';
import { Catalog } from '../../catalog/catalog.ts';
import type { SystemRelations } from '../../catalog/snapshot.ts';
import type { SystemRelation } from '../../catalog/system/relation.ts';
import { SqlError } from '../../common/errors.ts';
import { textOut } from '../../common/types/text-codec.ts';
import type { EvalContext } from '../../functions/define.ts';
import { builtins } from '../../functions/registry.ts';
import { parseStatement } from '../../parser/parser.ts';
import type { LogicalPlan } from '../logical.ts';
import { evaluatePlan, type PlanHost } from '../naive.ts';
import { Notes, Params, type BindContext, type ConnectorRegistry } from './context.ts';
import { bindWholeQuery, topEnv } from './query.ts';

/** Helpers of the binder's and the evaluator's tests. */

export const evalContext: EvalContext = {
  nowMicros: 1_700_000_000_000_000n,
  procMicros: 1_700_000_000_000_000n,
  timeZone: 'UTC',
  watermark: null,
  random: () => 0.5,
};

const noSystem: SystemRelations<SystemRelation> = { find: () => undefined, names: () => [] };

const noConnectors: ConnectorRegistry = {
  resolveOptions: () => {
    throw new SqlError('undefined_object', 'no connectors in this test');
  },
  schemaFromOptions: () => undefined,
  maskedOptions: (o) => o,
};

export function testContext(text: string, parts: Partial<BindContext> = {}): BindContext {
  return {
    catalog: new Catalog().snapshot(),
    system: noSystem,
    functions: builtins,
    connectors: noConnectors,
    scope: { database: 'millrace', searchPath: ['public'], session: 1 },
    eval: evalContext,
    text,
    params: new Params(),
    idleTimeoutMs: null,
    user: 'tester',
    ...parts,
  };
}

export function planOf(sql: string, parts: Partial<BindContext> = {}): LogicalPlan {
  const statement = parseStatement(sql);
  if (statement.kind !== 'queryStatement') throw new Error('not a query');
  return bindWholeQuery(statement.query, topEnv(testContext(sql, parts), new Notes()), true);
}

export function rowsOf(sql: string, parts: Partial<BindContext> = {}, scan: PlanHost['scan'] = () => []): string[] {
  const plan = planOf(sql, parts);
  return shown(plan, evaluatePlan(plan, { functions: parts.functions ?? builtins, eval: parts.eval ?? evalContext, params: [], scan }));
}

/** Rows as `a|b|c`, NULL as an empty word. */
export function shown(plan: LogicalPlan, rows: Iterable<Row>): string[] {
  return Array.from(rows, (row) => row.map((v, i) => (v === null ? '' : textOut(v, plan.schema[i]?.type ?? { kind: 'varchar' }))).join('|'));
}
