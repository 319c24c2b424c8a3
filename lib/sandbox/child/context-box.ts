import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { types } from 'node:util';
import vm from 'node:vm';
import {
  compileAsEver,
  compiledPython,
  compileEagerly,
  PYTHON_CODE,
  type PythonCode,
  pythonCode,
  validateLazily,
} from './python-code.ts';

/** What the script of the context offers (`lib/sandbox/context/main.ts`); strings, numbers and buffers only. */
export interface ContextBox {
  reserve(name: string, bytes: number): ArrayBuffer;
  /** @param python Python's module, where it is compiled already */
  start(fromSnapshot: boolean, makeSnapshot: boolean, python: unknown): void;
  state(): string;
  mount(name: string, folder: string): void;
  arm(): void;
  /** Of the request that was put in as `request`; both are UTF-8. */
  ask(): ArrayBuffer;
  beat(): SharedArrayBuffer;
  snapshot(): Uint8Array;
  /** Python's module. */
  python(): unknown;
}

/** A context that runs Python. */
export interface StartedContext {
  readonly box: ContextBox;
  /** Whether V8's code of Python was taken from the image. */
  readonly code: PythonCode;
  /** What V8 compiled by now: files of an image. */
  compiled(): { script: Buffer; python(): Buffer };
}

/** How to start. */
export interface StartOptions {
  readonly fromSnapshot: boolean;
  /** Whether a snapshot can be made of it. */
  readonly makeSnapshot?: boolean;
  /** Names of wheels of the image to put into Python's path. */
  readonly wheels?: readonly string[];
  /** Whether what V8 compiles is kept for the image. */
  readonly makeCode?: boolean;
}

/** File of an image: what V8 compiled of the context's script. Another version of V8 takes no notice of it. */
export const CODE_CACHE = 'context.cache';

/**
 * Makes a context of V8 with nothing of Node in it, and starts Pyodide there, from the files of an image.
 * @throws Error where it does not start
 */
export async function startContext(image: string, options: StartOptions): Promise<StartedContext> {
  if (options.makeCode) compileEagerly();
  validateLazily();
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: true } });
  const script = contextScript(image);
  script.runInContext(context);
  const box: ContextBox = vm.runInContext('__box', context);
  vm.runInContext('delete globalThis.__box', context);
  const put = (path: string) => putFile(box, join(image, path));
  const wasm = put('pyodide.asm.wasm');
  // A cold start is what is left where all else fails.
  const python = options.fromSnapshot
    ? compiledPython(context, image, wasm, (bytes) => box.reserve(PYTHON_CODE, bytes))
    : ({ code: 'started cold' } as const);
  put('python_stdlib.zip');
  put(options.fromSnapshot ? 'snapshot.bin' : 'runtime.json');
  box.start(options.fromSnapshot, options.makeSnapshot ?? false, 'module' in python ? python.module : undefined);
  while (box.state() === 'starting') await new Promise((resolve) => setImmediate(resolve));
  if (box.state() !== 'ready') throw new Error(box.state());
  for (const wheel of options.wheels ?? []) {
    put(join('wheels', wheel));
    box.mount(wheel, '/wheels');
  }
  const compiled = () => {
    compileAsEver();
    const python = () => pythonCode(context, box.python(), readFileSync(join(image, 'pyodide.asm.wasm')));
    return { script: script.createCachedData(), python };
  };
  return { box, code: python.code, compiled };
}

/** The context's script, with its code compiled already where the image has it for this very Node. */
function contextScript(image: string): vm.Script {
  const cache = join(image, CODE_CACHE);
  return new vm.Script(readFileSync(join(image, 'context.js'), 'utf8'), {
    filename: 'context.js',
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
}

/** Reads a file right into the context. */
function putFile(box: ContextBox, path: string): ArrayBuffer {
  const file = openSync(path, 'r');
  try {
    const room = box.reserve(basename(path), fstatSync(file).size);
    const bytes = new Uint8Array(room);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, bytes.length - at, null);
      if (read === 0) throw new Error(`${path} is shorter than it was`);
      at += read;
    }
    return room;
  } finally {
    closeSync(file);
  }
}

/**
 * Hands the runtime a request and gives its answer, both in UTF-8.
 * @throws what the context throws, which is not trusted to be an error
 */
export function ask(box: ContextBox, request: Buffer): Buffer {
  new Uint8Array(box.reserve('request', request.length)).set(request);
  const answer: unknown = box.ask();
  if (!types.isArrayBuffer(answer)) throw new Error('the answer is no buffer');
  return Buffer.from(new Uint8Array(answer));
}
