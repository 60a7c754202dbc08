import type { Batch } from '../../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import { systemClock, type Clock } from '../../common/clock.ts';
import { jobId, objectId, type JobId, type ObjectId } from '../../common/ids.ts';
import { textOut } from '../../common/types/text-codec.ts';
import type { Row } from '../../common/types/value.ts';
import { maskedOptions, resolveOptions, schemaFromOptions } from '../../connectors/registry.ts';
import { builtins } from '../../functions/registry.ts';
import { textContext } from '../../functions/session-text.ts';
import { optimize } from '../../optimizer/optimizer.ts';
import type { Target } from '../../optimizer/physical/context.ts';
import { toPhysical } from '../../optimizer/physical/to-physical.ts';
import { parseScript } from '../../parser/parser.ts';
import type { BindContext, Params } from '../../planner/bind/context.ts';
import { bindStatement } from '../../planner/bind/statement.ts';
import type { LogicalPlan } from '../../planner/logical.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import { storedTable } from '../../planner/physical/stored-table.ts';
import type { BoundInsert } from '../../planner/statement.ts';
import { TestDatabase } from '../../planner/testing.ts';
import type { Store } from '../../store/api.ts';
import { memoryStore, MemoryContent } from '../../store/memory.ts';
import type { JobSpec, QueryHandle, QueryOptions, Runtime, RuntimeOptions, RuntimeRecords } from '../api.ts';
import { createRuntime } from '../runtime.ts';

/** A test database with the real connectors. */
class ConnectedDatabase extends TestDatabase {
  override context(text: string, params?: Params): BindContext {
    return { ...super.context(text, params), connectors: { resolveOptions, schemaFromOptions, maskedOptions } };
  }
}

export interface SqlRuntimeOptions extends Partial<RuntimeOptions> {
  readonly content?: MemoryContent;
  /** Puts faults into the store. */
  readonly wrapStore?: (store: Store) => Store;
  /** Of the session that makes the jobs; UTC. */
  readonly timeZone?: string;
}

/** SQL statements against a runtime, without engine or server; the naive evaluator beside it says what must come out. */
export class SqlRuntime {
  readonly db: ConnectedDatabase = new ConnectedDatabase();
  readonly content: MemoryContent;
  readonly specs: JobSpec[] = [];
  readonly logs: string[] = [];
  readonly printed: string[] = [];
  runtime: Runtime & { readonly records: RuntimeRecords };
  errorPolicy: JobSpec['errorPolicy'] = 'log';
  #options: SqlRuntimeOptions;
  #jobs = 100_000;

