/** Slots by a time, the least first: a binary heap on arrays. */
export class TimeHeap {
  #times = new BigInt64Array(64);
  #slots = new Int32Array(64);
  length = 0;

  /** The least time; ask only when there is one. */
  get first(): bigint {
    return this.#times[0] as bigint;
  }

  /** The slot of the least time; ask only when there is one. */
  get firstSlot(): number {
    return this.#slots[0] as number;
  }

  push(time: bigint, slot: number): void {
    if (this.length === this.#slots.length) {
      const times = new BigInt64Array(this.length * 2);
      times.set(this.#times);
      this.#times = times;
      const slots = new Int32Array(this.length * 2);
      slots.set(this.#slots);
      this.#slots = slots;
    }
    const times = this.#times;
    const slots = this.#slots;
    let at = this.length++;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if ((times[up] as bigint) <= time) break;
      times[at] = times[up] as bigint;
      slots[at] = slots[up] as number;
      at = up;
    }
    times[at] = time;
    slots[at] = slot;
  }

  /** Takes the slot of the least time out. */
  pop(): number {
    const times = this.#times;
    const slots = this.#slots;
    const out = slots[0] as number;
    const n = --this.length;
    const time = times[n] as bigint;
    const slot = slots[n] as number;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= n) break;
      if (down + 1 < n && (times[down + 1] as bigint) < (times[down] as bigint)) down++;
      if (time <= (times[down] as bigint)) break;
      times[at] = times[down] as bigint;
      slots[at] = slots[down] as number;
      at = down;
    }
    times[at] = time;
    slots[at] = slot;
    return out;
  }

  clear(): void {
    this.length = 0;
  }
}
