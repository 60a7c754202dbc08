import { crc32 } from 'node:zlib';
import { SqlError } from '../common/errors.ts';
import { epoch, jobId, type Epoch, type JobId } from '../common/ids.ts';
import type { JsonValue } from '../connectors/api.ts';
import type { JobProgress } from './api.ts';

/**
 * One commit, as the key-value store holds it: what it added to the state of jobs. Replaying the records in order gives
 * the whole manifest; from time to time a record that holds everything replaces those before it.
 */
export interface ManifestRecord {
  /** The checkpoint's own number and epoch; a record of a dropped job repeats those before it. */
  readonly id: number;
  readonly epoch: Epoch;
  /** False for records that only drop jobs. */
  readonly checkpoint: boolean;
  readonly jobs: readonly JobProgress[];
  readonly dropped: readonly JobId[];
  readonly refs: readonly GroupRef[];
}

/** A block's place in the segments. */
export interface BlockRef {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
  /** A whole state, not changes of one. */
  readonly base: boolean;
}
export interface GroupRef extends BlockRef {
  readonly job: JobId;
  readonly stateId: string;
  readonly keyGroup: number;
  /** The list of the group's blocks begins anew with this one. */
  readonly replaces: boolean;
}

const REF_WORDS = 6;
const BASE = 0x8000_0000;
const REPLACES = 0x4000_0000;

/**
 * Bytes of a record: length of the JSON part, the JSON, then per block six words (state's index, key group and flags,
 * segment, offset, length, CRC), and the CRC of all before.
 */
export function encodeManifest(record: ManifestRecord): Uint8Array {
  const states = new Map<string, number>();
  const names: [number, string][] = [];
  const words = new Uint32Array(record.refs.length * REF_WORDS);
  let w = 0;
  let index: number | undefined;
  let last: GroupRef | undefined;
  for (const ref of record.refs) {
    // Blocks of one state mostly follow one another.
    if (last === undefined || ref.stateId !== last.stateId || ref.job !== last.job) {
      const key = `${ref.job}/${ref.stateId}`;
      index = states.get(key);
      if (index === undefined) {
        states.set(key, (index = names.length));
        names.push([ref.job, ref.stateId]);
      }
      last = ref;
    }
    words[w++] = index ?? 0;
    words[w++] = ref.keyGroup | (ref.base ? BASE : 0) | (ref.replaces ? REPLACES : 0);
    words[w++] = ref.segment;
    words[w++] = ref.offset;
    words[w++] = ref.length;
    words[w++] = ref.crc;
  }
  const { id, checkpoint, jobs, dropped } = record;
  const json = new TextEncoder().encode(JSON.stringify({ id, epoch: record.epoch, checkpoint, jobs, dropped, states: names }));
  const out = new Uint8Array(4 + json.length + words.byteLength + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, json.length, true);
  out.set(json, 4);
  out.set(new Uint8Array(words.buffer), 4 + json.length);
  view.setUint32(out.length - 4, crc32(out.subarray(0, out.length - 4)), true);
  return out;
}

interface Head {
  readonly id: number;
  readonly epoch: number;
  readonly checkpoint: boolean;
  readonly jobs: readonly { readonly [K in keyof JobProgress]: K extends 'job' ? number : JobProgress[K] }[];
  readonly dropped: readonly number[];
  readonly states: readonly (readonly [number, string])[];
}

/** Errors: data_corrupted. */
export function decodeManifest(bytes: Uint8Array): ManifestRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8 || view.getUint32(bytes.length - 4, true) !== crc32(bytes.subarray(0, bytes.length - 4))) {
    throw new SqlError('data_corrupted', 'checkpoint manifest is damaged');
  }
  const jsonLength = view.getUint32(0, true);
  // The CRC vouches for the shape: only `encodeManifest` writes such records.
  const head = parse(bytes.subarray(4, 4 + jsonLength)) as unknown as Head;
  const refs: GroupRef[] = [];
  for (let at = 4 + jsonLength; at < bytes.length - 4; at += REF_WORDS * 4) {
    const [job, stateId] = head.states[view.getUint32(at, true)] as readonly [number, string];
    const flags = view.getUint32(at + 4, true);
    refs.push({
      job: jobId(job),
      stateId,
      keyGroup: flags & 0xffff,
      base: (flags & BASE) !== 0,
      replaces: (flags & REPLACES) !== 0,
      segment: view.getUint32(at + 8, true),
      offset: view.getUint32(at + 12, true),
      length: view.getUint32(at + 16, true),
      crc: view.getUint32(at + 20, true),
    });
  }
  return {
    id: head.id,
    epoch: epoch(head.epoch),
    checkpoint: head.checkpoint,
    jobs: head.jobs.map((j) => ({ ...j, job: jobId(j.job) })),
    dropped: head.dropped.map(jobId),
    refs,
  };
}
const parse = (bytes: Uint8Array): JsonValue => JSON.parse(new TextDecoder().decode(bytes)) as JsonValue;
