import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { build } from 'esbuild';
import * as z from 'zod';
import { Box, boxArguments } from '../lib/sandbox/box.ts';
import { ask, CODE_CACHE, startContext } from '../lib/sandbox/child/context-box.ts';
import { PYTHON_CODE } from '../lib/sandbox/child/python-code.ts';
import { sparse } from '../lib/sandbox/context/sparse.ts';
import { type BoxImage, deployedImage, IMAGE_FILE, readImage } from '../lib/sandbox/image.ts';
import { typicalRequests } from './typical.ts';

/** Memory that Python may have in a box; Pyodide's own limit is 4 GB. Bytes. */
const HEAP_BYTES = 512 * 1024 * 1024;
/** Time that typical requests may take, and V8 to compile over them. */
const MAKE_MS = 300_000;
/** What the runtime makes of a wheel (`sampler_box/packing.py`). */
const packedWheel = z.object({ zip: z.string() });
/** Pyodide's limit, as its script says it. */
const PYODIDE_HEAP = '4294901760';

/**
 * Makes the folder that boxes start from, `.build/box`, unless it is there already from the same sources. Needs no network.
 * A snapshot that can't be made is left out, with a word about it: boxes then start cold.
 */
export async function makeBoxImage(root: string, say: (line: string) => void): Promise<BoxImage> {
  const folder = deployedImage(root);
  const pyodide = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
  const sources = await sourceFiles(root);
  const wheelFolder = join(root, '.cache', 'wheels');
  const wheels = (await readdir(wheelFolder).catch(() => [])).filter((name) => name.endsWith('.whl')).sort();
  const fingerprint = await fingerprintOf([...sources, join(pyodide, 'package.json')], wheels);
  const known = readImage(folder);
  if (known?.fingerprint === fingerprint) {
    // The set-up looks at the time alone.
    await utimes(join(folder, IMAGE_FILE), new Date(), new Date());
    return known;
  }

  const making = `${folder}.${process.pid}`;
  await rm(making, { recursive: true, force: true });
  await mkdir(join(making, 'wheels'), { recursive: true });
  for (const name of ['pyodide.asm.wasm', 'python_stdlib.zip']) await cp(join(pyodide, name), join(making, name));
  for (const wheel of wheels) await cp(join(wheelFolder, wheel), join(making, 'wheels', wheel));
  await bundle(root, making);
  const python = sources.filter((path) => path.includes('sampler_box') && path.endsWith('.py'));
  const runtime = await Promise.all(python.map(async (path) => [path.split('/').at(-1), await readFile(path, 'utf8')]));
  await writeFile(join(making, 'runtime.json'), JSON.stringify(Object.fromEntries(runtime)));
  await compileWheels(root, making, wheels, pyodide);
  const snapshot = await makeSnapshot(making, say);
  const image = { fingerprint, snapshot, wheels };
  if (snapshot) await keepCode({ folder: making, ...image }, typicalRequests(), say);
  await writeFile(join(making, IMAGE_FILE), JSON.stringify(image));
  await rm(folder, { recursive: true, force: true });
  await rename(making, folder);
  return { folder, ...image };
}

async function bundle(root: string, making: string): Promise<void> {
  const common = {
    absWorkingDir: root,
    bundle: true,
    minifyWhitespace: true,
    logLevel: 'error',
    legalComments: 'none',
  } as const;
  await build({
    ...common,
    entryPoints: { box: 'lib/sandbox/child/main.ts', watch: 'lib/sandbox/child/watch.ts' },
    outdir: making,
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    format: 'cjs',
    target: 'node24',
  });
  const { outputFiles } = await build({
    ...common,
    entryPoints: ['lib/sandbox/context/main.ts'],
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
    // Pyodide reads them under Node only, which the context is not.
    external: ['node:*', 'ws'],
  });
  const script = outputFiles[0]?.text ?? '';
  if (!script.includes(PYODIDE_HEAP)) throw new Error('Pyodide states its limit of memory in another way now');
  await writeFile(join(making, 'context.js'), script.replaceAll(PYODIDE_HEAP, String(HEAP_BYTES)));
}

/**
 * The wheels with compiled modules in the place of sources, made by the very Python that imports them later. It takes half a
 * minute, so that what was made is kept beside the wheels.
 */
