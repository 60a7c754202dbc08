/**
 * Random access randomness: a value is a function of (seed, index, salt), so that a generator resumes anywhere, in any
 * number of splits, with the same rows.
 */

/** A uniform 32-bit integer (signed) for an index; the finaliser of MurmurHash3 over the mixed words. */
export function mix32(seed: number, index: number, salt: number): number {
  let h = (seed ^ Math.imul(index | 0, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const ROW_SALT = 0x524f57;

/** A short deterministic stream for one (seed, row, field): reset it for each cell, then draw. */
export class CellRandom {
  #state = 0;
  #row = 0;

  /** `row` is a row number below 2^53. */
  reset(seed: number, row: number, field: number): void {
    const hi = Math.floor(row / 0x1_0000_0000);
    this.#state = mix32(seed ^ Math.imul(hi, 0x27d4eb2f), row % 0x1_0000_0000, field);
    this.#row = mix32(seed ^ Math.imul(hi, 0x27d4eb2f), row % 0x1_0000_0000, ROW_SALT);
  }

  /** Uniform in [0, 1), the same for every field of the row: two columns then tell of one moment. */
  rowDouble(): number {
    return (this.#row >>> 0) / 0x1_0000_0000;
  }

  /** Uniform in [0, 2^32). */
  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let h = this.#state;
    h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
    h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
    return (h ^ (h >>> 15)) >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  double(): number {
    const high = this.uint32() >>> 5;
    return (high * 0x400_0000 + (this.uint32() >>> 6)) / 0x20_0000_0000_0000;
  }

  /** Uniform integer in [0, bound); bound at most 2^32. */
  int(bound: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * bound);
  }

  /** Uniform in [min, max], exact for any 64-bit range. */
  bigint(min: bigint, max: bigint): bigint {
    const span = max - min + 1n;
    const bits = (BigInt(this.uint32()) << 64n) | (BigInt(this.uint32()) << 32n) | BigInt(this.uint32());
    return min + ((bits * span) >> 96n);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }
}
