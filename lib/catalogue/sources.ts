import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import { SHARED_MODULES, type SourceFiles, sourcesOf } from '../sandbox/sources.ts';
import { functionsIn } from './config-value.ts';
import type { TaskEntry } from './entry.ts';
import type { FunctionRef } from './function-ref.ts';

/** Folder of the harness's tasks in its package. */
const TASKS = 'lm_eval/tasks/';
/** What a module, or a file that one reads, is named. */
const SOURCE_NAME = /\.(py|json|jsonl|txt|csv|tsv|yaml|yml)$/;
/** Larger files of an include folder are nothing that a module reads. Bytes. */
const MAX_SOURCE_BYTES = 300_000;

const stored = z.record(z.string(), z.string());

/**
 * Where the module of a function stands among the sources: in the include folder in use, or below the harness's tasks. The
 * harness has a folder `include` of its own.
 */
export function modulePath({ folder, module }: FunctionRef, sources: Pick<SourceFiles, 'has'>): string {
  const path = folder === '' ? `${module}.py` : `${folder}/${module}.py`;
  return path.startsWith('include/') && sources.has(path) ? path : `${TASKS}${path}`;
}

/**
 * The include folder that a function is named after (`include/<name>/...`), which its module may be in; null for others. The
 * harness's own folder `include` has functions named so, too: who asks looks there first.
 */
export function includeOf({ folder }: FunctionRef): string | null {
  const [root, name] = folder.split('/');
  return root === 'include' && name !== undefined ? name : null;
}

/**
 * The modules that any function of these tasks needs, to ask or to score, with what they import; and what modules of include
 * folders may import of the harness.
 */
export function sourcesNeeded(entries: readonly TaskEntry[], all: ReadonlyMap<string, string>): Map<string, string> {
  const modules = new Set(entries.flatMap(({ config }) => functionsIn(config).map((ref) => modulePath(ref, all))));
  const shared = [...all.keys()].filter((path) => SHARED_MODULES.test(path));
  return new Map([...sourcesOf([...modules, ...shared], all)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The texts of an include folder that its functions may need. `prefix` ends in a slash. */
export function includeSources(files: ReadonlyMap<string, Uint8Array>, prefix: string): Map<string, string> {
  return new Map(
    [...files]
      .filter(([path, body]) => SOURCE_NAME.test(path) && body.length <= MAX_SOURCE_BYTES)
      .map(([path, body]) => [prefix + path, Buffer.from(body).toString()]),
  );
}

/** Sources that complete each other. */
export function mergeSources(first: SourceFiles, second: SourceFiles): SourceFiles {
  return {
    get: (path) => first.get(path) ?? second.get(path),
    has: (path) => first.has(path) || second.has(path),
  };
}

/** Sources as they are stored: one object of texts by path. */
export function encodeSources(sources: ReadonlyMap<string, string>): Uint8Array {
  return gzipSync(JSON.stringify(Object.fromEntries(sources)));
}

/** Reads what {@link encodeSources} made. @throws PermanentError HarnessNotStaged where it is damaged. */
export function decodeSources(bytes: Uint8Array): Map<string, string> {
  try {
    return new Map(Object.entries(stored.parse(JSON.parse(gunzipSync(bytes).toString()))));
  } catch (error) {
    const message = 'The Python sources of the staged harness cannot be read; stage the harness again.';
    throw new PermanentError('HarnessNotStaged', message, { cause: error });
  }
}
