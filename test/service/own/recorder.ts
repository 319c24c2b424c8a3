import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwnDatasets } from '../own-data.ts';

/** What the real harness makes of our own tasks and rows; made by `record.ts`, never by hand. */
export const EXPECTED = join(import.meta.dirname, 'expected.jsonl');
/** Our own task definitions. */
export const TASKS = join(import.meta.dirname, 'tasks');

/** Runs the harness over our own tasks and rows, in the `python3` of the PATH, and returns the expectations as JSON lines. */
export function runHarness(): string {
  const data = writeOwnDatasets();
  const script = join(import.meta.dirname, 'record_expected.py');
  const run = spawnSync('python3', [script, data], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONHASHSEED: '0' },
  });
  rmSync(data, { recursive: true });
  if (run.status !== 0) throw new Error(`${script} failed:\n${run.stderr.slice(-2000)}`);
  return run.stdout;
}
