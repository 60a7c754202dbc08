import type { Batch, Schema } from '../../src/common/batch/batch.ts';
import { i64Column, type Column } from '../../src/common/batch/column.ts';
import { Rng } from '../../src/common/rng.ts';
import { BIGINT, TEXT } from '../../src/common/types/sql-type.ts';
import type { ConnectorDescriptor, Options, SourceReader, SourceSpec } from '../../src/connectors/api.ts';

/**
 * Rows that are made before the clock runs, so that a source costs nothing: `k` one of so many keys, `v` a number below a
 * million, `s` a text of ten bytes for each key, `ts` a millisecond later from row to row.
 */
export const KEYED_SCHEMA: Schema = [
  { name: 'k', type: BIGINT, nullable: false }, { name: 'v', type: BIGINT, nullable: false }, { name: 's', type: TEXT, nullable: false },
  { name: 'ts', type: { kind: 'timestamp', precision: 3 }, nullable: false },
];
const BATCH = 4096;
const BASE_MICROS = 1_700_000_000_000_000n;

function text(keys: Int32Array): Column {
  const n = keys.length;
  const data = new Uint8Array(n * 10);
  const offsets = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    offsets[i] = i * 10;
    let rest = keys[i] as number;
    for (let d = 9; d >= 0; d--) {
      data[i * 10 + d] = 48 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return { physical: 'bytes', data, offsets, lengths: new Int32Array(n).fill(10), nulls: null };
}

function made(rows: number, keys: number, inOrder: boolean, seed: number): Batch[] {
  const rng = new Rng(seed);
  return Array.from({ length: Math.ceil(rows / BATCH) }, (_, b) => {
    const n = Math.min(BATCH, rows - b * BATCH);
    const k = Int32Array.from({ length: n }, (_, i) => (inOrder ? (b * BATCH + i) % keys : rng.int(keys)));
    return {
      rowCount: n, ops: null,
      columns: [
        i64Column(BigInt64Array.from(k, BigInt), null), i64Column(BigInt64Array.from({ length: n }, () => BigInt(rng.int(1_000_000))), null), text(k),
        i64Column(BigInt64Array.from({ length: n }, (_, i) => BASE_MICROS + BigInt((b * BATCH + i) * 1000)), null),
      ],
    };
  });
}

let known = new Map<string, Batch[]>();

/** Made once for all rounds at a number of keys. */
function kept(rows: number, keys: number, inOrder: boolean, seed: number): Batch[] {
  const name = `${rows}/${keys}/${inOrder}/${seed}`;
  let found = known.get(name);
  if (found === undefined) {
    if (![...known.keys()].every((k) => k.split('/')[1] === String(keys))) known = new Map();
    known.set(name, (found = made(rows, keys, inOrder, seed)));
  }
  return found;
}

class KeyedReader implements SourceReader {
  readonly #batches: readonly Batch[];
  #next = 0;

  constructor(spec: SourceSpec) {
    const o: Options = spec.options;
    const all = kept(Number(o['rows']), Number(o['keys']), o['order'] === 'true', Number(o['seed']));
    this.#batches = all.map((b) => ({ ...b, columns: spec.projection.map((p) => b.columns[p] as Column) }));
  }
  poll(): ReturnType<SourceReader['poll']> {
    const batch = this.#batches[this.#next++];
    return batch === undefined ? 'ended' : { splitId: '0', batch, bad: [] };
  }
  onReady(): void {}
  addSplits(): void {}
  positions(): readonly [] {
    return [];
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

const connector = (name: string, changelog: 'append-only' | 'upsert'): ConnectorDescriptor => ({
  name, doc: '', metadata: [], format: 'none',
  options: [
    { name: 'rows', type: 'int', required: true, doc: '' }, { name: 'keys', type: 'int', required: true, doc: '' },
    { name: 'order', type: 'boolean', default: 'false', doc: '' }, { name: 'seed', type: 'int', default: '1', doc: '' },
  ],
  source: {
    bounded: () => false, schema: KEYED_SCHEMA, changelog,
    enumerator: () => ({ discover: () => Promise.resolve([]), close: () => Promise.resolve() }),
    reader: (spec) => new KeyedReader(spec),
  },
});

export const keyedRows: ConnectorDescriptor = connector('keyed-rows', 'append-only');
/** The same, each row in the place of the one with its key. */
export const keyedUpserts: ConnectorDescriptor = connector('keyed-upserts', 'upsert');
