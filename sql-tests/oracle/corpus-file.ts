import { PG_TYPES } from '../../src/common/types/oids.ts';
import { rowLine, type Outcome } from '../runner/database.ts';

/**
 * Files of sql-tests/oracle/corpus: statements with PostgreSQL's answers. A line `expression ==> type value` is a case of one
 * value; everything else is blocks of a query, `----`, and its answer: types, then a line a row, or `ERROR sqlstate`. Where the
 * dialect differs on purpose Millrace's answer follows with the name of the rule: ` ==> [rule] type value`, `---- [rule]`.
 */
export interface Case {
  /** What is run; an expression with SELECT before it. */
  readonly sql: string;
  readonly expression: string | null;
  readonly line: number;
  /** PostgreSQL's, or null when it was not recorded yet. */
  readonly answer: string | null;
  readonly differs: { readonly rule: string; readonly answer: string } | null;
}

const ARROW = ' ==> ';

function names(): Map<number, string> {
  const out = new Map<number, string>([[1043, 'varchar'], [1015, 'varchar[]']]);
  for (const t of PG_TYPES) out.set(t.oid, t.typname).set(t.arrayOid, `${t.typname}[]`);
  return out;
}
const NAMES = names();

/** Whether the statement says in which order its rows come: an ORDER BY that no parenthesis closes. */
export function isOrdered(sql: string): boolean {
  const at = sql.toUpperCase().lastIndexOf('ORDER BY');
  if (at < 0) return false;
  let depth = 0;
  for (const c of sql.slice(at)) {
    if (c === '(') depth++;
    if (c === ')' && --depth < 0) return false;
  }
  return true;
}

/** An outcome as the files have it: types and rows, or the SQLSTATE. Rows without an order are sorted. */
export function answerOf(sql: string, outcome: Outcome): string {
  if (outcome.kind === 'error') return `ERROR ${outcome.sqlstate}`;
  if (outcome.kind === 'done') return outcome.tag;
  const lines = outcome.rows.map(rowLine);
  if (!isOrdered(sql)) lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return [outcome.oids.map((oid) => NAMES.get(oid) ?? `oid${oid}`).join(' '), ...lines].join('\n');
}

/** The block's answer, from the line of an expression and back. */
const unfold = (line: string): string => (line.startsWith('ERROR ') ? line : line.replace(' ', '\n'));
const fold = (answer: string): string => answer.replace('\n', ' ');

export const expressionCase = (expression: string): Case => ({ sql: `SELECT ${expression}`, expression, line: 0, answer: null, differs: null });
export const queryCase = (sql: string): Case => ({ sql, expression: null, line: 0, answer: null, differs: null });

/** @throws when the text is not such a file. */
export function parseCorpus(text: string): Case[] {
  const cases: Case[] = [];
  let block: string[] = [];
  let from = 0;
  const flush = (): void => {
    if (block.length > 0) cases.push(blockCase(block, from));
    block = [];
  };
  for (const [i, line] of text.split('\n').entries()) {
    if (line === '') flush();
    else if (block.length === 0 && line.startsWith('#')) continue;
    else if (block.length === 0 && (line.includes(ARROW) || line.startsWith('= '))) cases.push(lineCase(line, i + 1));
    else {
      if (block.length === 0) from = i + 1;
      block.push(line);
    }
  }
  flush();
  return cases;
}

/** `= expression` stands for one without an answer yet. */
function lineCase(line: string, at: number): Case {
  if (line.startsWith('= ')) return { ...expressionCase(line.slice(2)), line: at };
  const [expression = '', answer = '', other] = line.split(ARROW);
  const marked = other === undefined ? null : /^\[([a-z0-9-]+)\] (.*)$/s.exec(other);
  if (other !== undefined && marked === null) throw new Error(`line ${at}: no rule is named`);
  return { ...expressionCase(expression), line: at, answer: unfold(answer), differs: marked === null ? null : { rule: marked[1] ?? '', answer: unfold(marked[2] ?? '') } };
}

function blockCase(block: readonly string[], line: number): Case {
  const bars = block.flatMap((l, i) => (/^----( \[[a-z0-9-]+\])?$/.test(l) ? [i] : []));
  const [first, second] = bars;
  const answer = first === undefined ? null : block.slice(first + 1, second).join('\n');
  const rule = second === undefined ? null : (/\[(.*)\]/.exec(block[second] ?? '')?.[1] ?? '');
  return { ...queryCase(block.slice(0, first).join('\n')), line, answer, differs: rule === null || second === undefined ? null : { rule, answer: block.slice(second + 1).join('\n') } };
}

/** The case as it is written, without a line's end. */
export function printCase(c: Case): string {
  if (c.answer === null) throw new Error(`no answer to ${c.sql}`);
  if (c.expression === null) return `${c.sql}\n----\n${c.answer}${c.differs === null ? '' : `\n---- [${c.differs.rule}]\n${c.differs.answer}`}\n`;
  const text = `${c.expression}${ARROW}${fold(c.answer)}${c.differs === null ? '' : `${ARROW}[${c.differs.rule}] ${fold(c.differs.answer)}`}`;
  if (text.includes('\n') || text.split(ARROW).length > (c.differs === null ? 2 : 3)) throw new Error(`not fit for a line: ${text}`);
  return text;
}
