import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
const START_TIMEOUT_MS = 30_000;

/** A server process, as a user starts it. */
export interface ServerProcess {
  readonly port: number;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/** Resolves at the server's ready line. */
export function startServer(dataDir: string, parallelism: number): Promise<ServerProcess> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'start', '--port', '0', '--data-dir', dataDir, '--parallelism', String(parallelism)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ended = new Promise<number | null>((yes) => child.once('exit', (code) => yes(code)));
  const end = (signal: NodeJS.Signals) => (): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return new Promise((yes, no) => {
    const fail = (why: string): void => {
      child.kill('SIGKILL');
      no(new Error(`the server ${why}:\n${output}`));
    };
    const timer = setTimeout(() => fail('was not ready in time'), START_TIMEOUT_MS);
    void ended.then(() => fail('ended'));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
        const port = /ready on postgres:\/\/[^\s]*:(\d+)\//.exec(output)?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        yes({ port: Number(port), kill: async () => void (await end('SIGKILL')()), stop: end('SIGTERM') });
      });
    }
  });
}
