import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { PermanentError } from '../errors/errors.ts';
import { dumps, loads } from '../python/json.ts';
import { type ConfigDict, decodeDict, encodeValue } from './config-value.ts';
import { decodeEntry, encodeEntry, type TaskEntry } from './entry.ts';
import type { IndexEntry, TaskIndex } from './task-index.ts';

/** Raised when what is stored changes its form. */
const FORMAT = 1;
const COMPACT = { ensureAscii: false, separators: [',', ':'] } as const;

const rootSchema = z.object({
  format: z.literal(FORMAT),
  harness: z.string(),
  /** Key and tasks of each pack, in the order of its lines. */
  packs: z.array(z.object({ key: z.string(), tasks: z.array(z.string()) })),
  /** Which of the tasks are Python classes. */
  pythonTasks: z.array(z.string()),
  groups: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.array(z.string())),
  /** Key of the Python sources; catalogues staged before there were any have none. */
  sources: z.string().optional(),
});

/** A pack: its key, and the names of its tasks in the order of its lines. */
export interface Pack {
  readonly key: string;
  readonly tasks: readonly string[];
}

/** The root of a stored catalogue: all names, and in which pack and line each task is. */
export interface StoredRoot {
  readonly index: TaskIndex;
  readonly places: ReadonlyMap<string, readonly [packKey: string, line: number]>;
  /** Key of the Python sources. */
  readonly sources: string | undefined;
}

/** Key of the root, the one object that is ever replaced. */
export function rootKey(version: string): string {
  return `harness/${version}/catalogue.json.gz`;
}

/** The root as it is stored. */
export function encodeRoot(harness: string, index: TaskIndex, packs: readonly Pack[], sources: string): Uint8Array {
  const ofType = <T extends IndexEntry['type']>(type: T) =>
    [...index].filter((named): named is [string, IndexEntry & { type: T }] => named[1].type === type);
  const root = {
    format: FORMAT,
    harness,
    packs,
    pythonTasks: ofType('python_task').map(([name]) => name),
    groups: Object.fromEntries(
      ofType('group').map(([name, { config }]) => [name, dumps(encodeValue(config), COMPACT)]),
    ),
    tags: Object.fromEntries(ofType('tag').map(([name, { tasks }]) => [name, tasks])),
    sources,
  };
  return gzipSync(JSON.stringify(root));
}

/** Reads what {@link encodeRoot} made. @throws PermanentError HarnessNotStaged where it is damaged or of another version of ours. */
export function decodeRoot(stored: Uint8Array): StoredRoot {
  const root = parseRoot(stored);
  const index = new Map<string, IndexEntry>();
  const places = new Map<string, [string, number]>();
  const pythonTasks = new Set(root.pythonTasks);
  for (const { key, tasks } of root.packs) {
    for (const [line, name] of tasks.entries()) {
      places.set(name, [key, line]);
      index.set(name, { type: pythonTasks.has(name) ? 'python_task' : 'task' });
    }
  }
  for (const [name, config] of Object.entries(root.groups)) index.set(name, new StoredGroup(config));
  for (const [name, tasks] of Object.entries(root.tags)) index.set(name, { type: 'tag', tasks });
  return { index, places, sources: root.sources };
}

function parseRoot(stored: Uint8Array): z.output<typeof rootSchema> {
  try {
    return rootSchema.parse(JSON.parse(gunzipSync(stored).toString()));
  } catch (error) {
    throw new PermanentError('HarnessNotStaged', 'The staged task catalogue cannot be read; stage the harness again.', {
      cause: error,
    });
  }
}

/** A group of the index, read when asked for: a message needs few of them. */
class StoredGroup {
  readonly type = 'group';
  readonly #text: string;
  #config: ConfigDict | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get config(): ConfigDict {
    this.#config ??= decodeDict(loads(this.#text));
    return this.#config;
  }
}

/** Tasks as they are stored together: a line of JSON each, so that reading one costs one line. */
export function encodePack(lines: readonly string[]): Uint8Array {
  return gzipSync(lines.join('\n'));
}

/** The lines of a pack. */
export function decodePack(stored: Uint8Array): string[] {
  return gunzipSync(stored).toString().split('\n');
}

/** One task as a line of a pack. */
export function encodeTask(entry: TaskEntry): string {
  return dumps(encodeEntry(entry), COMPACT);
}

/** Reads what {@link encodeTask} made. @throws PermanentError HarnessNotStaged where it is damaged. */
export function decodeTask(line: string): TaskEntry {
  return decodeEntry(loads(line));
}
