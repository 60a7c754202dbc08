/**
 * Between operators and checkpoints. Keyed state is cut into 128 key groups (`hash & 127`); a worker owns a contiguous
 * range of them, so state can be restored onto another parallelism.
 */
export const KEY_GROUPS = 128;

/** The worker that owns a key group. */
export function ownerOf(keyGroup: number, parallelism: number): number {
  return Math.floor((keyGroup * parallelism) / KEY_GROUPS);
}

/** The key groups of a worker: `[from, to)`. */
export function keyGroupsOf(worker: number, parallelism: number): { readonly from: number; readonly to: number } {
  return { from: Math.ceil((worker * KEY_GROUPS) / parallelism), to: Math.ceil(((worker + 1) * KEY_GROUPS) / parallelism) };
}

/** Bytes of one key group: a base (everything) or a delta (upserted and deleted entries since the last). */
export interface StateBlock {
  readonly keyGroup: number;
  readonly bytes: Uint8Array;
}

/** A state table as checkpoints see it. Encodings are the table's own, versioned by their first byte. */
export interface CheckpointedState {
  /** Stable over restarts: derived from the plan's shape, unique within a job. */
  readonly id: string;
  /** Changes since the last call, one block per touched key group; clears the dirty marks. Fresh buffers, transferable. */
  takeDelta(): StateBlock[];
  /** The whole content of a key group, or null when empty. */
  takeBase(keyGroup: number): Uint8Array | null;
  /** Applies a base, then its deltas in order; before any input arrives. Only key groups this worker owns. */
  load(keyGroup: number, block: Uint8Array): void;
  /** Live entries and memory held. */
  readonly entryCount: number;
  readonly byteCount: number;
}

/** Makes state tables; in-memory today, spilling behind the same face. Operators take what they need from exec/state. */
export interface StateBackend {
  /** Registers a table for checkpoints. */
  register(state: CheckpointedState): void;
}
