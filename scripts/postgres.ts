import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A throw-away PostgreSQL to compare with: its own data folder, a free port, gone when stopped. */
export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Stops what was started and removes its folder. May be called twice. */
  stop(): Promise<void>;
}

const FOLDERS = ['/usr/lib/postgresql/15/bin', '/usr/local/pgsql/bin', '/opt/homebrew/opt/postgresql@15/bin'];
const START_LIMIT_MS = 20_000;

/** Why there is no PostgreSQL to compare with, or undefined when there is one. */
export function postgresMissing(): string | undefined {
  if (binFolder() === undefined) return `no initdb in ${FOLDERS.join(', ')}`;
  if (process.getuid?.() === 0 && unprivileged() === undefined) return 'running as root and there is no user "postgres"';
  return undefined;
}

function binFolder(): string | undefined {
  return FOLDERS.find((folder) => existsSync(join(folder, 'initdb')));
}

/** PostgreSQL refuses to run as root: the owner of its files then is the user `postgres`. */
function unprivileged(): { uid: number; gid: number } | undefined {
  try {
    const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

/** Errors: when PostgreSQL is missing (ask `postgresMissing` first) or does not come up. */
export async function startPostgres(): Promise<Postgres> {
  const bin = binFolder();
  if (bin === undefined) throw new Error(postgresMissing());
  const owner = process.getuid?.() === 0 ? unprivileged() : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-postgres-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const identity = owner ?? {};
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--locale=C', '--encoding=UTF8', '--no-sync'], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const settings = ['fsync=off', 'synchronous_commit=off', 'timezone=UTC', 'listen_addresses=127.0.0.1', 'max_connections=60'];
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), '-k', folder, ...settings.flatMap((s) => ['-c', s])], {
    ...identity,
    cwd: folder,
    stdio: 'ignore',
  });
  let exited = false;
  const exit = new Promise<void>((resolve) => {
    child.once('exit', () => {
      exited = true;
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    if (!exited) child.kill('SIGINT');
    await exit;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; ; waited += 100) {
    if (exited || waited > START_LIMIT_MS) {
      await stop();
      throw new Error('PostgreSQL did not start');
    }
    try {
      execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-q'], { stdio: 'ignore' });
      break;
    } catch {
      await sleep(100);
    }
  }
  return { host: '127.0.0.1', port, user: 'postgres', database: 'postgres', stop };
}
