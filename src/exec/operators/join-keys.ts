import type { Column } from '../../common/batch/column.ts';
import { INT, type SqlType } from '../../common/types/sql-type.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import type { StateColumn } from '../state/state-column.ts';

/**
 * The join keys of both sides' rows, each with the first row of its chain on either side. One look-up of an arriving row
 * finds both its matches and its own chain. Derived from the rows: not saved.
 */
export class JoinKeys {
  readonly #store: KeyedStore;
  readonly #width: number;

  constructor(id: string, types: readonly SqlType[]) {
    this.#width = types.length;
    this.#store = new KeyedStore({ id, types: [...types, INT, INT], keyCount: types.length, equality: 'sql' });
  }

  /** Numbers of the keys, adding those that are new. */
  upsert(columns: readonly Column[], hashes: Int32Array, n: number): Int32Array {
    const out = new Int32Array(n);
    this.#store.upsert(columns, hashes, n, out, null);
    return out;
  }
  /** Numbers of the keys, -1 for those that no row has. */
  find(columns: readonly Column[], hashes: Int32Array, n: number): Int32Array {
    const out = new Int32Array(n);
    this.#store.find(columns, hashes, n, out);
    return out;
  }
  /** By key number, slot of a side's first row plus one, 0 for none; re-read after an upsert. */
  heads(side: number): Int32Array {
    return (this.#store.columns[this.#width + side] as StateColumn).i32;
  }
  /** Lets go of a key that neither side has rows of. */
  release(key: number): void {
    if (this.heads(0)[key] === 0 && this.heads(1)[key] === 0) this.#store.remove(key);
  }
  compact(): void {
    this.#store.compact();
  }
}
