import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hasDistribution } from '../helpers/python.ts';
import { EXPECTED, runHarness } from './own/recorder.ts';

const NEEDED = ['lm_eval', 'openai', 'pydantic', 'pyarrow', 'datasets'];
const missing = NEEDED.filter((name) => !hasDistribution(name));
if (missing.length > 0) {
  console.warn(
    `python3 has no ${missing.join(', ')}: what is expected of our own tasks is not compared with the harness`,
  );
}

it.skipIf(missing.length > 0)(
  'what is expected of our own tasks and rows is what the real harness makes of them',
  () => {
    expect(runHarness()).toBe(readFileSync(EXPECTED, 'utf8'));
  },
);
