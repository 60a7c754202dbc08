import { NaiveDatabase } from '../oracle/naive-database.ts';
import { rowLine } from '../runner/database.ts';
import type { History } from './history.ts';

/** A history as an .slt file: its changes and views, and at each check what the oracle answers. The runner plays it in all its modes. */
export function regression(h: History, comment: string): string {
  const naive = new NaiveDatabase();
  const views: string[] = [];
  const parts = [comment.split('\n').map((l) => `# ${l}`).join('\n')];
  const run = (sql: string): boolean => {
    const done = naive.runNow(sql).kind !== 'error';
    parts.push(`statement ${done ? 'ok' : 'error'}\n${sql}`);
    return done;
  };
  for (const { sql } of h.tables) run(sql);
  for (const step of [...h.steps, { kind: 'check' } as const]) {
    if (step.kind === 'change') run(step.sql);
    else if (step.kind === 'view') {
      if (run(`CREATE MATERIALIZED VIEW ${step.name} AS ${step.sql}`)) views.push(step.name);
    } else if (step.kind === 'crash') parts.push('restart');
    else if (step.kind === 'check') {
      for (const name of views) {
        const outcome = naive.runNow(`SELECT * FROM ${name}`);
        if (outcome.kind === 'rows') parts.push(`query ${outcome.types} rowsort\nSELECT * FROM ${name}\n----${outcome.rows.map((r) => `\n${rowLine(r)}`).sort().join('')}`);
      }
    }
  }
  return `${parts.join('\n\n')}\n`;
}
