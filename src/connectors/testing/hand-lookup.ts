import { batchFromRows, columnFromValues, rowsFromBatch } from '../../common/batch/builder.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { assert } from '../../common/errors.ts';
import type { Row } from '../../common/types/value.ts';
import type { ConnectorDescriptor, LookupAnswer, LookupReader, LookupSpec, SourceReader, SourceSpec } from '../api.ts';
import { LOOKUP_OPTIONS } from '../lookup-options.ts';

/** A request that waits for its test. */
export interface HandRequest {
  readonly keys: readonly Row[];
  /** Answers with the table's rows of now. */
  answer(): void;
  fail(error: Error): void;
}

/** A table outside whose look-ups are answered when a test says so. */
export class HandLookup {
  /** Values of all physical columns. */
  rows: Row[] = [];
  /** Answers at once, a turn of the event loop later. */
  automatic = false;
  keysPerRequest = 1;
  readonly requests: HandRequest[] = [];
  /** Requests so far. */
  asked = 0;
  /** Readings of the whole table so far. */
  scans = 0;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  /** When so many requests wait. */
  async waiting(count: number): Promise<readonly HandRequest[]> {
    if (this.requests.length < count) await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    return this.requests;
  }
  #tell(): void {
    const due = this.#waiting.filter((w) => this.requests.length >= w.count);
    this.#waiting = this.#waiting.filter((w) => !due.includes(w));
    for (const w of due) w.resolve();
  }

  reader(spec: LookupSpec): LookupReader {
    const output: Schema = spec.projection.map((i) => spec.physical[i] as Schema[number]);
    const find = (keys: readonly Row[]): LookupAnswer => {
      const found: Row[] = [];
      const at: number[] = [];
      keys.forEach((key, k) => {
        for (const row of this.rows) {
          const shown = spec.projection.map((i) => row[i] ?? null);
          if (!spec.keys.every((c, i) => shown[c] === key[i])) continue;
          found.push(shown);
          at.push(k);
        }
      });
      return { batch: batchFromRows(output, found), key: Int32Array.from(at) };
    };
    return {
      keysPerRequest: this.keysPerRequest,
      lookup: (batch, signal) => {
        const keys = rowsFromBatch(spec.keys.map((c) => output[c] as Schema[number]), batch);
        this.asked++;
        if (this.automatic) return Promise.resolve(find(keys));
        return new Promise<LookupAnswer>((resolve, reject) => {
          const take = (): void => {
            const index = this.requests.indexOf(request);
            assert(index >= 0, 'a request is answered once');
            this.requests.splice(index, 1);
          };
          const request: HandRequest = {
            keys,
            answer: () => {
              take();
              resolve(find(keys));
            },
            fail: (error) => {
              take();
              reject(error);
            },
          };
          this.requests.push(request);
          signal.addEventListener('abort', () => this.requests.includes(request) && take());
          this.#tell();
        });
      },
      close: () => Promise.resolve(),
    };
  }

  scan(spec: SourceSpec): SourceReader {
    this.scans++;
    let done = false;
    return {
      poll: () => {
        if (done) return 'ended';
        done = true;
        return { splitId: 'all', bad: [], batch: { rowCount: this.rows.length, ops: null, columns: spec.projection.map((i) => columnFromValues((spec.physical[i] as Schema[number]).type, this.rows, i)) } };
      },
      onReady: () => {}, addSplits: () => {}, close: () => Promise.resolve(),
      positions: () => [{ id: 'all', position: null, ended: done }],
    };
  }

  descriptor(name: string): ConnectorDescriptor {
    return {
      name, doc: 'Look-ups by hand.', options: LOOKUP_OPTIONS, metadata: [], format: 'none',
      source: {
        bounded: () => true,
        enumerator: () => ({ discover: () => Promise.resolve([{ id: 'all', position: null, bounded: true }]), close: () => Promise.resolve() }),
        reader: (spec, splits) => (splits.length === 0 ? { ...this.scan(spec), poll: () => 'ended' } : this.scan(spec)),
      },
      lookup: { reader: (spec) => this.reader(spec) },
    };
  }
}
