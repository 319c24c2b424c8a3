import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { PermanentError } from '../errors/errors.ts';
import { dumps, loads } from '../python/json.ts';
import { decodeDict, encodeValue } from './config-value.ts';
import { decodeEntry, encodeEntry, type TaskEntry } from './entry.ts';
import type { IndexEntry, TaskIndex } from './task-index.ts';

/** Raised when what is stored changes its form. */
const FORMAT = 1;
const COMPACT = { ensureAscii: false, separators: [',', ':'] } as const;

/** Where a task's definition is: the pack's number and the line in it. */
type Place = readonly [pack: number, line: number];

const place = z.tuple([z.int(), z.int()]);
const rootSchema = z.object({
  format: z.literal(FORMAT),
  harness: z.string(),
  packs: z.array(z.string()),
  tasks: z.array(z.tuple([z.string(), place])),
  pythonTasks: z.array(z.tuple([z.string(), place])),
  groups: z.array(z.tuple([z.string(), z.string()])),
  tags: z.array(z.tuple([z.string(), z.array(z.string())])),
});

/** The root of a stored catalogue: all names, and in which pack each task is. */
export interface StoredRoot {
  readonly harness: string;
  readonly index: TaskIndex;
  /** Keys of the packs, by number. */
  readonly packs: readonly string[];
  readonly places: ReadonlyMap<string, Place>;
}

/** Key of the root, the one object that is ever replaced. */
export function rootKey(version: string): string {
  return `harness/${version}/catalogue.json.gz`;
}

/** The root as it is stored. */
export function encodeRoot({ harness, index, packs, places }: StoredRoot): Uint8Array {
  const root: z.input<typeof rootSchema> = {
    format: FORMAT,
    harness,
    packs: [...packs],
    tasks: [],
    pythonTasks: [],
    groups: [],
    tags: [],
  };
  for (const [name, entry] of index) {
    if (entry.type === 'group') root.groups.push([name, dumps(encodeValue(entry.config), COMPACT)]);
    else if (entry.type === 'tag') root.tags.push([name, [...entry.tasks]]);
    else {
      const [pack, line] = places.get(name) ?? [-1, -1];
      (entry.type === 'task' ? root.tasks : root.pythonTasks).push([name, [pack, line]]);
    }
  }
  return gzipSync(JSON.stringify(root));
}

/** Reads what {@link encodeRoot} made. @throws PermanentError HarnessNotStaged where it is damaged or of another version of ours. */
export function decodeRoot(stored: Uint8Array): StoredRoot {
  let root: z.output<typeof rootSchema>;
  try {
    root = rootSchema.parse(JSON.parse(gunzipSync(stored).toString()));
  } catch (error) {
    throw new PermanentError(
      'HarnessNotStaged',
      'The staged task catalogue can not be read; stage the harness again.',
      { cause: error },
    );
  }
  const index = new Map<string, IndexEntry>();
  for (const [name] of root.tasks) index.set(name, { type: 'task' });
  for (const [name] of root.pythonTasks) index.set(name, { type: 'python_task' });
  for (const [name, config] of root.groups) index.set(name, { type: 'group', config: decodeDict(loads(config)) });
  for (const [name, tasks] of root.tags) index.set(name, { type: 'tag', tasks });
  const places = new Map([...root.tasks, ...root.pythonTasks]);
  return { harness: root.harness, packs: root.packs, index, places };
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
