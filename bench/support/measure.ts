import { fork } from 'node:child_process';
import { once } from 'node:events';

/** One run: what it took. */
export interface Run {
  readonly events: number;
  readonly wallMs: number;
  /** Of all threads, user and system. */
  readonly cpuMs: number;
}

export interface Measured {
  readonly name: string;
  /** Medians, events a second. */
  readonly perCpu: number;
  readonly perWall: number;
  /** CPU time of the hand-written loop over that of the plan: median of pairs; null without a loop. */
  readonly ofLoop: number | null;
  readonly loopPerCpu: number | null;
  readonly peakRssMb: number;
  /** More columns of the table. */
  readonly notes: string;
}

export async function timed(events: number, run: () => Promise<void> | void): Promise<Run> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const wallMs = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return { events, wallMs, cpuMs: (used.user + used.system) / 1000 };
}

export const median = (a: readonly number[]): number => [...a].sort((x, y) => x - y)[a.length >> 1] ?? NaN;

/** Alternates plan and loop (A B, B A, …) after one round to warm up, so that both see the same machine. */
export async function paired(name: string, rounds: number, plan: () => Promise<Run>, loop: (() => Promise<Run>) | null): Promise<Measured> {
  const plans: Run[] = [];
  const loops: Run[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const which of round % 2 === 0 ? ['plan', 'loop'] : ['loop', 'plan']) {
      if (which === 'loop' && loop === null) continue;
      const run = await (which === 'plan' ? plan : (loop as () => Promise<Run>))();
      if (round > 0) (which === 'plan' ? plans : loops).push(run);
    }
  }
  return {
    name, notes: '',
    perCpu: median(plans.map((r) => (r.events / r.cpuMs) * 1000)),
    perWall: median(plans.map((r) => (r.events / r.wallMs) * 1000)),
    loopPerCpu: loops.length === 0 ? null : median(loops.map((r) => (r.events / r.cpuMs) * 1000)),
    ofLoop: loops.length === 0 ? null : median(plans.map((r, i) => (loops[i] as Run).cpuMs / r.cpuMs)),
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  };
}

/** Runs a benchmark in a process of its own, so that its memory and compiled code are its own; it answers with one message. */
export async function apart<T = Measured>(file: string, args: readonly string[]): Promise<T> {
  const child = fork(file, [...args], { stdio: 'inherit' });
  const message = once(child, 'message');
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ${args.join(' ')} ended with ${String(code)}`);
  });
  exit.catch(() => undefined);
  const [result] = (await Promise.race([message, exit])) as [T];
  return result;
}

const rate = (n: number | null): string => (n === null ? '-' : n >= 1e6 ? `${(n / 1e6).toFixed(2)} M` : `${(n / 1e3).toFixed(0)} K`);

export function printHeader(title: string): void {
  console.log(`\n${title}`);
  console.log(`${'what'.padEnd(36)}${'/CPU s'.padStart(10)}${'/wall s'.padStart(10)}${'loop /CPU s'.padStart(13)}${'of loop'.padStart(9)}${'RSS MB'.padStart(8)}  notes`);
}
export function printRow(m: Measured): void {
  console.log(
    `${m.name.padEnd(36)}${rate(m.perCpu).padStart(10)}${rate(m.perWall).padStart(10)}${rate(m.loopPerCpu).padStart(13)}${(m.ofLoop === null ? '-' : `${(m.ofLoop * 100).toFixed(0)} %`).padStart(9)}${m.peakRssMb.toFixed(0).padStart(8)}  ${m.notes}`,
  );
}
