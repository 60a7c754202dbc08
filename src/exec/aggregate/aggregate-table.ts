import { INSERT, opSign, type Batch } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { DOUBLE, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import type { PhysicalAggregateCall } from '../../planner/physical.ts';
import { hashColumns, keyGroup } from '../hash.ts';
import type { CheckpointedState } from '../state-api.ts';
import { KeyedStore } from '../state/keyed-store.ts';
import { StateColumn } from '../state/state-column.ts';
import type { Accumulator, Weights } from './accumulator.ts';
import { accumulatorFor, aggregateOverload } from './choose.ts';
import { FormerResults } from './former-results.ts';
import { ValueSet, rowOrder } from './value-set.ts';

interface CallState {
  readonly call: PhysicalAggregateCall;
  readonly overload: AggregateOverload;
  readonly types: readonly SqlType[];
  /** Null when the set alone gives the result (ORDER BY, retracted min and max). */
  readonly accumulator: Accumulator | null;
  readonly first: number;
  /** The state is an earlier call's, which keeps it up. */
  readonly borrowed: boolean;
  readonly set: ValueSet | null;
  readonly ordered: boolean;
  /** Retracted min and max: the group's best entry, while it is known. */
  readonly best: Map<number, number> | null;
}

export interface AggregateTableOptions {
  readonly id: string;
  readonly keyTypes: readonly SqlType[];
  readonly calls: readonly PhysicalAggregateCall[];
  readonly inputTypes: readonly SqlType[];
  readonly appendOnlyInput: boolean;
  /** Input rows carry partial columns, in the order of the calls from `partialStart` on. */
  readonly merging: boolean;
  readonly groupByKey: boolean;
  /** Key columns whose hash places a new group where `update` gets no key groups; by default all. */
  readonly groupPrefix?: number;
  /** Columns kept with each group for whoever owns the table, behind all others. */
  readonly extra?: readonly SqlType[];
}

/**
 * Told, before their values change, of the groups that are met for the first time since `clearTouched`, so that results can
 * be compared from barrier to barrier: `store.touched` from `from` on. Groups without rows so far have a row count of 0.
 */
export type BeforeUpdate = (from: number) => void;

/** The groups of an aggregate with their running values, shared by the group and the window operators. */
export class AggregateTable {
  readonly store: KeyedStore;
  readonly sets: readonly ValueSet[];
  readonly #keyCount: number;
  readonly #calls: readonly CallState[];
  readonly #merging: boolean;
  readonly #groupPrefix: number;
  /** Else a group's row count is 1: nothing ever leaves it. */
  readonly #countsRows: boolean;

  constructor(options: AggregateTableOptions) {
    const { id, keyTypes, calls, inputTypes } = options;
    this.#keyCount = keyTypes.length;
    this.#groupPrefix = options.groupPrefix ?? keyTypes.length;
    this.#merging = options.merging;
    const types: SqlType[] = [...keyTypes, DOUBLE];
    const nullAtFirst: number[] = [];
    const sets = new Map<string, ValueSet>();
    const sums = new Map<string, number>();
    this.#calls = calls.map((call): CallState => {
      const overload = aggregateOverload(call);
      const extreme = overload.kernel === 'min' || overload.kernel === 'max';
      const ordered = call.orderBy.length > 0;
      const walk = ordered || (!options.appendOnlyInput && (extreme || overload.retract === null));
      let set: ValueSet | null = null;
      // min and max do not care for duplicates.
      if (walk || (call.distinct && !extreme)) {
        const valueTypes = [...call.argTypes, ...call.orderBy.map((o) => inputTypes[o.column] as SqlType)];
        // An aggregate that shows its values must keep 1.0 apart from 1.00 unless it is DISTINCT.
        const exact = !call.distinct;
        const shape = `${call.args.join(',')}|${call.orderBy.map((o) => o.column).join(',')}|${call.filter}|${overload.skipsNulls}|${walk}|${exact}`;
        set = sets.get(shape) ?? null;
        if (set === null) sets.set(shape, (set = new ValueSet(`${id}.set${sets.size}`, keyTypes, valueTypes, walk, exact)));
      }
      const accumulator = walk ? null : accumulatorFor(call);
      // sum and avg of the same values keep the same.
      const shape = overload.kernel === 'sum' || overload.kernel === 'avg' ? `${call.args.join(',')}|${call.filter}|${call.distinct}|${accumulator?.stateTypes.map((t) => t.kind).join(',')}` : null;
      const known = shape === null || accumulator?.shared === undefined ? undefined : sums.get(shape);
      if (known !== undefined) return { call, overload, types: call.argTypes, accumulator, first: known, borrowed: true, set, ordered, best: null };
      const first = types.length;
      if (shape !== null) sums.set(shape, first);
      for (const n of accumulator?.nullAtFirst ?? []) nullAtFirst.push(first + n);
      types.push(...(accumulator?.stateTypes ?? []));
      return { call, overload, types: call.argTypes, accumulator, first, borrowed: false, set, ordered, best: walk && extreme && !ordered ? new Map() : null };
    });
    this.sets = [...sets.values()];
    this.#countsRows = !options.appendOnlyInput;
    types.push(...(options.extra ?? []));
    this.store = new KeyedStore({ id, types, keyCount: keyTypes.length, equality: 'sql', groupByKey: options.groupByKey, groupPrefix: this.#groupPrefix, nullAtFirst });
  }

  get states(): CheckpointedState[] {
    return [this.store, ...this.sets.map((s) => s.store)];
  }
  /** Rows in each group (1 where the input never retracts), by slot; re-read after an update. */
  get rowCounts(): Float64Array {
    return (this.store.columns[this.#keyCount] as StateColumn).f64;
  }

  /**
   * Rows of a batch into their groups.
   * @param groups key group of each row, or null for that of the key's hash.
   * @param partialAt where the partial columns start, when merging.
   * @returns each row's slot.
   */
  update(batch: Batch, keys: readonly Column[], groups: Int32Array | null, partialAt: number, before: BeforeUpdate | null = null): Int32Array {
    const n = batch.rowCount;
    for (const set of this.sets) set.ensureLoaded(this.store);
    // Only the sets of values need the hashes themselves.
    const hashes = this.sets.length === 0 ? null : hashColumns(keys, this.store.keyTypes, n);
    // Values lie in the key group of their group's entry: a restart onto other workers must not part them.
    const setGroups = hashes === null ? null : (groups ?? (this.#groupPrefix === this.#keyCount ? hashes : hashColumns(keys.slice(0, this.#groupPrefix), this.store.keyTypes, n)).map(keyGroup));
    const slots = new Int32Array(n);
    const { touched } = this.store;
    const from = touched.length;
    this.store.track(keys, hashes, n, slots, groups);
    before?.(from);
    const base = signs(batch);
    if (this.#countsRows) countRows(this.rowCounts, slots, n, base);
    else markRows(this.rowCounts, touched.array, from, touched.length);
    if (this.#merging) {
      let at = partialAt;
      for (const { accumulator, first, borrowed } of this.#calls) {
        if (accumulator?.partialTypes == null) throw new InternalError('a call without partial columns was planned in two phases');
        const width = accumulator.partialTypes.length;
        if (!borrowed) accumulator.merge(this.#state(accumulator, first), slots, n, batch.columns.slice(at, at + width));
        at += width;
      }
      return slots;
    }
    const done = new Map<ValueSet, Int8Array>();
    for (const state of this.#calls) {
      const { call, overload, accumulator, first, set } = state;
      if (state.borrowed) continue;
      const flags = call.filter === null ? undefined : batch.columns[call.filter];
      if (base === null && set === null && call.args.length === 0 && flags?.physical === 'bool' && accumulator?.addFlagged !== undefined) {
        accumulator.addFlagged(this.#state(accumulator, first), slots, n, flags);
        continue;
      }
      let weights = weightsOf(batch, base, call, overload);
      const args = call.args.map((a) => batch.columns[a] as Column);
      if (set !== null) {
        let change = done.get(set);
        if (change === undefined) {
          const values = [...args, ...call.orderBy.map((o) => batch.columns[o.column] as Column)];
          if (setGroups === null) throw new InternalError('values of groups need their key groups');
          change = set.update(keys, values, n, weights, setGroups, slots);
          done.set(set, change);
        }
        weights = change;
        if (state.best !== null) followBest(state, state.best, set, slots, n, change);
      }
      accumulator?.update(this.#state(accumulator, first), slots, n, weights, args);
    }
    return slots;
  }

  #state(accumulator: Accumulator, first: number): StateColumn[] {
    return this.store.columns.slice(first, first + accumulator.stateTypes.length);
  }

  results(slots: Int32Array, n: number): Column[] {
    // After a restart a window may close before a row comes.
    for (const set of this.sets) set.ensureLoaded(this.store);
    return this.#calls.map((state) => this.#result(state, slots, n));
  }
  #result(state: CallState, slots: Int32Array, n: number): Column {
    if (state.accumulator !== null) return state.accumulator.result(this.#state(state.accumulator, state.first), slots, n);
    const rows: Row[] = [];
    for (let i = 0; i < n; i++) rows.push([walked(state, slots[i] as number)]);
    return columnFromValues(state.call.type, rows, 0);
  }
  /** Takes down results before they change. */
  formerResults(): FormerResults {
    return new FormerResults(this.store.columns, this.#calls.map((c) => ({ accumulator: c.accumulator, first: c.first, result: (slots, n) => this.#result(c, slots, n) })));
  }

  partials(slots: Int32Array, n: number): Column[] {
    return this.#calls.flatMap(({ accumulator, first }) => {
      if (accumulator === null) throw new InternalError('a call without partial columns was planned in two phases');
      return accumulator.partial(this.#state(accumulator, first), slots, n);
    });
  }

  /**
   * The partial columns of each row as a group of its own, for rows of which hardly two are of one group: none is looked up,
   * and the table stays as it is.
   */
  rowPartials(batch: Batch): Column[] {
    const n = batch.rowCount;
    const slots = Int32Array.from({ length: n }, (_, i) => i);
    const base = signs(batch);
    const states = new Map<number, readonly StateColumn[]>();
    for (const { call, overload, accumulator, first, borrowed } of this.#calls) {
      if (accumulator === null) throw new InternalError('a call without partial columns was planned in two phases');
      if (borrowed) continue;
      const state = freshState(accumulator, n);
      states.set(first, state);
      const flags = call.filter === null ? undefined : batch.columns[call.filter];
      if (base === null && call.args.length === 0 && flags?.physical === 'bool' && accumulator.addFlagged !== undefined) accumulator.addFlagged(state, slots, n, flags);
      else accumulator.update(state, slots, n, weightsOf(batch, base, call, overload), call.args.map((a) => batch.columns[a] as Column));
    }
    return this.#calls.flatMap(({ accumulator, first }) => accumulator?.partial(states.get(first) ?? [], slots, n) ?? []);
  }

  /** The results of slots merged: slot k's values belong to group `groupOf[k]`, of `count` groups. */
  mergedResults(slots: Int32Array, groupOf: Int32Array, count: number): Column[] {
    const groups = Int32Array.from({ length: count }, (_, i) => i);
    return this.#calls.map(({ accumulator, first }) => {
      if (accumulator === null) throw new InternalError('a call without partial columns was planned in slices');
      const merged = freshState(accumulator, count);
      accumulator.merge(merged, groupOf, slots.length, accumulator.partial(this.#state(accumulator, first), slots, slots.length));
      return accumulator.result(merged, groups, count);
    });
  }

  /** Adds what is in the groups `from` to the groups `into`, of a table whose calls all have partial columns. The former stay as they are. */
  absorb(into: Int32Array, from: Int32Array): void {
    for (const { accumulator, first, borrowed } of this.#calls) {
      if (accumulator === null) throw new InternalError('groups were merged of a call without partial columns');
      if (borrowed) continue;
      const state = this.#state(accumulator, first);
      accumulator.merge(state, into, into.length, accumulator.partial(state, from, from.length));
    }
  }

  /** Forgets a group, whatever is in it. */
  remove(slot: number): void {
    for (const set of this.sets) {
      set.ensureLoaded(this.store);
      set.drop(slot);
    }
    for (const { best } of this.#calls) best?.delete(slot);
    this.store.remove(slot);
  }

  /** Forgets all groups, of a table that no checkpoint holds and no call keeps values for. */
  reset(): void {
    this.store.reset();
  }

  /** At the barrier. */
  flush(): void {
    this.store.clearTouched();
    for (const set of this.sets) set.flush();
    this.store.compact();
  }
}

/** State of `count` groups that nothing has come into. */
function freshState(accumulator: Accumulator, count: number): StateColumn[] {
  return accumulator.stateTypes.map((type, k) => {
    const column = new StateColumn(type);
    column.grow(count);
    const isNull = accumulator.nullAtFirst.includes(k);
    if (isNull || column.physical === 'boxed') for (let i = 0; i < count; i++) column.clear(i, isNull);
    return column;
  });
}

function countRows(counts: Float64Array, slots: Int32Array, n: number, base: Weights): void {
  if (base === null) for (let i = 0; i < n; i++) counts[slots[i] as number] = (counts[slots[i] as number] as number) + 1;
  else for (let i = 0; i < n; i++) counts[slots[i] as number] = (counts[slots[i] as number] as number) + (base[i] as number);
}
function markRows(counts: Float64Array, slots: Int32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) counts[slots[i] as number] = 1;
}

/** +1 and -1 of the rows, or null when all are inserts. */
export function signs(batch: Batch): Weights {
  if (batch.ops === null) return null;
  const out = new Int8Array(batch.rowCount);
  for (let i = 0; i < out.length; i++) out[i] = batch.ops[i] === INSERT ? 1 : opSign(batch.ops[i] as number);
  return out;
}

function weightsOf(batch: Batch, base: Weights, call: PhysicalAggregateCall, overload: AggregateOverload): Weights {
  let weights = base;
  const own = (): Int8Array => {
    if (weights === null) weights = new Int8Array(batch.rowCount).fill(1);
    else if (weights === base) weights = weights.slice();
    return weights;
  };
  if (call.filter !== null) {
    const filter = batch.columns[call.filter];
    if (filter?.physical !== 'bool') throw new InternalError('an aggregate filter has another layout');
    const w = own();
    for (let i = 0; i < w.length; i++) if (filter.values[i] !== 1 || (filter.nulls !== null && filter.nulls[i] === 1)) w[i] = 0;
  }
  if (overload.skipsNulls) {
    for (const a of call.args) {
      const { nulls } = batch.columns[a] as Column;
      if (nulls === null) continue;
      const w = own();
      for (let i = 0; i < w.length; i++) if (nulls[i] === 1) w[i] = 0;
    }
  }
  return weights;
}

function betterThan(types: readonly SqlType[], overload: AggregateOverload): (a: Value, b: Value) => boolean {
  const compare = comparatorOf(types[0] as SqlType);
  return overload.kernel === 'max' ? (a, b) => compare(a, b) > 0 : (a, b) => compare(a, b) < 0;
}

/** Keeps what is known of the groups' best values; a best value that leaves makes its group unknown. */
function followBest({ types, overload }: CallState, best: Map<number, number>, set: ValueSet, slots: Int32Array, n: number, change: Int8Array): void {
  const better = betterThan(types, overload);
  for (let i = 0; i < n; i++) {
    if (change[i] === 0) continue;
    const slot = slots[i] as number;
    const known = best.get(slot);
    if (known === undefined) continue;
    const entry = set.lastEntries[i] as number;
    if (change[i] === -1) {
      if (entry === known) best.delete(slot);
    } else if (better(set.value(entry, 0), set.value(known, 0))) best.set(slot, entry);
  }
}

/** The result of an aggregate that goes through its group's values. */
function walked({ call, overload, types, set, ordered, best }: CallState, slot: number): Value {
  if (set === null) throw new InternalError('an aggregate has no values to walk');
  if (!ordered && best !== null) {
    const known = best.get(slot);
    if (known !== undefined) return set.value(known, 0);
    const better = betterThan(types, overload);
    let value: Value = null;
    for (const entry of set.entries(slot)) {
      const other = set.value(entry, 0);
      if (value !== null && !better(other, value)) continue;
      value = other;
      best.set(slot, entry);
    }
    return value;
  }
  const rows: Row[] = [];
  for (const entry of set.entries(slot)) {
    const values = set.values(entry);
    for (let c = call.distinct ? 1 : set.count(entry); c > 0; c--) rows.push(values);
  }
  const width = types.length;
  const ties = types.map((type, at) => ({ at, type, descending: false, nullsFirst: false }));
  const orderTypes = call.orderBy.map((o, k) => ({ at: width + k, type: set.store.types[set.store.keyCount - call.orderBy.length + k] as SqlType, descending: o.descending, nullsFirst: o.nullsFirst }));
  rows.sort(rowOrder([...orderTypes, ...ties]));
  let state = overload.init();
  for (const row of rows) state = overload.insert(state, row.slice(0, width), types);
  return overload.result(state, call.type, types);
}
