import { DELETE, INSERT, UPDATE_AFTER, opSign, type Batch } from '../common/batch/batch.ts';
import { batchFromRows, readValue } from '../common/batch/builder.ts';
import type { Column } from '../common/batch/column.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { canonicalText, identical } from '../exec/canonical.ts';

interface Change {
  /** Rows that came and are not yet known to have gone again. */
  readonly come: Row[];
  /** Rows that went and are not among those that came. */
  readonly gone: Row[];
}

/**
 * An epoch's retractions and insertions as one change per key, for a sink that overwrites by key. Behind a shuffle the
 * deletion of a key's old row may arrive after its new row: written as they come, the new row would be lost.
 */
export class UpsertFold {
  readonly #types: readonly SqlType[];
  readonly #key: readonly number[];
  readonly #changes = new Map<string, Change>();

  /** @param key columns by which the sink overwrites. */
  constructor(types: readonly SqlType[], key: readonly number[]) {
    this.#types = types;
    this.#key = key;
  }

  add(batch: Batch): void {
    const types = this.#types;
    for (let i = 0; i < batch.rowCount; i++) {
      const row = types.map((t, c) => readValue(t, batch.columns[c] as Column, i));
      const key = this.#key.map((k) => canonicalText(row[k] ?? null, types[k] as SqlType)).join(',');
      let change = this.#changes.get(key);
      if (change === undefined) this.#changes.set(key, (change = { come: [], gone: [] }));
      const plus = opSign(batch.ops === null ? INSERT : (batch.ops[i] as number)) > 0;
      const other = plus ? change.gone : change.come;
      const at = other.findIndex((r) => identical(r, row));
      if (at >= 0) other.splice(at, 1);
      else (plus ? change.come : change.gone).push(row);
    }
  }

  /** The epoch's net change, one row a key; null when there is none. */
  take(): Batch | null {
    const rows: Row[] = [];
    const ops: number[] = [];
    for (const { come, gone } of this.#changes.values()) {
      const now = come.at(-1);
      const row = now ?? gone[0];
      if (row === undefined) continue;
      rows.push(row);
      ops.push(now === undefined ? DELETE : gone.length > 0 ? UPDATE_AFTER : INSERT);
    }
    this.#changes.clear();
    return rows.length === 0 ? null : batchFromRows(this.#types, rows, Uint8Array.from(ops));
  }
}
