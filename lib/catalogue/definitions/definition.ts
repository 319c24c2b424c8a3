import { posix } from 'node:path';
import { type ConfigDict, type ConfigValue, isConfigDict } from '../config-value.ts';
import type { FunctionRef } from '../function-ref.ts';
import { YamlError } from '../yaml/node.ts';
import { loadYaml } from '../yaml/yaml.ts';
import { ModuleNames } from './module-names.ts';

/** The files of one root of task definitions: path below the root to content. */
export type TaskFiles = ReadonlyMap<string, Uint8Array>;

/** Includes deeper than this are refused. */
const MAX_INCLUDE_DEPTH = 20;
/** So are more files in one list of includes: the harness's own definitions name one or two. */
const MAX_INCLUDES = 100;
/** So are more keys of one definition: the harness's own have 18. */
const MAX_KEYS = 10_000;
/** So are more keys merged, over all files of a root; the harness's own come to 300,000. */
const MAX_MERGED_KEYS = 500_000;

/** A definition that can't be resolved. `own` is what the file itself says, where that much can be read. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  readonly own: ConfigDict | null;
  constructor(message: string, own: ConfigDict | null, cause?: unknown) {
    super(message, { cause });
    this.own = own;
  }
}

/** Reads definitions of one root and resolves their includes (`load_yaml_config`; CATALOGUE-3, CATALOGUE-4). */
export class DefinitionReader {
  readonly #files: TaskFiles;
  readonly #prefix: string;
  readonly #modules: ModuleNames;
  readonly #loaded = new Map<string, ConfigDict | DefinitionError>();
  readonly #resolved = new Map<string, ConfigDict>();
  readonly #targets = new Set<string>();
  #mergedKeys = 0;

  /** `prefix` goes before the folders in the names of functions, so that roots can't take each other's. */
  constructor(files: TaskFiles, prefix = '') {
    this.#files = files;
    this.#prefix = prefix;
    this.#modules = new ModuleNames(files, prefix);
  }

  /**
   * The definition with its includes merged in, each key as a whole: included keys come first, earlier entries of an include
   * list win over later ones, the file's own keys over all. Paths are taken from the including file's folder, never from
   * the process's, and never lead out of the root. Dict and values are shared: nobody changes them.
   * @throws DefinitionError naming the file at fault.
   */
  read(path: string): ConfigDict {
    return this.#resolve(path, [], new Map());
  }

  /** Whether a definition that was read includes that file. */
  includes(path: string): boolean {
    return this.#targets.has(path);
  }

  /** @param failed what failed in this reading, whose chain of includes may be at fault */
  #resolve(path: string, parents: readonly string[], failed: Map<string, DefinitionError>): ConfigDict {
    const known = this.#resolved.get(path);
    if (known) return known;
    const own = this.#load(path);
    const includes = own.get('include');
    if (includes === undefined) return this.#keep(path, own);
    const rest: ConfigDict = new Map(own);
    rest.delete('include');
    const chain = [...parents, path];
    const merged: ConfigDict = new Map();
    const merge = (keys: ConfigDict) => {
      this.#mergedKeys += keys.size;
      if (this.#mergedKeys > MAX_MERGED_KEYS)
        throw new DefinitionError(`${path}: too much is included by all files together`, rest);
      for (const [key, value] of keys) merged.set(key, value);
      if (merged.size > MAX_KEYS) throw tooManyKeys(path, merged.size, rest);
    };
    for (const include of withoutRepeats(includeList(includes, path, rest).toReversed())) {
      merge(this.#included(this.#target(path, include, chain, rest), chain, rest, failed));
    }
    merge(rest);
    return this.#keep(path, merged);
  }

  #included(
    target: string,
    chain: readonly string[],
    own: ConfigDict,
    failed: Map<string, DefinitionError>,
  ): ConfigDict {
    try {
      const known = failed.get(target);
      if (known !== undefined) throw known;
      return this.#resolve(target, chain, failed);
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      failed.set(target, error);
      throw new DefinitionError(error.message, own, error);
    }
  }

  #target(path: string, include: string, chain: readonly string[], own: ConfigDict): string {
    const target = posix.normalize(posix.join(posix.dirname(path), include));
    const refuse = (problem: string) =>
      new DefinitionError(`${path} includes "${include.slice(0, 200)}", ${problem}`, own);
    if (posix.isAbsolute(include) || target.startsWith('..')) throw refuse('which leads out of the folder of tasks');
    if (!this.#files.has(target)) throw refuse('which does not exist');
    this.#targets.add(target);
    if (chain.includes(target)) throw refuse('which includes it in turn');
    if (chain.length >= MAX_INCLUDE_DEPTH) throw refuse('and so on: too many levels');
    return target;
  }

  /** What the file itself says; read once, also where it is broken. */
  #load(path: string): ConfigDict {
    const known = this.#loaded.get(path) ?? this.#tryToParse(path);
    this.#loaded.set(path, known);
    if (known instanceof DefinitionError) throw known;
    return known;
  }

  #tryToParse(path: string): ConfigDict | DefinitionError {
    try {
      return this.#parse(path);
    } catch (error) {
      if (error instanceof DefinitionError) return error;
      throw error;
    }
  }

  #parse(path: string): ConfigDict {
    const folder = posix.dirname(path);
    const bytes = this.#files.get(path) ?? new Uint8Array();
    const replaced: FunctionRef[] = [];
    let value: ConfigValue;
    try {
      value = loadYaml(bytes, folder === '.' ? '' : folder, this.#prefix, (functions) => {
        for (const one of functions) replaced.push(one);
      });
    } catch (error) {
      if (error instanceof YamlError)
        throw new DefinitionError(`${path} is no YAML that can be read: ${error.message}`, null, error);
      throw error;
    }
    if (!isConfigDict(value)) throw new DefinitionError(`${path} holds no mapping`, null);
    if (value.size > MAX_KEYS) throw tooManyKeys(path, value.size, null);
    const missing = replaced.find((one) => this.#modules.lacks(one));
    if (missing === undefined) return value;
    const message = `${path} names the function ${missing.hook}, which does not exist; a later line replaces it, but it is looked up all the same. Remove the first line`;
    throw new DefinitionError(message, value);
  }

  #keep(path: string, config: ConfigDict): ConfigDict {
    this.#resolved.set(path, config);
    return config;
  }
}

function tooManyKeys(path: string, keys: number, own: ConfigDict | null): DefinitionError {
  return new DefinitionError(`${path} has ${keys} keys; at most ${MAX_KEYS} can be`, own);
}

function includeList(value: ConfigValue, path: string, own: ConfigDict): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > MAX_INCLUDES) {
    throw new DefinitionError(`${path} includes ${list.length} files; at most ${MAX_INCLUDES} can be`, own);
  }
  return list.map((item) => {
    if (typeof item === 'string') return item;
    throw new DefinitionError(`${path}: include must be a path or a list of paths`, own);
  });
}

/** Of each path its first place and its last: what stands between them has no effect. */
function withoutRepeats(paths: readonly string[]): string[] {
  const last = new Map(paths.map((path, at) => [path, at]));
  const seen = new Set<string>();
  return paths.filter((path, at) => {
    const wanted = !seen.has(path) || last.get(path) === at;
    seen.add(path);
    return wanted;
  });
}
