import type { Rng } from '../../src/common/rng.ts';
import type { Construct } from './constructs.ts';

/**
 * A sequence of decisions: those given first, then random ones (or zeros). What a generator makes of it is a function of the
 * sequence, so that a shorter or smaller sequence is a simpler case: 0 must stand for the simplest choice.
 */
export class Choices {
  readonly taken: number[] = [];
  /** Constructs written since they were last taken away. */
  marks: Set<Construct> = new Set<Construct>();
  readonly #given: readonly number[];
  readonly #rng: Rng | null;

  constructor(given: readonly number[], rng: Rng | null) {
    this.#given = given;
    this.#rng = rng;
  }

  /** Below `bound`. */
  int(bound: number): number {
    const given = this.#given[this.taken.length];
    const made = given === undefined ? (this.#rng?.int(bound) ?? 0) : given % bound;
    this.taken.push(made);
    return made;
  }

  /** Notes that a construct is part of what is being written. */
  mark(...constructs: readonly Construct[]): void {
    for (const x of constructs) this.marks.add(x);
  }

  takeMarks(): Construct[] {
    const marks = [...this.marks];
    this.marks = new Set();
    return marks;
  }

  /** True in one of `n` cases. */
  rarely(n: number): boolean {
    return this.int(n) === n - 1;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.int(items.length)] ?? items[0];
  }
}

/** Ever simpler sequences: pieces left out, then set to 0, then single numbers lowered. */
export function* simpler(sequence: readonly number[]): Generator<readonly number[]> {
  for (let size = Math.max(1, sequence.length >> 1); size >= 1; size >>= 1) {
    for (let at = 0; at < sequence.length; at += size) yield [...sequence.slice(0, at), ...sequence.slice(at + size)];
    for (let at = 0; at < sequence.length; at += size) {
      if (sequence.slice(at, at + size).some((n) => n !== 0)) yield sequence.map((n, i) => (i >= at && i < at + size ? 0 : n));
    }
  }
  for (let at = 0; at < sequence.length; at++) {
    const n = sequence[at] ?? 0;
    if (n > 1) yield sequence.with(at, n - 1);
  }
}
