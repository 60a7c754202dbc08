/** Numbers with the time by which each has to be looked at: a heap with at most one valid entry a number, the earliest noted. */
export class DueTimes {
  readonly #heap: { readonly time: bigint; readonly of: number }[] = [];
  readonly #times = new Map<number, bigint>();

  /** Notes a time; a later one than is known is ignored. */
  note(of: number, time: bigint): void {
    const known = this.#times.get(of);
    if (known !== undefined && known <= time) return;
    this.#times.set(of, time);
    const heap = this.#heap;
    heap.push({ time, of });
    for (let i = heap.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      if ((heap[up] as { time: bigint }).time <= time) break;
      [heap[i], heap[up]] = [heap[up] as (typeof heap)[number], heap[i] as (typeof heap)[number]];
      i = up;
    }
  }

  drop(of: number): void {
    this.#times.delete(of);
  }

  /** The earliest time noted, or null. */
  first(): bigint | null {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return null;
      if (this.#times.get(top.of) === top.time) return top.time;
      this.#pop();
    }
  }

  /** Takes out a number whose time is at or before `until`; null when there is none. */
  take(until: bigint): number | null {
    const first = this.first();
    const top = this.#heap[0];
    if (first === null || first > until || top === undefined) return null;
    this.#pop();
    this.#times.delete(top.of);
    return top.of;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const least = right < heap.length && (heap[right] as (typeof heap)[number]).time < (heap[left] as (typeof heap)[number]).time ? right : left;
      if ((heap[i] as (typeof heap)[number]).time <= (heap[least] as (typeof heap)[number]).time) return;
      [heap[i], heap[least]] = [heap[least] as (typeof heap)[number], heap[i] as (typeof heap)[number]];
      i = least;
    }
  }
}
