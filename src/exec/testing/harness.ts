import { INSERT, opSign, type Batch, type Schema } from '../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { epoch } from '../../common/ids.ts';
import { Rng } from '../../common/rng.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { PhysicalPlan, PhysicalProps, PhysicalValues } from '../../planner/physical.ts';
import { buildOperator } from '../build.ts';
import { structuralKey } from '../expr/compile.ts';
import type { Operator, OperatorContext, RowError } from '../operator.ts';
import { KEY_GROUPS, keyGroupsOf } from '../state-api.ts';
import { checkedOperator } from '../operators/checked.ts';

/** Runs one operator in tests. */

export const field = (name: string, type: SqlType, nullable = true): Schema[number] => ({ name, type, nullable });

export function props(schema: Schema, more: Partial<PhysicalProps> = {}): PhysicalProps {
  return { schema, streamKey: null, changelog: 'retract', watermarkColumns: [], bounded: false, distribution: { kind: 'single' }, stateId: 'node', ...more };
}

/** A stand-in for an operator's input. */
export function input(schema: Schema, more: Partial<PhysicalProps> = {}): PhysicalValues {
  return { kind: 'values', props: props(schema, more), rows: [] };
}

export interface Change {
  readonly op: number;
  readonly row: Row;
}

/** An operator with its output collected, and saved state for a successor. */
export class Harness {
  readonly node: PhysicalPlan;
  operator: Operator;
  batches: Batch[] = [];
  watermarks: bigint[] = [];
  errors: RowError[] = [];
  lateRows = 0;
  #epoch = 0;
  #primed: Map<string, number> = new Map();
  readonly #saved = new Map<string, { readonly keyGroup: number; readonly bytes: Uint8Array }[]>();

  constructor(node: PhysicalPlan) {
    this.node = node;
    this.operator = this.#make();
  }

  #make(): Operator {
    const context: OperatorContext = {
      output: { emit: (batch) => this.batches.push(batch), watermark: (w) => this.watermarks.push(w) },
      eval: { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0.5 },
      state: { register: () => {} },
      rowError: (error) => this.errors.push(error),
      late: () => this.lateRows++,
      worker: 0,
      parallelism: 1,
    };
    return checkedOperator(this.node, context, (cx) => buildOperator(this.node, cx), this.#primed);
  }

  send(port: number, schema: Schema, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.operator.onBatch(port, batchFromRows(schema, changes.map((c) => c.row), Uint8Array.from(changes, (c) => c.op)));
  }
  barrier(checkpoint = false, nowMicros = 0n): void {
    this.operator.onBarrier({ epoch: epoch(++this.#epoch), checkpoint, nowMicros });
    if (checkpoint) this.save();
  }
  /** How many entries each of its states has, but for the watermarks that are kept. */
  get entryCounts(): number[] {
    return this.operator.states.filter((s) => !s.id.endsWith('.progress')).map((s) => s.entryCount);
  }
  /** Takes a delta, or now and then whole bases. */
  save(base = false): void {
    for (const state of this.operator.states) {
      const delta = state.takeDelta();
      if (!base) this.#saved.set(state.id, [...(this.#saved.get(state.id) ?? []), ...delta]);
      else {
        const all: { keyGroup: number; bytes: Uint8Array }[] = [];
        for (let g = 0; g < KEY_GROUPS; g++) {
          const bytes = state.takeBase(g);
          if (bytes !== null) all.push({ keyGroup: g, bytes });
        }
        this.#saved.set(state.id, all);
      }
    }
  }
  /** A new operator on the saved state, whose predecessor sent what amounts to `sent`. */
  restore(sent: Bag): void {
    this.#epoch = 0;
    this.#primed = new Map([...sent.rows].map(([key, { count }]) => [key, count]));
    this.operator = this.#make();
    const owned = keyGroupsOf(0, 1);
    for (const state of this.operator.states) {
      for (const { keyGroup, bytes } of this.#saved.get(state.id) ?? []) if (keyGroup >= owned.from && keyGroup < owned.to) state.load(keyGroup, bytes);
    }
  }

  /** Output so far, as changes; clears it. */
  take(): Change[] {
    const out = this.batches.flatMap((batch) => rowsFromBatch(this.node.props.schema, batch).map((row, i) => ({ op: batch.ops?.[i] ?? INSERT, row })));
    this.batches = [];
    return out;
  }
}

/** A multiset of rows, kept from changes. */
export class Bag {
  readonly rows: Map<string, { row: Row; count: number }> = new Map();
  apply(changes: readonly Change[]): void {
    for (const { op, row } of changes) {
      const key = structuralKey(row);
      const entry = this.rows.get(key) ?? { row, count: 0 };
      entry.count += opSign(op);
      if (entry.count === 0) this.rows.delete(key);
      else this.rows.set(key, entry);
    }
  }
  list(): Row[] {
    return [...this.rows.values()].flatMap(({ row, count }) => Array.from({ length: Math.max(0, count) }, () => row));
  }
  /** Comparable content. */
  text(): string[] {
    return [...this.rows.entries()].map(([key, { count }]) => `${count} x ${key}`).sort();
  }
  static of(rows: readonly Row[]): Bag {
    const bag = new Bag();
    bag.apply(rows.map((row) => ({ op: INSERT, row })));
    return bag;
  }
}

/** Random changes that a table could have gone through: inserts, deletes and updates of rows that are there. */
export function randomChanges(rng: Rng, bag: Bag, count: number, make: (rng: Rng) => Row, appendOnly = false): Change[] {
  const out: Change[] = [];
  for (let k = 0; k < count; k++) {
    const live = bag.list();
    const kind = appendOnly || live.length === 0 ? 0 : rng.int(4);
    let changes: Change[];
    if (kind <= 1) changes = [{ op: INSERT, row: make(rng) }];
    else if (kind === 2) changes = [{ op: 3, row: rng.pick(live) }];
    else changes = [{ op: 1, row: rng.pick(live) }, { op: 2, row: make(rng) }];
    bag.apply(changes);
    out.push(...changes);
  }
  return out;
}

/** Cuts changes into batches at random places; update pairs stay whole. */
export function cut(rng: Rng, changes: readonly Change[]): Change[][] {
  const out: Change[][] = [];
  let current: Change[] = [];
  for (const change of changes) {
    if (current.length > 0 && change.op !== 2 && rng.int(5) === 0) {
      out.push(current);
      current = [];
    }
    current.push(change);
  }
  if (current.length > 0) out.push(current);
  return out;
}
