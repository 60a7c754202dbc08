import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { startTestServer, type TestServer } from '../src/server/pgwire/testing/test-server.ts';

/**
 * Runs the client programs in scripts/clients against a server in memory: psycopg 3 (in a venv under .cache) and pgjdbc
 * (through Maven). A client whose tools are missing is named and passed over. `node scripts/clients.ts`
 */
const HERE = join(import.meta.dirname, 'clients');
const CACHE = join(import.meta.dirname, '..', '.cache');

const has = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** The command of each client, or why it cannot run. */
function psycopg(server: TestServer): readonly string[] | string {
  if (!has('python3')) return 'no python3';
  const venv = join(CACHE, 'psycopg');
  if (!existsSync(join(venv, 'ready'))) {
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
    execFileSync(join(venv, 'bin', 'pip'), ['-q', 'install', 'psycopg[binary]'], { stdio: 'inherit' });
    execFileSync('touch', [join(venv, 'ready')]);
  }
  return [join(venv, 'bin', 'python'), join(HERE, 'psycopg3_client.py'), String(server.port)];
}

function pgjdbc(server: TestServer): readonly string[] | string {
  if (!has('java') || !has('mvn')) return 'no java or no mvn';
  const classpath = join(CACHE, 'jdbc.classpath');
  execFileSync('mvn', ['-q', '-B', '-f', join(HERE, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`], { stdio: 'inherit' });
  return ['java', '-cp', readFileSync(classpath, 'utf8').trim(), join(HERE, 'Jdbc.java'), `jdbc:postgresql://127.0.0.1:${server.port}/millrace`];
}

mkdirSync(CACHE, { recursive: true });
for (const [name, prepare] of [['psycopg', psycopg], ['pgjdbc', pgjdbc]] as const) {
  const server = await startTestServer();
  const command = prepare(server);
  if (typeof command === 'string') console.log(`${name}: passed over, ${command}`);
  else {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: 'inherit' });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) process.exitCode = 1;
  }
  await server.close();
}
