import { Catalog } from '../../src/catalog/catalog.ts';
import { systemRelations } from '../../src/catalog/system/registry.ts';
import { InternalError, SqlError } from '../../src/common/errors.ts';
import { typeOid } from '../../src/common/types/oids.ts';
import { textOut } from '../../src/common/types/text-codec.ts';
import type { Row } from '../../src/common/types/value.ts';
import type { EvalContext, SessionFacts } from '../../src/functions/define.ts';
import { builtins } from '../../src/functions/registry.ts';
import { textContext } from '../../src/functions/session-text.ts';
import { parseScript } from '../../src/parser/parser.ts';
import { Params, type BindContext } from '../../src/planner/bind/context.ts';
import { bindStatement } from '../../src/planner/bind/statement.ts';
import type { LogicalPlan } from '../../src/planner/logical.ts';
import { evaluatePlan, type PlanHost } from '../../src/planner/naive.ts';
import type { BoundStatement } from '../../src/planner/statement.ts';
import { testConnectors } from '../../src/planner/testing.ts';
import { verifyPlan } from '../../src/planner/verify.ts';
import type { Cell, Database, Outcome } from '../runner/database.ts';
import { typeLetter } from '../runner/type-letters.ts';
import { applyDelete, applyInsert, applyUpdate, type DmlResult, type StoredChange } from './naive-dml.ts';

const NOW = 1_700_000_000_000_000n;

/**
 * A database by the plainest means: rows in arrays, queries by the naive evaluator of the unoptimized plan, materialized
 * views run anew whenever they are read. No optimizer, no operators, no runtime: the oracle for all of these.
 */
export class NaiveDatabase implements Database {
  readonly dialect = 'millrace';
  readonly catalog: Catalog = new Catalog('millrace');
  readonly rows: Map<number, Row[]> = new Map();
  /** Told of each statement's changes, with the id of the table. */
  onChanges: (table: number, changes: readonly StoredChange[]) => void = () => {};
  readonly #views = new Map<number, LogicalPlan>();
  eval: EvalContext;

  constructor() {
    const session: SessionFacts = {
      user: 'millrace', database: 'millrace', searchPath: ['public'], backendPid: 1,
      setting: (name) => (name === 'search_path' ? 'public' : undefined),
      setSetting: () => undefined,
      relationOid: () => undefined, relationName: () => undefined, typeOid: () => undefined, describe: () => null,
    };
    this.eval = { nowMicros: NOW, procMicros: NOW, timeZone: 'UTC', watermark: null, random: () => 0.5, session };
  }

  async run(sql: string): Promise<Outcome> {
    return Promise.resolve(this.runNow(sql));
  }

  /** The last statement's outcome; a script stops at its first error. */
  runNow(sql: string): Outcome {
    try {
      let out: Outcome = { kind: 'done', tag: '' };
      for (const statement of parseScript(sql)) out = this.#act(bindStatement(statement, this.#context(sql)));
      return out;
    } catch (error) {
      if (error instanceof SqlError) return { kind: 'error', sqlstate: error.sqlstate, message: error.message };
      throw error;
    }
  }

  setClock(set: { readonly toMicros: bigint } | { readonly byMicros: bigint }): void {
    const now = 'toMicros' in set ? set.toMicros : this.eval.nowMicros + set.byMicros;
    this.eval = { ...this.eval, nowMicros: now, procMicros: now };
  }

  setTimeZone(timeZone: string): void {
    this.eval = { ...this.eval, timeZone };
  }

