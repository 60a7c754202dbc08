import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../src/common/batch/batch.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import { SimClock } from '../../src/runtime/testing/sim-clock.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import { SqlError } from '../../src/common/errors.ts';
import { failing, refusedByDisk } from '../property/faults.ts';
import { TABLES, type Action, type History, type Step } from './history.ts';

export interface ReplayReport {
  readonly changes: number;
  readonly checks: number;
  readonly crashes: number;
  /** Views that the planner refuses: nothing to compare. */
  readonly refused: number;
  /** Null: every view was right every time. */
  readonly failure: { readonly message: string; readonly view: string | null } | null;
}

interface Applied {
  readonly rows: readonly Row[];
  readonly ops: Uint8Array;
}

/** What the steps do to the rows of a table (changed in place). An insert of a key that is there is left out. */
export function applySteps(table: 't' | 'u', now: Row[], steps: readonly Step[]): Applied {
  const rows: Row[] = [];
  const ops: number[] = [];
  for (const { act, pick, row } of steps) {
    if (act === 'insert' || now.length === 0) {
      if (table === 't' && now.some((r) => r[0] === row[0])) continue;
      now.push(row);
      rows.push(row);
      ops.push(INSERT);
      continue;
    }
    const at = pick % now.length;
    const before = now[at] as Row;
    if (act === 'delete') {
      now.splice(at, 1);
      rows.push(before);
      ops.push(DELETE);
    } else {
      const after = [before[0] ?? null, ...row.slice(1)];
      now[at] = after;
      rows.push(before, after);
      ops.push(UPDATE_BEFORE, UPDATE_AFTER);
    }
  }
  return { rows, ops: Uint8Array.from(ops) };
}

/** Runs a history in one thread under a scheduler and a clock seeded with it; the naive evaluator is the oracle. */
export async function replay(history: History): Promise<ReplayReport> {
  const rng = new Rng(history.seed);
  const counts = { changes: 0, checks: 0, crashes: 0, refused: 0 };
  const made: string[] = [];
  const random = (): number => rng.uint32() / 2 ** 32;
  let armed = false;
  const rt = await SqlRuntime.open({ parallelism: history.parallelism, scheduler: { random }, clock: new SimClock(random), wrapStore: (store) => failing(store, () => (armed ? random() : 1)) });
  const act = async (action: Action): Promise<ReplayReport['failure']> => {
    switch (action.kind) {
      case 'change': {
        const id = rt.table(action.table);
        const now = rt.db.rows.get(id) ?? [];
        rt.db.rows.set(id, now);
        const { rows, ops } = applySteps(action.table, now, action.steps);
        counts.changes += rows.length;
        if (rows.length > 0) await rt.change(id, rows, ops);
        return null;
      }
      case 'view':
        try {
          await rt.run(`CREATE MATERIALIZED VIEW ${action.name} AS ${action.sql}`);
          made.push(action.name);
        } catch (error) {
          // What is not supported yet is refused, never answered wrongly; so is what stands on it.
          const unsupported = error instanceof SqlError && ['feature_not_supported', 'undefined_table'].includes(error.condition);
          if (!unsupported && !refusedByDisk(error)) throw error;
          const left = [...rt.db.catalog.snapshot().objects.values()].find((o) => o.name === action.name);
          if (left !== undefined) rt.db.catalog.drop([left.id], 'cascade');
          counts.refused++;
        }
        return null;
      case 'crash':
        counts.crashes++;
        await rt.crash({ parallelism: action.parallelism });
        return null;
      case 'checkpoint':
        await rt.runtime.checkpoint().catch((error: unknown) => {
          if (!refusedByDisk(error)) throw error;
        });
        return null;
      case 'check':
        counts.checks++;
        for (const [view, got, wanted] of await rt.check(...made)) {
          if (JSON.stringify(got) === JSON.stringify(wanted)) continue;
          return { view, message: `${view} at parallelism ${rt.runtime.status().parallelism}:\n got ${got.join(' ; ')}\nwant ${wanted.join(' ; ')}` };
        }
        return null;
    }
  };
  try {
    await rt.run(TABLES);
    armed = true;
    for (const action of history.actions) {
      const failure = await act(action);
      if (failure !== null) return { ...counts, failure };
    }
    return { ...counts, failure: null };
  } catch (error) {
    return { ...counts, failure: { view: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) } };
  } finally {
    await rt.runtime.close({ abrupt: true });
  }
}
