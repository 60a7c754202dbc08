/** The hash table of the hand-written loops: a positive 32-bit key to a dense number, open addressing over one array. */
export class IntTable {
  #table: Int32Array;
  #mask: number;
  size = 0;

  constructor(capacity: number) {
    let length = 64;
    while (length < capacity * 2) length *= 2;
    this.#table = new Int32Array(length * 2);
    this.#mask = length - 1;
  }
  /** The key's number, a new one (`size - 1` afterwards) where it is unknown. */
  add(key: number): number {
    const table = this.#table;
    const mask = this.#mask;
    let p = (Math.imul(key, 0x9e3779b1) >>> 7) & mask;
    for (;;) {
      const e = table[2 * p] as number;
      if (e === 0) break;
      if (table[2 * p + 1] === key) return e - 1;
      p = (p + 1) & mask;
    }
    table[2 * p] = ++this.size;
    table[2 * p + 1] = key;
    if (this.size * 2 > mask) this.#grow();
    return this.size - 1;
  }
  find(key: number): number {
    const table = this.#table;
    let p = (Math.imul(key, 0x9e3779b1) >>> 7) & this.#mask;
    for (;;) {
      const e = table[2 * p] as number;
      if (e === 0) return -1;
      if (table[2 * p + 1] === key) return e - 1;
      p = (p + 1) & this.#mask;
    }
  }
  #grow(): void {
    const old = this.#table;
    this.#table = new Int32Array(old.length * 2);
    this.#mask = old.length - 1;
    for (let q = 0; q < old.length; q += 2) {
      if (old[q] === 0) continue;
      let p = (Math.imul(old[q + 1] as number, 0x9e3779b1) >>> 7) & this.#mask;
      while (this.#table[2 * p] !== 0) p = (p + 1) & this.#mask;
      this.#table[2 * p] = old[q] as number;
      this.#table[2 * p + 1] = old[q + 1] as number;
    }
  }
}

export function grownF64(a: Float64Array<ArrayBuffer>, need: number): Float64Array<ArrayBuffer> {
  if (need <= a.length) return a;
  const b = new Float64Array(need * 2);
  b.set(a);
  return b;
}
