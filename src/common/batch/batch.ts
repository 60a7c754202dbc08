import type { SqlType } from '../types/sql-type.ts';
import type { Column } from './column.ts';

/** Row operations of a changelog. An update travels as its -U directly followed by its +U in the same batch. */
export const INSERT = 0;
export const UPDATE_BEFORE = 1;
export const UPDATE_AFTER = 2;
export const DELETE = 3;
export type RowOp = typeof INSERT | typeof UPDATE_BEFORE | typeof UPDATE_AFTER | typeof DELETE;

/** `+1` for +I and +U, `-1` for -U and -D. */
export function opSign(op: number): 1 | -1 {
  return op === INSERT || op === UPDATE_AFTER ? 1 : -1;
}
export const OP_TEXT: readonly string[] = ['+I', '-U', '+U', '-D'];

/** The rows a batch aims at; sources and stateful operators cut their output near it. */
export const TARGET_BATCH_ROWS = 4096;

/** A columnar slice of a changelog; read-only after emission. */
export interface Batch {
  readonly rowCount: number;
  /** One `RowOp` a row; null when every row is an INSERT. */
  readonly ops: Uint8Array | null;
  readonly columns: readonly Column[];
}

export interface Field {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
}
export type Schema = readonly Field[];
