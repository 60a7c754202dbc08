import { readValue } from '../../src/common/batch/builder.ts';
import { textOut } from '../../src/common/types/text-codec.ts';
import type { Session } from '../../src/engine/api.ts';
import { tableText } from '../../src/server/cli/table-text.ts';

export interface Shown {
  readonly names: readonly string[];
  readonly right: readonly boolean[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const NUMBERS: ReadonlySet<string> = new Set(['int', 'bigint', 'double', 'decimal', 'numeric']);

/** Runs a script; the rows of its last statement that has any. */
export async function readAll(session: Session, script: string, signal: AbortSignal): Promise<Shown> {
  let shown: Shown = { names: [], right: [], rows: [] };
  for (const statement of session.parse(script)) {
    const result = await session.execute(await session.prepare(statement, []), [], { signal });
    if (result.kind !== 'rows') continue;
    const rows: (string | null)[][] = [];
    for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) {
      for (let r = 0; r < batch.rowCount; r++) {
        rows.push(
          result.schema.map((f, i) => {
            const column = batch.columns[i];
            const value = column === undefined ? null : readValue(f.type, column, r);
            return value === null ? null : textOut(value, f.type);
          }),
        );
      }
    }
    await result.rows.close();
    shown = { names: result.schema.map((f) => f.name), right: result.schema.map((f) => NUMBERS.has(f.type.kind)), rows };
  }
  return shown;
}

let painted = false;
let before = '';

/** In place on a terminal; elsewhere the tables again whenever they differ. */
export function paint(views: readonly (Shown & { readonly title: string })[], foot: readonly string[]): void {
  const text = [...views.map((v) => `${v.title}\n${tableText(v.names, v.right, v.rows)}\n`), ...foot].join('\n');
  if (text === before) return;
  before = text;
  if (process.stdout.isTTY) {
    process.stdout.write(`${painted ? '\u001b[H' : '\u001b[2J\u001b[H'}${text.replaceAll('\n', '\u001b[K\n')}\u001b[J\n`);
    painted = true;
  } else process.stdout.write(`${text}\n\n`);
}
