import { NaiveDatabase } from '../oracle/naive-database.ts';
import { rowLine } from '../runner/database.ts';
import { FIRST_NOW } from './clock.ts';
import { growNaive } from './grow.ts';
import type { History } from './history.ts';

/** A history as an .slt file: its changes and views, and at each check what the oracle answers. The runner plays it in all its modes. */
export function regression(h: History, comment: string): string {
  const naive = new NaiveDatabase();
  const views: string[] = [];
  const held = new Set<string>();
  const text = h.steps.map((s) => ('sql' in s ? s.sql : '')).join(' ');
  const parts = [comment.split('\n').map((l) => `# ${l}`).join('\n')];
  if (h.steps.some((s) => s.kind === 'pause' || s.kind === 'grow')) parts.push('no-naive it has no jobs to hold up, and no ALTER');
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
  const awake = [...new Set(h.steps.flatMap((s) => (s.kind === 'pause' ? [s.view] : [])))].map((view) => ({ kind: 'resume', view }) as const);
  for (const step of [...h.steps, ...awake, { kind: 'check' } as const]) {
    if (step.kind === 'change') run(step.sql);
    else if (step.kind === 'grow') {
      growNaive(naive, step.sql);
      parts.push(`onlyif millrace\nstatement ok\n${step.sql}`);
    } else if (step.kind === 'view') {
      if (run(`CREATE MATERIALIZED VIEW ${step.name} AS ${step.sql}`)) views.push(step.name);
    } else if (step.kind === 'crash') parts.push(`restart ${step.parallelism}`);
    else if (step.kind === 'pause' || step.kind === 'resume') {
      if (step.kind === 'pause' && views.includes(step.view)) held.add(step.view);
      else if (!held.delete(step.view)) continue;
      parts.push(`onlyif millrace\nstatement ok\n${step.kind.toUpperCase()} JOB '${step.view}'`);
    } else if (step.kind === 'clock') {
      naive.setClock({ byMicros: BigInt(step.seconds) * 1_000_000n });
      parts.push(`advance ${step.seconds} seconds`);
    }
    // While some are held up the oracle does not know what the others show.
    else if (step.kind === 'check' && held.size === 0) {
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
