import type { SystemContext } from '../catalog/system/context.ts';
import { Rng } from '../common/rng.ts';
import { catalogFacts } from '../catalog/system/facts.ts';
import { systemRelations } from '../catalog/system/registry.ts';
import type { EvalContext, SessionFacts } from '../functions/define.ts';
import { builtins } from '../functions/registry.ts';
import { Params, type BindContext } from '../planner/bind/context.ts';
import { terminatedError } from './abort.ts';
import type { Notice, SessionOptions } from './api.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { OperatorInfo } from '../catalog/system/context.ts';
import type { Core } from './core.ts';
import type { Cursor } from './cursor.ts';
import type { NamedStatement } from './prepared.ts';
import { LENGTH_OPTION, lengthRule } from './job-settings.ts';
import { connectors } from './planning.ts';
import { parseSearchPath, Settings } from './settings.ts';
import { systemContext } from './system-context.ts';
import type { Transaction } from './transaction.ts';

const SEVERITY: Readonly<Record<Notice['severity'], number>> = { DEBUG: 0, LOG: 1, NOTICE: 2, INFO: 2, WARNING: 3 };
const LEVEL: Readonly<Record<string, number>> = { debug5: 0, debug4: 0, debug3: 0, debug2: 0, debug1: 0, debug: 0, log: 1, notice: 2, info: 2, warning: 3, error: 4 };

const NOT_SETTINGS: ReadonlySet<string> = new Set(['user', 'database', 'replication']);

/** What one connection keeps between its statements. */
export class SessionState {
  readonly core: Core;
  readonly options: SessionOptions;
  readonly settings: Settings;
  readonly facts: SessionFacts;
  readonly prepared: Map<string, NamedStatement> = new Map();
  readonly cursors: Map<string, Cursor> = new Map();
  readonly startedAt: bigint;
  database: string;
  transaction: Transaction | null = null;
  /** The running statement: its text, its begin, and what stops it. */
  running: { readonly text: string; readonly startedAt: bigint; readonly stop: AbortController } | null = null;
  /** Of random(): the engine's until setseed. */
  rng: Rng;
  lastText = '';
  /** pg_terminate_backend, or the engine's end: every further statement is refused. */
  terminated = false;
  /** The INSERTs since BEGIN STATEMENT SET, which END starts as one job; null outside of a set. */
  statementSet: string[] | null = null;
  #nowMicros: bigint;
  #system: { readonly version: number; readonly settings: number; readonly context: SystemContext } | null = null;
  #searchPath: { readonly text: string; readonly path: string[] } | null = null;

  /** What `millrace_catalog.operators` shows: asked for before a statement that reads it. */
  operators: readonly OperatorInfo[] = [];

  constructor(core: Core, options: SessionOptions) {
    this.core = core;
    this.options = options;
    this.database = options.database;
    this.rng = core.rng;
    this.startedAt = core.clock.nowMicros();
    this.#nowMicros = this.startedAt;
    const defaults = new Map([['session_authorization', options.user], ['parallelism.default', String(core.parallelism)]]);
    this.settings = new Settings(defaults, (name, value) => options.onParameter(name, value));
    const state = this;
    this.facts = {
      user: options.user,
      backendPid: options.backendPid,
      get database() {
        return state.database;
      },
      get searchPath() {
        return state.existingPath();
      },
      setting: (name) => this.settings.get(name),
      setSetting: (name, value, local) => this.settings.set(name, [value], local),
      seedRandom: (seed) => {
        this.rng = new Rng(Math.round(seed * 0x7fff_ffff));
      },
      signalBackend: (pid, terminate) => state.signalBackend(pid, terminate),
      ...catalogFacts(() => this.system()),
    };
  }

  /** Start-up parameters; those that are no settings are for others. `options` holds `-c name=value`. Errors: as for SET. */
  startUp(parameters: ReadonlyMap<string, string>): void {
    for (const [name, value] of parameters) {
      if (name === 'options') {
        for (const match of value.matchAll(/(?:-c\s*|--)([\w.-]+)=((?:\\.|\S)*)/g)) this.settings.set(match[1]?.replaceAll('-', '_') ?? '', [(match[2] ?? '').replaceAll(/\\(.)/g, '$1')], false);
      } else if (!NOT_SETTINGS.has(name)) this.settings.set(name, [value], false);
    }
    this.settings.settle();
  }

  get id(): number {
    return this.options.backendPid;
  }

  /** Start of the transaction, or of the statement outside one. */
  get nowMicros(): bigint {
    return this.transaction !== null && !this.transaction.implicit ? this.transaction.startedAt : this.#nowMicros;
  }

  beginStatement(): void {
    this.#nowMicros = this.core.clock.nowMicros();
  }

  searchPath(): readonly string[] {
    const text = this.settings.text('search_path');
    if (this.#searchPath?.text !== text) this.#searchPath = { text, path: parseSearchPath(text, this.options.user) };
    return this.#searchPath.path;
  }

  /** The catalog with what the session's own block has changed. */
  get catalog(): CatalogSnapshot {
    return this.core.catalog.snapshotFor(this.id);
  }

  existingPath(): readonly string[] {
    const catalog = this.catalog;
    return this.searchPath().filter((s) => catalog.schemaNamed(this.database, s) !== undefined);
  }

  system(): SystemContext {
    const { version } = this.core.catalog.snapshot();
    if (this.#system?.version !== version || this.#system.settings !== this.settings.version) {
      this.#system = { version, settings: this.settings.version, context: systemContext(this) };
    }
    return this.#system.context;
  }

  evalContext(): EvalContext {
    const now = this.nowMicros;
    return { nowMicros: now, procMicros: now, timeZone: this.settings.text('TimeZone'), watermark: null, random: () => this.rng.double(), session: this.facts };
  }

  bindContext(text: string, params: Params = new Params()): BindContext {
    const idle = Number(this.settings.text('table.exec.source.idle-timeout'));
    return {
      catalog: this.catalog, system: systemRelations, functions: builtins, connectors,
      scope: { database: this.database, searchPath: this.existingPath(), session: this.id },
      eval: this.evalContext(), text, params, idleTimeoutMs: idle > 0 ? idle : null, user: this.options.user, lengths: lengthRule(this.settings.text(LENGTH_OPTION)), notice: (message) => this.notice('NOTICE', message),
    };
  }

  notice(severity: Notice['severity'], message: string, more: Partial<Pick<Notice, 'sqlstate' | 'detail' | 'hint'>> = {}): void {
    if (severity !== 'INFO' && SEVERITY[severity] < (LEVEL[this.settings.text('client_min_messages')] ?? 2)) return;
    this.options.onNotice({ severity, message, sqlstate: severity === 'WARNING' ? '01000' : '00000', ...more });
  }

  signalBackend(pid: number, terminate: boolean): boolean {
    const other = this.core.sessions.get(pid);
    if (other === undefined) return false;
    other.interrupt(terminate);
    return true;
  }

  interrupt(terminate: boolean): void {
    if (terminate) this.terminated = true;
    this.running?.stop.abort(terminate ? terminatedError() : undefined);
  }
}
