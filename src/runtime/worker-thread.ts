import { enableCompileCache } from 'node:module';

/** Where a worker's thread begins: the cache of compiled modules comes before all others are loaded. */
enableCompileCache();
const { runWorker } = await import('./worker-loop.ts');
runWorker();
