import { assert } from '../common/errors.ts';
import type { Batch } from '../common/batch/batch.ts';
import type { Clock } from '../common/clock.ts';
import type { JsonValue, SourceBatch, SourceReader, Split, SplitEnumerator } from './api.ts';

/**
 * What sources that make up their rows share: rows are numbered 0, 1, 2… over the whole source, split `index` of `of`
 * takes every `of`-th one, and the place in a split is the count of rows taken. Nothing else is state, so resuming is
 * exact and no row comes twice.
 */
export interface GeneratorPosition {
  readonly index: number;
  readonly of: number;
  /** Rows of this split already emitted. */
  readonly next: number;
  /** Event time of row 0, milliseconds since 1970; fixed when the source was first started. */
  readonly baseMs: number;
}

/** Makes rows `first`, `first + step`, … (`count` of them). */
export interface RowGenerator {
  generate(first: number, step: number, count: number, baseMs: number): Batch;
}

export function generatorPosition(value: JsonValue): GeneratorPosition {
  const p = value as { readonly [key: string]: JsonValue } | null;
  const num = (k: string): number => {
    const v = p?.[k];
    assert(typeof v === 'number' && Number.isSafeInteger(v) && v >= 0, `generator position lacks ${k}`);
    return v;
  };
  return { index: num('index'), of: num('of'), next: num('next'), baseMs: num('baseMs') };
}

export class GeneratorEnumerator implements SplitEnumerator {
  readonly #bounded: boolean;
  readonly #baseMs: number;

  constructor(bounded: boolean, baseMs: number) {
    this.#bounded = bounded;
    this.#baseMs = baseMs;
  }

  discover(parallelism: number): Promise<readonly Split[]> {
    const of = Math.max(1, parallelism);
    return Promise.resolve(
      Array.from({ length: of }, (_, index) => ({
        id: `${index}/${of}`,
        position: { index, of, next: 0, baseMs: this.#baseMs },
        bounded: this.#bounded,
      })),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface OpenSplit {
  readonly id: string;
  readonly index: number;
  readonly of: number;
  readonly baseMs: number;
  next: number;
  /** Rows taken when this reader opened it, and when: pacing counts from there. */
  readonly paceFrom: number;
  readonly paceStartMs: number;
}

/** Reads generator splits round-robin. `rate` is rows a second over all splits, null is as fast as it goes. */
export class GeneratorReader implements SourceReader {
  readonly #generator: RowGenerator;
  readonly #clock: Clock;
  readonly #rate: number | null;
  /** Rows of the whole source, or Infinity. */
  readonly #total: number;
  readonly #splits: OpenSplit[] = [];
  #turn = 0;
  #cancel: (() => void) | null = null;

  constructor(generator: RowGenerator, splits: readonly Split[], clock: Clock, rate: number | null, total: number) {
    this.#generator = generator;
    this.#clock = clock;
    this.#rate = rate;
    this.#total = total;
    this.addSplits(splits);
  }

  addSplits(splits: readonly Split[]): void {
    for (const s of splits) {
      const p = generatorPosition(s.position);
      this.#splits.push({ id: s.id, ...p, paceFrom: p.next, paceStartMs: this.#clock.monotonicMs() });
    }
  }

  #rowsOf(s: OpenSplit): number {
    return this.#total === Infinity ? Infinity : Math.max(0, Math.ceil((this.#total - s.index) / s.of));
  }

  /** Milliseconds (monotonic) at which the split's next row is due. */
  #dueMs(s: OpenSplit, rate: number): number {
    return s.paceStartMs + (((s.next - s.paceFrom) * s.of + s.index) * 1000) / rate;
  }

  poll(maxRows: number): SourceBatch | 'idle' | 'ended' {
    const now = this.#rate === null ? 0 : this.#clock.monotonicMs();
    let open = false;
    for (let i = 0; i < this.#splits.length; i++) {
      const s = this.#splits[(this.#turn + i) % this.#splits.length] as OpenSplit;
      let count = Math.min(maxRows, this.#rowsOf(s) - s.next);
      if (count <= 0) continue;
      open = true;
      if (this.#rate !== null) {
        const elapsed = ((now - s.paceStartMs) * this.#rate) / 1000 - s.index;
        count = Math.min(count, elapsed < -1e-6 ? 0 : Math.floor(elapsed / s.of + 1e-6) + 1 - (s.next - s.paceFrom));
        if (count <= 0) continue;
      }
      this.#turn = (this.#turn + i + 1) % this.#splits.length;
      const batch = this.#generator.generate(s.index + s.next * s.of, s.of, count, s.baseMs);
      s.next += count;
      return { splitId: s.id, batch, bad: [] };
    }
    return open ? 'idle' : 'ended';
  }

  onReady(wake: () => void): void {
    this.#cancel?.();
    const rate = this.#rate;
    let due = Infinity;
    if (rate !== null) {
      for (const s of this.#splits) if (s.next < this.#rowsOf(s)) due = Math.min(due, this.#dueMs(s, rate));
    }
    if (due === Infinity) return;
    // Rows are gathered for at least 5 ms: at high rates one wake-up a row would cost more than the rows.
    this.#cancel = this.#clock.setTimer(Math.max(5, Math.ceil(due - this.#clock.monotonicMs())), wake);
  }

  positions(): readonly { id: string; position: JsonValue; ended: boolean }[] {
    return this.#splits.map((s) => ({
      id: s.id,
      position: { index: s.index, of: s.of, next: s.next, baseMs: s.baseMs },
      ended: s.next >= this.#rowsOf(s),
    }));
  }

  close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    return Promise.resolve();
  }
}
