/**
 * What Pyodide asks of the shell that it runs in, made inside the bare context itself, so that no object of Node's own
 * realm can be reached from there. Loaded before Pyodide, by its import order in `main.ts`.
 */

/** Files that Pyodide may read, by name; the child puts them in before Pyodide starts. */
const files = new Map<string, ArrayBuffer>();

/** Makes room for a file and gives its buffer, for whoever is outside to fill. */
export function reserve(name: string, bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  files.set(name, buffer);
  return buffer;
}

/** The file of that name. @throws Error where there is none. */
export function fileOf(path: string): ArrayBuffer {
  const buffer = files.get(path.split('/').at(-1) ?? '');
  if (buffer === undefined) throw new Error(`there is no file ${path}`);
  return buffer;
}

/** The file's text. */
export function textOf(file: ArrayBuffer): string {
  return utf8Text(new Uint8Array(file));
}

/** Forgets a file, once nobody needs it. */
export function forget(name: string): void {
  files.delete(name);
}

/** UTF-8 and UTF-16LE, as far as Emscripten reads them; what is not well formed comes out as U+FFFD. */
class ContextTextDecoder {
  readonly #utf16: boolean;
  constructor(label = 'utf-8') {
    this.#utf16 = /16/.test(label);
  }

  decode(input?: ArrayBuffer | ArrayBufferView): string {
    if (input === undefined) return '';
    const bytes = bytesOf(input);
    return this.#utf16 ? utf16Text(bytes) : utf8Text(bytes);
  }
}

class ContextTextEncoder {
  encode(text = ''): Uint8Array {
    const bytes = new Uint8Array(text.length * 3);
    const { written } = this.encodeInto(text, bytes);
    return bytes.slice(0, written);
  }

  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
    let written = 0;
    let read = 0;
    for (const character of text) {
      let code = character.codePointAt(0) ?? 0;
      // Half a surrogate pair has no UTF-8.
      if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
      const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (written + size > bytes.length) break;
      if (size === 1) bytes[written] = code;
      else {
        for (let i = size - 1; i > 0; i--) {
          bytes[written + i] = 0x80 | (code & 0x3f);
          code >>= 6;
        }
        bytes[written] = (size === 2 ? 0xc0 : size === 3 ? 0xe0 : 0xf0) | code;
      }
      written += size;
      read += character.length;
    }
    return { read, written };
  }
}

function bytesOf(input: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
}

/** Characters that are made into text at a time: arguments of a call are limited. */
const AT_A_TIME = 4096;

function utf16Text(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    text += String.fromCharCode((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  }
  return text;
}

function utf8Text(bytes: Uint8Array): string {
  let text = '';
  let points: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++] ?? 0;
    const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1;
    let code = more <= 0 ? first : first & (0x3f >> more);
    let whole = more >= 0;
    for (let i = 0; i < more; i++) {
      const next = bytes[at];
      whole &&= next !== undefined && (next & 0xc0) === 0x80;
      if (!whole) break;
      code = (code << 6) | ((next ?? 0) & 0x3f);
      at++;
    }
    points.push(whole && code <= 0x10ffff ? code : 0xfffd);
    if (points.length === AT_A_TIME) {
      text += String.fromCodePoint(...points);
      points = [];
    }
  }
  return text + String.fromCodePoint(...points);
}

/** Bytes without chance in them, in the base-64 that the shell's `head | base64` would print. */
function sameBytes(count: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const padding = (3 - (count % 3)) % 3;
  const length = Math.ceil(count / 3) * 4 - padding;
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet[(i * 29 + 7) % 64];
  return text + '='.repeat(padding);
}

const nothing = () => {};
/** Timers are due at once: nothing in the box waits for a clock. */
const soon = (callback: () => void) => {
  void Promise.resolve().then(callback);
  return 0;
};

Object.assign(globalThis, {
  read: (path: string, mode?: string) => (mode === 'binary' ? new Uint8Array(fileOf(path)) : textOf(fileOf(path))),
  readbuffer: fileOf,
  load: () => {
    throw new Error('nothing can be loaded here');
  },
  print: nothing,
  console: { log: nothing, error: nothing, warn: nothing, info: nothing, debug: nothing, assert: nothing },
  setTimeout: soon,
  setImmediate: soon,
  setInterval: () => 0,
  clearTimeout: nothing,
  clearInterval: nothing,
  performance: { now: () => Date.now() },
  TextDecoder: ContextTextDecoder,
  TextEncoder: ContextTextEncoder,
  URL: class {
    readonly href: string;
    constructor(path: string, base = 'file:///box/') {
      this.href = path.includes('://') ? path : base + path;
    }
    toString() {
      return this.href;
    }
  },
  location: { href: 'file:///box/', toString: () => 'file:///box/' },
  os: { system: (_shell: string, args: readonly string[]) => sameBytes(Number(/-c(\d+)/.exec(args[1] ?? '')?.[1])) },
});

/**
 * Emscripten compiles a tiny module for each of some 500 functions of JavaScript that it puts into WebAssembly's table, one for each
 * signature of theirs would do: the same bytes get the same module.
 */
const TINY = 256;
/** Smaller modules than this are not Python's. */
const PYTHON_BYTES = 1_000_000;
const tiny = new Map<string, WebAssembly.Module>();
const Compiled = WebAssembly.Module;
WebAssembly.Module = new Proxy(Compiled, {
  construct(_target, [bytes]: [Uint8Array<ArrayBuffer> | ArrayBuffer]) {
    if (!(bytes instanceof Uint8Array) || bytes.length > TINY) return new Compiled(bytes);
    const key = bytes.join();
    const module = tiny.get(key) ?? new Compiled(bytes);
    tiny.set(key, module);
    return module;
  },
});

const { instantiate } = WebAssembly;
let python: WebAssembly.Module | undefined;

/** Has Pyodide take that module for Python's, and not compile its own. */
export function usePython(module: WebAssembly.Module | undefined): void {
  python = module;
}

/** The module that Pyodide took. */
export function moduleOfPython(): WebAssembly.Module | undefined {
  return python;
}

/** Pyodide has a tiny module made, and Python's from its bytes. */
WebAssembly.instantiate = async (bytes, imports) => {
  if (!('byteLength' in bytes) || bytes.byteLength <= PYTHON_BYTES) return await instantiate(bytes, imports);
  python ??= new Compiled(bytes);
  return { module: python, instance: new WebAssembly.Instance(python, imports) };
};
