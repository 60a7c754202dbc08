import { SqlError } from '../../common/errors.ts';
import { characterPosition } from '../../common/span.ts';
import type { Notice } from '../../engine/api.ts';
import { BACKEND } from './messages.ts';
import type { WireWriter } from './writer.ts';

/** ErrorResponse. Anything but a SqlError is a bug of ours: the client gets XX000 and its message. `text`: what spans refer to. */
export function writeError(out: WireWriter, error: unknown, text: string | null, severity: 'ERROR' | 'FATAL' = 'ERROR'): void {
  const known = error instanceof SqlError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  out.begin(BACKEND.error);
  field(out, 'S', severity);
  field(out, 'V', severity);
  field(out, 'C', known?.sqlstate ?? 'XX000');
  field(out, 'M', message === '' ? 'unknown error' : message);
  if (known?.detail !== undefined) field(out, 'D', known.detail);
  if (known?.hint !== undefined) field(out, 'H', known.hint);
  if (known?.span !== undefined && text !== null) field(out, 'P', String(characterPosition(text, known.span.start)));
  out.byte(0).end();
}

/** NoticeResponse. */
export function writeNotice(out: WireWriter, notice: Notice): void {
  out.begin(BACKEND.notice);
  field(out, 'S', notice.severity);
  field(out, 'V', notice.severity);
  field(out, 'C', notice.sqlstate);
  field(out, 'M', notice.message);
  if (notice.detail !== undefined) field(out, 'D', notice.detail);
  if (notice.hint !== undefined) field(out, 'H', notice.hint);
  out.byte(0).end();
}

function field(out: WireWriter, letter: string, value: string): void {
  out.byte(letter.charCodeAt(0)).text(value);
}
