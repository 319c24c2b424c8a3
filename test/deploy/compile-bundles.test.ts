import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const { compileBundle }: { compileBundle: (path: string) => string | null } = createRequire(import.meta.url)(
  '../../deploy/compile-bundles.cjs',
);

const root = mkdtempSync(join(tmpdir(), 'compiled-'));
afterAll(() => rmSync(root, { recursive: true }));

const path = join(root, 'shard.cjs');
const bundle = join(root, 'shard.bundle.cjs');
const code = join(root, 'shard.bundle.code');
/** Large enough to be worth it; tells where it lies, loads a neighbour and a module of Node, and says ü. */
const text = `${Array.from({ length: 9_000 }, (_, i) => `function unused${i}() { return [${i}, 'some', 'thing', 'or', 'other']; }`).join('\n')}
exports.answer = () => [unused7()[0], 'ü', __filename, __dirname, require('./neighbour.json').name, module.exports === exports];
require('node:path').join(__dirname, 'x');`;
const answer = [7, 'ü', bundle, root, 'the neighbour', true];
let made: { bundle: Buffer; code: Buffer };

beforeAll(() => {
  writeFileSync(join(root, 'neighbour.json'), '{"name":"the neighbour"}');
  writeFileSync(path, text);
  expect(compileBundle(path)).toBeNull();
  made = { bundle: readFileSync(bundle), code: readFileSync(code) };
});
beforeEach(() => {
  writeFileSync(bundle, made.bundle);
  writeFileSync(code, made.code);
});

/** What a process of its own gets of the function, and whether it took the code. */
function load(...options: string[]): { answer: unknown; outcome: unknown; gc: string; said: string } {
  const program = `const { answer } = require(${JSON.stringify(path)});
    console.log(JSON.stringify({ answer: answer(), outcome: globalThis[Symbol.for('sampler.compiledBundle')], gc: typeof gc }))`;
  const { stdout, stderr } = spawnSync(process.execPath, [...options, '-e', program], { encoding: 'utf8' });
  return { ...JSON.parse(stdout), said: stderr };
}

it('a bundle runs with the code that was made of it, and exports what it would without', () => {
  expect(load()).toEqual({ answer, outcome: 'taken', gc: 'undefined', said: '' });
});

it.each([
  [['--max-semi-space-size=4']],
  [['--max-semi-space-size=102', '--max-old-space-size=1844', '--max-http-header-size=81920']],
])('the code is taken whatever room the heap has: %s', (options) => {
  expect(load(...options)).toMatchObject({ answer, outcome: 'taken' });
});

it('the code is taken where Node is started as Lambda does it, which keeps what it asked for', () => {
  expect(load('--expose-gc')).toEqual({ answer, outcome: 'taken', gc: 'function', said: '' });
});

it('code made under other flags of V8 is left alone', () => {
  expect(load('--stack-size=900')).toMatchObject({ answer, outcome: 'made under other flags of V8', said: '' });
});

it('a bundle without its code runs as well', () => {
  rmSync(code);
  expect(load()).toMatchObject({ answer, outcome: 'missing', said: '' });
});

it.each([
  ['another V8', (head: string) => head.replace(/"v8":"[^"]*/, '"v8":"13.6.233.17-node.0')],
  ['another processor', (head: string) => head.replace(/"processor":"[^"]*/, '"processor":"riscv64')],
])('code of %s is left alone', (_, change) => {
  const head = change(made.code.toString('latin1', 0, 256).trimEnd()).padEnd(256);
  writeFileSync(code, Buffer.concat([Buffer.from(head, 'latin1'), made.code.subarray(256)]));
  expect(load()).toMatchObject({ answer, outcome: 'of another V8, processor or bundle' });
});

it('code of another bundle is left alone, also of one that is as long', () => {
  writeFileSync(bundle, text.replace('return [7,', 'return [8,'));
  expect(load()).toMatchObject({
    answer: [8, ...answer.slice(1)],
    outcome: 'of another V8, processor or bundle',
  });
});

it.each([
  ['empty', () => Buffer.alloc(0)],
  ['cut off in its head', () => made.code.subarray(0, 100)],
  ['cut off', () => made.code.subarray(0, made.code.length - 1)],
  ['changed in one bit', () => flipped(made.code, made.code.length >> 1)],
  ['changed where V8 looks first', () => flipped(made.code, 256)],
  ['changed in its head', () => flipped(made.code, 3)],
])('code that is %s is left alone', (_, damage) => {
  writeFileSync(code, damage());
  const { outcome, ...others } = load();
  expect(others).toEqual({ answer, gc: 'undefined', said: '' });
  expect(['damaged', 'of another V8, processor or bundle']).toContain(outcome);
});

it('an error names the line of the bundle', () => {
  writeFileSync(bundle, `\nthrow new Error('at the second line');`);
  const { stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
  expect(stderr).toContain(`${bundle}:2`);
});

it('a bundle that can not be loaded is packaged without code, and the reason is told', () => {
  const broken = join(root, 'broken.cjs');
  writeFileSync(broken, `${text}\nthrow new TypeError('not here');`);
  expect(compileBundle(broken)).toBe('TypeError: not here');
});

it('a small bundle stays as it is', () => {
  const small = join(root, 'small.cjs');
  writeFileSync(small, 'exports.answer = () => 1;');
  expect(compileBundle(small)).toBeNull();
  expect(readFileSync(small, 'utf8')).toBe('exports.answer = () => 1;');
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
