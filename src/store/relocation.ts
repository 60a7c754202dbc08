import type { BlockRef, GroupRef } from './manifest.ts';
import type { BlockBytes, Segments } from './segments.ts';
import { relist, validOf, type Group, type StateIndex } from './state-index.ts';

/** A segment with less than this share of live bytes is emptied into the current one. */
const LIVE_SHARE_MIN = 0.3;

/** Blocks to be written again with the next checkpoint, so that a mostly dead segment can go. */
export interface Relocation {
  readonly blocks: readonly BlockBytes[];
  /** The groups' lists with the blocks' new places, given in the order of `blocks`. */
  relist(places: readonly BlockRef[]): GroupRef[];
}
const NOTHING: Relocation = { blocks: [], relist: () => [] };

/** At most one segment a checkpoint. One that cannot be read is left as it is. */
export async function planRelocation(index: StateIndex, segments: Segments, log: (level: 'warn', message: string) => void): Promise<Relocation> {
  const segment = sparsest(index, segments.current);
  if (segment === null) return NOTHING;
  const groups: Group[] = [];
  const blocks: BlockBytes[] = [];
  try {
    for (const group of index.groups()) {
      const here = validOf(group).filter((ref) => ref.segment === segment);
      if (here.length === 0) continue;
      groups.push(group);
      for (const ref of here) blocks.push({ base: ref.base, bytes: await segments.read(ref) });
    }
  } catch (error) {
    log('warn', `segment ${segment} stays: ${error instanceof Error ? error.message : String(error)}`);
    return NOTHING;
  }
  return {
    blocks,
    relist: (places) => {
      const refs: GroupRef[] = [];
      let next = 0;
      for (const group of groups) {
        const moved = validOf(group).map((ref): BlockRef => (ref.segment === segment ? (places[next++] as BlockRef) : ref));
        relist(group, moved, refs);
      }
      return refs;
    },
  };
}

function sparsest(index: StateIndex, current: number): number | null {
  let best: number | null = null;
  let share = LIVE_SHARE_MIN;
  for (const [segment, live] of index.liveBytes) {
    const end = index.ends.get(segment) ?? 0;
    if (segment >= current || live === 0 || live / end >= share) continue;
    best = segment;
    share = live / end;
  }
  return best;
}
