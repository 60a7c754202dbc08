import { rowText } from '../../src/common/batch/row-text.ts';
import type { Session } from '../../src/engine/api.ts';
import { tableText } from '../../src/server/cli/table-text.ts';

export interface Shown {
  readonly names: readonly string[];
  readonly right: readonly boolean[];
  readonly rows: readonly (readonly (string | null)[])[];
}
export type View = Shown & { readonly name: string; readonly title: string };

const NUMBERS: ReadonlySet<string> = new Set(['int', 'bigint', 'double', 'decimal', 'numeric']);

/** Runs a script; the rows of its last statement that has any. */
export async function runScript(session: Session, script: string, signal: AbortSignal): Promise<Shown> {
  let shown: Shown = { names: [], right: [], rows: [] };
  for (const statement of session.parse(script)) {
    const result = await session.execute(await session.prepare(statement, []), [], { signal });
    if (result.kind !== 'rows') continue;
    const rows: (string | null)[][] = [];
    for (let batch = await result.rows.next(); batch !== null; batch = await result.rows.next()) {
      for (let r = 0; r < batch.rowCount; r++) {
        rows.push(rowText(result.schema, batch, r));
      }
    }
    await result.rows.close();
    shown = { names: result.schema.map((f) => f.name), right: result.schema.map((f) => NUMBERS.has(f.type.kind)), rows };
  }
  return shown;
}

/** Shows views as they are now. */
export interface Screen {
  show(views: readonly View[], foot: readonly string[]): void;
}

/** A terminal: everything in place. */
export function terminalScreen(write: (text: string) => void): Screen {
  let painted = false;
  return {
    show(views, foot) {
      const text = [...views.map((v) => `${v.title}\n${tableText(v.names, v.right, v.rows)}\n`), ...foot].join('\n');
      write(`${painted ? '\u001b[H' : '\u001b[2J\u001b[H'}${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n\u001b[J`);
      painted = true;
    },
  };
}

/** A file or pipe: a line for each row that is new or other than before, `view: a | b`. */
export function lineScreen(write: (text: string) => void): Screen {
  const before = new Map<string, ReadonlySet<string>>();
  const said = new Set<string>();
  return {
    show(views, foot) {
      for (const v of views) {
        const rows = v.rows.map((row) => row.map((value) => value ?? '').join(' | '));
        const old = before.get(v.name);
        if (old === undefined && rows.length > 0) write(`${v.name}: ${v.names.join(' | ')}\n`);
        for (const row of rows) if (old?.has(row) !== true) write(`${v.name}: ${row}\n`);
        if (rows.length > 0) before.set(v.name, new Set(rows));
      }
      for (const line of foot) {
        if (!said.has(line)) write(`${line}\n`);
        said.add(line);
      }
    },
  };
}
