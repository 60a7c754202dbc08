import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The real server as a process of its own, for tests that kill it. */
export interface ServerProcess {
  readonly port: number;
  /** The ready line. */
  readonly line: string;
  readonly pid: number;
  /** As a crash: kill -9. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
  /** What it has written to stderr. */
  stderr(): string;
}

const root = join(import.meta.dirname, '..');

/** Starts `millrace start` on a free port of loopback. Errors when it ends before it is ready. */
export async function startServerProcess(dataDir: string, args: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'start', '--port', '0', '--data-dir', dataDir, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: root });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-100_000);
  });
  const line = await readyLine(child, () => errors);
  const port = Number(/:(\d+)\//.exec(line)?.[1]);
  const ended = (): Promise<unknown> => (child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit'));
  return {
    port, line, pid: child.pid ?? 0,
    stderr: () => errors,
    async kill() {
      const gone = ended();
      child.kill('SIGKILL');
      await gone;
    },
    async stop() {
      const gone = ended();
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
}

function readyLine(child: ChildProcess, errors: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const at = text.indexOf('\n');
      if (at >= 0) resolve(text.slice(0, at));
    });
    child.once('exit', (code, signal) => reject(new Error(`the server ended (${signal ?? code}) before it was ready: ${errors()}`)));
  });
}
