import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, opSign, type RowOp } from '../common/batch/batch.ts';
import { SqlError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Row } from '../common/types/value.ts';
import type { TableObject } from '../catalog/objects.ts';
import { rowKeyOf } from '../planner/row-key.ts';
import { storedKey, storedSchema } from './planning.ts';
import type { SavedSettings } from './settings.ts';

export interface RowChange {
  readonly op: RowOp;
  readonly row: Row;
}
export const inserted = (row: Row): RowChange => ({ op: INSERT, row });
export const deleted = (row: Row): RowChange => ({ op: DELETE, row });
export const updated = (before: Row, after: Row): readonly RowChange[] => [{ op: UPDATE_BEFORE, row: before }, { op: UPDATE_AFTER, row: after }];

/** What a transaction block has written to one table, in order; applied when it commits. */
export class TableWrites {
  readonly table: TableObject;
  readonly #changes: RowChange[] = [];
  readonly #keyOf: ((row: Row) => string) | null;
  /** By key: what the block's own rows are, null where it deleted one. */
  #own = new Map<string, Row | null>();

  constructor(table: TableObject) {
    this.table = table;
    this.#keyOf = keyTextOf(table);
  }

  get changes(): readonly RowChange[] {
    return this.#changes;
  }

  add(changes: readonly RowChange[]): void {
    for (const c of changes) {
      this.#changes.push(c);
      this.#note(c);
    }
  }

  #note(c: RowChange): void {
    if (this.#keyOf !== null) this.#own.set(this.#keyOf(c.row), opSign(c.op) > 0 ? c.row : null);
  }

  /** Undefined: the block has not touched this key. */
  own(key: string): Row | null | undefined {
    return this.#own.get(key);
  }

  truncate(length: number): void {
    this.#changes.length = length;
    this.#own = new Map();
    for (const c of this.#changes) this.#note(c);
  }

  /** The committed rows with the block's changes applied. */
  over(rows: readonly Row[]): Row[] {
    if (this.#keyOf !== null) {
      const keyOf = this.#keyOf;
      const out = new Map(rows.map((row) => [keyOf(row), row]));
      for (const c of this.#changes) {
        if (opSign(c.op) > 0) out.set(keyOf(c.row), c.row);
        else out.delete(keyOf(c.row));
      }
      return [...out.values()];
    }
    const keyOf = rowKeyOf(storedSchema(this.table).map((f) => f.type));
    const gone = new Map<string, number>();
    const all = [...rows, ...this.#changes.filter((c) => opSign(c.op) > 0).map((c) => c.row)];
    for (const c of this.#changes) if (opSign(c.op) < 0) gone.set(keyOf(c.row), (gone.get(keyOf(c.row)) ?? 0) + 1);
    return all.filter((row) => {
      const left = gone.get(keyOf(row)) ?? 0;
      if (left > 0) gone.set(keyOf(row), left - 1);
      return left === 0;
    });
  }
}

/** A table's key of a stored row as text, or null without a key. */
export function keyTextOf(table: TableObject): ((row: Row) => string) | null {
  const key = storedKey(table);
  if (key === null) return null;
  const schema = storedSchema(table);
  const text = rowKeyOf(key.map((k) => schema[k]?.type ?? { kind: 'varchar' }));
  return (row) => text(key.map((k) => row[k] ?? null));
}

interface Savepoint {
  readonly name: string;
  readonly lengths: ReadonlyMap<ObjectId, number>;
  readonly settings: SavedSettings;
  readonly undo: number;
}

/** A transaction block of a session, explicit (BEGIN) or implicit (several statements sent at once). */
export class Transaction {
  readonly implicit: boolean;
  /** NOW() in the block, microseconds. */
  readonly startedAt: bigint;
  failed = false;
  readonly writes: Map<ObjectId, TableWrites> = new Map();
  /** Steps that take DDL back, the newest last. */
  readonly undo: (() => Promise<void>)[] = [];
  #savepoints: Savepoint[] = [];

  constructor(implicit: boolean, startedAt: bigint) {
    this.implicit = implicit;
    this.startedAt = startedAt;
  }

  writesTo(table: TableObject): TableWrites {
    let found = this.writes.get(table.id);
    if (found === undefined) this.writes.set(table.id, (found = new TableWrites(table)));
    return found;
  }

  savepoint(name: string, settings: SavedSettings): void {
    this.#savepoints.push({ name, settings, undo: this.undo.length, lengths: new Map(Array.from(this.writes, ([id, w]) => [id, w.changes.length])) });
  }

  /** Errors: invalid_transaction_state when there is no such savepoint. */
  release(name: string): void {
    this.#savepoints.length = this.#find(name);
  }

  /** Undoes everything since the savepoint, which stays. */
  async rollbackTo(name: string): Promise<SavedSettings> {
    const at = this.#find(name);
    const point = this.#savepoints[at];
    this.#savepoints.length = at + 1;
    for (const [id, w] of this.writes) w.truncate(point?.lengths.get(id) ?? 0);
    await this.undoTo(point?.undo ?? 0);
    this.failed = false;
    return point?.settings ?? { values: new Map(), local: new Map() };
  }

  async undoTo(length: number): Promise<void> {
    while (this.undo.length > length) await this.undo.pop()?.();
  }

  #find(name: string): number {
    const at = this.#savepoints.findLastIndex((s) => s.name === name);
    if (at < 0) throw new SqlError('invalid_transaction_state', `savepoint "${name}" does not exist`);
    return at;
  }
}
