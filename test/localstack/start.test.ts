import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const START = join(import.meta.dirname, '..', '..', 'localstack', 'start.ts');

it.each([
  ['--frseh', /^Unknown option '--frseh'.*\n\(Did you mean --fresh\?\)\n/],
  ['--json-log=1', /\(Did you mean --json-logs\?\)/],
  ['--nothing', /^Unknown option '--nothing'.*\n\nnpm start/],
])('npm start -- %s says which option may have been meant, where one is near, and starts nothing', (option, said) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [START, option], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(said);
});
