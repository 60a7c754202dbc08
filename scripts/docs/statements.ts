import { escape, generated, table } from './markdown.ts';
import { REFUSED, STATEMENT_SETUP, STATEMENTS, type StatementEntry } from './statement-table.ts';

const rows = (entries: readonly StatementEntry[]): string[][] => entries.map((e) => [`\`${escape(e.form)}\``, escape(e.doc), e.examples.map((x) => `\`${escape(x)}\``).join('<br>')]);

/** docs/sql/statements.md from the table of statements. */
export function statementsPage(): string {
  const lines = [
    '# Statements',
    '',
    generated('`scripts/docs/statement-table.ts`'),
    '',
    'Every example is bound in a test, with these objects:',
    '',
    '```sql',
    STATEMENT_SETUP.trim(),
    '```',
  ];
  for (const group of STATEMENTS) lines.push('', `## ${group.title}`, '', ...table(['statement', 'meaning', 'examples'], rows(group.entries)));
  lines.push('', '## Not supported yet', '', 'These are parsed and refused, with the position and a hint.', '', ...table(['statement', 'instead', 'example'], rows(REFUSED)));
  return `${lines.join('\n')}\n`;
}
