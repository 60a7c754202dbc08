import type { Column } from '../../common/batch/column.ts';
import { slice } from '../columns.ts';
import { KEY_GROUPS, type StateBlock } from '../state-api.ts';
import { ByteWriter, writeColumn } from './codec.ts';

/** Slots in the order of their key groups: those of group g are `slots[starts[g]..starts[g + 1])`. */
export interface ByGroup {
  readonly slots: Int32Array;
  readonly starts: Int32Array;
}

export function byGroup(slots: Int32Array, n: number, groups: Uint8Array): ByGroup {
  const starts = new Int32Array(KEY_GROUPS + 1);
  for (let i = 0; i < n; i++) {
    const g = (groups[slots[i] as number] as number) + 1;
    starts[g] = (starts[g] as number) + 1;
  }
  for (let g = 0; g < KEY_GROUPS; g++) starts[g + 1] = (starts[g + 1] as number) + (starts[g] as number);
  const next = starts.slice();
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const slot = slots[i] as number;
    const g = groups[slot] as number;
    const at = next[g] as number;
    out[at] = slot;
    next[g] = at + 1;
  }
  return { slots: out, starts };
}

const VERSION = 1;
const writer = new ByteWriter();

/**
 * One block per key group that has deletes or upserts: version, number of columns, both counts, the columns that name the
 * deleted entries, the columns of the changed ones. Columns are gathered over all groups at once and then cut.
 */
export function encodeBlocks(width: number, deletes: ByGroup, deleted: readonly Column[], upserts: ByGroup, columns: readonly Column[]): StateBlock[] {
  const blocks: StateBlock[] = [];
  for (let keyGroup = 0; keyGroup < KEY_GROUPS; keyGroup++) {
    const d = [deletes.starts[keyGroup] as number, deletes.starts[keyGroup + 1] as number] as const;
    const u = [upserts.starts[keyGroup] as number, upserts.starts[keyGroup + 1] as number] as const;
    if (d[0] === d[1] && u[0] === u[1]) continue;
    writer.u8(VERSION);
    writer.u8(width);
    writer.u32(d[1] - d[0]);
    writer.u32(u[1] - u[0]);
    if (d[0] < d[1]) for (const c of deleted) writeColumn(writer, slice(c, d[0], d[1]), d[1] - d[0]);
    if (u[0] < u[1]) for (const c of columns) writeColumn(writer, slice(c, u[0], u[1]), u[1] - u[0]);
    blocks.push({ keyGroup, bytes: writer.finish() });
  }
  return blocks;
}
