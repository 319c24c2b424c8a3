import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const RUNTIME = join(import.meta.dirname, '..', '..', 'lib', 'sandbox', 'python');
const CASES = 1000;
const probe = spawnSync('python3', ['-c', 'import datasets; print(datasets.__version__)'], { encoding: 'utf8' });
const hasDatasets = probe.status === 0 && probe.stdout.trim() === '3.6.0';

describe.skipIf(!hasDatasets)('the emulation of datasets (skipped where python3 has no datasets 3.6.0)', () => {
  const compared = (oracle: string, ...args: string[]) => {
    const { stdout, stderr } = spawnSync('python3', [join(import.meta.dirname, oracle), ...args], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: RUNTIME, PYTHONDONTWRITEBYTECODE: '1' },
    });
    return { stdout, stderr };
  };

  it.each([1, 2])('types and values of mapped columns are those of datasets, seed %i', (seed) => {
    const { stdout, stderr } = compared('arrow-oracle.py', String(seed), String(CASES));
    expect(stdout, stderr).toBe(`compared ${CASES}\n`);
  });

  it('functions see names, numbers and features of a column of classes as with datasets', () => {
    const { stdout, stderr } = compared('classes-oracle.py');
    expect(stdout, stderr).toMatch(/^compared \d\d+\n$/);
  });
});
