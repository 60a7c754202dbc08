import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

// The main job on generated events: a server of its own, its views shown as they change.
enableCompileCache();
const [{ systemClock }, { openEngine }, { startPgServer }, { readAll, paint }] = await Promise.all([
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

const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '' }, port: { type: 'string', default: '5455' } } });
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-demo-'));
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());
if (flags.seconds !== '') systemClock.setTimer(Number(flags.seconds) * 1000, () => stop.abort());

const engine = await openEngine({
  dataDir, parallelism: 1, threads: true, clock: systemClock, workDir: import.meta.dirname,
  log: (level, message) => (level === 'info' ? undefined : console.error(`${level}: ${message}`)),
});
try {
  const server = await startPgServer({ engine, host: '127.0.0.1', port: Number(flags.port), clock: systemClock, log: () => undefined }).catch(() =>
    startPgServer({ engine, host: '127.0.0.1', port: 0, clock: systemClock, log: () => undefined }),
  );
  const session = engine.createSession({ user: 'millrace', database: 'millrace', parameters: new Map(), backendPid: 1, onNotice: () => undefined, onParameter: () => undefined });
  for (const file of ['generated.sql', 'views.sql']) await readAll(session, readFileSync(join(import.meta.dirname, file), 'utf8'), stop.signal);
  const look = `psql -h 127.0.0.1 -p ${server.port} -U millrace`;
  let firstMs: number | null = null;
  while (!stop.signal.aborted) {
    const shown = [];
    for (const view of VIEWS) shown.push({ title: view.title, ...(await readAll(session, view.sql, stop.signal)) });
    if (firstMs === null && (shown[0]?.rows.length ?? 0) > 0) firstMs = Math.round(performance.now());
    const foot = [firstMs === null ? 'Waiting for the first rows …' : `First result ${firstMs} ms after the process started.`, `Look for yourself:  ${look}`, 'Ctrl-C ends.'];
    paint(shown, foot);
    await new Promise<void>((resolve) => {
      const cancel = systemClock.setTimer(REFRESH_MS, resolve);
      stop.signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    });
  }
  await session.close();
  await server.close();
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
}
