import type { Row } from '../../common/types/value.ts';

/** Stands between rows where the evaluator offers to be left for a while; it is no row and is handed on upwards. */
export const PAUSE: unique symbol = Symbol('pause');

/** Rows, and the places between them where other work may have its turn. */
export type Sliced = Iterable<Row | typeof PAUSE>;

/** Work, in rows looked at, between two pauses: a few milliseconds. */
const WORK_MAX = 1024;

/** Counts the work done since the last pause. */
export class Slice {
  readonly #most: number;
  #spent = 0;

  /** @param paused without it there are no pauses. */
  constructor(paused: boolean) {
    this.#most = paused ? WORK_MAX : Infinity;
  }

  get pauses(): boolean {
    return this.#most < Infinity;
  }

  /** True when a pause is due. */
  spend(work: number): boolean {
    this.#spent += work;
    if (this.#spent < this.#most) return false;
    this.#spent = 0;
    return true;
  }

  /** Rows without their pauses, for an expression, which cannot stop halfway: the pause is due at the next row outside. */
  *rows(sliced: Sliced): Generator<Row, void> {
    for (const row of sliced) {
      if (row === PAUSE) this.#spent = this.#most;
      else yield row;
    }
  }

  /** Rows at hand, with pauses. */
  *pausing(rows: Iterable<Row>): Generator<Row | typeof PAUSE, void> {
    for (const row of rows) {
      if (this.spend(1)) yield PAUSE;
      yield row;
    }
  }
}

/** Pauses, and in the end a result. */
export type Pausing<T> = Generator<typeof PAUSE, T>;

export function* gathered(rows: Sliced): Pausing<Row[]> {
  const out: Row[] = [];
  for (const row of rows) {
    if (row === PAUSE) yield PAUSE;
    else out.push(row);
  }
  return out;
}

/** Rows that are made once, by whoever asks first. */
export class Kept {
  readonly #make: () => Sliced;
  #rows: Sliced | undefined;

  constructor(make: () => Sliced) {
    this.#make = make;
  }

  /** Makes them now. An error is kept for those who ask for the rows: nobody may. */
  *ahead(): Pausing<void> {
    try {
      this.#rows ??= yield* gathered(this.#make());
    } catch (error) {
      this.#rows = {
        [Symbol.iterator]() {
          throw error;
        },
      };
    }
  }

  [Symbol.iterator](): Iterator<Row | typeof PAUSE> {
    return (this.#rows ?? this.#collect())[Symbol.iterator]();
  }

  *#collect(): Generator<Row | typeof PAUSE, void> {
    const rows = yield* gathered(this.#make());
    this.#rows = rows;
    yield* rows;
  }
}
