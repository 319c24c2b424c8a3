import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const setup = readdirSync(join(ROOT, 'localstack', 'setup')).map((name) => join('localstack', 'setup', name));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const locks = execFileSync('git', ['ls-files', 'localstack/**/*.lock', 'localstack/*.lock'], {
  cwd: ROOT,
  encoding: 'utf8',
});

it.each(locks.trim().split('\n'))('names a SHA-256 for each package of %s, which pip checks', (path) => {
  const packages = read(path)
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  expect(packages.length).toBeGreaterThan(0);
  for (const line of packages) expect(line).toMatch(/^\S+==\S+.*--hash=sha256:[0-9a-f]{64}/);
});

it('downloads nothing by pip without its hash', () => {
  const calls = setup.flatMap((path) => read(path).match(/\[[^\]]*'(?:install|download)', [^\]]*\]/g) ?? []);
  expect(calls).toHaveLength(3);
  for (const call of calls) expect(call).toContain("'--require-hashes'");
});

it('names a SHA-512 for each Node package that this system installs', () => {
  const lock = z.object({
    packages: z.record(
      z.string(),
      z.object({
        os: z.array(z.string()).optional(),
        libc: z.array(z.string()).optional(),
        integrity: z.string().optional(),
      }),
    ),
  });
  const packages = Object.entries(lock.parse(JSON.parse(read('package-lock.json'))).packages).slice(1);
  const ours = packages.filter(
    ([, { os = ['linux'], libc = ['glibc'] }]) => os.includes('linux') && libc.includes('glibc'),
  );
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
});
