import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { assert } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { LookupCache } from '../../connectors/lookup-options.ts';
import { gather, IntList } from '../columns.ts';
import { hashColumns } from '../hash.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { rowsWithValues } from '../operators/keyed-rows.ts';
import { RowStore } from '../state/row-store.ts';

const UNKNOWN = 0;
const ASKED = 1;
const ANSWERED = 2;

const NO_ROWS = new Int32Array(0);

/** Keys a partial cache keeps where nothing else bounds it. */
const KEYS_MAX = 100_000;

/**
 * What keys were looked up and what was found: for as long as rows wait for it, and as a partial cache beyond that. A key has
 * a number while it is here. Not saved: after a restore everything is asked again.
 */
export class LookupAnswers {
  /** Right rows; slots are found by `slotsOf`. */
  readonly rows: RowStore;
  readonly #keys: KeyedStore;
  readonly #types: readonly SqlType[];
  readonly #cache: LookupCache;
  readonly #maxKeys: number;
  readonly #state: number[] = [];
  readonly #slots: Int32Array[] = [];
  /** Left rows that wait for or use the key's rows. */
  readonly #pins: number[] = [];
  readonly #writtenMs: number[] = [];
  readonly #usedMs: number[] = [];
  /** Answered keys of the cache, least recently used first. */
  readonly #order = new Set<number>();
  hits = 0;
  misses = 0;

  constructor(id: string, keyTypes: readonly SqlType[], rowTypes: readonly SqlType[], cache: LookupCache) {
    this.#types = keyTypes;
    this.#keys = new KeyedStore({ id: `${id}.keys`, types: keyTypes, keyCount: keyTypes.length, equality: 'sql' });
    this.rows = new RowStore(`${id}.rows`, rowTypes);
    this.#cache = cache;
    this.#maxKeys = cache.kind === 'partial' ? (cache.maxKeys === Infinity && cache.afterWriteMs === Infinity && cache.afterAccessMs === Infinity ? KEYS_MAX : cache.maxKeys) : 0;
  }

  /**
   * Numbers of the rows' keys, -1 for those with a NULL, each noted as used by its row. `ask` gets those that nobody knows and
   * has asked for yet.
   */
  use(keys: readonly Column[], n: number, nowMs: number, ask: (number: number) => void): Int32Array {
    const numbers = this.#numbersOf(keys, n);
    for (let i = 0; i < n; i++) {
      const number = numbers[i] as number;
      if (number < 0) continue;
      let state = this.#state[number] ?? UNKNOWN;
      if (state === ANSWERED && this.#isOld(number, nowMs)) {
        this.#forget(number);
        state = UNKNOWN;
      }
      if (state === UNKNOWN) {
        this.#state[number] = ASKED;
        this.#pins[number] = 0;
        this.misses++;
        ask(number);
      } else if (state === ANSWERED) {
        this.hits++;
        if (this.#usedMs[number] !== nowMs) this.#touch(number, nowMs);
      }
      this.#pins[number] = (this.#pins[number] as number) + 1;
    }
    return numbers;
  }
  #numbersOf(keys: readonly Column[], n: number): Int32Array {
    const kept = rowsWithValues(keys, n);
    if (kept === null) {
      const numbers = new Int32Array(n);
      this.#keys.upsert(keys, hashColumns(keys, this.#types, n), n, numbers, null);
      return numbers;
    }
    const m = kept.length;
    const own = keys.map((c) => gather(c, kept.array, m));
    const found = new Int32Array(m);
    this.#keys.upsert(own, hashColumns(own, this.#types, m), m, found, null);
    const numbers = new Int32Array(n).fill(-1);
    for (let i = 0; i < m; i++) numbers[kept.array[i] as number] = found[i] as number;
    return numbers;
  }
  #isOld(number: number, nowMs: number): boolean {
    if (this.#cache.kind !== 'partial' || (this.#pins[number] as number) > 0) return false;
    return nowMs - (this.#writtenMs[number] as number) >= this.#cache.afterWriteMs || nowMs - (this.#usedMs[number] as number) >= this.#cache.afterAccessMs;
  }
  #touch(number: number, nowMs: number): void {
    this.#usedMs[number] = nowMs;
    if (this.#order.delete(number)) this.#order.add(number);
  }

  /** The columns of keys, by number. */
  keyColumns(numbers: Int32Array): Column[] {
    return this.#keys.columns.map((c) => c.gather(numbers, numbers.length));
  }

  /** @param key of each row of `found` its place in `numbers`; all rows of those keys are among them. */
  answered(numbers: Int32Array, found: Batch, key: Int32Array, nowMs: number): void {
    const n = found.rowCount;
    const slots = n === 0 ? NO_ROWS : this.rows.append(found.columns, n, new Int32Array(n));
    const lists = new Map<number, IntList>();
    for (let i = 0; i < n; i++) {
      const number = numbers[key[i] as number] as number;
      let list = lists.get(number);
      if (list === undefined) lists.set(number, (list = new IntList(1)));
      list.push(slots[i] as number);
    }
    for (const number of numbers) {
      assert(this.#state[number] === ASKED, 'an answer nobody asked for');
      const list = lists.get(number);
      this.#state[number] = ANSWERED;
      this.#slots[number] = list === undefined ? NO_ROWS : list.array.slice(0, list.length);
      this.#writtenMs[number] = nowMs;
      this.#usedMs[number] = nowMs;
      if (this.#maxKeys > 0 && (list !== undefined || (this.#cache.kind === 'partial' && this.#cache.missing))) this.#order.add(number);
    }
  }
  isAnswered(number: number): boolean {
    return this.#state[number] === ANSWERED;
  }
  slotsOf(number: number): Int32Array {
    return this.#slots[number] as Int32Array;
  }

  /** A left row is done with its key. */
  release(number: number): void {
    const pins = (this.#pins[number] as number) - 1;
    this.#pins[number] = pins;
    if (pins === 0 && !this.#order.has(number)) this.#remove(number);
  }
  /** After rows were released: the cache keeps to its size. */
  trim(): void {
    if (this.#order.size > this.#maxKeys) {
      for (const number of this.#order) {
        if (this.#order.size <= this.#maxKeys) break;
        if ((this.#pins[number] as number) > 0) continue;
        this.#order.delete(number);
        this.#remove(number);
      }
    }
    this.rows.compact();
    this.#keys.compact();
  }
  #forget(number: number): void {
    this.#order.delete(number);
    for (const slot of this.#slots[number] as Int32Array) this.rows.remove(slot);
    this.#slots[number] = NO_ROWS;
    this.#state[number] = UNKNOWN;
  }
  #remove(number: number): void {
    this.#forget(number);
    this.#keys.remove(number);
  }
}
