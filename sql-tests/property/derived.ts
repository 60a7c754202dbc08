import { SqlError } from '../../src/common/errors.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row, Value } from '../../src/common/types/value.ts';
import { Bag, randomChanges } from '../../src/exec/testing/harness.ts';
import { builtins } from '../../src/functions/registry.ts';
import { uniqueKeys } from '../../src/optimizer/analysis/keys.ts';
import { PlanDatabase } from '../../src/optimizer/testing/database.ts';
import { PlanRun, testEval } from '../../src/optimizer/testing/run.ts';
import { explainPlan } from '../../src/planner/explain.ts';
import type { LogicalPlan } from '../../src/planner/logical.ts';
import { evaluatePlan } from '../../src/planner/naive.ts';
import { rowKeyOf } from '../../src/planner/row-key.ts';
import { isCorrelated, planInputs } from '../../src/planner/walk.ts';
import { Choices } from './choices.ts';
import { eventQuery } from './event-queries.ts';
import { CHANGING, changingRow, LATEST, makeRow, makeTimes, SOURCES, sourceSql, type Source } from './event-sources.ts';
import { QueryMaker } from './queries.ts';
import { literal, randomTable, STILL, tableSql, type Kind, type Table } from './tables.ts';
import { functionsIn } from './user-functions.ts';

/**
 * What planning derives, tried by brute force on random plans: unique keys of every logical node on the rows it has, and of
 * every physical node, as it runs on random changes and one to three workers, stream key, changelog kind, placement, columns
 * without NULLs and event times.
 */

export interface Derived {
  readonly kind: 'right' | 'refused';
  /** Nodes with a key, logical and physical. */
  readonly keys: number;
}

const CHECKS_MAX = 60;
const VALUES = new Map<string, Value>();

function valueOf(db: PlanDatabase, text: string): Value {
  let value = VALUES.get(text);
  if (value === undefined) VALUES.set(text, (value = db.db.rowsOf(db.plan(`SELECT ${text}`))[0]?.[0] ?? null));
  return value;
}

const randomValue = (db: PlanDatabase, c: Choices, kind: Kind): Value => (c.rarely(6) ? null : valueOf(db, kind === 'bigint' ? `CAST(${literal(c, kind)} AS BIGINT)` : literal(c, kind)));

/** In the place of a view over what is looked up. */
const LOOKED_UP = 'CREATE TABLE dv (k INT PRIMARY KEY, n BIGINT, m INT)';

/** Errors: InternalError or an assertion for a property that does not hold. A query that planning refuses counts as such. */
export function checkDerived(seed: number): Derived {
  const rng = new Rng(seed);
  const c = new Choices([], rng);
  const tables = ['t', 'u', 'w'].map((name) => randomTable(c, name)) as unknown as [Table, ...Table[]];
  const { sql } = new QueryMaker(c, tables).query(2);
  const db = new PlanDatabase([...functionsIn(sql), ...[...tables, STILL].map(tableSql), LOOKED_UP].join(';\n'));
  return check(db, sql, seed, (run) => {
    for (const t of tables) {
      const bag = db.bag(db.relation(t.name));
      const free = (id: number): boolean => !bag.list().some((r) => r[0] === id);
      let next = rng.int(20);
      const make = (): Row => {
        while (t.keyed && !free(next)) next++;
        const id = t.keyed ? next++ : rng.int(12);
        return t.columns.map((col, i) => (i === 0 ? id : randomValue(db, c, col.kind)));
      };
      run?.send(db.relation(t.name), randomChanges(rng, bag, rng.int(5), make));
    }
  });
}

/** Late rows would break what is tried here. */
const timely = (x: Source): Source => ({ ...x, time: x.time.replace("'1' SECOND", "'5' SECOND") });

/** The same of queries by event time over sources with watermarks. */
export function checkDerivedTimes(seed: number): Derived {
  const rng = new Rng(seed);
  const c = new Choices([], rng);
  const { sql } = eventQuery(c);
  const db = new PlanDatabase([...functionsIn(sql), ...SOURCES.map((x) => sourceSql(timely(x), "'connector' = 'datagen'")), ...CHANGING.map((x) => x.sql.replace(' NOT ENFORCED', '')), tableSql(STILL), LOOKED_UP, LATEST].join(';\n'));
  const times = SOURCES.map(() => makeTimes(rng));
  let number = 0;
  return check(db, sql, seed, (run) => {
    SOURCES.forEach((source, i) => {
      const rows = Array.from({ length: rng.int(6) }, () => makeRow(rng, times[i]?.() ?? 0, number++, source));
      const changes = rows.map((row) => ({ op: 0, row }));
      db.bag(db.relation(source.name)).apply(changes);
      run?.send(db.relation(source.name), changes);
    });
    for (const { name } of CHANGING) {
      const bag = db.bag(db.relation(name));
      run?.send(db.relation(name), randomChanges(rng, bag, rng.int(4), () => changingRow(rng, number++)));
    }
  });
}

function check(db: PlanDatabase, sql: string, seed: number, fill: (run: PlanRun | null) => void): Derived {
  const explained = (error: unknown): Error => new Error(`seed ${seed}: ${sql}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  try {
    const { plan } = db.physical(sql, undefined, { twoPhase: seed % 2 === 0, dropUpdateBefore: seed % 3 !== 0 });
    const run = new PlanRun(plan, 1 + (seed % 3), true);
    const got = new Bag();
    for (let round = 0; round < 5; round++) {
      fill(run);
      run.barrier();
      got.apply(run.take());
    }
    return { kind: 'right', keys: run.keyed + logicalKeys(db, sql) };
  } catch (error) {
    if (error instanceof SqlError && error.condition === 'feature_not_supported') return { kind: 'refused', keys: 0 };
    throw explained(error);
  }
}

const parts = (p: LogicalPlan): LogicalPlan[] => [p, ...planInputs(p).flatMap(parts)];

/** Tries the unique keys of all parts of the plan, bound and optimized; how many there were. */
function logicalKeys(db: PlanDatabase, sql: string): number {
  let tried = 0;
  const context = { functions: builtins, eval: testEval, params: [], scan: (s: { readonly relation: { readonly kind: string; readonly id?: number } }) => (s.relation.id === undefined ? [] : db.bag(s.relation.id).list()) };
  for (const part of [...parts(db.optimized(sql).plan), ...parts(db.plan(sql))]) {
    const keys = isCorrelated(part) || readsWorkingTable(part) ? [] : uniqueKeys(part);
    if (keys.length === 0 || tried >= CHECKS_MAX) continue;
    const rows = tolerant(() => [...evaluatePlan(part, context)]);
    for (const key of keys) {
      tried++;
      const text = rowKeyOf(key.map((k) => part.schema[k]?.type ?? { kind: 'unknown' }));
      const seen = new Set(rows.map((row) => text(key.map((k) => row[k] ?? null))));
      if (seen.size !== rows.length) throw new Error(`key (${key.join(', ')}) is not unique in\n${explainPlan(part)}`);
    }
  }
  return tried;
}

const readsWorkingTable = (p: LogicalPlan): boolean => p.kind === 'workingTable' || planInputs(p).some(readsWorkingTable);

/** A part whose expressions fail on these rows has none. */
function tolerant(rows: () => Row[]): Row[] {
  try {
    return rows();
  } catch (error) {
    if (error instanceof SqlError) return [];
    throw error;
  }
}
