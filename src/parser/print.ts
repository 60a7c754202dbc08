import type { Expr, TypeName } from './ast.ts';
import type { Statement } from './ast-statements.ts';
import { StatementPrinter } from './print/statements.ts';
import type { Dialect } from './print/types.ts';

export type { Dialect };

const PRINTERS: Readonly<Record<Dialect, StatementPrinter>> = { postgres: new StatementPrinter('postgres'), flink: new StatementPrinter('flink') };

/**
 * The SQL of a statement, on one line, which parses back to the same tree (spans aside). The dialects differ in the
 * quoting of names, in the spelling of intervals, types and windowing functions, and in a few statements. A construct that
 * a dialect lacks is printed as it stands: whether the other side can run it is the caller's question.
 */
export function printStatement(statement: Statement, dialect: Dialect = 'postgres'): string {
  return PRINTERS[dialect].statement(statement);
}

export function printExpr(expr: Expr, dialect: Dialect = 'postgres'): string {
  return PRINTERS[dialect].expr(expr);
}

export function printType(type: TypeName, dialect: Dialect = 'postgres'): string {
  return PRINTERS[dialect].type(type);
}
