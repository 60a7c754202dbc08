import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { Rng } from '../common/rng.ts';
import { Bag } from '../exec/testing/harness.ts';
import { PlanDatabase } from './testing/database.ts';
import { EQUIVALENCE_DDL as DDL, EQUIVALENCE_QUERIES as QUERIES, fillTables } from './testing/queries.ts';
import { PlanRun } from './testing/run.ts';

/** Optimized and run, a query gives at every barrier what the naive evaluator makes of the bound plan. */

const DISABLED: ReadonlySet<string>[] = [new Set(), new Set(['push-join-condition', 'push-filter-project', 'merge-projects', 'prune-columns', 'outer-to-inner', 'fold-constants'])];

describe('a continuous query gives what the naive evaluator gives', () => {
  it.each(QUERIES)('%s', (sql) => {
    let seen = 0;
    for (const [n, disabled] of DISABLED.entries()) {
      for (let seed = 1; seed <= 6; seed++) {
        const rng = new Rng(seed * 7 + n);
        const db = new PlanDatabase(DDL);
        const bound = db.plan(sql);
        const { plan } = db.physical(sql, undefined, { twoPhase: seed % 2 === 0, dropUpdateBefore: seed > 2 }, { disabled });
        const run = new PlanRun(plan, seed % 3 === 0 ? 3 : 1);
        const got = new Bag();
        for (let round = 0; round < 6; round++) {
          fillTables(db, rng, 1, run);
          run.barrier();
          got.apply(run.take());
          expect(got.text(), `seed ${seed} round ${round}`).toEqual(db.expected(bound).text());
        }
        expect(run.errors).toEqual([]);
        seen += got.list().length;
      }
    }
    // The comparison is worth something only where there is something to compare.
    expect(seen > 0 || sql.includes('WHERE FALSE') || sql.startsWith('VALUES')).toBe(true);
  });
});

describe('a snapshot gives what the naive evaluator gives', () => {
  it.each(QUERIES)('%s', (sql) => {
    const rng = new Rng(5);
    const db = new PlanDatabase(DDL);
    fillTables(db, rng, 4);
    const { plan } = db.physical(sql, { kind: 'result', snapshotOnly: true });
    expect(plan.props.bounded).toBe(true);
    expect(plan.props.changelog).toBe('append-only');
    const run = new PlanRun(plan, 2);
    for (const table of ['a', 'b', 'c']) run.send(db.relation(table), db.bag(db.relation(table)).list().map((row) => ({ op: 0, row })));
    run.end();
    const got = new Bag();
    got.apply(run.take());
    expect(got.text()).toEqual(db.expected(db.plan(sql)).text());
  });

  it('fails with a position where a subquery cannot be a join', () => {
    const db = new PlanDatabase(DDL);
    expect(() => db.physical('SELECT id, (SELECT y FROM b WHERE b.k = a.k LIMIT (SELECT 2)) FROM a')).toThrow(SqlError);
  });
});
