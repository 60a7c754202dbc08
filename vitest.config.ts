import { defineConfig, type ViteUserConfig } from 'vitest/config';

// No test measures time: the limits are only there so that a hang ends, also on a slow or busy machine.
const config: ViteUserConfig = defineConfig({ test: { setupFiles: ['scripts/fast-check.setup.ts'], testTimeout: 120_000, hookTimeout: 180_000, exclude: ['**/node_modules/**', 'dist/**', '.cache/**'] } });
export default config;
