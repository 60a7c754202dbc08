import { DIALECT, type DialectRule } from './dialect-table.ts';
import { escape, generated } from './markdown.ts';

function row({ what, flink, postgres, here, examples }: DialectRule): string {
  const shown = examples.map(([sql, gives]) => `\`${escape(sql)}\` gives \`${escape(gives)}\``).join('<br>');
  return `| ${escape(what)} | ${escape(flink)} | ${escape(postgres)} | ${escape(here)} | ${shown} |`;
}

/** docs/sql/dialect.md: one rule where the two dialects disagree. */
export function dialectPage(): string {
  return [
    '# Where Flink and PostgreSQL disagree',
    '',
    generated('`scripts/docs/dialect-table.ts`'),
    '',
    'One rule each. Every example is run as a test: a select list, or a statement, and what it gives; cells are parted by `|`, rows by `/`.',
    ...DIALECT.flatMap(({ title, rules }) => ['', `## ${title}`, '', '| what | Flink | PostgreSQL | here | examples |', '|---|---|---|---|---|', ...rules.map(row)]),
    '',
  ].join('\n');
}
