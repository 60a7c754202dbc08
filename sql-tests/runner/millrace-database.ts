import { rowText } from '../../src/common/batch/row-text.ts';
import { systemClock, type Clock } from '../../src/common/clock.ts';
import { SqlError } from '../../src/common/errors.ts';
import { typeOid } from '../../src/common/types/oids.ts';
import type { Engine, Session } from '../../src/engine/api.ts';
import { openEngine } from '../../src/engine/engine.ts';
import { MemoryContent, memoryStore } from '../../src/store/memory.ts';
import { copyIn, copyOut } from './copy.ts';
import type { Cell, Database, Outcome } from './database.ts';
import { typeLetter } from './type-letters.ts';

/** Millrace in this process, all workers in one thread, on a store in memory that outlives a restart. */
export class MillraceDatabase implements Database {
  readonly dialect = 'millrace';
  readonly #content = new MemoryContent();
  #parallelism: number;
  /** How far the clock is ahead of the machine's. */
  #aheadMicros = 0n;
  readonly #clock: Clock = { ...systemClock, nowMicros: () => systemClock.nowMicros() + this.#aheadMicros };
  #engine: Engine | null = null;
  #session: Session | null = null;

  constructor(parallelism: number) {
    this.#parallelism = parallelism;
  }

  setClock(set: { readonly toMicros: bigint } | { readonly byMicros: bigint }): void {
    this.#aheadMicros = 'toMicros' in set ? set.toMicros - systemClock.nowMicros() : this.#aheadMicros + set.byMicros;
  }

  async #open(): Promise<Session> {
    this.#engine = await openEngine({
      store: memoryStore(this.#content), parallelism: this.#parallelism, threads: false, clock: this.#clock, workDir: import.meta.dirname, log: () => undefined, epochIntervalMs: 20, checkpointIntervalMs: 40,
    });
    this.#session = this.#engine.createSession({ user: 'millrace', database: 'millrace', parameters: new Map(), backendPid: 1, onNotice: () => undefined, onParameter: () => undefined });
    return this.#session;
  }

  async run(sql: string, input: readonly string[] = []): Promise<Outcome> {
    const session = this.#session ?? (await this.#open());
    try {
      let outcome: Outcome = { kind: 'done', tag: '' };
      for (const statement of session.parse(sql)) outcome = await this.#one(session, statement, input);
      return outcome;
    } catch (error) {
      if (error instanceof SqlError) return { kind: 'error', sqlstate: error.sqlstate, message: error.message };
      throw error;
    }
  }

  async #one(session: Session, statement: ReturnType<Session['parse']>[number], input: readonly string[]): Promise<Outcome> {
    const result = await session.execute(await session.prepare(statement, []), [], { signal: new AbortController().signal });
    if (result.kind === 'command') return { kind: 'done', tag: result.tag };
    if (result.kind === 'copyIn') return { kind: 'done', tag: await copyIn(result, session.text, input) };
    if (result.kind === 'copyOut') return await copyOut(result, session.text);
    if (result.kind !== 'rows') return { kind: 'done', tag: '' };
    const rows: Cell[][] = [];
    try {
      for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) {
        for (let r = 0; r < batch.rowCount; r++) {
          rows.push(rowText(result.schema, batch, r, session.text));
        }
      }
    } finally {
      await result.rows.close();
    }
    return { kind: 'rows', types: result.schema.map((f) => typeLetter(f.type)).join(''), oids: result.schema.map((f) => typeOid(f.type)), rows };
  }

  async restart(parallelism: number = this.#parallelism): Promise<void> {
    await this.#engine?.close({ abrupt: true });
    this.#parallelism = parallelism;
    this.#session = null;
    await this.#open();
  }

  async close(): Promise<void> {
    await this.#session?.close();
    await this.#engine?.close();
  }
}
