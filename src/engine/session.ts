import type { Schema } from '../common/batch/batch.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { textContext, type SessionText } from '../functions/session-text.ts';
import type { Statement } from '../parser/ast-statements.ts';
import { parseScript } from '../parser/parser.ts';
import { abortError, terminatedError } from './abort.ts';
import type { ExecuteOptions, ParsedStatement, PreparedStatement, Session, StatementResult } from './api.ts';
import { commit, rollback } from './blocks.ts';
import { closeCursors } from './cursor.ts';
import { dropIds } from './drop-objects.ts';
import { execute } from './execute.ts';
import { isCurrent, prepareAst, type Prepared } from './prepared.ts';
import { whenOver } from './rows.ts';
import { maskedOptions } from '../connectors/registry.ts';
import { shownSql } from '../planner/shown-sql.ts';
import type { Run } from './run.ts';
import type { SessionState } from './session-state.ts';
import { Transaction } from './transaction.ts';

/** A statement as this engine parsed it; the last binding is kept with it, for texts that come again. */
class EngineStatement implements ParsedStatement {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly ast: Statement;
  bound: Prepared | null = null;

  constructor(text: string, ast: Statement) {
    this.text = text;
    this.start = ast.span.start;
    this.end = ast.span.end;
    this.ast = ast;
  }
}

class EnginePrepared implements PreparedStatement {
  readonly statement: EngineStatement;
  readonly parameters: readonly SqlType[];
  readonly columns: Prepared['columns'];
  readonly bound: Prepared;

  constructor(statement: EngineStatement, bound: Prepared) {
    this.statement = statement;
    this.bound = bound;
    this.parameters = bound.types;
    this.columns = bound.columns;
  }
}

const PARSED_MAX = 256;
const PARSED_TEXT_MAX = 8192;

export class EngineSession implements Session {
  readonly text: SessionText;
  readonly #state: SessionState;
  readonly #onClose: () => void;
  readonly #parsed = new Map<string, readonly EngineStatement[]>();
  #closed = false;

  constructor(state: SessionState, onClose: () => void) {
    this.#state = state;
    this.#onClose = onClose;
    this.text = textContext({
      get nowMicros() {
        return state.nowMicros;
      },
      get procMicros() {
        return state.nowMicros;
      },
      get timeZone() {
        return state.settings.text('TimeZone');
      },
      watermark: null,
      random: () => state.rng.double(),
      session: state.facts,
    });
  }

  get transactionStatus(): 'I' | 'T' | 'E' {
    const { transaction } = this.#state;
    if (transaction === null || transaction.implicit) return 'I';
    return transaction.failed ? 'E' : 'T';
  }

  cursorSchema(name: string): Schema | undefined {
    return this.#state.cursors.get(name)?.schema;
  }
  setting(name: string): string | undefined {
    return this.#state.settings.get(name);
  }

  reportedParameters(): ReadonlyMap<string, string> {
    return this.#state.settings.reported();
  }

