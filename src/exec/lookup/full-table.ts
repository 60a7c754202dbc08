import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { LookupAnswer, LookupReader, LookupSpec } from '../../connectors/api.ts';
import type { LookupCache } from '../../connectors/lookup-options.ts';
import { IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import type { Outside } from '../operator.ts';
import { rowsWithValues } from '../operators/keyed-rows.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { RowStore } from '../state/row-store.ts';

const DAY_MICROS = 86_400_000_000n;

/** A table's rows by key, as they were read once. */
class Rows {
  readonly #types: readonly SqlType[];
  readonly #keys: readonly number[];
  readonly #index: KeyedStore;
  readonly #rows: RowStore;
  readonly #chains: Int32Array[] = [];

  constructor(types: readonly SqlType[], keys: readonly number[], batches: readonly Batch[]) {
    this.#types = keys.map((k) => types[k] as SqlType);
    this.#keys = keys;
    this.#index = new KeyedStore({ id: 'full.keys', types: this.#types, keyCount: keys.length, equality: 'sql' });
    this.#rows = new RowStore('full.rows', types);
    const lists: IntList[] = [];
    for (const batch of batches) this.#add(batch, lists);
    for (const [number, list] of lists.entries()) this.#chains[number] = list.array.slice(0, list.length);
  }
  #add(batch: Batch, lists: IntList[]): void {
    const n = batch.rowCount;
    const kept = rowsWithValues(this.#keys.map((k) => batch.columns[k] as Column), n);
    const slots = this.#rows.append(batch.columns, n, new Int32Array(n));
    const keys = this.#keys.map((k) => batch.columns[k] as Column);
    const numbers = new Int32Array(n);
    this.#index.upsert(keys, hashColumns(keys, this.#types, n), n, numbers, null);
    const put = (i: number): void => (lists[numbers[i] as number] ??= new IntList(1)).push(slots[i] as number);
    if (kept === null) for (let i = 0; i < n; i++) put(i);
    else for (let k = 0; k < kept.length; k++) put(kept.array[k] as number);
    // Keys that only rows with a NULL in them have.
    for (let i = 0; i < n; i++) lists[numbers[i] as number] ??= new IntList(1);
  }
  find(keys: Batch): LookupAnswer {
    const n = keys.rowCount;
    const numbers = new Int32Array(n);
    this.#index.find(keys.columns, hashColumns(keys.columns, this.#types, n), n, numbers);
    const slots = new IntList(n);
    const key = new IntList(n);
    for (let i = 0; i < n; i++) {
      const number = numbers[i] as number;
      if (number < 0) continue;
      for (const slot of this.#chains[number] as Int32Array) {
        slots.push(slot);
        key.push(i);
      }
    }
    const at = slots.array.subarray(0, slots.length);
    return { batch: { rowCount: at.length, ops: null, columns: this.#rows.columns.map((c) => c.gather(at, at.length)) }, key: key.array.slice(0, key.length) };
  }
}

/** The cache FULL: the whole table is read before the first look-up, and again from time to time; meanwhile the old rows serve. */
export class FullTable implements LookupReader {
  readonly keysPerRequest = 4096;
  readonly #spec: LookupSpec;
  readonly #types: readonly SqlType[];
  readonly #reload: Extract<LookupCache, { kind: 'full' }>['reload'];
  readonly #outside: Outside;
  readonly #stop = new AbortController();
  #rows: Promise<Rows> | null = null;
  #loads = 0;
  #cancelTimer: () => void = () => {};

  constructor(spec: LookupSpec, types: readonly SqlType[], cache: Extract<LookupCache, { kind: 'full' }>, outside: Outside) {
    this.#spec = spec;
    this.#types = types;
    this.#reload = cache.reload;
    this.#outside = outside;
  }
  async lookup(keys: Batch): Promise<LookupAnswer> {
    this.#rows ??= this.#read();
    try {
      return (await this.#rows).find(keys);
    } catch (error) {
      this.#rows = null;
      throw error;
    }
  }

  async #read(): Promise<Rows> {
    const startMs = this.#outside.clock.monotonicMs();
    const read = new Rows(this.#types, this.#spec.keys, await this.#outside.readAll(this.#spec, this.#stop.signal));
    this.#loads++;
    if (!this.#stop.signal.aborted) this.#cancelTimer = this.#outside.clock.setTimer(this.#delayMs(this.#outside.clock.monotonicMs() - startMs), () => this.#again());
    return read;
  }
  #delayMs(tookMs: number): number {
    const reload = this.#reload;
    if (reload.kind === 'periodic') return reload.rate ? Math.max(0, reload.everyMs - tookMs) : reload.everyMs;
    const now = this.#outside.clock.nowMicros();
    const midnight = now - (now % DAY_MICROS);
    const at = midnight + BigInt(reload.atMicros);
    // The first time today or tomorrow; then after so many days.
    const next = at > now ? at : at + DAY_MICROS;
    return Number((next - now) / 1000n) + (this.#loads === 1 ? 0 : (reload.days - 1) * 86_400_000);
  }
  #again(): void {
    void this.#read().then(
      (rows) => (this.#rows = Promise.resolve(rows)),
      (error: unknown) => {
        if (!this.#stop.signal.aborted) this.#outside.fail(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
  close(): Promise<void> {
    this.#cancelTimer();
    this.#stop.abort();
    return Promise.resolve();
  }
}
