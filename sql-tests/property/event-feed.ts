import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type RowOp } from '../../src/common/batch/batch.ts';
import type { Rng } from '../../src/common/rng.ts';
import type { Row } from '../../src/common/types/value.ts';
import type { ChangelogKind, ConnectorDescriptor } from '../../src/connectors/api.ts';
import { registerConnector } from '../../src/connectors/registry.ts';
import { memoryConnector } from '../../src/connectors/testing/memory.ts';
import { MemoryLog, type MemoryRecord } from '../../src/connectors/testing/memory-log.ts';

interface Topic {
  readonly name: string;
  readonly records: readonly { readonly partition: number; readonly record: MemoryRecord }[];
  fed: number;
}

/** Topics that are filled piece by piece while views read them; their connection is lost now and then. */
export class Feed {
  readonly #log: MemoryLog;
  readonly #topics: Topic[] = [];
  readonly #gone: (() => void)[];

  constructor(random: () => number) {
    this.#log = new MemoryLog({ random, lossRate: 0.01, latencyMs: 20 });
    const plain = memoryConnector(this.#log);
    const { source } = plain;
    // They end, but nobody can say where before they do.
    const ending = (changelog: ChangelogKind): ConnectorDescriptor => ({ ...plain, name: `memory-${changelog}`, ...(source === undefined ? {} : { source: { ...source, bounded: () => true, changelog } }) });
    this.#gone = [ending('append-only'), ending('upsert'), ending('retract')].map((c) => registerConnector(c));
  }

  close(): void {
    for (const gone of this.#gone) gone();
  }

  add(name: string, partitions: number, records: Topic['records']): void {
    this.#log.create(name, partitions);
    this.#topics.push({ name, records, fed: 0 });
  }

  /** Some more of each topic. */
  some(rng: Rng): void {
    for (const topic of this.#topics) this.#give(topic, topic.fed + rng.int(Math.max(2, topic.records.length >> 1)));
  }

  rest(): void {
    for (const topic of this.#topics) {
      this.#give(topic, topic.records.length);
      this.#log.end(topic.name);
    }
  }

  crash(): void {
    this.#log.crash();
  }

  #give(topic: Topic, until: number): void {
    for (const { partition, record } of topic.records.slice(topic.fed, until)) this.#log.append(topic.name, partition, [record.row], [record.op]);
    topic.fed = Math.max(topic.fed, Math.min(until, topic.records.length));
  }
}

/** A history of rows under a key, the first column, as upserts or as what goes and comes; what there is in the end. */
export function makeChanges(rng: Rng, count: number, kind: 'upsert' | 'retract', make: (id: number) => Row): { readonly changes: readonly MemoryRecord[]; readonly rows: readonly Row[] } {
  const rows = new Map<number, Row>();
  const changes: MemoryRecord[] = [];
  const add = (op: RowOp, row: Row): void => void changes.push({ op, row });
  for (let n = 0; n < count; n++) {
    const id = rng.int(12);
    const before = rows.get(id);
    if (rng.int(4) === 0) {
      // Upserts may take away what is not there.
      if (before === undefined && kind === 'retract') continue;
      add(DELETE, before ?? make(id));
      rows.delete(id);
      continue;
    }
    const row = make(id);
    if (kind === 'upsert') add(rng.int(2) === 0 ? INSERT : UPDATE_AFTER, row);
    else if (before === undefined) add(INSERT, row);
    else {
      add(UPDATE_BEFORE, before);
      add(UPDATE_AFTER, row);
    }
    rows.set(id, row);
  }
  return { changes, rows: [...rows.values()] };
}
