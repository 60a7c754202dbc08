/** Text as a cell of a Markdown table. */
export const escape = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', '\\n');

/** A Markdown table; cells are Markdown already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)];
}

/** What every generated page says at its top. */
export const generated = (from: string): string => `Generated from ${from} by \`node scripts/generate-docs.ts\`; do not edit.`;
