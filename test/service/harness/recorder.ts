import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { parquetOf } from '../parquet.ts';
import { MADE_UP } from './rows.ts';

/** What the real harness makes of its tasks with functions and our rows, as hashes; made by `record.ts`, never by hand. */
export const EXPECTED = join(import.meta.dirname, 'expected.jsonl');

const cases = z.array(
  z.looseObject({
    task: z.string(),
    path: z.string().optional(),
    ids: z.string().optional(),
    kept: z.boolean().optional(),
    plain: z.boolean().optional(),
  }),
);
const expected = z.object({ task: z.string(), instances: z.int().positive(), sha256: z.string() });

/** The cases: the keys of a sample message, `path` apart; `ids` and `kept` are the recorder's, `plain` tasks have no functions. */
export function harnessCases(): z.output<typeof cases> {
  return cases.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')));
}

/** What is expected of each task. */
export function expectedOf(): Map<string, z.output<typeof expected>> {
  const lines = readFileSync(EXPECTED, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => expected.parse(JSON.parse(line))).map((line) => [line.task, line]));
}

/** Writes our rows in the bucket's layout into a new folder. Returns the folder. */
export function writeMadeUp(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sampler-rows-'));
  for (const { at, splits, row, classes } of MADE_UP) {
    // No row is in two splits: which examples equal the document differs between the harness and its Python service (FEWSHOT-4).
    let first = 0;
    for (const [split, count] of Object.entries(splits)) {
      const file = join(folder, at, split, '0000.parquet');
      mkdirSync(dirname(file), { recursive: true });
      const rows = Array.from({ length: count }, (_, i) => row(first + i, split));
      first += count;
      writeFileSync(file, parquetOf(rows, classes));
    }
  }
  return folder;
}

/**
 * Runs the harness over the cases, in the `python3` of the PATH.
 * @param tasks names of tasks of which every instance is wanted, to look for a difference
 * @returns the hashes as JSON lines
 */
export function runHarnessTasks(tasks: readonly string[] = []): string {
  const data = writeMadeUp();
  const script = join(import.meta.dirname, 'record_harness.py');
  const run = spawnSync('python3', [script, data, ...tasks], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', PYTHONHASHSEED: '0' },
  });
  rmSync(data, { recursive: true });
  if (run.status !== 0) throw new Error(`${script} failed:\n${run.stderr.slice(-2000)}`);
  return run.stdout;
}
