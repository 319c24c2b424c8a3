import { execFile } from 'node:child_process';
import { cpSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepCode, makeBoxImage } from '../../deploy/box-image.ts';
import { Box, boxArguments } from '../../lib/sandbox/box.ts';
import type { BoxImage } from '../../lib/sandbox/image.ts';

const FILE = 'python.cache';
const HEAD = 256;
const FOREIGN = 'of another V8, processor or Python';
/** Where V8's own head of what it made says its version, the processor's abilities and its flags. Bytes. */
const V8_HEAD = { version: 4, processor: 8, flags: 12 };
const TIMES = { callMs: 60_000, documentMs: 60_000 };

let image: BoxImage;
let folder: string;
let made: Buffer;
let wasm: Buffer;

beforeAll(async () => {
  image = await makeBoxImage(process.cwd(), console.error);
  folder = mkdtempSync(join(tmpdir(), 'box-image-'));
  for (const name of readdirSync(image.folder).filter((name) => name !== 'wheels' && name !== FILE)) {
    linkSync(join(image.folder, name), join(folder, name));
  }
  made = readFileSync(join(image.folder, FILE));
  wasm = readFileSync(join(image.folder, 'pyodide.asm.wasm'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a box of an image with that file says of it, and how it answers. */
async function boxWith(file: Buffer | null, at = folder): Promise<{ code: string; answers: string }> {
  rmSync(join(at, FILE), { force: true });
  if (file !== null) writeFileSync(join(at, FILE), file);
  const box = await Box.start({ ...image, folder: at, wheels: [] });
  try {
    await box.ask(JSON.stringify({ op: 'open', files: { 'x/u.py': 'def f(x):\n    return x * 2' } }), TIMES);
    const calls = [{ function: { path: 'x/u.py', name: 'f' }, args: ['ab'] }];
    return { code: box.code, answers: await box.ask(JSON.stringify({ op: 'call', calls }), TIMES) };
  } finally {
    box.kill();
  }
}

const answers = '{"results":[{"v":"abab"}]}';

/** What was made with some of it altered, and a head that says so. */
function resummed(alter: (code: Buffer) => Buffer, head: Readonly<Record<string, unknown>> = {}): Buffer {
  const code = alter(Buffer.from(made.subarray(HEAD)));
  const { v8 } = process.versions;
  const all = { v8, processor: process.arch, python: crc32(wasm), bytes: code.length, ...head, code: crc32(code) };
  return Buffer.concat([Buffer.from(JSON.stringify(all).padEnd(HEAD)), code]);
}

function flipped(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

describe("V8's code of Python in the image", () => {
  it('is taken by boxes, as it was made', async () => {
    expect(await boxWith(made)).toEqual({ code: 'taken', answers });
    expect(resummed((code) => code)).toEqual(made);
  });

  it.each<[string, () => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut in its head', () => made.subarray(0, 100)],
    ['cut after its head', () => made.subarray(0, HEAD)],
    ['cut in the middle', () => made.subarray(0, made.length / 2)],
    ['longer than it was', () => Buffer.concat([made, Buffer.alloc(1)])],
    ['another by a bit of its head', () => flipped(made, made.indexOf('"code":') + 8)],
    ['another by a bit of its middle', () => flipped(made, Math.floor(made.length / 2))],
    ['another by a bit of its end', () => flipped(made, made.length - 1)],
  ])('is left alone where it is %s', async (_, file) => {
    expect(await boxWith(file())).toEqual({ code: 'damaged', answers });
  });

  it('may be missing', async () => {
    expect(await boxWith(null)).toEqual({ code: 'missing', answers });
  });

  it.each<[string, () => Buffer]>([
    ['another version of V8, by our head', () => resummed((code) => code, { v8: '13.6.233.18-node.1' })],
    ['another kind of processor', () => resummed((code) => code, { processor: 'none' })],
    ['another Python', () => resummed((code) => code, { python: 1 })],
    ["another version of V8, by V8's head", () => resummed((code) => flipped(code, V8_HEAD.version))],
    ['a processor with other abilities', () => resummed((code) => flipped(code, V8_HEAD.processor))],
    ['other flags of V8', () => resummed((code) => flipped(code, V8_HEAD.flags))],
  ])('is left alone where it is of %s', async (_, file) => {
    expect(await boxWith(file())).toEqual({ code: FOREIGN, answers });
  });

  it('does not keep a box from starting where V8 ends over it', async () => {
    const file = resummed((code) => code.subarray(0, code.length / 2));
    expect(await boxWith(file)).toEqual({ code: 'started cold', answers });
  });

  it.each([
    ['V8 ends over making it', '%SystemBreak()', /no compiled code of the sandbox's python could be kept/],
    ['what V8 makes is nothing', 'new ArrayBuffer(0)', /not taken by a box \((started cold|of another V8)/],
  ])('is left out of an image, with a word about it, where %s', async (_, instead, word) => {
    const other = mkdtempSync(join(tmpdir(), 'box-image-'));
    try {
      cpSync(folder, other, { recursive: true });
      rmSync(join(other, FILE), { force: true });
      const script = readFileSync(join(other, 'box.cjs'), 'utf8');
      expect(script).toContain('%SerializeWasmModule(module)');
      rmSync(join(other, 'box.cjs'));
      writeFileSync(join(other, 'box.cjs'), script.replace('%SerializeWasmModule(module)', instead));
      const said: string[] = [];
      await keepCode({ ...image, folder: other, wheels: [] }, [], (line) => said.push(line));
      expect(said).toEqual([expect.stringMatching(word)]);
      expect(readdirSync(other)).not.toContain(FILE);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it('is of the very Python beside it', async () => {
    const other = mkdtempSync(join(tmpdir(), 'box-image-'));
    try {
      cpSync(folder, other, { recursive: true });
      // A section of its own that says nothing.
      writeFileSync(join(other, 'pyodide.asm.wasm'), Buffer.concat([wasm, Buffer.from([0, 2, 1, 0x78])]));
      expect(await boxWith(made, other)).toEqual({ code: FOREIGN, answers });
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

describe('a process that is to run Python', () => {
  const guard = `${join(process.cwd(), 'lib', 'sandbox', 'child', 'quick-load.ts')}`;
  const look = `import(${JSON.stringify(guard)}).then(({ endQuickLoad, requireNoCodeFromText }) => {
    endQuickLoad();
    requireNoCodeFromText();
    console.log('closed');
  })`;
  const flags = boxArguments(process.cwd(), 'cold').slice(0, -2);
  const run = (...given: string[]) => promisify(execFile)(process.execPath, [...given, '-e', look], { env: {} });

  it('has no code from text, and no words for inner functions of V8', async () => {
    expect((await run(...flags)).stdout).toBe('closed\n');
  });

  it.each([
    ['text could be evaluated', flags.filter((flag) => !flag.startsWith('--disallow-code'))],
    ["text could name V8's inner functions", [...flags, '--allow-natives-syntax']],
  ])('ends where %s', async (_, given) => {
    await expect(run(...given)).rejects.toThrow('text could be run as code');
  });
});
