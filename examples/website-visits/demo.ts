import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// The main job on generated events: a server of its own, its views shown as they change.
//     npm run demo -- [--seconds n] [--port p]
enableCompileCache();
const [{ systemClock }, { openEngine }, { startPgServer }, { lineScreen, runScript, terminalScreen }] = await Promise.all([
  import('../../src/common/clock.ts'),
  import('../../src/engine/engine.ts'),
  import('../../src/server/pgwire/server.ts'),
  import('./show.ts'),
]);

const VIEWS = [
  { name: 'top_pages', title: 'The ten most visited pages', sql: 'SELECT page, visits FROM top_pages ORDER BY visits DESC, page' },
  { name: 'error_rates', title: 'Errors by age bracket', sql: 'SELECT * FROM error_rates ORDER BY age_bracket' },
  { name: 'visits_per_minute', title: 'Visits per minute (a minute shows when it is over)', sql: 'SELECT * FROM visits_per_minute ORDER BY window_start DESC, age_bracket LIMIT 10' },
] as const;
const REFRESH_MS = 250;
/** Until there is something to see. */
const FIRST_REFRESH_MS = 20;

const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '' }, port: { type: 'string', default: '5455' } } });
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-demo-'));
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
if (flags.seconds !== '') systemClock.setTimer(Number(flags.seconds) * 1000, () => stop.abort());

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel();
      stop.signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = systemClock.setTimer(ms, end);
    stop.signal.addEventListener('abort', end, { once: true });
    if (stop.signal.aborted) end();
  });

const log = (level: string, message: string): void => (level === 'info' ? undefined : console.error(`${level}: ${message}`));
const engine = await openEngine({ dataDir, parallelism: 1, clock: systemClock, workDir: import.meta.dirname, log });
const listen = (port: number): ReturnType<typeof startPgServer> => startPgServer({ engine, host: '127.0.0.1', port, clock: systemClock, log });
const server = await listen(Number(flags.port)).catch(() => listen(0));
try {
  const session = engine.createSession({ user: 'millrace', database: 'millrace', parameters: new Map(), backendPid: 1, onNotice: () => undefined, onParameter: () => undefined });
  for (const file of ['generated.sql', 'views.sql']) await runScript(session, readFileSync(join(import.meta.dirname, file), 'utf8'), stop.signal);

  const write = (text: string): void => void process.stdout.write(text);
  const screen = process.stdout.isTTY ? terminalScreen(write) : lineScreen(write);
  let firstMs: number | null = null;
  while (!stop.signal.aborted) {
    const views = [];
    for (const view of VIEWS) views.push({ name: view.name, title: view.title, ...(await runScript(session, view.sql, stop.signal)) });
    if (firstMs === null && views.some((v) => v.rows.length > 0)) firstMs = Math.round(performance.now());
    if (firstMs !== null) {
      screen.show(views, [`First result ${firstMs} ms after the process started.`, `Look for yourself:  psql -h 127.0.0.1 -p ${server.port} -U millrace`, ...(flags.seconds === '' ? ['Ctrl-C ends.'] : [])]);
    }
    await pause(firstMs === null ? FIRST_REFRESH_MS : REFRESH_MS);
  }
  await session.close();
} catch (error) {
  // The end may come in the middle of a query.
  if (!stop.signal.aborted) throw error;
} finally {
  await server.close();
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
}
