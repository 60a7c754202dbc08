import { systemClock } from '../../common/clock.ts';
import { openEngine } from '../../engine/engine.ts';
import { warmUp } from '../../parser/parser.ts';
import { startPgServer } from '../pgwire/server.ts';
import type { StartConfig } from './config.ts';
import { openLog } from './log.ts';

/**
 * Runs the server until SIGTERM or SIGINT. Prints one line on stdout when it is ready to answer; the log goes to stderr.
 * @returns the exit code.
 */
export async function startServer(config: StartConfig, version: string): Promise<number> {
  const began = performance.now();
  const log = openLog(config.logLevel);
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  const opening = openEngine({
    dataDir: config.dataDir,
    parallelism: config.parallelism,
    threads: true,
    clock: systemClock,
    workDir: process.cwd(),
    log,
    epochIntervalMs: config.epochIntervalMs,
    checkpointIntervalMs: config.checkpointIntervalMs,
  });
  // The grammar is made ready while the data folder opens.
  warmUp();
  const engine = await opening;
  let server;
  try {
    server = await startPgServer({ engine, host: config.host, port: config.port, limits: { connections: config.maxConnections }, clock: systemClock, log });
  } catch (error) {
    await engine.close();
    throw error;
  }
  const ms = Math.round(performance.now() - began);
  process.stdout.write(`millrace ${version} ready on postgres://millrace@${config.host}:${server.port}/millrace, data in ${config.dataDir}, ${config.parallelism} workers (${ms} ms)\n`);
  const signal = await stopped;
  log('info', `${signal}: stopping`);
  await server.close();
  await engine.close();
  return 0;
}
