import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Property tests take seconds where other work shares the machine: the limit is against tests that hang. */
const config: ViteUserConfig = defineConfig({ test: { testTimeout: 30_000, hookTimeout: 60_000 } });
export default config;
