import { posix } from 'node:path';
import type { FunctionRef } from '../function-ref.ts';

/** What a module takes over from another one is not known by its text. */
const STAR_IMPORT = /^\s*from\s+\S+\s+import\s+\*/m;
const NAME = /[\p{L}\p{N}_]+/gu;

/** Names that the Python modules of one root speak of, each module read once. */
export class ModuleNames {
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #prefix: string;
  /** By the module's path; `any` where names can come from elsewhere. */
  readonly #names = new Map<string, ReadonlySet<string> | 'any'>();

  /** @param files by their path below the root @param prefix goes before the folders in the names of functions */
  constructor(files: ReadonlyMap<string, Uint8Array>, prefix: string) {
    this.#files = files;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
  }

  /** Whether a function can't be there: there is no such module, or its text does not have the name. */
  lacks({ folder, module, name }: FunctionRef): boolean {
    const path = posix.join(folder, `${module}.py`);
    const known = this.#names.get(path) ?? this.#read(path);
    this.#names.set(path, known);
    return known !== 'any' && !known.has(name);
  }

  #read(path: string): ReadonlySet<string> | 'any' {
    const own = path.startsWith(this.#prefix) ? path.slice(this.#prefix.length) : path;
    const bytes = this.#files.get(own);
    if (bytes === undefined) return new Set();
    const text = Buffer.from(bytes).toString();
    return STAR_IMPORT.test(text) ? 'any' : new Set(text.match(NAME));
  }
}
