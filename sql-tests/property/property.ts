import { Rng } from '../../src/common/rng.ts';
import { Choices, simpler } from './choices.ts';
import { play, type History, type Step } from './history.ts';
import { QueryMaker } from './queries.ts';
import { randomChange, randomTable, tableSql, type Table } from './tables.ts';

/** Random tables, a random view, random changes with checks, crashes and checkpoints in between; failures made small. */

const NAMES = ['t', 'u', 'w'];

/** The history that `seed` stands for; `decisions` of the query in place of random ones. */
export function historyOf(seed: number, decisions: readonly number[] | null = null): { readonly history: History; readonly decisions: readonly number[] } {
  const rng = new Rng(seed);
  const c = new Choices([], rng);
  const made = NAMES.map((name) => randomTable(c, name));
  const tables = made as unknown as [Table, ...Table[]];
  const steps: Step[] = [];
  for (let n = 8 + c.int(16); n > 0; n--) {
    const act = c.int(12);
    const table = c.pick(tables);
    if (act < 8) steps.push({ kind: 'change', table: table.name, sql: randomChange(c, table) });
    else if (act < 10) steps.push({ kind: 'check' });
    else if (act === 10) steps.push({ kind: 'checkpoint' });
    else steps.push({ kind: 'crash', parallelism: 1 + c.int(3) });
  }
  const viewAt = c.int(2) === 0 ? 0 : c.int(steps.length);
  const parallelism = 1 + c.int(3);
  const of = new Choices(decisions ?? [], decisions === null ? new Rng(seed ^ 0x5bd1e995) : null);
  const query = new QueryMaker(of, tables).query(2).sql;
  const history = { tables: made.map((t) => ({ name: t.name, sql: tableSql(t), keyed: t.keyed })), query, viewAt, steps, parallelism, seed };
  return { history, decisions: of.taken };
}

/** The simplest history found that still goes wrong, within `tries` tries. */
export async function shrink(seed: number, start: History, decisions: readonly number[], tries = 400): Promise<{ readonly history: History; readonly message: string }> {
  let best = start;
  let message = '';
  let left = tries;
  const fails = async (h: History): Promise<boolean> => {
    if (left-- <= 0) return false;
    const verdict = await play(h);
    if (verdict.kind === 'wrong') message = verdict.message;
    return verdict.kind === 'wrong';
  };
  await fails(best);
  for (let progress = true; progress && left > 0; ) {
    progress = false;
    for (const fewer of simpler(best.steps.map((_, i) => i + 1))) {
      const kept = fewer.filter((i) => i > 0);
      if (kept.length >= best.steps.length) continue;
      const h = { ...best, steps: kept.flatMap((i) => best.steps[i - 1] ?? []) };
      if (await fails(h)) {
        best = h;
        progress = true;
        break;
      }
    }
    if (progress) continue;
    for (const easier of simpler(decisions)) {
      const next = historyOf(seed, easier);
      if (next.decisions.length >= decisions.length && next.history.query.length >= best.query.length) continue;
      const h = { ...best, query: next.history.query };
      if (await fails(h)) {
        best = h;
        decisions = next.decisions;
        progress = true;
        break;
      }
    }
    for (const simple of [{ ...best, parallelism: 1 }, { ...best, viewAt: 0 }]) {
      if (JSON.stringify(simple) !== JSON.stringify(best) && (await fails(simple))) best = simple;
    }
  }
  return { history: best, message };
}
