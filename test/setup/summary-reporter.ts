import { writeSync } from 'node:fs';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/**
 * Ends the run with one line, `N passed, N failed` and `, N skipped` when there are any. A file that could not be
 * loaded, a hook that failed and an error outside of all tests each count as one failure: a run that is not right never
 * reads `0 failed`.
 */
export default class SummaryReporter implements Reporter {
  onInit(vitest: Vitest): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    let ran = false;
    this.onTestRunEnd = (modules, unhandledErrors) => {
      ran = true;
      Object.assign(counts, countModules(modules));
      counts.failed += unhandledErrors.length;
    };
    // On exit, so that nothing comes after it.
    process.once('exit', () => {
      if (!ran || vitest.config.watch) return;
      if (counts.failed === 0 && process.exitCode !== undefined && process.exitCode !== 0) counts.failed = 1;
      const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
      writeSync(1, `${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
    });
  }

  onTestRunEnd: NonNullable<Reporter['onTestRunEnd']> = () => {};
}

function countModules(modules: readonly TestModule[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // A test that never ran, as its hooks failed, is pending.
      counts[state === 'pending' ? 'skipped' : state] += 1;
    }
  }
  return counts;
}
