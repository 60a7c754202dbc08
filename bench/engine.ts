import { parseScript } from '../src/parser/parser.ts';
import { runLoop, eventsOf, RATE } from './nexmark.ts';
import { BenchEngine } from './support/engine.ts';
import { LOOPS } from './support/loops.ts';
import { apart, paired, printHeader, printRow, timed, type Measured, type Run } from './support/measure.ts';
import { nexmarkScript } from './support/pipeline.ts';

/**
 * Nexmark through the engine: SQL in, workers on threads of their own, exchanges, an epoch every 100 ms, a checkpoint to disk
 * every second. CPU is that of all threads. `node bench/engine.ts [query…]`
 */
const QUERIES = ['q0', 'q1', 'q2', 'q3', 'q5', 'q8', 'q17'];
const ROUNDS = 3;
/** Longer than the runs in one thread: a job's start and end are part of it. */
const TIMES = 2;

async function measure(query: string, parallelism: number): Promise<Measured> {
  const events = eventsOf(query) * TIMES;
  const script = nexmarkScript(query, events, RATE);
  const cut = parseScript(script).at(-1)?.span.start ?? 0;
  const engine = await BenchEngine.open(parallelism);
  const loop = LOOPS[query];
  try {
    await engine.run(`SET 'table.dml-sync' = 'true'; ${script.slice(0, cut)}`);
    let known = 0;
    const plan = async (): Promise<Run> => {
      const run = await timed(0, async () => {
        await engine.run(script.slice(cut));
      });
      const rows = await engine.run('SELECT sum(rows_in) FROM millrace_catalog.jobs');
      const total = Number(String(rows[0]?.[0] instanceof Object && 'unscaled' in rows[0][0] ? rows[0][0].unscaled : rows[0]?.[0]));
      const read = total - known;
      known = total;
      return { ...run, events: read };
    };
    return await paired(`${query}, ${parallelism} worker${parallelism === 1 ? '' : 's'}`, ROUNDS, plan, loop === undefined ? null : () => runLoop(loop, events));
  } finally {
    await engine.close();
  }
}

export async function engineBench(queries: readonly string[], workers: readonly number[] = [1, 2]): Promise<Measured[]> {
  printHeader('Nexmark through the engine, checkpoints each second, rows read a second');
  const out: Measured[] = [];
  for (const query of queries) {
    for (const parallelism of workers) {
      const m = await apart(import.meta.filename, ['--one', query, String(parallelism)]);
      printRow(m);
      out.push(m);
    }
  }
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const args = process.argv.slice(2);
  if (args[0] === '--one') {
    process.send?.(await measure(args[1] ?? '', Number(args[2])));
    process.disconnect?.();
  } else await engineBench(args.length > 0 ? args : QUERIES);
}
