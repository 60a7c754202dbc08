import { rowsFromBatch } from '../../common/batch/builder.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { textOut } from '../../common/types/text-codec.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { SqlError } from '../../common/errors.ts';
import { memoryStore, MemoryContent } from '../../store/memory.ts';
import type { Engine, RowSource, Session, StatementResult } from '../api.ts';
import { openEngine, type EngineOptions } from '../engine.ts';

/** An engine in memory for tests, and one session of it. */
export class TestEngine {
  readonly content: MemoryContent;
  readonly notices: string[] = [];
  readonly printed: string[] = [];
  readonly logs: string[] = [];
  readonly parameters: string[] = [];
  engine!: Engine;
  session!: Session;
  readonly #options: EngineOptions;
  #pid = 1;

  constructor(options: EngineOptions = {}, content: MemoryContent = new MemoryContent()) {
    this.#options = options;
    this.content = content;
  }

  static async open(options: EngineOptions = {}, content?: MemoryContent): Promise<TestEngine> {
    const made = new TestEngine(options, content);
    await made.#start();
    return made;
  }

  async #start(): Promise<void> {
    this.engine = await openEngine({
      store: memoryStore(this.content), parallelism: 1, threads: false, epochIntervalMs: 10, checkpointIntervalMs: 50, print: (line) => void this.printed.push(line),
      log: (level, message) => void this.logs.push(`${level} ${message}`), ...this.#options,
    });
    this.session = this.connect();
  }

  connect(parameters: Readonly<Record<string, string>> = {}): Session {
    return this.engine.createSession({
      user: 'tester', database: 'millrace', parameters: new Map(Object.entries(parameters)), backendPid: this.#pid++,
      onNotice: (n) => void this.notices.push(`${n.severity}: ${n.message}`), onParameter: (name, value) => void this.parameters.push(`${name}=${value}`),
    });
  }

  async restart(): Promise<void> {
    await this.engine.close();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.engine.close();
  }

  /** Runs a script, each statement by itself; what the last gives: rows as `a|b`, or its tag. */
  async run(script: string, session: Session = this.session, params: readonly Value[] = []): Promise<string[]> {
    let out: string[] = [];
    for (const statement of session.parse(script)) {
      const prepared = await session.prepare(statement, []);
      const result = await session.execute(prepared, params, { signal: new AbortController().signal });
      out = await shown(result, session);
    }
    return out;
  }

  /** The error as `SQLSTATE message`. */
  async error(script: string, session: Session = this.session): Promise<string> {
    try {
      await this.run(script, session);
    } catch (error) {
      if (error instanceof SqlError) return `${error.sqlstate} ${error.message}${error.detail === undefined ? '' : ` / ${error.detail}`}`;
      throw error;
    }
    return 'no error';
  }

  /** The first `count` rows of a continuous query, which is then closed. */
  async watch(sql: string, count: number, session: Session = this.session): Promise<string[]> {
    const [statement] = session.parse(sql);
    if (statement === undefined) throw new Error('no statement');
    const result = await session.execute(await session.prepare(statement, []), [], { signal: new AbortController().signal });
    if (result.kind !== 'rows' && result.kind !== 'copyOut') throw new Error(`no rows: ${result.kind}`);
    const out: string[] = [];
    while (out.length < count) {
      const batch = await result.rows.next();
      if (batch === null) break;
      out.push(...textRows(result.schema, rowsFromBatch(result.schema, batch), session));
    }
    await result.rows.close();
    return out;
  }
}

export const textRows = (schema: Schema, rows: readonly Row[], session: Session): string[] =>
  rows.map((row) => row.map((v, i) => (v === null ? '' : textOut(v, schema[i]?.type ?? { kind: 'varchar' }, session.text))).join('|'));

export async function allRows(schema: Schema, source: RowSource, session: Session): Promise<string[]> {
  const out: string[] = [];
  for (let batch = await source.next(); batch !== null; batch = await source.next()) out.push(...textRows(schema, rowsFromBatch(schema, batch), session));
  await source.close();
  return out;
}

async function shown(result: StatementResult, session: Session): Promise<string[]> {
  switch (result.kind) {
    case 'command':
      return [result.tag];
    case 'rows':
    case 'copyOut':
      return await allRows(result.schema, result.rows, session);
    default:
      return [result.kind];
  }
}
