import type { TaskEntry } from './entry.ts';
import type { TaskIndex, TaskRoot } from './task-index.ts';

/** A root of definitions that knows in which files its names stand. */
export interface FiledRoot extends TaskRoot {
  /** The file that counts for each task and group. */
  readonly definedIn: ReadonlyMap<string, string>;
  /** Names that several files define, the one that counts last. */
  readonly clashes: ReadonlyMap<string, readonly string[]>;
}

/** The harness's names, and its tasks. */
export interface BuiltIn {
  readonly index: TaskIndex;
  find(name: string): Promise<TaskEntry | null>;
}

/**
 * What a user should know of a name in a folder of definitions: several files define it, or the harness has it too; which
 * definition counts. Null where there is nothing to know.
 */
export async function clashOf(name: string, folder: string, root: FiledRoot, harness: BuiltIn): Promise<string | null> {
  if (!root.index.has(name)) return null;
  const files = root.clashes.get(name) ?? [];
  const last = files.at(-1);
  const twice = last && `${name} is defined in ${files.slice(0, -1).join(', ')} and in ${last} of ${folder}`;
  if (!harness.index.has(name)) return twice ? `${twice}: ${last} counts. Give one of them another name.` : null;
  const entry = await harness.find(name);
  const own = twice ?? `${name} is defined in ${root.definedIn.get(name) ?? 'a tag'} of ${folder}`;
  const there = entry === null ? `its ${harness.index.get(name)?.type}` : entry.yaml;
  return `${own}, but the harness has this name too: ${there} of the harness counts. Give yours another name.`;
}

/** {@link clashOf} of all names of the folder, in its order. */
export async function clashesOf(folder: string, root: FiledRoot, harness: BuiltIn): Promise<string[]> {
  const told: string[] = [];
  for (const name of root.index.keys()) {
    const clash = await clashOf(name, folder, root, harness);
    if (clash !== null) told.push(clash);
  }
  return told;
}
