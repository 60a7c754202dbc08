import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    setupFiles: ['scripts/fast-check.setup.ts'],
    // No test measures time: the limits are only there so that a hang ends, also on a slow or busy machine. A test has none of its own
    // but a longer one.
    testTimeout: 120_000, hookTimeout: 180_000, expect: { poll: { timeout: 100_000 } },
    exclude: ['**/node_modules/**', 'dist/**', '.cache/**'],
  },
});
export default config;
