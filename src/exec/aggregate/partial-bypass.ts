/** Rows after which a partial phase is judged by how many groups they made. */
const JUDGED_ROWS = 8192;
/** How long one that doesn't pay is left out before it is tried again. */
const DIRECT_EPOCHS = 50;

/**
 * Whether the partial phase of an aggregate pays: grouping that makes of two rows more than one costs more than it saves, and is
 * left out for a while. Rows are then sent on as deltas of their own.
 */
export class PartialBypass {
  /** Rows since the groups were last sent. */
  #rows = 0;
  /** Epochs for which rows are still sent on without grouping. */
  #epochs = 0;

  get isOn(): boolean {
    return this.#epochs > 0;
  }

  /** Told of rows that were grouped and of all groups there are. @returns whether it is on from now: the groups are to be sent. */
  judge(rows: number, groups: number): boolean {
    this.#rows += rows;
    if (this.#rows < JUDGED_ROWS || groups * 2 <= this.#rows) return false;
    this.#epochs = DIRECT_EPOCHS;
    return true;
  }

  /** The groups have been sent. */
  sent(): void {
    this.#rows = 0;
  }

  /** At the barrier. */
  endEpoch(): void {
    if (this.#epochs > 0) this.#epochs--;
  }
}
