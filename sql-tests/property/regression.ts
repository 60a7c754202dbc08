import { NaiveDatabase } from '../oracle/naive-database.ts';
import { rowLine } from '../runner/database.ts';
import { FIRST_NOW } from './clock.ts';
import type { History } from './history.ts';

/** A history as an .slt file: its changes and views, and at each check what the oracle answers. The runner plays it in all its modes. */
export function regression(h: History, comment: string): string {
  const naive = new NaiveDatabase();
  const views: string[] = [];
  const text = h.steps.map((s) => ('sql' in s ? s.sql : '')).join(' ');
  const parts = [comment.split('\n').map((l) => `# ${l}`).join('\n')];
  const run = (sql: string): boolean => {
    const done = naive.runNow(sql).kind !== 'error';
    parts.push(`onlyif millrace\nstatement ${done ? 'ok' : 'error'}\n${sql}`);
    return done;
  };
  if (h.timeZone !== 'UTC') parts.push(`onlyif millrace\nstatement ok\nSET TimeZone = '${h.timeZone}'`);
  naive.setTimeZone(h.timeZone);
  naive.setClock({ toMicros: FIRST_NOW });
  const timed = h.steps.some((s) => s.kind === 'clock' || (s.kind === 'view' && /NOW\(\)|CURRENT_|LOCALTIMESTAMP/.test(s.sql)));
  if (timed) parts.push('clock 2024-01-01 00:00:00');
  for (const sql of [...h.before, ...h.tables.map((t) => t.sql), ...h.after]) if (new RegExp(`\\b${nameOf(sql)}\\b`).test(text)) run(sql);
  for (const step of [...h.steps, { kind: 'check' } as const]) {
    if (step.kind === 'change') run(step.sql);
    else if (step.kind === 'view') {
      if (run(`CREATE MATERIALIZED VIEW ${step.name} AS ${step.sql}`)) views.push(step.name);
    } else if (step.kind === 'crash') parts.push(`restart ${step.parallelism}`);
    else if (step.kind === 'clock') {
      naive.setClock({ byMicros: BigInt(step.seconds) * 1_000_000n });
      parts.push(`advance ${step.seconds} seconds`);
    }
    else if (step.kind === 'check') {
      for (const name of views) {
        const outcome = naive.runNow(`SELECT * FROM ${name}`);
        if (outcome.kind === 'rows') parts.push(`onlyif millrace\nquery ${outcome.types} rowsort\nSELECT * FROM ${name}\n----${outcome.rows.map((r) => `\n${rowLine(r)}`).sort().join('')}`);
      }
    }
  }
  return `${parts.join('\n\n')}\n`;
}

/** Of what a CREATE makes. */
const nameOf = (sql: string): string => /^CREATE \w+ (\w+)/.exec(sql)?.[1] ?? '';
