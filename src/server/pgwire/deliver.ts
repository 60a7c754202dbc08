import type { StatementResult } from '../../engine/api.ts';
import { sendCopyOut } from './copy-out.ts';
import { receiveCopy } from './copy-in.ts';
import { BACKEND } from './messages.ts';
import { ResultRows } from './result-rows.ts';
import { writeRowDescription } from './row-description.ts';
import { rowEncoder } from './row-encoder.ts';
import type { Wire } from './wire.ts';

export function commandComplete(wire: Wire, tag: string): void {
  wire.out.begin(BACKEND.commandComplete).text(tag).end();
}

/** Sends a whole result of the simple protocol, text format. */
export async function deliver(wire: Wire, result: StatementResult, signal: AbortSignal): Promise<void> {
  switch (result.kind) {
    case 'empty':
      wire.out.empty(BACKEND.emptyQuery);
      return;
    case 'command':
      commandComplete(wire, result.tag);
      return;
    case 'rows': {
      const binary = result.schema.map(() => false);
      writeRowDescription(wire.out, result.schema, binary);
      const rows = new ResultRows(result.rows, rowEncoder(result.schema, binary, wire.session.text), result.live);
      const { count } = await rows.send(wire.out, 0, signal);
      commandComplete(wire, result.tag(count));
      return;
    }
    default:
      await deliverCopy(wire, result, signal);
  }
}

/** Runs a COPY to its end; both protocols do it alike. */
export async function deliverCopy(wire: Wire, result: StatementResult & { kind: 'copyIn' | 'copyOut' }, signal: AbortSignal): Promise<void> {
  const tag = result.kind === 'copyOut' ? await sendCopyOut(wire, result, signal) : await receiveCopy(wire, result, signal);
  commandComplete(wire, tag);
}