  constructor(options: SqlRuntimeOptions = {}) {
    this.content = options.content ?? new MemoryContent();
    this.#options = options;
    this.db.eval = { ...this.db.eval, timeZone: options.timeZone ?? 'UTC' };
    this.runtime = this.#make();
  }
  #make(): Runtime & { readonly records: RuntimeRecords } {
    return createRuntime({
      parallelism: 1, threads: false, clock: systemClock, epochIntervalMs: 10, checkpointIntervalMs: 50, workDir: '/tmp',
      log: (level, message) => void this.logs.push(`${level} ${message}`), print: (line) => void this.printed.push(line),
      ...this.#options, store: this.#options.store ?? this.#store(),
    });
  }
  #store(): Store {
    const store = memoryStore(this.content);
    return this.#options.wrapStore?.(store) ?? store;
  }
  static async open(options: SqlRuntimeOptions = {}): Promise<SqlRuntime> {
    const made = new SqlRuntime(options);
    await made.runtime.start([]);
    return made;
  }
  /** Ends the runtime as a crash would and starts another one on what is durable. */
  async crash(change: SqlRuntimeOptions = {}): Promise<void> {
    await this.runtime.close({ abrupt: true });
    await this.#again(change);
  }
  async restart(change: SqlRuntimeOptions = {}): Promise<void> {
    await this.runtime.close();
    await this.#again(change);
  }
  async #again(change: SqlRuntimeOptions): Promise<void> {
    this.#options = { ...this.#options, ...change };
    this.runtime = this.#make();
    await this.runtime.start(this.specs);
  }
  get clock(): Clock {
    return this.#options.clock ?? systemClock;
  }

  /** Runs CREATE of tables, views and functions, CREATE MATERIALIZED VIEW, INSERT. The naive twin does the same. @param firing when a view's windows send results. */
  async run(script: string, firing?: Target['firing']): Promise<void> {
    for (const statement of parseScript(script)) {
      const bound = bindStatement(statement, this.db.context(script));
      if (bound.kind === 'create') {
        const { object } = this.db.catalog.create(bound.object);
        if (object.kind === 'table' && object.connector === null) {
          const schema = object.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
          const relation = objectId(object.id);
          await this.#create(jobId(object.id), object.name, [storedTable(relation, schema, object.primaryKey?.columns ?? null)]);
        } else if (object.kind === 'materializedView' && bound.source !== null) {
          this.db.views.set(object.id, bound.source.plan);
          await this.#create(jobId(object.id), object.name, [this.physical(bound.source.plan, { kind: 'materialize', relation: objectId(object.id), name: object.name, emitOnClose: bound.source.emit === 'on window close', firing })]);
        }
      } else if (bound.kind === 'insert') {
        if (bound.target.connector === null) await this.#insert(bound);
        else await this.insertJob(bound);
      } else throw new Error(`not in this test: ${bound.kind}`);
    }
  }
  async #create(id: JobId, name: string, plans: readonly PhysicalPlan[]): Promise<void> {
    const spec = this.#spec(id, name, plans);
    await this.runtime.createJob(spec);
    this.specs.push(spec);
  }
  #spec(id: JobId, name: string, plans: readonly PhysicalPlan[]): JobSpec {
    return { id, name, plans, timeZone: this.db.eval.timeZone, errorPolicy: this.errorPolicy, seed: 1, schema: plans[0]?.props.schema ?? [] };
  }
  async #insert(bound: BoundInsert): Promise<void> {
    const rows = this.db.rowsOf(bound.plan);
    this.db.rows.set(bound.target.id, [...(this.db.rows.get(bound.target.id) ?? []), ...rows]);
    await this.change(bound.target.id, rows, null);
  }
  /** Rows of a stored table, with their operations. */
  async change(table: ObjectId, rows: readonly Row[], ops: Uint8Array | null): Promise<void> {
    const spec = this.specs.find((s) => Number(s.id) === Number(table));
    if (spec === undefined) throw new Error('no table');
    await this.runtime.appendTable(table, batchFromRows(spec.schema, rows, ops));
  }
  table(name: string): ObjectId {
    const plan = this.db.plan(`SELECT * FROM ${name}`);
    let at = plan;
    while ('input' in at) at = at.input;
    if (at.kind !== 'scan' || at.relation.kind === 'system') throw new Error(`no relation ${name}`);
    return objectId(at.relation.id);
  }
  async insertJob(bound: BoundInsert): Promise<JobId> {
    const id = jobId(++this.#jobs);
    const { connector, options } = resolveOptions(bound.options);
    const spec = { connector: connector.name, options, schema: bound.plan.schema, metadata: [], primaryKey: bound.target.primaryKey?.columns ?? [], table: bound.target.name };
    const accepts = connector.sink?.accepts(spec) ?? [];
    await this.#create(id, `insert ${bound.target.name}`, [this.physical(bound.plan, { kind: 'sink', spec, accepts })]);
    return id;
  }
  get lastJob(): JobId {
    return jobId(this.#jobs);
  }

  physical(plan: LogicalPlan, target: Target): PhysicalPlan {
    const optimized = optimize(plan, { functions: builtins, eval: this.db.eval }).plan;
    return toPhysical(optimized, target).plan;
  }
  open(sql: string, options: Partial<QueryOptions> = {}): { readonly handle: QueryHandle; readonly plan: LogicalPlan } {
    const plan = this.db.plan(sql);
    const mode = options.mode ?? 'snapshot';
    const physical = this.physical(plan, { kind: 'result', snapshotOnly: mode === 'snapshot' });
    const handle = this.runtime.query(this.#spec(jobId(++this.#jobs), 'query', [physical]), { signal: new AbortController().signal, withSnapshot: true, bufferBytesMax: 1 << 20, mode, ...options });
    return { handle, plan };
  }
  /** The rows of a snapshot, as `a|b`. */
  async query(sql: string): Promise<string[]> {
    const { handle, plan } = this.open(sql);
    const out: string[] = [];
    for (let chunk = await handle.next(); chunk !== null; chunk = await handle.next()) {
      if (chunk.kind === 'rows') for (const line of this.text(plan, chunk.batch)) out.push(line);
    }
    return out;
  }
  text(plan: LogicalPlan, batch: Batch): string[] {
    const cx = textContext(this.db.eval);
    return rowsFromBatch(plan.schema, batch).map((row) => row.map((v, i) => (v === null ? '' : textOut(v, plan.schema[i]?.type ?? { kind: 'varchar' }, cx))).join('|'));
  }
  /** What the naive evaluator gives for the same. */
  expected(sql: string): string[] {
    return this.db.run(sql);
  }
  /** Flushes, and compares relations with the naive evaluator. */
  async check(...relations: readonly string[]): Promise<readonly (readonly [string, readonly string[], readonly string[]])[]> {
    await this.runtime.flush();
    const out: (readonly [string, readonly string[], readonly string[]])[] = [];
    for (const name of relations) out.push([name, (await this.query(`SELECT * FROM ${name}`)).sort(), this.expected(`SELECT * FROM ${name}`).sort()]);
    return out;
  }
}
