import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/services.ts'],
    setupFiles: ['test/setup/properties.ts'],
    reporters: ['default', './test/setup/summary-reporter.ts'],
    // Tests wait for real services: a database may take its time on a busy machine, and a hang must still end.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    passWithNoTests: false,
  },
});
