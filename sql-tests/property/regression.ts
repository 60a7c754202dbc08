import { NaiveDatabase } from '../oracle/naive-database.ts';
import { rowLine } from '../runner/database.ts';
import type { History } from './history.ts';

/** A history as an .slt file: its changes, and at each check what the oracle answers. The runner plays it in all its modes. */
export function regression(h: History, comment: string): string {
  const naive = new NaiveDatabase();
  const parts = [comment.split('\n').map((l) => `# ${l}`).join('\n')];
  for (const { sql } of h.tables) {
    naive.runNow(sql);
    parts.push(`statement ok\n${sql}`);
  }
  for (const step of [...h.steps, { kind: 'check' } as const]) {
    if (step.kind === 'change') parts.push(`statement ${naive.runNow(step.sql).kind === 'error' ? 'error' : 'ok'}\n${step.sql}`);
    else if (step.kind === 'crash') parts.push('restart');
    else if (step.kind === 'check') {
      const outcome = naive.runNow(h.query);
      if (outcome.kind === 'rows') parts.push(`query ${outcome.types} rowsort\n${h.query}\n----${outcome.rows.map((r) => `\n${rowLine(r)}`).sort().join('')}`);
    }
  }
  return `${parts.join('\n\n')}\n`;
}