async function compileWheels(root: string, making: string, wheels: readonly string[], pyodide: string): Promise<void> {
  const compiler = join(root, 'lib', 'sandbox', 'python', 'sampler_box', 'packing.py');
  const kept = join(root, '.cache', 'compiled', await fingerprintOf([compiler, join(pyodide, 'package.json')], wheels));
  await mkdir(kept, { recursive: true });
  for (const wheel of wheels) {
    const made = join(kept, wheel);
    if (!existsSync(made)) {
      await writeFile(`${made}.${process.pid}`, await compileWheel(making, wheel));
      await rename(`${made}.${process.pid}`, made);
    }
    await cp(made, join(making, 'wheels', wheel));
  }
}

async function compileWheel(making: string, wheel: string): Promise<Buffer> {
  const { box } = await startContext(making, { fromSnapshot: false, wheels: [wheel] });
  box.arm();
  const answer = packedWheel.parse(JSON.parse(ask(box, Buffer.from(JSON.stringify({ op: 'pack', wheel }))).toString()));
  return Buffer.from(answer.zip, 'base64');
}

async function makeSnapshot(making: string, say: (line: string) => void): Promise<boolean> {
  try {
    const { box } = await startContext(making, { fromSnapshot: false, makeSnapshot: true });
    await writeFile(join(making, 'snapshot.bin'), sparse(box.snapshot()));
    return true;
  } catch (error) {
    say(`no snapshot of the sandbox could be made, so that boxes start cold: ${String(error)}`);
    return false;
  }
}

/**
 * Keeps what V8 compiles while a box answers typical requests: of the context's script, and of Python. Under a box's own options, on
 * which it depends. What can't be had, or is not taken by a box, is left out, with a word about it: boxes compile then.
 */
export async function keepCode(image: BoxImage, texts: readonly string[], say: (line: string) => void): Promise<void> {
  const making = image.folder;
  const box = spawn(process.execPath, boxArguments(making, 'make'), {
    env: {},
    cwd: making,
    stdio: 'pipe',
    timeout: MAKE_MS,
    killSignal: 'SIGKILL',
  });
  const requests = texts.map((text) => `ask ${Buffer.byteLength(text)}\n${text}`);
  box.stdin.on('error', () => {}).end(requests.join(''));
  const [out, errors] = await Promise.all([buffer(box.stdout), text(box.stderr)]);
  const frames = framesOf(out);
  for (const answer of frames.filter(({ kind }) => kind === 'answer')) requireDone(answer.body.toString());
  for (const [kind, file] of [
    ['script', CODE_CACHE],
    ['python', PYTHON_CODE],
  ] as const) {
    const frame = frames.find((frame) => frame.kind === kind);
    if (frame === undefined)
      say(
        `no compiled code of the sandbox's ${kind} could be kept, so that boxes compile: ${errors.trim().slice(0, 500)}`,
      );
    else await writeFile(join(making, file), frame.body);
  }
  if (frames.some(({ kind }) => kind === 'python')) await requireTaken(image, say);
}

/** Code that a box does not take, or ends over, would cost each start more than none. */
async function requireTaken(image: BoxImage, say: (line: string) => void): Promise<void> {
  const box = await Box.start(image);
  box.kill();
  const { code } = box;
  if (code === 'taken') return;
  await rm(join(image.folder, PYTHON_CODE), { force: true });
  say(`the compiled code of the sandbox's python is not taken by a box (${code}), so that boxes compile`);
}

/** @throws Error where a typical request failed: its answer would have kept other code than it should */
function requireDone(answer: string): void {
  if (/"(failed|broken|err|unloadable)":/.test(answer))
    throw new Error(`a typical request fails: ${answer.slice(0, 500)}`);
}

function framesOf(out: Buffer): { kind: string; body: Buffer }[] {
  const frames: { kind: string; body: Buffer }[] = [];
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf('\n', at);
    const [kind = '', length = ''] = out.toString('latin1', at, end).split(' ');
    at = end + 1 + Number(length);
    if (end < 0 || !(at <= out.length)) break;
    frames.push({ kind, body: out.subarray(end + 1, at) });
  }
  return frames;
}

async function sourceFiles(root: string): Promise<string[]> {
  const names = await readdir(join(root, 'lib', 'sandbox'), { recursive: true });
  const sources = names.filter((name) => name.endsWith('.py') || /^(context|child)\/.*\.ts$/.test(name)).sort();
  const typical = ['typical.ts', 'typical.py'].map((name) => join(root, 'deploy', name));
  return [...['box.ts', ...sources].map((name) => join(root, 'lib', 'sandbox', name)), ...typical];
}

async function fingerprintOf(files: readonly string[], wheels: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${HEAP_BYTES} ${process.version} ${process.arch} ${wheels.join(' ')}`);
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex');
}
