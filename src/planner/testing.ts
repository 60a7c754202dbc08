import { Catalog } from '../catalog/catalog.ts';
import type { SystemContext } from '../catalog/system/context.ts';
import { catalogFacts } from '../catalog/system/facts.ts';
import { SYSTEM_RELATIONS, systemRelationNamed, systemRelations } from '../catalog/system/registry.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Row } from '../common/types/value.ts';
import type { ConnectorDescriptor } from '../connectors/api.ts';
import type { EvalContext, SessionFacts } from '../functions/define.ts';
import { builtins } from '../functions/registry.ts';
import { textContext } from '../functions/session-text.ts';
import { parseScript } from '../parser/parser.ts';
import { Params, type BindContext, type ConnectorRegistry } from './bind/context.ts';
import { bindStatement } from './bind/statement.ts';
import type { LogicalPlan, LogicalScan } from './logical.ts';
import { evaluatePlan } from './naive.ts';
import type { BoundStatement } from './statement.ts';
import { verifyPlan } from './verify.ts';

/** A database for tests: catalog, stored rows and the naive evaluator, without jobs. Materialized views are run when read. */
export class TestDatabase {
  readonly catalog: Catalog = new Catalog('tester');
  readonly rows: Map<number, Row[]> = new Map();
  readonly notices: string[] = [];
  eval: EvalContext;
  /** Queries of the materialized views. */
  readonly views: Map<number, LogicalPlan> = new Map();
  readonly #facts: SessionFacts;

  constructor(script = '') {
    const session: SessionFacts = {
      user: 'tester', database: 'millrace', searchPath: ['public'], backendPid: 1,
      setting: (name) => (name === 'search_path' ? 'public' : undefined),
      setSetting: () => undefined,
      ...catalogFacts(() => this.systemContext()),
    };
    this.#facts = session;
    this.eval = { nowMicros: 1_700_000_000_000_000n, procMicros: 1_700_000_000_000_000n, timeZone: 'UTC', watermark: null, random: () => 0.5, session };
    if (script !== '') this.run(script);
  }

  systemContext(): SystemContext {
    return {
      catalog: this.catalog.snapshot(), session: this.#facts, sessionId: 1, database: 'millrace', nowMicros: 1_700_000_000_000_000n,
      definition: (o) => (o.kind === 'table' ? null : o.sql), functions: () => builtins.all(), relations: () => SYSTEM_RELATIONS, settings: () => [{ name: 'TimeZone', value: 'UTC', unit: null, category: 'Client', doc: 'The zone.', default: 'UTC' }],
      roles: () => [{ oid: 10, name: 'tester', superuser: true, login: true }], sessions: () => [], jobs: () => [], jobErrors: () => [], lateRows: () => [], checkpoints: () => [], splits: () => [], cursors: () => [], operators: () => [],
    };
  }

  context(text: string, params: Params = new Params()): BindContext {
    return {
      catalog: this.catalog.snapshot(), system: systemRelations, functions: builtins, connectors: testConnectors, scope: { database: 'millrace', searchPath: ['public'], session: 1 },
      eval: this.eval, text, params, idleTimeoutMs: 30_000, user: 'tester',
    };
  }

  bind(sql: string, params?: Params): BoundStatement {
    const [statement] = parseScript(sql);
    if (statement === undefined) throw new Error('no statement');
    return bindStatement(statement, this.context(sql, params));
  }

  /** The plan of a query. */
  plan(sql: string): LogicalPlan {
    const bound = this.bind(sql);
    if (bound.kind !== 'query') throw new Error(`not a query: ${bound.kind}`);
    return bound.plan;
  }

  /** Runs a script; the rows of its last statement, as `a|b`, NULL as an empty word. */
  run(script: string): string[] {
    let out: string[] = [];
    for (const statement of parseScript(script)) {
      out = this.#act(bindStatement(statement, this.context(script)));
    }
    return out;
  }

  rowsOf(plan: LogicalPlan): Row[] {
    verifyPlan(plan);
    const system = this.systemContext();
    const scan = (s: LogicalScan): Iterable<Row> => {
      switch (s.relation.kind) {
        case 'system': {
          const relation = systemRelationNamed(s.relation.name);
          if (relation?.kind !== 'rows') throw new InternalError(`no rows for ${s.relation.name}`);
          return relation.rows(system);
        }
        case 'table':
          return this.rows.get(s.relation.id) ?? [];
        case 'view': {
          const view = this.views.get(s.relation.id);
          return view === undefined ? [] : this.rowsOf(view);
        }
        case 'connector':
          return this.rows.get(s.relation.id) ?? [];
      }
    };
    return [...evaluatePlan(plan, { functions: builtins, eval: this.eval, params: [], scan })];
  }

  #shown(plan: LogicalPlan, rows: readonly Row[]): string[] {
    const cx = textContext(this.eval);
    return rows.map((row) => row.map((v, i) => (v === null ? '' : textOut(v, plan.schema[i]?.type ?? { kind: 'varchar' }, cx))).join('|'));
  }

  #act(s: BoundStatement): string[] {
    if ('notices' in s) this.notices.push(...s.notices);
    switch (s.kind) {
      case 'query':
        return this.#shown(s.plan, this.rowsOf(s.plan));
      case 'create': {
        const { object } = this.catalog.create(s.object);
        if (object.kind === 'materializedView' && s.source !== null) this.views.set(object.id, s.source.plan);
        else if (s.source !== null) this.rows.set(object.id, this.rowsOf(s.source.plan));
        return [];
      }
      case 'drop':
        this.catalog.drop(s.ids, s.behavior);
        return [];
      case 'rename':
        this.catalog.rename(s.id, s.name);
        return [];
      case 'insert':
        this.rows.set(s.target.id, [...(this.rows.get(s.target.id) ?? []), ...this.rowsOf(s.plan)]);
        return [];
      case 'update':
      case 'delete':
        return this.#shown(s.plan, this.rowsOf(s.plan));
      case 'nothing':
        return [];
      default:
        throw new Error(`not run in tests: ${s.kind}`);
    }
  }
}

const source: NonNullable<ConnectorDescriptor['source']> = {
  bounded: (o) => o['number-of-rows'] !== undefined,
  enumerator: () => {
    throw new InternalError('not run in tests');
  },
  reader: () => {
    throw new InternalError('not run in tests');
  },
};

/** A source like datagen and a sink like blackhole. */
const descriptors: readonly ConnectorDescriptor[] = [
  { name: 'datagen', doc: '', options: [], metadata: [{ key: 'timestamp', type: { kind: 'timestamptz', precision: 3 }, writable: false, doc: '' }], format: 'none', source },
  {
    name: 'blackhole', doc: '', options: [], metadata: [], format: 'none',
    sink: {
      accepts: () => ['append-only', 'retract', 'upsert'],
      writer: () => {
        throw new InternalError('not run in tests');
      },
    },
  },
];

export const testConnectors: ConnectorRegistry = {
  resolveOptions(given) {
    const connector = descriptors.find((d) => d.name === given['connector']);
    if (connector === undefined) throw new SqlError('undefined_object', `connector "${given['connector'] ?? ''}" does not exist`);
    return { connector, options: given };
  },
  schemaFromOptions: () => undefined,
  maskedOptions: (o) => o,
};
