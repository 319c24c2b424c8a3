import { defineConfig } from 'vitest/config';

/**
 * Test files at a time. Most of a file's time is waiting, for servers and for processes of its own, so that two share two cores
 * well; each has databases, queues, a bucket and folders of its own (test/helpers/stack.ts).
 */
const AT_A_TIME = 2;

/** Killing and cutting off are judged by what was lost, which takes its time; next to tests of other kinds it would take all of theirs. */
const FAULTS = 'test/faults/**';

const shared = {
  maxWorkers: AT_A_TIME,
  setupFiles: ['test/setup/properties.ts'],
  // Tests wait for real services: a database may take its time on a busy machine, and a hang must still end.
  testTimeout: 240_000,
  hookTimeout: 240_000,
  expect: { poll: { timeout: 30_000 } },
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
