import { readFileSync } from 'node:fs';
import { systemClock } from '../../common/clock.ts';
import type { Session } from '../../engine/api.ts';
import { openEngine } from '../../engine/engine.ts';
import { readValue } from '../../common/batch/builder.ts';
import { SqlError } from '../../common/errors.ts';
import { memoryStore } from '../../store/memory.ts';
import { noticeText, runScript } from './run-script.ts';

export interface SqlCommand {
  readonly file: string;
  readonly dataDir: string | null;
  readonly parallelism: number;
  readonly stopOnError: boolean;
}

const JOBS_LEFT = "SELECT count(*) FROM millrace_catalog.jobs WHERE kind <> 'materialized view' AND state IN ('creating', 'running', 'restarting')";
const POLL_MS = 100;

/**
 * Runs a script in an engine of its own, and waits for the INSERT jobs it began until they end or Ctrl-C.
 * @returns the exit code.
 */
export async function sqlCommand(command: SqlCommand): Promise<number> {
  const text = readScript(command.file);
  const stop = new AbortController();
  const interrupted = (): void => stop.abort();
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const engine = await openEngine({
    ...(command.dataDir === null ? { store: memoryStore() } : { dataDir: command.dataDir }),
    parallelism: command.parallelism,
    threads: true,
    clock: systemClock,
    workDir: process.cwd(),
    log: (level, message) => (level === 'info' ? undefined : say(`${level}: ${message}`)),
  });
  try {
    const session = engine.createSession({
      user: 'millrace', database: 'millrace', parameters: new Map([['application_name', 'millrace sql']]), backendPid: 1, onNotice: (n) => say(noticeText(n)), onParameter: () => undefined,
    });
    const output = { line: (line: string): void => void process.stdout.write(`${line}\n`), errorLine: say };
    const succeeded = await runScript(session, text, output, { stopOnError: command.stopOnError, signal: stop.signal });
    while (succeeded && !stop.signal.aborted && (await jobsLeft(session)) > 0n) await new Promise<void>((resolve) => void systemClock.setTimer(POLL_MS, resolve));
    await session.close();
    return succeeded ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await engine.close();
  }
}

async function jobsLeft(session: Session): Promise<bigint> {
  const [statement] = session.parse(JOBS_LEFT);
  if (statement === undefined) return 0n;
  const result = await session.execute(await session.prepare(statement, []), [], { signal: new AbortController().signal });
  if (result.kind !== 'rows') return 0n;
  const batch = await result.rows.next();
  await result.rows.close();
  const column = batch?.columns[0];
  const value = column === undefined ? null : readValue({ kind: 'bigint' }, column, 0);
  return typeof value === 'bigint' ? value : 0n;
}

function readScript(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new SqlError('undefined_file', `cannot read "${file}"`, { detail: error instanceof Error ? error.message : undefined, cause: error });
  }
}
