import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const { warningOf }: { warningOf: (root: string, architecture: string) => string | null } = createRequire(
  import.meta.url,
)('../../deploy/compiled-code.cjs');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'packaged-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function image(files: Readonly<Record<string, string>>): void {
  const box = join(root, '.build', 'box');
  mkdirSync(box, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(box, name), text);
}
const codeFor = (processor: string) => `${JSON.stringify({ v8: '1', processor }).padEnd(256)}code`;

it.each([
  ['x64', 'x86_64'],
  ['arm64', 'arm64'],
])('nothing is said of code of %s where functions run on %s', (processor, architecture) => {
  image({ 'image.json': '{}', 'python.cache': codeFor(processor) });
  expect(warningOf(root, architecture)).toBeNull();
});

it.each([
  ['x64', 'arm64', /made on x64.*run on arm64.*linux\/arm64.*to x86_64/],
  ['arm64', 'x86_64', /made on arm64.*run on x86_64.*linux\/amd64.*to arm64/],
])('code of %s is no use to functions on %s: both are named, and what to do', (processor, architecture, said) => {
  image({ 'image.json': '{}', 'python.cache': codeFor(processor) });
  expect(warningOf(root, architecture)).toMatch(said);
});

it.each<[string, Record<string, string>]>([
  ['is missing', {}],
  ['can not be read', { 'python.cache': 'x' }],
])('code that %s is told, with the command that makes it', (_, files) => {
  image({ 'image.json': '{}', ...files });
  expect(warningOf(root, 'arm64')).toMatch(/no compiled code.*npm run build/);
});

it('an image that is missing is told, with the command that makes it', () => {
  expect(warningOf(root, 'arm64')).toMatch(/no image.*npm run build/);
});
