/**
 * The slots of a store by the hash of some columns: what finds rows by other columns than their key. It is made from the rows and
 * kept beside them, so no part of a checkpoint. Rows of one hash are a list; whoever asks compares the values.
 * Size: 12 bytes a slot, and an entry of a map for each hash that occurs.
 */
export class SecondaryIndex {
  /** Columns of the relation. */
  readonly columns: readonly number[];
  readonly #heads = new Map<number, number>();
  /** By slot: neighbours in the list of its hash, -1 at the ends. */
  #next: Int32Array = new Int32Array(256);
  #before: Int32Array = new Int32Array(256);
  #hash: Int32Array = new Int32Array(256);
  #present: Uint8Array = new Uint8Array(256);

  constructor(columns: readonly number[]) {
    this.columns = columns;
  }

  /** Puts a slot under a hash, whatever it was under before. */
  put(slot: number, hash: number): void {
    this.#grow(slot + 1);
    if (this.#present[slot] === 1) {
      if (this.#hash[slot] === hash) return;
      this.drop(slot);
    }
    const head = this.#heads.get(hash) ?? -1;
    this.#present[slot] = 1;
    this.#hash[slot] = hash;
    this.#before[slot] = -1;
    this.#next[slot] = head;
    if (head >= 0) this.#before[head] = slot;
    this.#heads.set(hash, slot);
  }

  /** Forgets a slot; one that is not there is none of its business. */
  drop(slot: number): void {
    if (slot >= this.#present.length || this.#present[slot] === 0) return;
    this.#present[slot] = 0;
    const next = this.#next[slot] as number;
    const before = this.#before[slot] as number;
    if (next >= 0) this.#before[next] = before;
    if (before >= 0) this.#next[before] = next;
    else if (next >= 0) this.#heads.set(this.#hash[slot] as number, next);
    else this.#heads.delete(this.#hash[slot] as number);
  }

  *slots(hash: number): Iterable<number> {
    for (let slot = this.#heads.get(hash) ?? -1; slot >= 0; slot = this.#next[slot] as number) yield slot;
  }

  #grow(need: number): void {
    if (need <= this.#present.length) return;
    const n = Math.max(need, this.#present.length * 2);
    const ints = (old: Int32Array): Int32Array => {
      const made = new Int32Array(n);
      made.set(old);
      return made;
    };
    this.#next = ints(this.#next);
    this.#before = ints(this.#before);
    this.#hash = ints(this.#hash);
    const present = new Uint8Array(n);
    present.set(this.#present);
    this.#present = present;
  }
}
