import { InternalError } from '../../common/errors.ts';
import type { RowOp } from '../../common/batch/batch.ts';
import { INSERT } from '../../common/batch/batch.ts';
import type { Row } from '../../common/types/value.ts';

export interface MemoryRecord {
  readonly op: RowOp;
  readonly row: Row;
}

/** A badly behaved network: every draw comes from `random` (uniform in [0, 1)), so that a seed replays a run. */
export interface MemoryFaults {
  readonly random: () => number;
  /** Share of polls and commits that end in a lost connection. */
  readonly lossRate: number;
  /** Longest delay of an answer. */
  readonly latencyMs: number;
}

/** What a writer has open in a log: told when the process "crashes". */
export interface OpenWriter {
  lose(): void;
}

/**
 * Topics with partitions, in this process: the outside world of a simulation. It outlives engines that crash, as a real
 * broker does. Records are visible in order of arrival within their partition; transactions that were prepared stay until
 * they are committed.
 */
export class MemoryLog {
  readonly #topics = new Map<string, MemoryRecord[][]>();
  readonly #ended = new Set<string>();
  readonly #prepared = new Map<string, { readonly topic: string; readonly partition: number; readonly records: readonly MemoryRecord[] }>();
  readonly #committed = new Set<string>();
  readonly #writers = new Set<OpenWriter>();
  readonly #waiting = new Set<() => void>();
  #numbers = 0;
  faults: MemoryFaults | null;

  constructor(faults: MemoryFaults | null = null) {
    this.faults = faults;
  }

  /** Makes a topic, or more partitions for one that exists. */
  create(topic: string, partitions = 1): void {
    const list = this.#topics.get(topic) ?? [];
    while (list.length < partitions) list.push([]);
    this.#topics.set(topic, list);
    this.#wake();
  }

  #partitionsOf(topic: string): MemoryRecord[][] {
    const found = this.#topics.get(topic);
    if (found === undefined) throw new InternalError(`memory topic "${topic}" does not exist`);
    return found;
  }
  has(topic: string): boolean {
    return this.#topics.has(topic);
  }
  partitions(topic: string): number {
    return this.#partitionsOf(topic).length;
  }

  /** Adds visible records to a partition, e.g. as the producer of a source's rows. */
  append(topic: string, partition: number, rows: readonly Row[], ops?: readonly RowOp[]): void {
    const to = this.#partitionsOf(topic)[partition];
    if (to === undefined) throw new InternalError(`memory topic "${topic}" has no partition ${partition}`);
    rows.forEach((row, i) => to.push({ op: ops?.[i] ?? INSERT, row }));
    this.#wake();
  }
  /** Nothing will be appended any more: bounded readers end. */
  end(topic: string): void {
    this.#ended.add(topic);
    this.#wake();
  }
  isEnded(topic: string): boolean {
    return this.#ended.has(topic);
  }

  /** The visible records of one partition. */
  read(topic: string, partition: number): readonly MemoryRecord[] {
    return this.#partitionsOf(topic)[partition] ?? [];
  }
  /** The visible records of a topic, partition after partition. */
  records(topic: string): readonly MemoryRecord[] {
    return this.#partitionsOf(topic).flat();
  }

  /** A number no other writer has. */
  nextNumber(): number {
    return ++this.#numbers;
  }
  /** Keeps records invisible until `commit(id)`; a transaction of the same id is replaced. */
  prepare(id: string, topic: string, partition: number, records: readonly MemoryRecord[]): void {
    this.#prepared.set(id, { topic, partition, records });
  }
  /** Makes a prepared transaction visible; a second time does nothing. */
  commit(id: string): void {
    if (this.#committed.has(id)) return;
    const t = this.#prepared.get(id);
    if (t === undefined) throw new InternalError(`transaction ${id} was never prepared`);
    this.#prepared.delete(id);
    this.#committed.add(id);
    this.#partitionsOf(t.topic)[t.partition]?.push(...t.records);
    this.#wake();
  }

  opened(writer: OpenWriter): void {
    this.#writers.add(writer);
  }
  closed(writer: OpenWriter): void {
    this.#writers.delete(writer);
  }
  /** The engine's process is gone: what writers had not handed over is lost. Records and prepared transactions stay. */
  crash(): void {
    for (const w of this.#writers) w.lose();
    this.#writers.clear();
    this.#waiting.clear();
  }

  /** Calls `fn` once, at the next change of any topic. */
  onChange(fn: () => void): () => void {
    this.#waiting.add(fn);
    return () => void this.#waiting.delete(fn);
  }
  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const fn of waiting) fn();
  }
}