  parse(sql: string): readonly EngineStatement[] {
    const known = this.#parsed.get(sql);
    if (known !== undefined) return known;
    try {
      this.#requireAlive();
      const statements = parseScript(sql).map((ast) => new EngineStatement(sql, ast));
      if (sql.length <= PARSED_TEXT_MAX) {
        if (this.#parsed.size >= PARSED_MAX) this.#parsed.clear();
        this.#parsed.set(sql, statements);
      }
      return statements;
    } catch (error) {
      this.#failed();
      throw error;
    }
  }

  async prepare(statement: ParsedStatement, parameterTypes: readonly (SqlType | undefined)[]): Promise<EnginePrepared> {
    if (!(statement instanceof EngineStatement)) throw new InternalError('a statement of another engine');
    const state = this.#state;
    try {
      this.#requireAlive();
      this.#requireNotFailed(statement.ast);
      await Promise.resolve();
      const cached = statement.bound;
      const usable = cached !== null && isCurrent(state, cached) && cached.declared.length === 0 && parameterTypes.length === 0 && isQuery(statement.ast);
      if (!usable && state.transaction === null) state.beginStatement();
      const bound = usable ? cached : prepareAst(state, statement.ast, statement.text, parameterTypes);
      if (parameterTypes.length === 0) statement.bound = bound;
      return new EnginePrepared(statement, bound);
    } catch (error) {
      this.#failed();
      throw error;
    }
  }

  async execute(prepared: PreparedStatement, parameters: readonly Value[], options: ExecuteOptions): Promise<StatementResult> {
    if (!(prepared instanceof EnginePrepared)) throw new InternalError('a statement of another engine');
    const state = this.#state;
    const { core } = state;
    this.#requireAlive();
    const { ast, text } = prepared.statement;
    this.#requireNotFailed(ast);
    const stop = new AbortController();
    state.beginStatement();
    const running = { text: shownSql(text, ast, maskedOptions), startedAt: state.core.clock.nowMicros(), stop };
    state.running = running;
    const timeout = Number(state.settings.text('statement_timeout'));
    const cancelTimer = timeout > 0 ? core.clock.setTimer(timeout, () => stop.abort(new SqlError('query_canceled', 'canceling statement due to statement timeout'))) : () => undefined;
    const onAbort = (): void => stop.abort(abortError(options.signal));
    if (options.signal.aborted) onAbort();
    else options.signal.addEventListener('abort', onAbort, { once: true });
    const over = (error: unknown): void => {
      cancelTimer();
      options.signal.removeEventListener('abort', onAbort);
      if (state.running === running) state.running = null;
      state.lastText = running.text;
      if (error !== undefined) this.#failed();
    };
    const run: Run = { core, session: state, signal: stop.signal, params: parameters, eval: state.evalContext(), text };
    try {
      const result = await execute(run, prepared.bound);
      return this.#watched(result, over, stop.signal);
    } catch (error) {
      over(error);
      throw reason(error, stop.signal);
    }
  }

  /** The statement is over when its rows are. */
  #watched(result: StatementResult, over: (error: unknown) => void, signal: AbortSignal): StatementResult {
    switch (result.kind) {
      case 'rows':
      case 'copyOut': {
        const rows = whenOver(result.rows, over);
        const next = rows.next.bind(rows);
        return {
          ...result,
          rows: {
            async next() {
              try {
                return await next();
              } catch (error) {
                throw reason(error, signal);
              }
            },
            close: () => rows.close(),
          },
        };
      }
      case 'copyIn': {
        const { receive } = result;
        return {
          ...result,
          receive: {
            write: (batch) => receive.write(batch),
            async finish() {
              try {
                const tag = await receive.finish();
                over(undefined);
                return tag;
              } catch (error) {
                over(error);
                throw reason(error, signal);
              }
            },
            async abort(why) {
              over(why);
              await receive.abort(why);
            },
          },
        };
      }
      default:
        over(undefined);
        return result;
    }
  }

  beginImplicit(): void {
    const state = this.#state;
    if (state.transaction !== null) return;
    state.settings.begin();
    state.transaction = new Transaction(true, state.core.clock.nowMicros());
  }

  async endImplicit(failed: boolean): Promise<void> {
    const state = this.#state;
    if (state.transaction === null || !state.transaction.implicit) {
      if (failed) this.#failed();
      return;
    }
    if (failed) await rollback(state);
    else await commit(state);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const state = this.#state;
    state.interrupt(true);
    await rollback(state);
    await closeCursors(state.cursors);
    const own = [...state.core.catalog.snapshot().objects.values()].filter((o) => 'session' in o && o.session === state.id).map((o) => o.id);
    if (own.length > 0 && !state.core.closed) await dropIds(state.core, own);
    this.#onClose();
  }

  #requireAlive(): void {
    if (this.#state.terminated || this.#closed || this.#state.core.closed) throw terminatedError();
  }

  /** Errors: in_failed_sql_transaction for everything but the block's end. */
  #requireNotFailed(ast: Statement): void {
    const { transaction } = this.#state;
    if (transaction?.failed !== true || transaction.implicit) return;
    if (ast.kind === 'transaction' && (ast.action === 'rollback' || ast.action === 'rollbackTo' || ast.action === 'commit')) return;
    throw new SqlError('in_failed_sql_transaction', 'current transaction is aborted, commands ignored until end of transaction block');
  }

  #failed(): void {
    const { transaction } = this.#state;
    if (transaction !== null && !transaction.implicit) transaction.failed = true;
  }
}

/** Bindings of these depend on the catalog and settings alone. */
const isQuery = (ast: Statement): boolean => ast.kind === 'queryStatement' || ast.kind === 'insert' || ast.kind === 'update' || ast.kind === 'delete';

/** A stopped statement ends with why it was stopped, whatever that made fail. */
function reason(error: unknown, signal: AbortSignal): unknown {
  return signal.aborted ? abortError(signal) : error;
}
