import type { Span } from './span.ts';
import { SQLSTATE, type SqlCondition } from './sqlstate.ts';

/** What an error may carry besides its message; every field ends up in the client's ErrorResponse. */
export interface SqlErrorFields {
  /** Where in the statement's text the error lies. */
  readonly span?: Span | undefined;
  /** A sentence that says more. */
  readonly detail?: string | undefined;
  /** A sentence that says what to do. */
  readonly hint?: string | undefined;
  /** The name of the object concerned. */
  readonly object?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that a user can cause: bad SQL, bad data, a missing object, an unsupported feature.
 * Messages follow PostgreSQL's style: lower case, names in double quotes, no final period; detail and hint are sentences.
 */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly condition: SqlCondition;
  readonly span: Span | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(condition: SqlCondition, message: string, fields: SqlErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.condition = condition;
    this.span = fields.span;
    this.detail = fields.detail;
    this.hint = fields.hint;
  }

  /** The five-character SQLSTATE. */
  get sqlstate(): string {
    return SQLSTATE[this.condition];
  }

  /** The same error with a position, where it had none. */
  at(span: Span | undefined): SqlError {
    if (this.span !== undefined || span === undefined) return this;
    return new SqlError(this.condition, this.message, { span, detail: this.detail, hint: this.hint, cause: this.cause });
  }
}

/** A bug of ours (XX000), never of the user's. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** `feature_not_supported`, with the position and what to write instead. */
export function notSupported(what: string, span?: Span, hint?: string): SqlError {
  return new SqlError('feature_not_supported', `${what} is not supported yet`, { span, hint });
}

/** Ends a `switch` over a union: the compiler proves it is never reached. */
export function unreachable(value: never): never {
  throw new InternalError(`unreachable: ${JSON.stringify(value)}`);
}

/** Throws `InternalError` unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}
