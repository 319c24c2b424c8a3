import { type ConfigDict, functionsIn } from '../catalogue/config-value.ts';
import type { TaskEntry } from '../catalogue/entry.ts';
import type { FunctionRef } from '../catalogue/function-ref.ts';
import { modulePath } from '../catalogue/sources.ts';
import { hooksOf } from '../catalogue/support.ts';
import { SamplerError } from '../errors/errors.ts';
import { dumps } from '../python/json.ts';
import { isDict } from '../python/value.ts';
import { messageOf, nameOf } from '../sandbox/answer.ts';
import { openSandbox, type SandboxTransport } from '../sandbox/client.ts';
import { type SourceFiles, sourcesOf } from '../sandbox/sources.ts';
import { dictOf } from './portions.ts';

/** A function that can't be loaded. */
export interface Unloadable {
  readonly task: string;
  readonly hook: string;
  /** The exception that loading it raised, or why it came to no end. */
  readonly why: string;
  /** Whether the task can't be asked without it; else only its answers can't be scored. */
  readonly asking: boolean;
}

/**
 * Loads the functions of tasks whose modules stand in a folder, as registering and scoring would, and calls none. All share a box.
 * @param prefix of the paths of the folder's modules
 * @returns those that can't be loaded: of a module that fails as a whole the first one
 * @throws TransientError Unavailable; PermanentError where there is no box at all
 */
export async function unloadableIn(
  transport: SandboxTransport,
  entries: Iterable<TaskEntry>,
  prefix: string,
  sources: SourceFiles,
): Promise<Unloadable[]> {
  const functions = functionsOfFolder(entries, prefix, sources);
  if (functions.size === 0) return [];
  const files = sourcesOf(
    [...functions.values()].map(({ path }) => path),
    sources,
  );
  const session = openSandbox(transport, { task: prefix.slice(0, -1), files });
  const found: Unloadable[] = [];
  const broken = new Set<string>();
  try {
    for (const [hook, { path, ref, task, asking }] of functions) {
      if (broken.has(path)) continue;
      const why = await whyUnloadable(ref, path, (text) => session.request(text, () => hook));
      if (why === null) continue;
      found.push({ task, hook, why, asking });
      // What a module lacks says nothing of its other functions.
      if (!why.startsWith('AttributeError: module ')) broken.add(path);
    }
  } finally {
    session.close();
  }
  return found;
}

interface FolderFunction {
  readonly ref: FunctionRef;
  readonly path: string;
  readonly task: string;
  readonly asking: boolean;
}

/** Functions by name; those that asking needs come first. */
function functionsOfFolder(entries: Iterable<TaskEntry>, prefix: string, sources: SourceFiles) {
  const functions = new Map<string, FolderFunction>();
  const add = (name: string, config: ConfigDict, asking: boolean) => {
    const wanted = new Set(hooksOf(config, asking ? 'sampling' : 'scoring'));
    for (const ref of functionsIn(config)) {
      const path = modulePath(ref, sources);
      if (!wanted.has(ref.hook) || !path.startsWith(prefix) || functions.has(ref.hook)) continue;
      functions.set(ref.hook, { ref, path, task: name, asking });
    }
  };
  const all = [...entries];
  for (const asking of [true, false]) for (const { name, config } of all) add(name, config, asking);
  return functions;
}

async function whyUnloadable(
  { name }: FunctionRef,
  path: string,
  request: (text: string) => Promise<ReturnType<typeof dictOf>>,
): Promise<string | null> {
  const functions = dictOf({ f: dictOf({ path, name }) });
  try {
    const answer = await request(`{"op": "process", "functions": ${dumps(functions)}, "splits": []}`);
    const error = answer.get('unloadable');
    return isDict(error) ? `${nameOf(error.get('err'))}: ${messageOf(error.get('m'))}` : null;
  } catch (error) {
    if (error instanceof SamplerError && error.code === 'SandboxFailed') return error.message;
    throw error;
  }
}
