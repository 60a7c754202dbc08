import { join } from 'node:path';
import { SqlError } from '../common/errors.ts';
import type { Disk, KeyValue } from './api.ts';
import { decodeManifest, type ManifestRecord } from './manifest.ts';
import { Segments } from './segments.ts';
import { StateIndex } from './state-index.ts';

export const MANIFEST_PREFIX = 'manifest/';
export const manifestKey = (sequence: number): string => `${MANIFEST_PREFIX}${String(sequence).padStart(16, '0')}`;

export interface OpenedManifest {
  readonly index: StateIndex;
  readonly segments: Segments;
  readonly sequence: number;
  /** Numbers of the records kept. */
  readonly records: number[];
}
interface Numbered {
  readonly sequence: number;
  /** Null when its bytes are damaged. */
  readonly record: ManifestRecord | null;
}

/**
 * Reads the manifest and checks the blocks that its newest checkpoint has written; older blocks have been on the disk for
 * longer, stepping back would not avoid them, and each is checked when it is read. A damaged newest checkpoint is given
 * up for the one before. Then the segments are rid of what the manifest does not list.
 *
 * Errors: data_corrupted when there is nothing to step back to.
 */
export async function openManifest(kv: KeyValue, disk: Disk, dir: string, segmentBytes: number, log: (level: 'warn', message: string) => void): Promise<OpenedManifest> {
  const records: Numbered[] = [];
  for await (const [key, bytes] of kv.entries(MANIFEST_PREFIX)) records.push({ sequence: Number(key.slice(MANIFEST_PREFIX.length)), record: decoded(bytes) });
  const sequence = records.at(-1)?.sequence ?? 0;

  let kept = records;
  const damage = await findDamage(records, new Segments(disk, dir, segmentBytes, 0, 0));
  if (damage !== null) {
    log('warn', `the newest checkpoint is damaged, going back to the one before: ${damage.message}`);
    if (damage.sequence !== 1 && !records.some((r) => r.sequence < damage.sequence && r.record?.checkpoint)) {
      throw new SqlError('data_corrupted', 'no checkpoint of the data directory is intact', { detail: damage.message });
    }
    kept = records.filter((r) => r.sequence !== damage.sequence);
    await kv.batch(new Map([[manifestKey(damage.sequence), null]]));
  }
  const index = build(kept);
  const { next, committed } = await cleanUp(index, disk, dir, segmentBytes);
  return { index, segments: new Segments(disk, dir, segmentBytes, next, committed), sequence, records: kept.map((r) => r.sequence) };
}

function decoded(bytes: Uint8Array): ManifestRecord | null {
  try {
    return decodeManifest(bytes);
  } catch {
    return null;
  }
}

function build(records: readonly Numbered[]): StateIndex {
  const index = new StateIndex();
  for (const { sequence, record } of records) {
    if (record === null) throw new SqlError('data_corrupted', `checkpoint manifest ${sequence} is damaged`);
    const before = index.newest;
    index.apply(record, sequence);
    if (record.checkpoint && before !== null) index.prune(before.sequence);
  }
  return index;
}

/** The newest checkpoint's record, when it or one of its blocks is damaged. */
async function findDamage(records: readonly Numbered[], segments: Segments): Promise<{ readonly sequence: number; readonly message: string } | null> {
  const newest = records.findLast((r) => r.record === null || r.record.checkpoint);
  if (newest === undefined) return null;
  const { sequence, record } = newest;
  if (record === null) return { sequence, message: `manifest ${sequence} is damaged` };
  const index = build(records);
  try {
    for (const group of index.groups()) {
      for (const ref of group.refs) if (ref.sequence === sequence) await segments.read(ref);
    }
    return null;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return { sequence, message: error.message };
  }
}

/** Deletes files without a listed block; the last one is gone on with, cut to its last listed block. */
async function cleanUp(index: StateIndex, disk: Disk, dir: string, segmentBytes: number): Promise<{ readonly next: number; readonly committed: number }> {
  for (const name of await disk.list(dir)) {
    const number = Segments.numberOf(name);
    if (number !== null && (index.liveBytes.get(number) ?? 0) === 0) await disk.remove(join(dir, name));
  }
  for (const [segment, live] of index.liveBytes) {
    if (live > 0) continue;
    index.liveBytes.delete(segment);
    index.ends.delete(segment);
  }
  const last = Math.max(0, ...index.ends.keys());
  const committed = index.ends.get(last) ?? 0;
  return committed < segmentBytes && last > 0 ? { next: last, committed } : { next: last + 1, committed: 0 };
}
