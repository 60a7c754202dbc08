import { systemClock } from '../../../common/clock.ts';
import type { Engine } from '../../../engine/api.ts';
import { openEngine } from '../../../engine/engine.ts';
import { memoryStore } from '../../../store/memory.ts';
import type { WireLimits } from '../limits.ts';
import { startPgServer, type PgServer } from '../server.ts';

/** A server on a free port over an engine in memory, in this thread. */
export interface TestServer {
  readonly engine: Engine;
  readonly server: PgServer;
  readonly port: number;
  /** What the server logged. */
  readonly logs: string[];
  close(): Promise<void>;
}

export async function startTestServer(limits: Partial<WireLimits> = {}): Promise<TestServer> {
  const logs: string[] = [];
  const log = (level: string, message: string): void => void logs.push(`${level} ${message}`);
  const engine = await openEngine({ store: memoryStore(), parallelism: 1, threads: false, epochIntervalMs: 10, checkpointIntervalMs: 50, log, print: () => undefined });
  const server = await startPgServer({ engine, host: '127.0.0.1', port: 0, limits: { farewellMs: 300, ...limits }, clock: systemClock, log });
  return {
    engine,
    server,
    port: server.port,
    logs,
    close: async () => {
      await server.close();
      await engine.close();
    },
  };
}
