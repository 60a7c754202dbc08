import type { Row, Value } from '../../src/common/types/value.ts';
import type { Action, History } from './history.ts';
import { applySteps, replay } from './replay.ts';

/** The history with as few actions and steps as still fail. Each candidate is replayed: bounded by `tries`. */
export async function shrink(history: History, tries = 300): Promise<History> {
  let best = history;
  let left = tries;
  const fails = async (actions: readonly Action[]): Promise<boolean> => {
    left--;
    const candidate = { ...history, actions };
    if ((await replay(candidate)).failure === null) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.actions.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = best.actions.length - size; at >= 0 && left > 0; at -= size) {
      await fails(best.actions.filter((_, i) => i < at || i >= at + size));
    }
  }
  for (let i = 0; i < best.actions.length && left > 0; i++) {
    const action = best.actions[i];
    if (action?.kind !== 'change') continue;
    for (let s = action.steps.length - 1; s >= 0 && left > 0; s--) {
      const current = best.actions[i];
      if (current?.kind !== 'change') break;
      await fails(best.actions.map((a, n) => (n === i ? { ...current, steps: current.steps.filter((_, k) => k !== s) } : a)));
    }
  }
  return best;
}

const literal = (v: Value): string => (v === null ? 'NULL' : typeof v === 'string' ? `'${v.replaceAll("'", "''")}'` : String(v));

/** The history as an .slt file, with what the oracle says at the end; crashes become restarts. */
export function historyAsSlt(history: History, about: string, query: string, types: string, rows: readonly string[]): string {
  const out = [`# ${about}`, 'statement ok', 'CREATE TABLE t (id INT PRIMARY KEY, k INT, v INT, s TEXT)', '', 'statement ok', 'CREATE TABLE u (k INT, w BIGINT)', ''];
  const now: Record<'t' | 'u', Row[]> = { t: [], u: [] };
  for (const action of history.actions) {
    if (action.kind === 'crash') out.push('restart', '');
    if (action.kind === 'view') out.push('onlyif millrace', 'statement ok', `CREATE MATERIALIZED VIEW ${action.name} AS ${action.sql}`, '', 'onlyif postgres', 'statement ok', `CREATE VIEW ${action.name} AS ${action.sql}`, '');
    if (action.kind !== 'change') continue;
    for (const step of action.steps) for (const sql of statements(action.table, now[action.table], step)) out.push('statement ok', sql, '');
  }
  return [...out, `query ${types} rowsort`, query, '----', ...rows, ''].join('\n');
}

function statements(table: 't' | 'u', now: Row[], step: { readonly act: 'insert' | 'delete' | 'update'; readonly pick: number; readonly row: readonly Value[] }): string[] {
  const { rows } = applySteps(table, now, [step]);
  const columns = table === 't' ? ['id', 'k', 'v', 's'] : ['k', 'w'];
  const [first, second] = rows;
  if (first === undefined) return [];
  const insert = (row: Row): string => `INSERT INTO ${table} VALUES (${row.map(literal).join(', ')})`;
  const where = (row: Row): string => (table === 't' ? `id = ${literal(row[0] ?? null)}` : columns.map((c, i) => `${c} IS NOT DISTINCT FROM ${literal(row[i] ?? null)}`).join(' AND '));
  if (second !== undefined) return [`DELETE FROM ${table} WHERE ${where(first)}`, insert(second)];
  return now.includes(first) ? [insert(first)] : [`DELETE FROM ${table} WHERE ${where(first)}`];
}
