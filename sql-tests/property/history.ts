import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../src/common/batch/batch.ts';
import { SqlError } from '../../src/common/errors.ts';
import { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import { SimClock } from '../../src/runtime/testing/sim-clock.ts';
import { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import type { StoredChange } from '../oracle/naive-dml.ts';
import { NaiveDatabase } from '../oracle/naive-database.ts';
import { rowLine } from '../runner/database.ts';

/** What is done to a database that keeps one view: everything as SQL, so that it can be written down and replayed. */
export type Step = { readonly kind: 'change'; readonly table: string; readonly sql: string } | { readonly kind: 'check' } | { readonly kind: 'crash'; readonly parallelism: number } | { readonly kind: 'checkpoint' };

export interface History {
  readonly tables: readonly { readonly name: string; readonly sql: string; readonly keyed: boolean }[];
  readonly query: string;
  /** The step before which the view is made. */
  readonly viewAt: number;
  readonly steps: readonly Step[];
  readonly parallelism: number;
  /** Of the scheduler and the clock. */
  readonly seed: number;
}

export type Verdict = { readonly kind: 'right'; readonly checks: number } | { readonly kind: 'unsupported' } | { readonly kind: 'wrong'; readonly message: string };

/** Plays a history; at each check the view equals the naive evaluator's answer to its query. */
export async function play(h: History): Promise<Verdict> {
  const naive = new NaiveDatabase();
  const rng = new Rng(h.seed);
  const random = (): number => rng.double();
  const rt = await SqlRuntime.open({ parallelism: h.parallelism, scheduler: { random }, clock: new SimClock(random) });
  let checks = 0;
  try {
    for (const { sql } of h.tables) {
      naive.runNow(sql);
      await rt.run(sql);
    }
    let pending: readonly StoredChange[] = [];
    naive.onChanges = (_, changes) => (pending = changes);
    let made = false;
    for (const [at, step] of [...h.steps, { kind: 'check' } as const].entries()) {
      if (!made && at >= Math.min(h.viewAt, h.steps.length)) {
        try {
          await rt.run(`CREATE MATERIALIZED VIEW v AS ${h.query}`);
        } catch (error) {
          if (error instanceof SqlError && error.condition === 'feature_not_supported') return { kind: 'unsupported' };
          throw error;
        }
        made = true;
      }
      if (step.kind === 'change') {
        pending = [];
        naive.runNow(step.sql);
        const { rows, ops } = changelog(pending, h.tables.find((t) => t.name === step.table)?.keyed === true);
        if (rows.length > 0) await rt.change(rt.table(step.table), rows, ops);
      } else if (step.kind === 'crash') await rt.crash({ parallelism: step.parallelism });
      else if (step.kind === 'checkpoint') await rt.runtime.checkpoint();
      else if (made) {
        const want = naive.runNow(h.query);
        if (want.kind !== 'rows') return want.kind === 'error' && want.sqlstate === '0A000' ? { kind: 'unsupported' } : { kind: 'wrong', message: `the oracle: ${JSON.stringify(want)}` };
        checks++;
        await rt.runtime.flush();
        const got = (await rt.query('SELECT * FROM v')).sort();
        const wanted = want.rows.map((r) => r.map((v) => v ?? '').join('|')).sort();
        if (got.join('\n') !== wanted.join('\n')) return { kind: 'wrong', message: `other rows at step ${at}\n--- expected\n${want.rows.map(rowLine).sort().join('\n')}\n+++ got\n${got.join('\n')}` };
      }
    }
    return { kind: 'right', checks };
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    await rt.runtime.close({ abrupt: true });
  }
}

/** As the engine writes them: a changed key is a deletion and an insertion, deletions first. */
function changelog(changes: readonly StoredChange[], keyed: boolean): { readonly rows: Row[]; readonly ops: Uint8Array } {
  const out: [number, Row][] = [];
  const moved = (c: StoredChange): boolean => keyed && c.op === 'update' && c.before[0] !== c.row[0];
  for (const c of changes) if (c.op === 'update' && moved(c)) out.push([DELETE, c.before]);
  for (const c of changes) {
    if (c.op === 'insert' || moved(c)) out.push([INSERT, c.row]);
    else if (c.op === 'delete') out.push([DELETE, c.row]);
    else if (c.op === 'update') out.push([UPDATE_BEFORE, c.before], [UPDATE_AFTER, c.row]);
  }
  return { rows: out.map(([, row]) => row), ops: Uint8Array.from(out, ([op]) => op) };
}
