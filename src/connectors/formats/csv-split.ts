import { ValueError } from '../parse-value.ts';

export interface CsvSyntax {
  readonly delimiter: string;
  /** Empty when quoting is off. */
  readonly quote: string;
  readonly escape: string;
}

/** A cell and whether it was quoted (a quoted NULL literal is text). */
export interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

/** Cuts one record into cells. Throws ValueError on an unclosed quote. */
export function splitCsv(line: string, s: CsvSyntax): Cell[] {
  const cells: Cell[] = [];
  const n = line.length;
  let at = 0;
  for (;;) {
    let text = '';
    let quoted = false;
    if (s.quote !== '' && line[at] === s.quote) {
      quoted = true;
      at++;
      for (;;) {
        if (at >= n) throw new ValueError('malformed CSV: unclosed quote');
        const c = line[at] as string;
        if (s.escape !== '' && c === s.escape && at + 1 < n) {
          text += line[at + 1];
          at += 2;
        } else if (c === s.quote) {
          if (line[at + 1] !== s.quote) break;
          text += c;
          at += 2;
        } else {
          text += c;
          at++;
        }
      }
      at++;
      if (at < n && line[at] !== s.delimiter) throw new ValueError('malformed CSV: text after a closing quote');
    } else {
      while (at < n && line[at] !== s.delimiter) {
        if (s.escape !== '' && line[at] === s.escape && at + 1 < n) at++;
        text += line[at++];
      }
    }
    cells.push({ text, quoted });
    if (at >= n) return cells;
    at++;
    if (at >= n) {
      cells.push({ text: '', quoted: false });
      return cells;
    }
  }
}
