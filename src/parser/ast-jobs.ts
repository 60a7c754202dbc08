import type { Span } from '../common/span.ts';
import type { ObjectName } from './ast.ts';
import type { InsertStatement } from './ast-dml.ts';

/** Statements about jobs, compiled plans and progress. */

/** `EXECUTE STATEMENT SET BEGIN ..; END` (execute) or `BEGIN STATEMENT SET; ..; END;` */
export interface StatementSetStatement {
  readonly kind: 'statementSet';
  readonly execute: boolean;
  readonly statements: readonly InsertStatement[];
  readonly span: Span;
}

/** `COMPILE PLAN 'f' [IF NOT EXISTS] FOR ..`, `EXECUTE PLAN 'f'`, `COMPILE AND EXECUTE PLAN 'f' FOR ..`. */
export interface PlanStatement {
  readonly kind: 'plan';
  readonly action: 'compile' | 'execute' | 'compileAndExecute';
  readonly path: string;
  readonly ifNotExists: boolean;
  readonly statement: InsertStatement | StatementSetStatement | null;
  readonly span: Span;
}

/** CANCEL JOBS, STOP JOB, KILL, PAUSE JOB, RESUME JOB. */
export interface JobStatement {
  readonly kind: 'job';
  readonly action: 'stop' | 'cancel' | 'kill' | 'pause' | 'resume';
  readonly jobs: readonly string[];
  readonly withSavepoint: boolean;
  readonly withDrain: boolean;
  readonly span: Span;
}

/** FLUSH; `WAIT`, `WAIT MATERIALIZED VIEW name`. */
export interface FlushStatement {
  readonly kind: 'flush' | 'wait';
  readonly name: ObjectName | null;
  readonly span: Span;
}

/** `BEGIN STATEMENT SET` by itself: the INSERTs that follow are its, up to END. */
export interface BeginSetStatement {
  readonly kind: 'beginSet';
  readonly span: Span;
}
