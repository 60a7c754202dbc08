import type { Store } from '../../src/store/api.ts';

const DISK_REFUSED = 'the disk refused a write';

export const refusedByDisk = (error: unknown): boolean => String(error).includes(DISK_REFUSED);

/** Now and then a checkpoint cannot be written: its domain starts over from the one before. */
export function failing(store: Store, random: () => number): Store {
  const commit = store.commitCheckpoint.bind(store);
  store.commitCheckpoint = async (checkpoint) => {
    if (random() < 0.03) throw new Error(DISK_REFUSED);
    return await commit(checkpoint);
  };
  return store;
}
