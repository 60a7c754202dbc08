import { describe, expect, it } from 'vitest';
import type { ChangelogKind, SinkSpec } from '../../connectors/api.ts';
import { SqlError } from '../../common/errors.ts';
import { objectId } from '../../common/ids.ts';
import { BIGINT, INT, TEXT, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { explainChangelogMode, explainPhysical } from '../../planner/physical/explain.ts';
import { explainGraph, fragmentsOf } from '../../planner/physical/graph.ts';
import { inputsOf } from '../../planner/physical/props.ts';
import { optimize } from '../optimizer.ts';
import { builtins } from '../../functions/registry.ts';
import { PlanDatabase } from '../testing/database.ts';
import { PlanRun, testEval } from '../testing/run.ts';
import type { Target } from './context.ts';
import { toPhysicalSet } from './to-physical.ts';

const DDL = `
  CREATE TABLE t (id INT NOT NULL PRIMARY KEY, k INT, x BIGINT, name TEXT);
  CREATE TABLE u (id INT NOT NULL PRIMARY KEY, k INT NOT NULL);
  CREATE TABLE src (k INT, x BIGINT, big TEXT, d BIGINT, ts AS to_timestamp_ltz(d, 3)) WITH ('connector' = 'datagen');
  CREATE TABLE file (k INT, x BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10');
`;
const db = new PlanDatabase(DDL);

function sinkTarget(types: readonly SqlType[], accepts: readonly ChangelogKind[], primaryKey: readonly number[] = []): Target {
  const spec: SinkSpec = { connector: 'test', options: {}, schema: types.map((type, i) => ({ name: `c${i}`, type, nullable: true })), metadata: [], primaryKey, table: 'out' };
  return { kind: 'sink', spec, accepts };
}

const nodes = (p: PhysicalPlan): PhysicalPlan[] => [p, ...inputsOf(p).flatMap(nodes)];
const kinds = (p: PhysicalPlan): string[] => nodes(p).map((n) => n.kind);
const keysOf = (sql: string): readonly number[] | null => {
  const { plan } = db.physical(sql);
  return plan.kind === 'materialize' ? plan.keys : null;
};

function error(run: () => unknown): SqlError {
  try {
    run();
  } catch (e) {
    if (e instanceof SqlError) return e;
    throw e;
  }
  throw new Error('no error');
}

describe('the key of a view', () => {
  it.each([
    ['SELECT * FROM t', [0]],
    ['SELECT name, id FROM t WHERE x > 1', [1]],
    ['SELECT name FROM t', null],
    ['SELECT k, count(*) FROM t GROUP BY k', [0]],
    ['SELECT count(*) FROM t', []],
    ['SELECT t.id, u.id FROM t JOIN u ON t.k = u.k', [0, 1]],
    ['SELECT t.id, u.k FROM t JOIN u ON t.k = u.id', [0]],
    ['SELECT t.id, u.id FROM t LEFT JOIN u ON t.id = u.id', [0]],
    ['SELECT t.k, u.id FROM t JOIN u ON t.id = u.id', [1]],
    ['SELECT t.id, u.id FROM t FULL JOIN u ON t.id = u.id', [0, 1]],
    ['SELECT id FROM t UNION ALL SELECT id FROM u', null],
    ['SELECT id FROM t UNION SELECT id FROM u', [0]],
    ['SELECT id, k FROM (SELECT id, k, row_number() OVER (PARTITION BY k ORDER BY x) AS n FROM t) r WHERE n = 1', [1]],
    ['SELECT k, x FROM src', null],
  ])('%s', (sql, keys) => expect(keysOf(sql)).toEqual(keys));
});

describe('updates', () => {
  it('go without -U to a keyed view', () => {
    const { plan } = db.physical('SELECT k, count(*) FROM t GROUP BY k');
    const aggregate = nodes(plan).find((n) => n.kind === 'groupAggregate');
    expect(aggregate?.kind === 'groupAggregate' && aggregate.emitUpdateBefore).toBe(false);
    expect(explainChangelogMode(plan)).toContain('changelogMode=[I,UA,D]');
  });

  it('keep -U where an operator above needs the old row', () => {
    const { plan } = db.physical('SELECT n, count(*) FROM (SELECT k, count(*) AS n FROM t GROUP BY k) q GROUP BY n');
    const inner = nodes(plan).filter((n) => n.kind === 'groupAggregate').at(-1);
    expect(inner?.kind === 'groupAggregate' && inner.emitUpdateBefore).toBe(true);
  });

  it('are refused by a sink of inserts, naming who makes them', () => {
    const e = error(() => db.physical('SELECT k, count(*) FROM t GROUP BY k', sinkTarget([INT, BIGINT], ['append-only'])));
    expect(e.condition).toBe('feature_not_supported');
    expect(e.message).toBe('sink "out" accepts only inserts, but table "t", whose rows may be updated and deleted, produces updates');
    const grouped = error(() => db.physical('SELECT k, count(*) FROM src GROUP BY k', sinkTarget([INT, BIGINT], ['append-only'])));
    expect(grouped.message).toBe('sink "out" accepts only inserts, but the aggregate GROUP BY k produces updates');
    expect(grouped.hint).toContain('TUMBLE');
  });

  it('need a key where the sink takes upserts', () => {
    const e = error(() => db.physical('SELECT k, count(*) FROM src GROUP BY k', sinkTarget([INT, BIGINT], ['append-only', 'upsert'])));
    expect(e.message).toBe('sink "out" needs a primary key, because the aggregate GROUP BY k produces updates');
  });

  it('reach an upsert sink by its key; another key is settled by the first row of each', () => {
    const same = db.physical('SELECT k, count(*) FROM src GROUP BY k', sinkTarget([INT, BIGINT], ['upsert'], [0])).plan;
    expect(same.props.changelog).toBe('upsert');
    expect(kinds(same)).not.toContain('topN');
    const other = db.physical('SELECT k, count(*) FROM src GROUP BY k', sinkTarget([INT, BIGINT], ['upsert'], [1])).plan;
    expect(kinds(other)).toContain('topN');
  });

  it('are taken whole by a sink of retractions', () => {
    const { plan } = db.physical('SELECT k, count(*) FROM src GROUP BY k', sinkTarget([INT, BIGINT], ['append-only', 'retract', 'upsert'], [0]));
    expect(plan.props.changelog).toBe('retract');
  });

  it('and types have to fit the sink', () => {
    expect(error(() => db.physical('SELECT k FROM src', sinkTarget([TEXT], ['append-only']))).condition).toBe('datatype_mismatch');
  });
});

describe('sources', () => {
  it('decode only what is read', () => {
    const { plan } = db.physical('SELECT x FROM src WHERE k = 1');
    const source = nodes(plan).find((n) => n.kind === 'source');
    expect(source?.kind === 'source' && source.spec.projection).toEqual([0, 1]);
  });

  it('read one column where rows are only counted', () => {
    const { plan } = db.physical('SELECT count(*) FROM src');
    const source = nodes(plan).find((n) => n.kind === 'source');
    expect(source?.kind === 'source' && source.spec.projection).toEqual([0]);
  });

  it('without an end need LIMIT in a plain SELECT', () => {
    const snapshot = { kind: 'result', snapshotOnly: true } as const;
    const e = error(() => db.physical('SELECT k FROM src', snapshot));
    expect(e.message).toBe('a plain SELECT ends, but table "src" has no end');
    expect(e.hint).toContain('EMIT CHANGES');
    const { plan } = db.physical('SELECT k + 1 FROM src LIMIT 5', snapshot);
    const source = nodes(plan).find((n) => n.kind === 'source');
    expect(source?.kind === 'source' && source.spec.limit).toBe(5);
    expect(error(() => db.physical('SELECT k FROM src WHERE k > 1 LIMIT 5', snapshot)).condition).toBe('feature_not_supported');
    expect(db.physical('SELECT k FROM file WHERE k > 1', snapshot).plan.props.bounded).toBe(true);
  });
});

describe('one job', () => {
  it('runs what both sides of a self-join have in common once', () => {
    const { plan } = db.physical('WITH s AS (SELECT k, sum(x) AS s FROM src GROUP BY k) SELECT p.k, q.s FROM s p JOIN s q ON p.k = q.k');
    expect(kinds(plan).filter((k) => k === 'shared').length).toBeGreaterThan(1);
    expect(new Set(nodes(plan).filter((n) => n.kind === 'source').map((n) => n.props.stateId)).size).toBe(1);
  });

  it('shares over the statements of a set', () => {
    const plan = (sql: string) => optimize(db.plan(sql), { functions: builtins, eval: testEval }).plan;
    const { plans } = toPhysicalSet([
      { plan: plan('SELECT k, x FROM src WHERE k > 1'), target: sinkTarget([INT, BIGINT], ['append-only']) },
      { plan: plan('SELECT k, x FROM src WHERE k > 1'), target: { ...sinkTarget([INT, BIGINT], ['append-only']), kind: 'materialize', relation: objectId(7), name: 'v' } },
    ]);
    const shared = plans.flatMap(nodes).filter((n) => n.kind === 'shared');
    expect(shared.length).toBe(2);
    expect(shared[0]?.props.stateId).toBe(shared[1]?.props.stateId);
  });

  it('names state by shape: stable, and different for different queries', () => {
    const id = (sql: string): string => db.physical(sql).plan.props.stateId;
    expect(id('SELECT k, count(*) FROM t GROUP BY k')).toBe(id('SELECT   k, count(*)   FROM t GROUP BY k'));
    expect(id('SELECT k, count(*) AS a FROM t GROUP BY k')).toBe(id('SELECT k, count(*) AS b FROM t GROUP BY k'));
    expect(id('SELECT k, count(*) FROM t GROUP BY k')).not.toBe(id('SELECT k, count(*) FROM t WHERE x > 1 GROUP BY k'));
  });

  it('has unique names of state', () => {
    const { plan } = db.physical('SELECT a.k, b.k FROM (SELECT k, count(*) AS n FROM t GROUP BY k) a JOIN (SELECT k, count(*) AS n FROM t GROUP BY k) b ON a.n = b.n');
    const ids = nodes(plan).filter((n) => n.kind === 'groupAggregate').map((n) => n.props.stateId);
    expect(new Set(ids).size).toBe(1);
  });
});

describe('placement', () => {
  it('moves rows only where they have to meet', () => {
    const count = (sql: string): number => kinds(db.physical(sql).plan).filter((k) => k === 'exchange').length;
    expect(count('SELECT id, x FROM t')).toBe(1);
    expect(count('SELECT k, x, count(*) FROM (SELECT k, x, count(*) AS n FROM t GROUP BY k, x) q GROUP BY k, x')).toBe(1);
    expect(count('SELECT t.id, u.k, count(*) FROM t JOIN u ON t.id = u.id GROUP BY t.id, u.k')).toBe(2);
  });

  it('aggregates in two phases over inserts only', () => {
    const phases = (sql: string): string[] => nodes(db.physical(sql).plan).flatMap((n) => (n.kind === 'groupAggregate' ? [n.phase] : []));
    expect(phases('SELECT k, sum(x) FROM src GROUP BY k')).toEqual(['final', 'partial']);
    expect(phases('SELECT k, sum(x) FROM t GROUP BY k')).toEqual(['single']);
    expect(phases('SELECT k, count(DISTINCT x) FROM src GROUP BY k')).toEqual(['single']);
  });

  it('cuts fragments at exchanges', () => {
    const { plan } = db.physical('SELECT k, sum(x) FROM src GROUP BY k');
    const { fragments, edges } = fragmentsOf(plan);
    expect(fragments.length).toBe(2);
    expect(edges).toEqual([{ from: 2, to: 1, label: 'hash(k)' }]);
    expect(explainGraph(plan)).toContain('fragment 1');
    expect(explainGraph(plan, 'dot')).toContain('f2 -> f1 [label="hash(k)"]');
    expect(explainGraph(plan, 'mermaid')).toContain('f2 -- "hash(k)" --> f1');
  });
});

describe('what cannot be kept up to date', () => {
  it.each([
    ['SELECT 1 FROM src a, src b', 'a cross join in a continuous query is not supported yet'],
    ['SELECT 1 FROM src a JOIN src b ON a.k < b.k', 'a join without an equality between the two sides in a continuous query is not supported yet'],
    ['WITH RECURSIVE r AS (SELECT id FROM t UNION SELECT t.k FROM t JOIN r ON t.id = r.id) SELECT * FROM r', 'WITH RECURSIVE in a job is not supported yet'],
    ['SELECT id, (SELECT x FROM t WHERE t.k = u.k LIMIT (SELECT 1)) FROM u', 'this subquery in a job is not supported yet'],
  ])('%s', (sql, message) => {
    const e = error(() => db.physical(sql));
    expect(e.message).toBe(message);
    expect(e.hint).toBeDefined();
  });

  it('gives the place of a join and a subquery', () => {
    expect(error(() => db.physical('SELECT 1 FROM src a JOIN src b ON a.k < b.k')).span?.start).toBeGreaterThan(0);
    expect(error(() => db.physical('SELECT id, (SELECT x FROM t WHERE t.k = u.k LIMIT (SELECT 1)) FROM u')).span?.start).toBeGreaterThan(0);
  });

  it('leaves out an order that has no end, with a notice', () => {
    const { plan, notices } = db.physical('SELECT k FROM src ORDER BY k');
    expect(kinds(plan)).not.toContain('sort');
    expect(notices.length).toBe(1);
  });
});

describe('a snapshot', () => {
  it('comes in order', () => {
    const local = new PlanDatabase(DDL);
    const rows = [3, 1, 2, 5, 4].map((id) => ({ op: 0, row: [id, id % 2, BigInt(10 - id), `n${id}`] }));
    for (const [sql, expected] of [
      ['SELECT id FROM t ORDER BY id', [1, 2, 3, 4, 5]],
      ['SELECT id FROM t ORDER BY x', [5, 4, 3, 2, 1]],
      ['SELECT id FROM t ORDER BY x LIMIT 2 OFFSET 1', [4, 3]],
      ['SELECT id + 1 FROM (SELECT * FROM t ORDER BY id DESC) q WHERE id <> 3 LIMIT 3', null],
      ['SELECT id FROM t ORDER BY k, id DESC', [4, 2, 5, 3, 1]],
    ] as const) {
      for (const workers of [1, 3]) {
        const run = new PlanRun(local.physical(sql, { kind: 'result', snapshotOnly: true }).plan, workers);
        run.send(local.relation('t'), rows);
        run.end();
        const got = run.take().map((c) => c.row[0]);
        if (expected !== null) expect(got).toEqual(expected);
        else expect(got.length).toBe(3);
      }
    }
  });

  it('is explained', () => {
    const { plan } = db.physical('SELECT k FROM t ORDER BY k LIMIT 1', { kind: 'result', snapshotOnly: true });
    expect(explainPhysical(plan, { state: false })).toMatchInlineSnapshot(`
      "Result  {append-only; one row; single; bounded}
        Sort k rows 1  {append-only; one row; single; bounded}
          Exchange to single  {append-only; one row; single; bounded}
            Sort k rows 1  {append-only; one row; any; bounded}
              TableScan t (k) snapshot  {append-only; no key; any; bounded}"
    `);
  });
});
