/**
 * A result as psql prints it: centred headings, numbers to the right, `(n rows)`. Wide and combining characters count as
 * one column, as they do in psql without a locale.
 */
export function tableText(names: readonly string[], alignRight: readonly boolean[], rows: readonly (readonly (string | null)[])[], footer = true): string {
  const cells = rows.map((row) => row.map((v) => v ?? ''));
  const lines = (text: string): string[] => text.split('\n');
  const widths = names.map((name, i) => Math.max(length(name), ...cells.map((row) => Math.max(...lines(row[i] ?? '').map(length)))));
  const out = [
    names.map((n, i) => ` ${centred(n, widths[i] ?? 0)} `).join('|').trimEnd(),
    widths.map((w) => '-'.repeat(w + 2)).join('+'),
  ];
  for (const row of cells) {
    const split = row.map(lines);
    const height = Math.max(1, ...split.map((s) => s.length));
    for (let l = 0; l < height; l++) {
      const parts = split.map((s, i) => {
        const text = s[l] ?? '';
        const pad = ' '.repeat((widths[i] ?? 0) - length(text));
        const more = l < s.length - 1 ? '+' : ' ';
        return alignRight[i] === true ? ` ${pad}${text}${more}` : ` ${text}${pad}${more}`;
      });
      out.push(parts.join('|').trimEnd());
    }
  }
  if (footer) out.push(rows.length === 1 ? '(1 row)' : `(${rows.length} rows)`);
  return out.join('\n');
}

const length = (text: string): number => Array.from(text).length;

function centred(text: string, width: number): string {
  const pad = width - length(text);
  const left = Math.floor(pad / 2);
  return ' '.repeat(left) + text + ' '.repeat(pad - left);
}
