import { defineConfig } from 'vitest/config';

/** Killing and cutting off are judged by what was lost, which takes its time; next to other tests it would take all of theirs. */
const FAULTS = 'test/faults/**';

const shared = {
  setupFiles: ['test/setup/properties.ts'],
  // Tests wait for real services: a database may take its time on a busy machine, and a hang must still end.
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

export default defineConfig({
  test: {
    passWithNoTests: false,
    globalSetup: ['test/setup/services.ts'],
    reporters: ['default', './test/setup/summary-reporter.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [FAULTS],
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...shared, name: 'faults', include: [`${FAULTS}/*.test.ts`], sequence: { groupOrder: 2 } } },
    ],
  },
});
