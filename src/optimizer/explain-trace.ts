import type { Optimized } from './optimizer.ts';

/** EXPLAIN TRACE: each rule that fired, in order, with what it changed of the node's text (`-` gone, `+` new). */
export function explainTrace(optimized: Optimized): string {
  if (optimized.trace.length === 0) return 'no rule applies';
  const steps = optimized.trace.map((s, i) => [`${i + 1}. ${s.stage} / ${s.rule}`, ...diffLines(s.before.split('\n'), s.after.split('\n')).map((l) => `   ${l}`)].join('\n'));
  const notes = optimized.unsettled.map((stage) => `stage ${stage} was stopped while its rules still applied`);
  return [...steps, ...notes].join('\n');
}

/** A line diff by the longest common subsequence. */
export function diffLines(a: readonly string[], b: readonly string[]): string[] {
  const lengths: number[][] = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = lengths[i];
      if (row !== undefined) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) out.push(`- ${a[i++]}`);
    else out.push(`+ ${b[j++]}`);
  }
  return out;
}