  restart(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  bind(sql: string): BoundStatement {
    const [statement] = parseScript(sql);
    if (statement === undefined) throw new InternalError('no statement');
    return bindStatement(statement, this.#context(sql));
  }

  #context(text: string): BindContext {
    return {
      catalog: this.catalog.snapshot(), system: systemRelations, functions: builtins, connectors: testConnectors,
      scope: { database: 'millrace', searchPath: ['public'], session: 1 },
      eval: this.eval, text, params: new Params(), idleTimeoutMs: 30_000, user: 'millrace',
    };
  }

  /** What the evaluator is given. */
  host(): PlanHost {
    return {
      functions: builtins, eval: this.eval, params: [],
      scan: ({ relation, projection, schema }) => {
        if (relation.kind === 'system') throw new SqlError('feature_not_supported', `the oracle has no relation ${relation.name}`);
        const view = this.#views.get(relation.id);
        if (view !== undefined) return this.rowsOf(view);
        const rows = this.rows.get(relation.id) ?? [];
        // A view from before the table's last columns does not know them.
        return projection === null && (rows[0]?.length ?? 0) > schema.length ? rows.map((row) => row.slice(0, schema.length)) : rows;
      },
    };
  }

  rowsOf(plan: LogicalPlan): Row[] {
    verifyPlan(plan);
    return [...evaluatePlan(plan, this.host())];
  }

  #rows(schema: LogicalPlan['schema'], rows: readonly Row[]): Outcome {
    const cx = textContext(this.eval);
    const types = schema.map((f) => f.type);
    const cells = rows.map((row) => row.map((v, i): Cell => (v === null ? null : textOut(v, types[i] ?? { kind: 'varchar' }, cx))));
    return { kind: 'rows', types: types.map(typeLetter).join(''), oids: types.map(typeOid), rows: cells };
  }

  #write(verb: 'INSERT 0' | 'UPDATE' | 'DELETE', s: Extract<BoundStatement, { kind: 'insert' | 'update' | 'delete' }>, done: DmlResult): Outcome {
    this.rows.set(s.target.id, done.rows);
    this.onChanges(s.target.id, done.changes);
    if (s.returning !== null) return this.#rows(s.returning.schema, done.returned);
    return { kind: 'done', tag: `${verb} ${done.count}` };
  }

  /** OVERWRITE: of a table without its old rows, once the query that may read them has been answered. */
  #insert(s: Extract<BoundStatement, { kind: 'insert' }>): Outcome {
    const before = this.rows.get(s.target.id) ?? [];
    const proposed = this.rowsOf(s.plan);
    const done = applyInsert(s, s.overwrite ? [] : before, proposed, this.host());
    return this.#write('INSERT 0', s, s.overwrite ? { ...done, changes: [...before.map((row): StoredChange => ({ op: 'delete', row })), ...done.changes] } : done);
  }

  #act(s: BoundStatement): Outcome {
    switch (s.kind) {
      case 'query':
        return this.#rows(s.plan.schema, this.rowsOf(s.plan));
      case 'create': {
        const { object } = this.catalog.create(s.object);
        if (object.kind === 'materializedView' && s.source !== null) this.#views.set(object.id, s.source.plan);
        else if (s.source !== null) this.rows.set(object.id, this.rowsOf(s.source.plan));
        return { kind: 'done', tag: s.tag };
      }
      case 'drop':
        for (const { id } of this.catalog.drop(s.ids, s.behavior).dropped) this.rows.delete(id);
        return { kind: 'done', tag: s.tag };
      case 'rename':
        this.catalog.rename(s.id, s.name);
        return { kind: 'done', tag: s.tag };
      case 'insert':
        return this.#insert(s);
      case 'update':
        return this.#write('UPDATE', s, applyUpdate(s, this.rows.get(s.target.id) ?? [], this.rowsOf(s.plan), this.host()));
      case 'delete':
        return this.#write('DELETE', s, applyDelete(s, this.rows.get(s.target.id) ?? [], this.rowsOf(s.plan), this.host()));
      case 'truncate':
        for (const t of s.targets) {
          this.onChanges(t.id, (this.rows.get(t.id) ?? []).map((row) => ({ op: 'delete', row })));
          this.rows.set(t.id, []);
        }
        return { kind: 'done', tag: 'TRUNCATE TABLE' };
      case 'nothing':
        return { kind: 'done', tag: s.tag };
      default:
        throw new SqlError('feature_not_supported', `the oracle does not run ${s.kind}`);
    }
  }
}
