import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

interface Sayings {
  warningOf(root: string, architecture: string): string | null;
  slowerStarts(architecture: string, processor: string): string | null;
}
const { warningOf, slowerStarts }: Sayings = createRequire(import.meta.url)('../../deploy/compiled-code.cjs');

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

it('bundles are told to go without code where they are packaged on another kind of processor than they run on', () => {
  expect([slowerStarts('x86_64', 'x64'), slowerStarts('arm64', 'arm64')]).toEqual([null, null]);
  expect(slowerStarts('arm64', 'x64')).toMatch(/packaged on x64 for arm64, without compiled code/);
});
