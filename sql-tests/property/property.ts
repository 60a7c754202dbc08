import { Rng } from '../../src/common/rng.ts';
import { Choices, simpler } from './choices.ts';
import type { Construct } from './constructs.ts';
import { play, type History, type Step, type Verdict } from './history.ts';
import { QueryMaker } from './queries.ts';
import { grownTable, PLAIN_VIEW, randomChange, randomTable, STILL, STILL_ROWS, STILL_VIEW, tableSql, type Relation, type Table } from './tables.ts';
import { functionsIn } from './user-functions.ts';

/** Random tables, random views that stand on one another, random changes with checks, crashes and checkpoints in between; failures made small. */

const NAMES = ['t', 'u', 'w'];

/** The history that `seed` stands for; `decisions` about the views in place of random ones. */
export function historyOf(seed: number, decisions: readonly number[] | null = null): { readonly history: History; readonly decisions: readonly number[] } {
  const rng = new Rng(seed);
  const c = new Choices([], rng);
  const made = NAMES.map((name) => randomTable(c, name));
  let tables = made as unknown as [Table, ...Table[]];
  /** With each column that one of them gets, from a step on. */
  const versions = [{ from: 0, tables }];
  const steps: Step[] = [];
  for (let n = 8 + c.int(16); n > 0; n--) {
    const act = c.int(19);
    const table = c.pick(tables);
    if (act < 8) steps.push({ kind: 'change', table: table.name, sql: randomChange(c, table) });
    else if (act < 10) steps.push({ kind: 'check' });
    else if (act === 10) steps.push({ kind: 'checkpoint' });
    else if (act < 13) steps.push({ kind: 'peek' });
    else if (act === 13) steps.push({ kind: 'clock', seconds: 1 + c.int(3) });
    else if (act < 16) steps.push({ kind: 'pause', view: `v${1 + c.int(3)}` });
    else if (act === 16) steps.push({ kind: 'resume', view: `v${1 + c.int(3)}` });
    else if (act === 17) {
      const grown = grownTable(c, table);
      tables = tables.map((t) => (t === table ? grown.table : t)) as unknown as [Table, ...Table[]];
      steps.push({ kind: 'grow', sql: grown.sql });
      versions.push({ from: steps.length, tables });
    } else steps.push({ kind: 'crash', parallelism: 1 + c.int(3) });
  }
  const parallelism = 1 + c.int(3);
  const places = Array.from({ length: 4 }, () => (c.int(2) === 0 ? 0 : c.int(steps.length))).sort((a, b) => a - b);
  const of = new Choices(decisions ?? [], decisions === null ? new Rng(seed ^ 0x5bd1e995) : null);
  const views = randomViews(of, places.map((place) => versions.findLast((v) => v.from <= place)?.tables ?? tables));
  for (const [i, view] of [...views.entries()].reverse()) steps.splice(places[i] ?? 0, 0, { kind: 'view', ...view });
  steps.unshift({ kind: 'view', ...STILL_VIEW, marks: [] }, { kind: 'change', table: STILL.name, sql: STILL_ROWS });
  const history = {
    before: functionsIn(views.map((v) => v.sql).join(' ')), after: [PLAIN_VIEW.sql], timeZone: c.pick(['UTC', 'Europe/Berlin', 'America/New_York']),
    tables: [...made, STILL].map((t) => ({ name: t.name, sql: tableSql(t), keyed: t.keyed })), steps, parallelism, seed,
  };
  return { history, decisions: of.taken };
}

/** One to three views, later ones often over earlier ones. @param tables as each of them finds them. */
function randomViews(c: Choices, tables: readonly (readonly [Table, ...Table[]])[]): { readonly name: string; readonly sql: string; readonly marks: readonly Construct[] }[] {
  const views: Relation[] = [];
  return Array.from({ length: 1 + c.int(3) }, (_, i) => {
    const { sql, kinds } = new QueryMaker(c, [...(tables[i] ?? []), PLAIN_VIEW, ...views]).query(2);
    const name = `v${i + 1}`;
    const view = { name, columns: kinds.map((kind, j) => ({ name: `o${j + 1}`, kind })) };
    views.push(view, view);
    return { name, sql, marks: c.takeMarks() };
  });
}

const viewsOf = (h: History): string => h.steps.map((s) => (s.kind === 'view' ? s.sql : '')).join('');

/** The simplest history found that still goes wrong, within `tries` tries. */
export async function shrink(seed: number, start: History, decisions: readonly number[], tries = 400): Promise<{ readonly history: History; readonly message: string }> {
  let best = start;
  let message = '';
  let left = tries;
  const fails = async (h: History): Promise<boolean> => {
    if (left-- <= 0) return false;
    const verdict: Verdict = await play(h);
    // A history that lacks a table or a view fails for another reason.
    if (verdict.kind === 'wrong' && !verdict.message.includes('does not exist')) message = verdict.message;
    return verdict.kind === 'wrong' && !verdict.message.includes('does not exist');
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
      if (next.decisions.length >= decisions.length && viewsOf(next.history).length >= viewsOf(best).length) continue;
      const h = withViews(best, next.history);
      if (await fails(h)) {
        best = h;
        decisions = next.decisions;
        progress = true;
        break;
      }
    }
    const simple = { ...best, parallelism: 1 };
    if (best.parallelism !== 1 && (await fails(simple))) best = simple;
  }
  return { history: best, message };
}

/** The steps of one history with the views of another, where it has them. */
function withViews(h: History, other: History): History {
  const views = new Map(other.steps.flatMap((s) => (s.kind === 'view' ? [[s.name, s] as const] : [])));
  return { ...h, before: [...new Set([...h.before, ...other.before])], steps: h.steps.flatMap((s) => (s.kind === 'view' ? (views.get(s.name) ?? []) : s)) };
}
