import { describe, expect, it } from 'vitest';
import { objectId } from '../common/ids.ts';
import { BIGINT, INT } from '../common/types/sql-type.ts';
import { builtins } from '../functions/registry.ts';
import { explainPlan } from '../planner/explain.ts';
import { SqlError } from '../common/errors.ts';
import { explainPhysical } from '../planner/physical/explain.ts';
import { verifyPlan } from '../planner/verify.ts';
import { explainQuery, EXPLAIN_STAGES } from './explain.ts';
import { diffLines, explainTrace } from './explain-trace.ts';
import { optimize } from './optimizer.ts';
import { withParams } from './params.ts';
import type { Target } from './physical/context.ts';
import { planSet } from './plan.ts';
import type { Rule } from './rule.ts';
import { RULES, STAGES } from './stages.ts';
import { PlanDatabase } from './testing/database.ts';
import { Params } from '../planner/bind/context.ts';
import { EQUIVALENCE_DDL, EQUIVALENCE_QUERIES } from './testing/queries.ts';
import { testEval } from './testing/run.ts';

const db = new PlanDatabase(`
  CREATE TABLE t (id INT NOT NULL PRIMARY KEY, k INT, x INT);
  CREATE TABLE src (k INT, x BIGINT, y BIGINT) WITH ('connector' = 'datagen');
`);
const options = { functions: builtins, eval: testEval };
const view: Target = { kind: 'materialize', relation: objectId(1), name: 'v' };

