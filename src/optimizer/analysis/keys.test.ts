import { describe, expect, it } from 'vitest';
import { Rng } from '../../common/rng.ts';
import { builtins } from '../../functions/registry.ts';
import { Bag } from '../../exec/testing/harness.ts';
import type { Row } from '../../common/types/value.ts';
import type { LogicalPlan } from '../../planner/logical.ts';
import { evaluatePlan } from '../../planner/naive.ts';
import { explainPlan } from '../../planner/explain.ts';
import { rowKeyOf } from '../../planner/row-key.ts';
import { isCorrelated, planInputs } from '../../planner/walk.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { describeNode } from '../../planner/physical/describe.ts';
import { PlanDatabase } from '../testing/database.ts';
import { EQUIVALENCE_DDL, EQUIVALENCE_QUERIES, fillTables } from '../testing/queries.ts';
import { PlanRun, testEval } from '../testing/run.ts';
import { uniqueKeys } from './keys.ts';

/** Every derived key is tried on random data, for every part of every plan: a wrong one would lose rows silently. */

const parts = (p: LogicalPlan): LogicalPlan[] => [p, ...planInputs(p).flatMap(parts)];
const nodes = (p: PhysicalPlan): PhysicalPlan[] => [p, ...inputsOf(p).flatMap(nodes)];

function repeated(rows: readonly Row[], schema: LogicalPlan['schema'], key: readonly number[]): Row | undefined {
  const keyOf = rowKeyOf(key.map((c) => schema[c]?.type ?? { kind: 'unknown' }));
  const seen = new Set<string>();
  return rows.find((row) => {
    const text = keyOf(key.map((c) => row[c] ?? null));
    return seen.size === seen.add(text).size;
  });
}

const EXTRA: readonly string[] = [
  'SELECT * FROM a WHERE id = 1',
  'SELECT k, x FROM a WHERE id = 1',
  'SELECT a.k, count(*) FROM a JOIN b ON a.id = b.id WHERE a.k = 2 GROUP BY a.k',
  'SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.id',
  'SELECT a.id, b.id FROM a RIGHT JOIN b ON a.id = b.k',
  'SELECT a.id, b.id FROM a FULL JOIN b ON a.id = b.id',
  'SELECT p.k, q.k FROM (SELECT k, count(*) AS n FROM a GROUP BY k) p FULL JOIN (SELECT k, count(*) AS n FROM b GROUP BY k) q ON p.k = q.k',
  'SELECT p.k, p.n, q.k, q.n FROM (SELECT k, count(*) AS n FROM a GROUP BY k) p FULL JOIN (SELECT k, count(*) AS n FROM b GROUP BY k) q ON p.k = q.k',
  'SELECT 1 AS one FROM (SELECT max(x) AS m FROM a) p FULL JOIN (SELECT min(y) AS m FROM b) q ON p.m = q.m',
  'SELECT p.m, q.n FROM (SELECT max(x) AS m FROM a) p FULL JOIN (SELECT count(*) AS n FROM b) q ON p.m = q.n',
  'SELECT b.k, a.id FROM a JOIN b ON a.id = b.id AND b.k > 0',
  'SELECT DISTINCT k, x FROM a WHERE k = 1',
  'SELECT * FROM a ORDER BY x, id LIMIT 1',
  'SELECT k, s, row_number() OVER (PARTITION BY s ORDER BY k) AS n FROM (SELECT k, sum(x) AS s FROM a GROUP BY k) q',
];

describe('derived keys are unique', () => {
  it.each([...EQUIVALENCE_QUERIES, ...EXTRA])('%s', (sql) => {
    for (let seed = 1; seed <= 3; seed++) {
      const db = new PlanDatabase(EQUIVALENCE_DDL);
      fillTables(db, new Rng(seed), 6);
      const { plan } = db.optimized(sql);
      for (const part of [...parts(plan), ...parts(db.plan(sql))]) {
        if (isCorrelated(part)) continue;
        const keys = uniqueKeys(part);
        if (keys.length === 0) continue;
        const rows = [...evaluatePlan(part, { functions: builtins, eval: testEval, params: [], scan: (s) => (s.relation.kind === 'system' ? [] : db.bag(s.relation.id).list()) })];
        for (const key of keys) expect(repeated(rows, part.schema, key), `key (${key.join(', ')}) of\n${explainPlan(part)}`).toBeUndefined();
      }
    }
  });
});

describe('stream keys are unique at every barrier', () => {
  it.each([...EQUIVALENCE_QUERIES, ...EXTRA])('%s', (sql) => {
    const seen = new Set<string>();
    for (const node of nodes(new PlanDatabase(EQUIVALENCE_DDL).physical(sql).plan)) {
      const { streamKey, changelog, stateId } = node.props;
      if (streamKey === null || changelog === 'upsert' || node.kind === 'materialize' || seen.has(stateId)) continue;
      seen.add(stateId);
      const db = new PlanDatabase(EQUIVALENCE_DDL);
      db.plan(sql);
      const run = new PlanRun(node);
      const rng = new Rng(3);
      const bag = new Bag();
      for (let round = 0; round < 4; round++) {
        fillTables(db, rng, 1, run);
        run.barrier();
        bag.apply(run.take());
        expect(repeated(bag.list(), node.props.schema, streamKey), `key (${streamKey.join(', ')}) of ${describeNode(node)}`).toBeUndefined();
      }
    }
  });
});

