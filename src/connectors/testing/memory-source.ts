import type { Schema } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import { assert, SqlError } from '../../common/errors.ts';
import type { ConnectorContext, JsonValue, SourceBatch, SourceReader, SourceSpec, Split, SplitEnumerator } from '../api.ts';
import { read } from '../options.ts';
import type { MemoryLog } from './memory-log.ts';

const idOf = (topic: string, partition: number): string => `${topic}:${partition}`;

/** Partitions of a topic as splits; a bounded table ends where the partition ended at the start. */
export class MemoryEnumerator implements SplitEnumerator {
  readonly #log: MemoryLog;
  readonly #topic: string;
  readonly #bounded: boolean;
  readonly #seen = new Set<string>();
  #stop: (() => void) | null = null;

  constructor(log: MemoryLog, spec: SourceSpec) {
    this.#log = log;
    this.#topic = read.required(spec.options, 'topic');
    this.#bounded = read.boolean(spec.options, 'bounded');
    if (!log.has(this.#topic)) throw new SqlError('undefined_object', `memory topic "${this.#topic}" does not exist`);
  }

  discover(): Promise<readonly Split[]> {
    return Promise.resolve(this.#find());
  }
  #find(): Split[] {
    const splits: Split[] = [];
    for (let partition = 0; partition < this.#log.partitions(this.#topic); partition++) {
      const id = idOf(this.#topic, partition);
      if (this.#seen.has(id)) continue;
      this.#seen.add(id);
      splits.push({ id, bounded: this.#bounded, position: { partition, offset: 0, stop: this.#bounded ? this.#log.read(this.#topic, partition).length : null } });
    }
    return splits;
  }
  watch(found: (splits: readonly Split[]) => void): void {
    if (this.#bounded) return;
    const again = (): void => {
      this.#stop = this.#log.onChange(() => {
        const splits = this.#find();
        if (splits.length > 0) found(splits);
        again();
      });
    };
    again();
  }
  close(): Promise<void> {
    this.#stop?.();
    return Promise.resolve();
  }
}

interface OpenSplit {
  readonly id: string;
  readonly partition: number;
  readonly stop: number | null;
  offset: number;
}

/** Reads partitions in turn. With faults, a poll may give less, nothing yet, or lose the connection. */
export class MemoryReader implements SourceReader {
  readonly #log: MemoryLog;
  readonly #topic: string;
  readonly #schema: Schema;
  readonly #projection: readonly number[];
  readonly #context: ConnectorContext;
  readonly #splits: OpenSplit[] = [];
  #turn = 0;
  #paused: ReadonlySet<string> = new Set();
  #lost = false;
  #stop: (() => void) | null = null;

  constructor(log: MemoryLog, spec: SourceSpec, splits: readonly Split[], context: ConnectorContext) {
    this.#log = log;
    this.#topic = read.required(spec.options, 'topic');
    this.#schema = spec.physical;
    this.#projection = spec.projection;
    this.#context = context;
    this.addSplits(splits);
  }

  addSplits(splits: readonly Split[]): void {
    for (const s of splits) {
      const p = s.position as { readonly [key: string]: JsonValue } | null;
      const [partition, offset, stop] = [p?.['partition'], p?.['offset'], p?.['stop'] ?? null];
      assert(typeof partition === 'number' && typeof offset === 'number' && (stop === null || typeof stop === 'number'), 'malformed position of a memory topic');
      this.#splits.push({ id: s.id, partition, offset, stop });
    }
  }
  #isEnded(s: OpenSplit): boolean {
    return s.stop === null ? this.#log.isEnded(this.#topic) && s.offset >= this.#log.read(this.#topic, s.partition).length : s.offset >= s.stop;
  }

  poll(maxRows: number): SourceBatch | 'idle' | 'ended' {
    if (this.#splits.every((s) => this.#isEnded(s))) return this.#splits.length > 0 || this.#log.isEnded(this.#topic) ? 'ended' : 'idle';
    const { faults } = this.#log;
    if (this.#lost) return 'idle';
    if (faults !== null && faults.random() < faults.lossRate) {
      this.#lost = true;
      this.#context.fail(new SqlError('connection_failure', `the connection to memory topic "${this.#topic}" was lost`));
      return 'idle';
    }
    if (faults !== null && faults.random() < 0.25) return 'idle';
    for (let i = 0; i < this.#splits.length; i++) {
      const s = this.#splits[(this.#turn + i) % this.#splits.length] as OpenSplit;
      const records = this.#log.read(this.#topic, s.partition);
      let count = Math.min(maxRows, (s.stop ?? records.length) - s.offset);
      if (count <= 0 || this.#paused.has(s.id)) continue;
      if (faults !== null) count = 1 + Math.floor(faults.random() * count);
      this.#turn = (this.#turn + i + 1) % this.#splits.length;
      const some = records.slice(s.offset, s.offset + count);
      const rows = some.map((r) => r.row);
      s.offset += count;
      const columns = this.#projection.map((p) => columnFromValues((this.#schema[p] as Schema[number]).type, rows, p));
      const ops = some.every((r) => r.op === 0) ? null : Uint8Array.from(some, (r) => r.op);
      return { splitId: s.id, batch: { rowCount: count, ops, columns }, bad: [] };
    }
    return 'idle';
  }

  pause(splits: ReadonlySet<string>): void {
    this.#paused = splits;
  }
  onReady(wake: () => void): void {
    const { faults } = this.#log;
    this.#stop?.();
    const stopChange = this.#log.onChange(wake);
    const stopTimer = faults === null ? null : this.#context.clock.setTimer(1 + Math.floor(faults.random() * faults.latencyMs), () => {
      stopChange();
      wake();
    });
    this.#stop = () => {
      stopChange();
      stopTimer?.();
    };
  }
  positions(): readonly { id: string; position: JsonValue; ended: boolean }[] {
    return this.#splits.map((s) => ({ id: s.id, position: { partition: s.partition, offset: s.offset, stop: s.stop }, ended: this.#isEnded(s) }));
  }
  close(): Promise<void> {
    this.#stop?.();
    return Promise.resolve();
  }
}
