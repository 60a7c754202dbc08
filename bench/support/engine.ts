import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsFromBatch } from '../../src/common/batch/builder.ts';
import type { Value } from '../../src/common/types/value.ts';
import type { Engine, Session } from '../../src/engine/api.ts';
import { openEngine } from '../../src/engine/engine.ts';

/** An engine with its workers and a store on disk in a folder of its own, and one session of it. */
export class BenchEngine {
  readonly #folder: string;
  readonly engine: Engine;
  readonly #session: Session;

  private constructor(folder: string, engine: Engine) {
    this.#folder = folder;
    this.engine = engine;
    this.#session = engine.createSession({ user: 'bench', database: 'millrace', parameters: new Map(), backendPid: 1, onNotice: () => undefined, onParameter: () => undefined });
  }

  /** Epochs of 100 ms, checkpoints each second. */
  static async open(parallelism: number): Promise<BenchEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    const engine = await openEngine({
      dataDir: join(folder, 'data'), parallelism, seed: 1,
      log: (level, message) => {
        if (level !== 'info') console.error(`${level}: ${message}`);
      },
    });
    return new BenchEngine(folder, engine);
  }

  /** Runs statements one after the other; the rows of the last. */
  async run(script: string): Promise<Value[][]> {
    let rows: Value[][] = [];
    for (const statement of this.#session.parse(script)) {
      const prepared = await this.#session.prepare(statement, []);
      const result = await this.#session.execute(prepared, [], { signal: new AbortController().signal });
      rows = [];
      if (result.kind !== 'rows') continue;
      for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) for (const row of rowsFromBatch(result.schema, batch)) rows.push([...row]);
      await result.rows.close();
    }
    return rows;
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.engine.close();
    rmSync(this.#folder, { recursive: true });
  }
}