describe('the driver', () => {
  it('leaves out rules by name', () => {
    const sql = 'SELECT k FROM t WHERE 1 + 1 = x';
    expect(db.optimized(sql).fired.has('fold-constants')).toBe(true);
    const { fired, plan } = db.optimized(sql, { disabled: new Set(['fold-constants']) });
    expect(fired.has('fold-constants')).toBe(false);
    expect(explainPlan(plan)).toContain('1 + 1');
  });

  it('records what each rule did, as a diff', () => {
    const optimized = db.optimized('SELECT k FROM t WHERE x > 1 + 1', { trace: true });
    const text = explainTrace(optimized);
    expect(text).toContain('1. tidy / fold-constants');
    expect(text).toContain('   - Filter x > (1 + 1)\n   + Filter x > 2');
    expect(explainTrace(db.optimized('SELECT * FROM t', { trace: true, stages: [] }))).toBe('no rule applies');
  });

  it('times rules by the clock it is given', () => {
    let now = 0;
    const { millis } = db.optimized('SELECT k FROM t', { now: () => now++ });
    expect([...millis.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
  });

  it('refuses a rule that changes the columns', () => {
    const bad: Rule = { name: 'bad', doc: '', apply: (n) => (n.kind === 'scan' ? { kind: 'values', rows: [], schema: [] } : undefined) };
    expect(() => optimize(db.plan('SELECT * FROM t'), { ...options, stages: [{ name: 's', rules: [bad], direction: 'bottomUp', repeat: 'once' }] })).toThrow(/rule bad changed the columns/);
  });

  it('stops rules that go round in circles', () => {
    const swap: Rule = {
      name: 'swap', doc: '',
      apply: (n) => (n.kind === 'filter' ? { ...n, condition: { kind: 'not', arg: n.condition } } : undefined),
    };
    const { unsettled, plan } = optimize(db.plan('SELECT k FROM t WHERE k = 1'), { ...options, stages: [{ name: 'round', rules: [swap], direction: 'bottomUp', repeat: 'fixpoint' }] });
    expect(unsettled).toEqual(['round']);
    verifyPlan(plan);
  });

  it('keeps the plan it was given as it was', () => {
    const plan = db.plan('SELECT DISTINCT k FROM t WHERE x > 1 + 1 AND k IN (SELECT k FROM src)');
    const before = explainPlan(plan);
    optimize(plan, options);
    expect(explainPlan(plan)).toBe(before);
  });

  it('has names that tell stages and rules apart', () => {
    expect(STAGES.map((s) => s.name)).toEqual([...new Set(STAGES.map((s) => s.name))]);
    expect(RULES.map((r) => r.name)).toEqual([...new Set(RULES.map((r) => r.name))]);
  });

  it.each(EQUIVALENCE_QUERIES)('settles: %s', (sql) => {
    expect(new PlanDatabase(EQUIVALENCE_DDL).optimized(sql).unsettled).toEqual([]);
  });
});

describe('parameters', () => {
  it('are put in place, in subqueries too', () => {
    const params = new Params();
    const bound = db.db.bind('SELECT k FROM t WHERE x = $1 AND EXISTS (SELECT 1 FROM src WHERE src.k = $2) LIMIT $3', params);
    if (bound.kind !== 'query') throw new Error('no query');
    const plan = withParams(bound.plan, [4, 5, 6n]);
    expect(explainPlan(plan)).not.toContain('$');
    expect(explainPlan(optimize(plan, options).plan)).toContain('6');
    expect(() => withParams(bound.plan, [1])).toThrow(SqlError);
  });
});

describe('a set of statements', () => {
  it('reads a source once, with the columns of all', () => {
    const out = (name: string, columns: number): Target => ({
      kind: 'sink', accepts: ['append-only'],
      spec: { connector: 'x', options: {}, schema: Array.from({ length: columns }, (_, i) => ({ name: `c${i}`, type: i === 0 ? INT : BIGINT, nullable: true })), metadata: [], primaryKey: [], table: name },
    });
    const { plans } = planSet([
      { plan: db.plan('SELECT k FROM src'), target: out('one', 1) },
      { plan: db.plan('SELECT k, x FROM src WHERE x > 1'), target: out('two', 2) },
    ], options);
    const sources = new Set<string>();
    const shared = new Set<string>();
    const walk = (p: (typeof plans)[number]): void => {
      if (p.kind === 'source') {
        sources.add(p.props.stateId);
        expect(p.spec.projection).toEqual([0, 1]);
      }
      if (p.kind === 'shared') shared.add(p.props.stateId);
      if ('input' in p) walk(p.input);
    };
    plans.forEach(walk);
    expect(sources.size).toBe(1);
    expect(shared.size).toBe(1);
  });
});

describe('EXPLAIN', () => {
  it.each(EXPLAIN_STAGES)('shows the %s stage', (stage) => {
    expect(explainQuery(db.plan('SELECT k, sum(x) FROM src WHERE x > 1 + 1 GROUP BY k'), view, stage, options).replaceAll(/state [0-9a-f]{16}/g, 'state …')).toMatchSnapshot();
  });

  it('warns of what grows for ever', () => {
    expect(explainQuery(db.plan('SELECT k, sum(x) FROM src GROUP BY k'), view, 'physical', options)).toContain('WARNING: the state of the aggregate by k grows');
  });

  it('compares lines', () => {
    expect(diffLines(['a', 'b', 'c'], ['a', 'x', 'c', 'd'])).toEqual(['  a', '- b', '+ x', '  c', '+ d']);
  });
});

describe('clocks and random numbers', () => {
  const run = (sql: string, target: Target = view) => db.physical(sql, target);
  it('are read when a row arrives, with a notice', () => {
    expect(run('SELECT k, now() AS n FROM src').notices).toEqual(['now() is evaluated once for each row, when it arrives; the result does not follow the clock']);
  });
  it('are let into what is replaced by key', () => {
    expect(run('SELECT id, now() AS n FROM t').plan.kind).toBe('materialize');
  });
  it('are remembered where a row has to be taken back', () => {
    for (const sql of ['SELECT k, random() AS r FROM t', 'SELECT id FROM t WHERE random() < 0.5', 'SELECT sum(x * random()) FROM t', 'SELECT id, now() AS n FROM t ORDER BY now() LIMIT 1']) {
      expect(explainPhysical(run(sql).plan), sql).toContain('Remember ');
    }
  });
  it('are refused where a row has to be tested again', () => {
    for (const sql of ['SELECT a.id FROM t a JOIN t b ON a.id = b.id AND random() * a.x < b.x', 'SELECT id FROM t WHERE to_timestamp(x) > now() OR id = 1']) {
      expect(() => run(sql), sql).toThrow(/in a condition over rows that may be updated or deleted/);
    }
  });
  it('may be anything in a snapshot', () => {
    expect(run('SELECT k, random() AS r FROM t', { kind: 'result', snapshotOnly: true }).notices).toEqual([]);
  });
});

