import { INSERT, type Batch } from '../../common/batch/batch.ts';
import { rowsFromBatch } from '../../common/batch/builder.ts';
import { InternalError } from '../../common/errors.ts';
import { Bag } from '../../exec/testing/harness.ts';
import type { Row } from '../../common/types/value.ts';
import { hashRows, keyGroup } from '../../exec/hash.ts';
import { ownerOf } from '../../exec/state-api.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { describeNode } from '../../planner/physical/describe.ts';
import { rowKeyOf } from '../../planner/row-key.ts';

/**
 * Holds what a node's output is said to be against what it sends, over all workers: the changelog kind, the place of its rows,
 * columns without NULLs, and at barriers that no row is there less than 0 times and that the stream key is unique. Wrong
 * properties lose rows silently: whoever stands above relies on them.
 */
export class PropsCheck {
  readonly #node: PhysicalPlan;
  readonly #workers: number;
  readonly #rows = new Bag();
  /** Met at this barrier. */
  readonly #keys = new Set<string>();
  readonly #keyOf: ((row: Row) => string) | null;

  constructor(node: PhysicalPlan, workers: number) {
    this.#node = node;
    this.#workers = workers;
    const { streamKey, schema } = node.props;
    if (streamKey === null) this.#keyOf = null;
    else {
      const text = rowKeyOf(streamKey.map((c) => schema[c]?.type ?? { kind: 'unknown' }));
      this.#keyOf = (row) => text(streamKey.map((c) => row[c] ?? null));
    }
  }

  batch(worker: number, batch: Batch): void {
    const { props } = this.#node;
    const rows = rowsFromBatch(props.schema, batch);
    const { distribution } = props;
    if (distribution.kind === 'single' && worker !== ownerOf(0, this.#workers)) this.#fail(`a row came from worker ${worker}, though all are on one`);
    if (distribution.kind === 'hash') {
      const hashes = hashRows(batch, distribution.keys, distribution.keys.map((k) => props.schema[k]?.type ?? { kind: 'unknown' }));
      rows.forEach((row, i) => {
        if (ownerOf(keyGroup(hashes[i] ?? 0), this.#workers) !== worker) this.#fail(`row ${row.map(String).join('|')} came from worker ${worker}, where its hash does not place it`);
      });
    }
    if (props.changelog === 'append-only' && batch.ops?.some((op) => op !== INSERT) === true) this.#fail('something is taken back');
    if (props.changelog === 'upsert') {
      if (this.#keyOf === null) this.#fail('an upsert changelog has no key');
      return;
    }
    rows.forEach((row) => {
      props.schema.forEach((f, c) => {
        if (!f.nullable && row[c] === null) this.#fail(`column ${f.name} holds a NULL`);
      });
    });
    this.#rows.apply(rows.map((row, i) => ({ op: batch.ops?.[i] ?? INSERT, row })));
  }

  barrier(): void {
    if (this.#node.props.changelog === 'upsert') return;
    this.#keys.clear();
    for (const { row, count } of this.#rows.rows.values()) {
      if (count < 0) this.#fail(`row ${row.map(String).join('|')} is there ${count} times`);
      if (this.#keyOf === null) continue;
      const key = this.#keyOf(row);
      if (count > 1 || this.#keys.has(key)) this.#fail(`several rows have one key (${this.#node.props.streamKey?.join(', ') ?? ''}): ${row.map(String).join('|')}`);
      this.#keys.add(key);
    }
  }

  #fail(what: string): never {
    throw new InternalError(`${describeNode(this.#node)}: ${what}`);
  }
}
