import type { IRecognitionException } from 'chevrotain';
import { SqlError } from '../common/errors.ts';
import type { Expr } from './ast.ts';
import type { Statement } from './ast-statements.ts';
import { syntaxErrorAt, tooComplex } from './base.ts';
import { tokenize } from './lexer.ts';
import { type StatementTokens, splitStatements } from './split.ts';
import { StatementParser } from './statements/statement.ts';
import { suggestKeyword } from './suggest.ts';
import type { SqlToken } from './tokens.ts';

/** What could be read of a script, and an error for each statement that could not. */
export interface RecoveredScript {
  readonly statements: readonly Statement[];
  readonly errors: readonly SqlError[];
}

/** The statements of `sql`, which `;` separates; empty ones are dropped. The first error is thrown. */
export function parseScript(sql: string): Statement[] {
  const { tokens, error } = tokenize(sql);
  // A lexical error comes first, as in Postgres: nothing of the text is run.
  if (error !== null) throw error;
  return splitStatements(tokens).map((part) => parser().parseStatement(part, sql));
}

/** The one statement of `sql`. Errors: none, or more than one. */
export function parseStatement(sql: string): Statement {
  const [first, second] = parseScript(sql);
  if (first === undefined) throw endOfInput(sql);
  if (second !== undefined) throw new SqlError('syntax_error', 'cannot insert multiple commands into a prepared statement', { span: second.span });
  return first;
}

/** As `parseScript`, but a bad statement costs only itself. */
export function parseScriptRecovering(sql: string): RecoveredScript {
  const { tokens, error } = tokenize(sql);
  const parts = splitStatements(tokens);
  // The lexical error lies in the statement that its tokens were cut from.
  if (error !== null && parts.at(-1)?.terminator === null) parts.pop();
  const statements: Statement[] = [];
  const errors: SqlError[] = [];
  for (const part of parts) {
    try {
      statements.push(parser().parseStatement(part, sql));
    } catch (thrown) {
      if (!(thrown instanceof SqlError)) throw thrown;
      errors.push(thrown);
    }
  }
  if (error !== null) errors.push(error);
  return { statements, errors };
}

/** A single expression: stored defaults, computed columns, conditions from elsewhere. */
export function parseExpression(sql: string): Expr {
  const { tokens, error } = tokenize(sql);
  if (error !== null) throw error;
  return parser().parseExpression(tokens, sql);
}

/** Builds the grammar now instead of at the first statement; the start of the process does it while it waits for the disk. */
export function warmUp(): void {
  parser();
}

let instance: SqlParser | undefined;

function parser(): SqlParser {
  instance ??= new SqlParser(true);
  return instance;
}

/** The whole grammar. `skipValidations` false checks it for ambiguities, for the tests. */
export class SqlParser extends StatementParser {
  constructor(skipValidations: boolean) {
    super(skipValidations);
    this.performSelfAnalysis();
  }

  parseStatement(part: StatementTokens, sql: string): Statement {
    return this.run(part.tokens, part.terminator, sql, () => this.statement());
  }

  parseExpression(tokens: readonly SqlToken[], sql: string): Expr {
    return this.run([...tokens], null, sql, () => this.expr());
  }

  private run<R>(tokens: SqlToken[], terminator: SqlToken | null, sql: string, rule: () => R): R {
    this.restart();
    this.input = tokens;
    let result: R;
    try {
      result = rule();
    } catch (thrown) {
      // The bound on nesting is there so that this never happens.
      if (thrown instanceof RangeError) throw tooComplex(undefined);
      throw thrown;
    }
    const [error] = this.errors;
    if (error !== undefined) throw this.toSqlError(error, tokens, terminator, sql);
    return result;
  }

  private toSqlError(error: IRecognitionException, tokens: readonly SqlToken[], terminator: SqlToken | null, sql: string): SqlError {
    const at = tokens.findIndex(({ startOffset }) => startOffset === error.token.startOffset);
    const token = tokens[at] ?? terminator;
    const hint = suggestKeyword(tokens, at < 0 ? tokens.length : at);
    return token === null ? endOfInput(sql, hint) : syntaxErrorAt(token, hint);
  }
}

function endOfInput(sql: string, hint?: string): SqlError {
  return new SqlError('syntax_error', 'syntax error at end of input', { span: { start: sql.length, end: sql.length }, hint });
}
