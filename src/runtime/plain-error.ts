import { InternalError, SqlError } from '../common/errors.ts';
import { SQLSTATE, type SqlCondition } from '../common/sqlstate.ts';
import type { PlainError } from './messages.ts';

/** A failure that a restart would only repeat: the job is over. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
  readonly error: Error;
  constructor(error: Error) {
    super(error.message);
    this.error = error;
  }
}

export function toPlain(error: unknown): PlainError {
  if (error instanceof PermanentFailure) return toPlain(error.error);
  if (error instanceof SqlError) return { message: error.message, condition: error.condition, detail: error.detail, hint: error.hint, stack: error.stack };
  if (error instanceof Error) return { message: error.message, condition: null, detail: undefined, hint: undefined, stack: error.stack };
  return { message: String(error), condition: null, detail: undefined, hint: undefined, stack: undefined };
}

const isCondition = (text: string): text is SqlCondition => text in SQLSTATE;

export function fromPlain(plain: PlainError): Error {
  if (plain.condition !== null && isCondition(plain.condition)) return new SqlError(plain.condition, plain.message, { detail: plain.detail, hint: plain.hint });
  const error = new InternalError(plain.message);
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
