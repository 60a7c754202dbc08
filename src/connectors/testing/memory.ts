import type { Batch } from '../../common/batch/batch.ts';
import { rowsFromBatch } from '../../common/batch/builder.ts';
import { assert, SqlError } from '../../common/errors.ts';
import type { RowOp } from '../../common/batch/batch.ts';
import type { Committable, ConnectorContext, ConnectorDescriptor, SinkCommitter, SinkSpec, SinkWriter } from '../api.ts';
import { read } from '../options.ts';
import type { MemoryLog, MemoryRecord, OpenWriter } from './memory-log.ts';
import { MemoryEnumerator, MemoryReader } from './memory-source.ts';

/**
 * Writes to a topic's partition `task % partitions`. Exactly once: records become visible when the checkpoint they belong
 * to is committed. At least once: they become visible at the checkpoint's barrier or, with faults, any time before; what
 * was not handed over when the writer is lost is gone, and comes again from the sources.
 */
class MemoryWriter implements SinkWriter, OpenWriter {
  readonly highWaterBytes = 1 << 20;
  readonly #log: MemoryLog;
  readonly #spec: SinkSpec;
  readonly #topic: string;
  readonly #partition: number;
  readonly #exactlyOnce: boolean;
  readonly #context: ConnectorContext;
  readonly #number: number;
  #open: MemoryRecord[] = [];
  #lost = false;

  constructor(log: MemoryLog, spec: SinkSpec, task: number, context: ConnectorContext) {
    this.#log = log;
    this.#spec = spec;
    this.#topic = read.required(spec.options, 'topic');
    this.#exactlyOnce = spec.options['sink.delivery-guarantee'] !== 'at-least-once';
    this.#context = context;
    if (!log.has(this.#topic)) log.create(this.#topic);
    this.#partition = task % log.partitions(this.#topic);
    this.#number = log.nextNumber();
    log.opened(this);
  }

  get pendingBytes(): number {
    return 0;
  }
  write(batch: Batch): void {
    if (this.#lost) return;
    rowsFromBatch(this.#spec.schema, batch).forEach((row, i) => this.#open.push({ op: (batch.ops?.[i] ?? 0) as RowOp, row }));
    if (!this.#exactlyOnce) this.#handOverSome();
  }
  /** A random part, in order. */
  #handOverSome(): void {
    const { faults } = this.#log;
    if (faults === null) return;
    const n = Math.floor(faults.random() * (this.#open.length + 1));
    this.#show(this.#open.splice(0, n));
  }
  #show(records: readonly MemoryRecord[]): void {
    this.#log.append(this.#topic, this.#partition, records.map((r) => r.row), records.map((r) => r.op));
  }
  onDrain(wake: () => void): void {
    wake();
  }
  async prepare(checkpointId: number): Promise<Committable> {
    const records = this.#open;
    this.#open = [];
    await delay(this.#log, this.#context);
    if (this.#lost) throw new SqlError('connection_failure', `the connection to memory topic "${this.#topic}" was lost`);
    if (!this.#exactlyOnce) {
      this.#show(records);
      return null;
    }
    if (records.length === 0) return null;
    const id = `${this.#number}/${checkpointId}`;
    this.#log.prepare(id, this.#topic, this.#partition, records);
    return id;
  }
  lose(): void {
    if (this.#lost) return;
    if (!this.#exactlyOnce) this.#handOverSome();
    this.#lost = true;
    this.#open = [];
  }
  close(): Promise<void> {
    this.lose();
    this.#log.closed(this);
    return Promise.resolve();
  }
}

/** The time an answer takes. */
function delay(log: MemoryLog, context: ConnectorContext): Promise<void> {
  const { faults } = log;
  if (faults === null || faults.latencyMs <= 0) return Promise.resolve();
  return new Promise((done) => void context.clock.setTimer(Math.floor(faults.random() * faults.latencyMs), done));
}

class MemoryCommitter implements SinkCommitter {
  readonly #log: MemoryLog;
  readonly #context: ConnectorContext;

  constructor(log: MemoryLog, context: ConnectorContext) {
    this.#log = log;
    this.#context = context;
  }
  async commit(_checkpointId: number, committables: readonly Committable[]): Promise<void> {
    for (const id of committables) {
      if (id === null) continue;
      assert(typeof id === 'string', 'a committable of the memory connector is a transaction id');
      await delay(this.#log, this.#context);
      const { faults } = this.#log;
      const draw = faults === null ? 1 : faults.random();
      const lossRate = faults?.lossRate ?? 0;
      // The request may be lost, or only the answer to it.
      if (draw >= lossRate / 2) this.#log.commit(id);
      if (draw < lossRate) throw new SqlError('connection_failure', 'the connection was lost during a commit');
    }
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * A connector over topics in this process, for tests: `registerConnector(memoryConnector(log))`, then tables
 * `WITH ('connector' = 'memory', 'topic' = 't')`. Worker threads do not share it: run the engine in one thread.
 */
export function memoryConnector(log: MemoryLog): ConnectorDescriptor {
  return {
    name: 'memory',
    doc: 'Topics in this process, for tests.',
    options: [
      { name: 'topic', type: 'string', required: true, doc: 'The topic; a sink makes it.' },
      { name: 'bounded', type: 'boolean', default: 'false', doc: 'Reads up to the end that each partition had at the start.' },
      { name: 'sink.delivery-guarantee', type: 'enum', values: ['at-least-once', 'exactly-once'], default: 'exactly-once', doc: 'When records become visible.' },
    ],
    metadata: [],
    format: 'none',
    source: {
      bounded: (o) => read.boolean(o, 'bounded') || log.isEnded(read.required(o, 'topic')),
      enumerator: (spec) => new MemoryEnumerator(log, spec),
      reader: (spec, splits, context) => new MemoryReader(log, spec, splits, context),
    },
    sink: {
      accepts: () => ['append-only', 'retract', 'upsert'],
      writer: (spec, task, context) => new MemoryWriter(log, spec, task, context),
      committer: (_spec, context) => new MemoryCommitter(log, context),
    },
  };
}
