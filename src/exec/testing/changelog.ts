import type { Schema } from '../../common/batch/batch.ts';
import { OP_TEXT } from '../../common/batch/batch.ts';
import { textIn, textOut } from '../../common/types/text-codec.ts';
import type { Change } from './harness.ts';

/**
 * Changelogs as text tables, one change a line: the op, then the values in PostgreSQL's text form between bars.
 * `NULL` is spelled out. Blank lines are left out.
 * ```
 * +I | 1 | a
 * -U | 1 | a
 * +U | 1 | NULL
 * ```
 */
export function parseChanges(schema: Schema, text: string): Change[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [op = '', ...cells] = line.split('|').map((cell) => cell.trim());
      const at = OP_TEXT.indexOf(op);
      if (at < 0 || cells.length !== schema.length) throw new Error(`bad change: ${line}`);
      const row = cells.map((cell, i) => (cell === 'NULL' ? null : textIn(cell, (schema[i] as Schema[number]).type, { timeZone: 'UTC' })));
      return { op: at, row };
    });
}

export function printChanges(schema: Schema, changes: readonly Change[]): string {
  return changes.map(({ op, row }) => [OP_TEXT[op], ...row.map((v, i) => (v === null ? 'NULL' : textOut(v, (schema[i] as Schema[number]).type)))].join(' | ')).join('\n');
}

/** The same text with blank lines and indents taken out, for comparisons. */
export const tidy = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
