import { SqlError } from '../common/errors.ts';

/** An error of the file system in SQL terms: disk_full or io_error; SqlErrors pass. */
export function diskError(error: unknown, doing: string): SqlError {
  if (error instanceof SqlError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left|disk quota/i.test(message)) {
    return new SqlError('disk_full', `could not ${doing}: no space left on device`, {
      detail: 'Nothing of it has been acknowledged, what was stored before is intact.',
      hint: 'Free space on the disk of the data directory, then try again.',
      cause: error,
    });
  }
  return new SqlError('io_error', `could not ${doing}: ${message}`, { cause: error });
}

/** The system's code of an error (`ENOENT`), looked for in its causes too. */
export function codeOf(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string' && !e.code.startsWith('LEVEL_DATABASE')) return e.code;
  }
  return undefined;
}
