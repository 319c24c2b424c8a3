import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';
import { crc32 } from 'node:zlib';

/** File of an image: what V8 made of Python's WebAssembly, after a head that tells what for. */
export const PYTHON_CODE = 'python.cache';

/** Whether a box took the code of its image: `taken`, or why it compiles for itself. */
export type PythonCode = 'taken' | Untaken | 'started cold';
type Untaken = 'missing' | 'damaged' | 'of another V8, processor or Python';

/** The head is one line of JSON, filled up with blanks. Bytes. */
const HEAD_BYTES = 256;
/**
 * What V8 lets a function of WebAssembly do before it compiles it anew with its best compiler, while the image is made: so little
 * that all that typical requests use is in the file. A box has V8's own limit.
 */
const EAGER_BUDGET = 2_000;
const OWN_BUDGET = 13_000_000;

/** Flags of V8 for the length of one call: the words for its inner functions, and what else the code is keyed by. */
const ON = ['--allow-natives-syntax', `--wasm-tiering-budget=${EAGER_BUDGET}`];
const OFF = ['--no-allow-natives-syntax', `--wasm-tiering-budget=${OWN_BUDGET}`];

/**
 * Python's module with its code compiled already, or why there is none. Nothing hostile has been read by then: the flag that lets
 * text name V8's inner functions is on for our one line alone, and off before anything else is parsed.
 * @param reserve makes room for the code in the context
 */
export function compiledPython(
  context: vm.Context,
  image: string,
  wasm: ArrayBuffer,
  reserve: (bytes: number) => ArrayBuffer,
): { code: Untaken } | { code: 'taken'; module: unknown } {
  const path = join(image, PYTHON_CODE);
  if (!existsSync(path)) return { code: 'missing' };
  const file = readFileSync(path);
  const code = file.subarray(HEAD_BYTES);
  const head = file.toString('latin1', 0, HEAD_BYTES);
  if (head.length < HEAD_BYTES || !head.trimEnd().endsWith(`"code":${crc32(code)}}`)) return { code: 'damaged' };
  if (head.trimEnd() !== headOf(code, new Uint8Array(wasm))) return { code: 'of another V8, processor or Python' };
  const room = reserve(code.length);
  new Uint8Array(room).set(code);
  const module = withInnerFunctions(context, '(code, wasm) => %DeserializeWasmModule(code, new Uint8Array(wasm))')(
    room,
    wasm,
  );
  // V8 itself compares its version, its flags and the processor's abilities.
  return module === undefined ? { code: 'of another V8, processor or Python' } : { code: 'taken', module };
}

/** Has V8 look at functions of WebAssembly for errors when they are first called: a box uses a tenth of Python's. */
export function validateLazily(): void {
  setFlagsFromString('--wasm-lazy-validation');
}

/** From now on V8 compiles each function of WebAssembly with its best compiler, at once. For who makes the image. */
export function compileEagerly(): void {
  setFlagsFromString(`--wasm-tiering-budget=${EAGER_BUDGET}`);
  setFlagsFromString('--wasm-sync-tier-up');
}

/** V8 as it was before {@link compileEagerly}: what it makes is keyed by its flags. */
export function compileAsEver(): void {
  setFlagsFromString('--no-wasm-sync-tier-up');
  setFlagsFromString(`--wasm-tiering-budget=${OWN_BUDGET}`);
}

/** The file {@link PYTHON_CODE}. Ends the process where V8 has compiled nothing with its best compiler. */
export function pythonCode(context: vm.Context, module: unknown, wasm: Uint8Array): Buffer {
  const made = withInnerFunctions(context, '(module) => %SerializeWasmModule(module)')(module);
  const code = new Uint8Array(made as ArrayBuffer);
  return Buffer.concat([Buffer.from(headOf(code, wasm).padEnd(HEAD_BYTES), 'latin1'), code]);
}

function headOf(code: Uint8Array, wasm: Uint8Array): string {
  const { v8 } = process.versions;
  return JSON.stringify({ v8, processor: process.arch, python: crc32(wasm), bytes: code.length, code: crc32(code) });
}

function withInnerFunctions(context: vm.Context, text: string): (...given: unknown[]) => unknown {
  return (...given) => {
    for (const flag of ON) setFlagsFromString(flag);
    try {
      return vm.runInContext(text, context)(...given);
    } finally {
      for (const flag of OFF) setFlagsFromString(flag);
    }
  };
}
