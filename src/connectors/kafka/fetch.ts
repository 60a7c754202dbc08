import type { Reader, Writer } from '@platformatic/kafka';
import { library } from './library.ts';
import type { AbortedTransaction } from './record-batch.ts';

/** What one partition gave; `records` is a view of the response. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly records: Buffer | null;
}

export interface FetchWanted {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export const FETCH_KEY = 1;
export const FETCH_VERSION = 12;

export function fetchRequest(wanted: readonly FetchWanted[], committedOnly: boolean, maxWaitMs: number, minBytes: number, maxBytes: number, partitionBytes: number): Writer {
  const topics = [...new Set(wanted.map((w) => w.topic))].map((topic) => ({
    topicId: topic,
    partitions: wanted
      .filter((w) => w.topic === topic)
      .map((w) => ({ partition: w.partition, currentLeaderEpoch: -1, fetchOffset: BigInt(w.offset), lastFetchedEpoch: -1, partitionMaxBytes: partitionBytes })),
  }));
  return library().fetchV12.createRequest(maxWaitMs, minBytes, maxBytes, committedOnly ? 1 : 0, 0, -1, topics, [], '');
}

/** Reads a fetch response but leaves the record batches as bytes. */
export function parseFetch(r: Reader): { readonly errorCode: number; readonly partitions: FetchedPartition[] } {
  r.readInt32();
  const errorCode = r.readInt16();
  r.readInt32();
  const partitions: FetchedPartition[] = [];
  r.readArray((t) => {
    const topic = t.readString();
    t.readArray((p) => {
      const partition = p.readInt32();
      const code = p.readInt16();
      const highWatermark = Number(p.readInt64());
      const lastStableOffset = Number(p.readInt64());
      p.readInt64();
      const aborted = p.readNullableArray((a) => ({ producerId: a.readInt64(), firstOffset: a.readInt64() })) ?? [];
      p.readInt32();
      const records = p.readNullableBytes();
      partitions.push({ topic, partition, errorCode: code, highWatermark, lastStableOffset, aborted, records });
    });
  });
  return { errorCode, partitions };
}
