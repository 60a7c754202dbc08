import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import type { Weights } from '../aggregate/accumulator.ts';
import { IntList } from '../columns.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';
import { groupsBy, typesOf } from './base.ts';

export interface KeyedRowsOptions {
  readonly id: string;
  readonly input: PhysicalPlan;
  readonly keys: readonly number[];
  /** Shares its key numbers: another side with keys of the same types. */
  readonly numbers?: KeyedRows;
  readonly context: { readonly worker: number; readonly parallelism: number };
}

/** A changelog's rows, each once with its multiplicity, and a number for each of their keys. Only the rows are durable. */
export class KeyedRows {
  readonly rows: KeyedStore;
  readonly columns: readonly StateColumn[];
  readonly #keys: readonly number[];
  readonly #keyTypes: readonly SqlType[];
  readonly #numbers: KeyedStore;
  readonly #groups: ((batch: Batch) => Int32Array) | null;
  readonly #width: number;

  constructor({ id, input, keys, numbers, context }: KeyedRowsOptions) {
    const types = typesOf(input.props.schema);
    this.#width = types.length;
    this.#keys = keys;
    this.#keyTypes = keys.map((k) => types[k] as SqlType);
    this.rows = new KeyedStore({ id, types: [...types, DOUBLE], keyCount: types.length, equality: 'exact' });
    this.columns = this.rows.columns.slice(0, types.length);
    this.#numbers = numbers === undefined ? new KeyedStore({ id: `${id}.keys`, types: this.#keyTypes, keyCount: keys.length, equality: 'sql' }) : numbers.#numbers;
    this.#groups = groupsBy(input, keys, context);
  }

  /** How often each slot's row is there; re-read after `add`. */
  get counts(): Float64Array {
    return (this.rows.columns[this.#width] as StateColumn).f64;
  }
  keyColumns(batch: Batch): Column[] {
    return this.#keys.map((k) => batch.columns[k] as Column);
  }

  /** Counts the rows in. @returns per row its slot and the number of its key. */
  add(batch: Batch, weights: Weights): { readonly slots: Int32Array; readonly keys: Int32Array } {
    const n = batch.rowCount;
    const columns = this.keyColumns(batch);
    const hashes = hashColumns(columns, this.#keyTypes, n);
    const slots = new Int32Array(n);
    this.rows.upsert(batch.columns, hashColumns(batch.columns, this.rows.keyTypes, n), n, slots, this.#groups?.(batch) ?? hashes.map(keyGroup));
    const { counts } = this;
    for (let i = 0; i < n; i++) {
      const slot = slots[i] as number;
      counts[slot] = (counts[slot] as number) + (weights === null ? 1 : (weights[i] as number));
      this.rows.touch(slot);
    }
    return { slots, keys: this.#number(columns, hashes, n) };
  }

  #number(columns: readonly Column[], hashes: Int32Array, n: number): Int32Array {
    const out = new Int32Array(n);
    this.#numbers.upsert(columns, hashes, n, out, null);
    return out;
  }
  /** The numbers of keys given as columns, -1 where no row has had them. */
  find(columns: readonly Column[], n: number): Int32Array {
    const out = new Int32Array(n);
    this.#numbers.find(columns, hashColumns(columns, this.#keyTypes, n), n, out);
    return out;
  }
  /** No row has the key any more, here or on the side that shares its number. */
  releaseKey(key: number): void {
    this.#numbers.remove(key);
    this.#numbers.compact();
  }

  /** After a restore: all slots with the numbers of their keys. */
  load(): { readonly slots: Int32Array; readonly keys: Int32Array } {
    const slots = Int32Array.from(this.rows.slots());
    const n = slots.length;
    const columns = this.#keys.map((k) => (this.columns[k] as StateColumn).gather(slots, n));
    return { slots, keys: this.#number(columns, hashColumns(columns, this.#keyTypes, n), n) };
  }
}

/** The rows without a NULL among the columns; null when these are all. */
export function rowsWithValues(columns: readonly Column[], n: number): IntList | null {
  if (columns.every((c) => c.nulls === null)) return null;
  const out = new IntList(n);
  for (let i = 0; i < n; i++) if (columns.every((c) => c.nulls === null || c.nulls[i] !== 1)) out.push(i);
  return out.length === n ? null : out;
}
