/**
 * Runs inside the bare context: starts Pyodide and hands texts to the Python runtime (`lib/sandbox/python`). Bundled to one
 * script, `context.js` of the image. Only strings, numbers and buffers cross its border.
 */

// First: Pyodide looks at its host as soon as it is loaded.
import './host.ts';
import type { PyodideAPI } from 'pyodide';
import createPyodideModule from 'pyodide/pyodide.asm.mjs';
import { loadPyodide } from 'pyodide/pyodide.mjs';
import { fileOf, forget, moduleOfPython, reserve, textOf, usePython } from './host.ts';
import { readSparse, restore, type SparseSnapshot } from './sparse.ts';

/** Pyodide's version as its own lock file would say it; no package is ever looked up there. */
const LOCK = JSON.stringify({
  info: { abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten_5_0_3', python: '3.14.2', version: '314.0.7' },
  packages: {},
});

/** Bytes that Python gave: a copy is made, then they are let go. */
interface BytesOfPython {
  toJs(): Uint8Array;
  destroy(): void;
}

/** Under this name the child puts in a request before it asks. */
const REQUEST = 'request';

let state = 'new';
let pyodide: PyodideAPI | undefined;
let serve: ((request: ArrayBuffer) => BytesOfPython) | undefined;
/** What this context and the watcher outside tell each other (`lib/sandbox/child/watch.ts`). */
const shared = new SharedArrayBuffer(24);
/** Number of the document in work, how often that changed, the signal that Python is to take next, and the function's number. */
const beat = new Int32Array(shared, 0, 4);
/** When an alarm is due that Python set, in milliseconds of the clock; 0 for none. */
const due = new BigInt64Array(shared, 16, 1);

/** Begins to start; `state()` tells when it is done. The files have been put in before. `python`: where it is compiled already. */
function start(fromSnapshot: boolean, makeSnapshot: boolean, python: WebAssembly.Module | undefined): void {
  state = 'starting';
  usePython(python);
  const snapshot = fromSnapshot ? readSparse(fileOf('snapshot.bin')) : undefined;
  const options = {
    indexURL: 'file:///box/',
    stdLibURL: 'file:///box/python_stdlib.zip',
    lockFileContents: LOCK,
    packageBaseUrl: 'file:///box/',
    createPyodideModule: snapshot === undefined ? createPyodideModule : moduleFrom(snapshot),
    jsglobals: Object.create(null),
    env: { PYTHONHASHSEED: '0', HOME: '/home/pyodide' },
    stdin: () => null,
    stdout: () => {},
    stderr: () => {},
    // Its head is all that Pyodide's own code restores.
    ...(snapshot === undefined ? {} : { _loadSnapshot: snapshot.head }),
    ...(makeSnapshot ? { _makeSnapshot: true } : {}),
  };
  loadPyodide(options).then(
    (loaded: PyodideAPI) => {
      try {
        pyodide = loaded;
        if (!fromSnapshot) installRuntime(loaded);
        state = 'ready';
      } catch (error) {
        state = `failed: ${String(error)}`;
      }
    },
    (error: unknown) => {
      state = `failed: ${String(error)}`;
    },
  );
}

/** What Pyodide hands to the maker of its module, as far as it matters here. */
interface ModuleSettings {
  INITIAL_MEMORY: number;
  readonly API: { restoreSnapshot(head: Uint8Array): object };
}

/** Makes Pyodide's module and has it restore a snapshot that is told without its zeros. */
function moduleFrom(snapshot: SparseSnapshot) {
  return async (settings: ModuleSettings): Promise<object> => {
    settings.INITIAL_MEMORY = snapshot.heapBytes;
    const module = await createPyodideModule(settings);
    const { restoreSnapshot } = settings.API;
    settings.API.restoreSnapshot = (head) => {
      const told = restoreSnapshot(head);
      restore(snapshot, module.HEAPU8, module._sbrk(0));
      return told;
    };
    return module;
  };
}

/** Puts the runtime where Python finds it, and loads what it and most tasks import. */
function installRuntime({ FS, runPython }: PyodideAPI): void {
  const files: Record<string, string> = JSON.parse(textOf(fileOf('runtime.json')));
  FS.mkdirTree('/runtime/sampler_box');
  for (const [name, source] of Object.entries(files)) FS.writeFile(`/runtime/sampler_box/${name}`, source);
  runPython("import sys; sys.path.append('/runtime'); import sampler_box.start");
}

/** Writes one of the files that were put in into Python's own file system. */
function mount(name: string, folder: string): void {
  if (pyodide === undefined) throw new Error('the box has not started');
  pyodide.FS.mkdirTree(folder);
  pyodide.FS.writeFile(`${folder}/${name}`, new Uint8Array(fileOf(name)));
  forget(name);
}

/** Readies the runtime to answer. What Python could use to reach into this context goes out of its sight. */
function arm(): void {
  if (pyodide === undefined) throw new Error('the box has not started');
  for (const name of ['snapshot.bin', 'pyodide.asm.wasm', 'python_stdlib.zip', 'runtime.json', 'python.cache'])
    forget(name);
  const module = pyodide.pyimport('sampler_box.serve');
  module.set_beat((document: number, named: number) => {
    Atomics.store(beat, 0, document);
    Atomics.store(beat, 3, named);
    Atomics.add(beat, 1, 1);
  });
  pyodide.setInterruptBuffer(beat.subarray(2, 3));
  module.set_alarm((ms: number) => {
    Atomics.store(due, 0, ms > 0 ? BigInt(Date.now() + ms) : 0n);
  });
  serve = module.serve;
  module.arm();
}

/** Hands the request that was put in to the runtime; texts of UTF-8 both ways, as bytes: Python takes those over at once. */
function ask(): ArrayBuffer {
  if (serve === undefined) throw new Error('the box is not ready');
  const request = fileOf(REQUEST);
  forget(REQUEST);
  const given = serve(request);
  const bytes = given.toJs();
  given.destroy();
  return bytes.slice().buffer;
}

Object.assign(globalThis, {
  __box: {
    reserve,
    start,
    state: () => state,
    mount,
    arm,
    ask,
    beat: () => shared,
    snapshot: () => pyodide?.makeMemorySnapshot(),
    python: moduleOfPython,
  },
});
