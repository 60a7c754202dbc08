import { INSERT, UPDATE_AFTER, type Schema } from '../../../src/common/batch/batch.ts';
import { rowsFromBatch } from '../../../src/common/batch/builder.ts';
import { textOut } from '../../../src/common/types/text-codec.ts';
import type { Row } from '../../../src/common/types/value.ts';
import type { MemoryLog } from '../../../src/connectors/testing/memory-log.ts';
import type { Engine, Session } from '../../../src/engine/api.ts';
import { openEngine } from '../../../src/engine/engine.ts';
import { SimClock } from '../../../src/runtime/testing/sim-clock.ts';
import { MemoryContent, memoryStore } from '../../../src/store/memory.ts';

/** An engine in this thread under a clock of its own, which can be killed and started again. */
export class NexmarkEngine {
  readonly #log: MemoryLog;
  readonly #content = new MemoryContent();
  /** Each turn of the event loop leads to the next timer. */
  readonly #clock = new SimClock(() => 0);
  #engine!: Engine;
  #session!: Session;

  private constructor(log: MemoryLog) {
    this.#log = log;
  }
  static async open(log: MemoryLog, parallelism: number): Promise<NexmarkEngine> {
    const made = new NexmarkEngine(log);
    await made.#open(parallelism);
    return made;
  }
  async #open(parallelism: number): Promise<void> {
    this.#engine = await openEngine({ store: memoryStore(this.#content), parallelism, threads: false, clock: this.#clock, epochIntervalMs: 100, checkpointIntervalMs: 1000, seed: 1, log: () => undefined });
    this.#session = this.#engine.createSession({ user: 'nexmark', database: 'millrace', parameters: new Map(), backendPid: 1, onNotice: () => undefined, onParameter: () => undefined });
  }

  /** Runs statements; the rows of the last. */
  async run(sql: string): Promise<Row[]> {
    const session = this.#session;
    let rows: Row[] = [];
    for (const statement of session.parse(sql)) {
      const result = await session.execute(await session.prepare(statement, []), [], { signal: new AbortController().signal });
      rows = [];
      if (result.kind !== 'rows') continue;
      for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) rows.push(...rowsFromBatch(result.schema, batch));
      await result.rows.close();
    }
    return rows;
  }

  /** Lets so many milliseconds of the simulated clock go by. */
  pass(ms: number): Promise<void> {
    return new Promise((done) => void this.#clock.setTimer(ms, done));
  }

  /** The state of the one job, and how many rows it has read. */
  async job(): Promise<{ readonly state: string; readonly rowsIn: number; readonly error: string }> {
    const [row] = await this.run('SELECT state, rows_in, error FROM millrace_catalog.jobs');
    return { state: String(row?.[0]), rowsIn: Number(row?.[1]), error: String(row?.[2]) };
  }
  /** Nothing is left to be committed then: what comes after may be a crash. */
  async finished(): Promise<void> {
    for (;;) {
      const { state, error } = await this.job();
      if (state === 'finished') return;
      if (state === 'failed') throw new Error(error);
      await this.pass(500);
    }
  }

  /** As a crash would end it; what the sinks had not been told to commit is gone. */
  async killAndRestart(parallelism: number): Promise<void> {
    await this.#engine.close({ abrupt: true });
    this.#log.crash();
    await this.#open(parallelism);
  }
  close(): Promise<void> {
    return this.#engine.close({ abrupt: true });
  }
}

/**
 * What a topic's changes add up to, rows as `a|b`, sorted.
 * Errors: when a row is taken back more often than it came.
 */
export function foldedRows(log: MemoryLog, topic: string, schema: Schema): string[] {
  const counts = new Map<string, number>();
  for (const { op, row } of log.records(topic)) {
    const text = row.map((v, i) => (v === null ? '' : textOut(v, schema[i]?.type ?? { kind: 'varchar' }))).join('|');
    counts.set(text, (counts.get(text) ?? 0) + (op === INSERT || op === UPDATE_AFTER ? 1 : -1));
  }
  return [...counts].flatMap(([text, n]) => {
    if (n < 0) throw new Error(`${text} is there ${n} times`);
    return Array.from({ length: n }, () => text);
  }).toSorted();
}
