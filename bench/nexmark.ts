import { LOOPS, type Loop } from './support/loops.ts';
import { apart, paired, printHeader, printRow, timed, type Measured, type Run } from './support/measure.ts';
import { nexmarkScript, openTable, pipeline, planOf, SHARES } from './support/pipeline.ts';

/**
 * Nexmark: the plan's operators in one thread with a barrier about every 100 ms and a checkpoint's deltas every second of
 * work, beside hand-written loops over the same source. `node bench/nexmark.ts [query…]`. Speeds count the rows that the
 * query reads; the source, which makes them, is part of both figures.
 */
const QUERIES = ['q0', 'q1', 'q2', 'q3', 'q5', 'q8', 'q17'];
const ROUNDS = 3;
const BATCH = 4096;
/** Events a second of event time: 30 s go by. */
export const RATE = 100_000;
/** Those that read only people and auctions see 8 % of them. */
export const eventsOf = (query: string): number => (query === 'q3' || query === 'q8' ? 12_000_000 : 3_000_000);

async function runPlan(plan: ReturnType<typeof planOf>, seen: (text: string) => void): Promise<Run & { readonly out: number }> {
  const p = await pipeline(plan);
  let epochs = 0;
  let bytes = 0;
  let longest = 0;
  const result = await timed(0, () => {
    let mark = performance.now();
    while (p.step(BATCH) !== 'ended') {
      const now = performance.now();
      if (now - mark < 100) continue;
      mark = now;
      bytes += p.barrier(++epochs % 10 === 0);
      longest = Math.max(longest, performance.now() - now);
    }
    p.barrier(false);
    bytes += p.barrier(true);
  });
  seen(`${p.rowsOut()} rows out, ${(p.stateBytes() / 1e6).toFixed(0)} MB state, checkpoints ${(bytes / 1e6).toFixed(0)} MB, longest barrier ${longest.toFixed(0)} ms`);
  await p.close();
  return { ...result, events: p.rowsIn(), out: p.rowsOut() };
}

export async function runLoop(loop: Loop, events: number): Promise<Run & { readonly out: number }> {
  const sources = await Promise.all(
    Object.entries(loop.reads).map(async ([table, columns]) => ({ table, share: SHARES[table] ?? 1, rows: 0, ended: false, reader: await openTable(table, columns, events, RATE) })),
  );
  const most = Math.max(...sources.map((s) => s.share));
  const l = loop.make();
  let rows = 0;
  let out = 0;
  const result = await timed(0, () => {
    let mark = performance.now();
    for (;;) {
      let next: (typeof sources)[number] | null = null;
      for (const s of sources) if (!s.ended && (next === null || s.rows / s.share < next.rows / next.share)) next = s;
      if (next === null) break;
      const polled = next.reader.poll(Math.max(1, Math.round((BATCH * next.share) / most)));
      if (polled === 'idle' || polled === 'ended') {
        next.ended = true;
        continue;
      }
      next.rows += polled.batch.rowCount;
      rows += polled.batch.rowCount;
      l.batch(next.table, polled.batch);
      if (performance.now() - mark < 100) continue;
      mark = performance.now();
      l.epoch();
    }
    l.epoch();
    out = l.end();
  });
  return { ...result, events: rows, out };
}

async function measure(query: string): Promise<Measured> {
  const events = eventsOf(query);
  const plan = planOf(nexmarkScript(query, events, RATE));
  const loop = LOOPS[query];
  let notes = '';
  if (loop !== undefined && query !== 'q17') {
    const [a, b] = [await runPlan(plan, () => undefined), await runLoop(loop, events)];
    if (a.out !== b.out) throw new Error(`${query}: ${a.out} rows by the plan, ${b.out} by the loop`);
  }
  const measured = await paired(query, ROUNDS, () => runPlan(plan, (text) => { notes = text; }), loop === undefined ? null : () => runLoop(loop, events));
  return { ...measured, notes };
}

export async function nexmark(queries: readonly string[]): Promise<Measured[]> {
  printHeader('Nexmark, operators in one thread, rows read a second');
  const out: Measured[] = [];
  for (const query of queries) {
    const m = await apart(import.meta.filename, ['--one', query]);
    printRow(m);
    out.push(m);
  }
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const args = process.argv.slice(2);
  if (args[0] === '--one') process.send?.(await measure(args[1] ?? ''));
  else await nexmark(args.length > 0 ? args : QUERIES);
}
