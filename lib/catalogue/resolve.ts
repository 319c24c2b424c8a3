import { PermanentError } from '../errors/errors.ts';
import { fnmatchFilter } from '../python/fnmatch.ts';
import { compareCodePoints } from '../python/sort.ts';
import { strip } from '../python/text.ts';
import type { Catalogue } from './catalogue.ts';
import type { ConfigDict } from './config-value.ts';
import type { TaskEntry } from './entry.ts';
import { expandName, type Leaf } from './group.ts';
import type { TaskIndex } from './task-index.ts';

/** More tasks in one message are refused. */
const MAX_LEAVES = 5000;
/** Names in one message; of unknown ones this many are reported. */
const MAX_NAMES = 5000;
const MAX_UNKNOWN_TOLD = 20;

/**
 * The tasks that a message's comma list names: tasks, groups, tags and wildcards (`*`, `?`, `[...]`, as `match_tasks` of
 * CATALOGUE-9), names trimmed, each task once, in the listed order, a wildcard's sorted by code point. A task reached
 * through a group carries the group's settings in its configuration; asked for by its own name, it has its own.
 * @throws PermanentError BadMessage for an empty or too long list, UnknownTask naming all names that lead to nothing,
 * BadTaskDefinition for a group that can't be expanded.
 */
export async function resolveTasks(catalogue: Catalogue, list: string): Promise<TaskEntry[]> {
  const names = list
    .split(',')
    .map((name) => strip(name))
    .filter((name) => name !== '');
  if (names.length === 0) throw new PermanentError('BadMessage', 'tasks is empty; name at least one task.');
  if (names.length > MAX_NAMES) throw new PermanentError('BadMessage', `tasks names more than ${MAX_NAMES} tasks.`);
  const leaves = new Map<string, Leaf>();
  const unknown: string[] = [];
  for (const name of new Set(names)) {
    const found = leavesOf(catalogue.index, name);
    if (found.length === 0) unknown.push(name);
    for (const leaf of found) if (!leaves.has(leaf.name)) leaves.set(leaf.name, leaf);
  }
  if (unknown.length > 0) throw unknownTask(unknown, catalogue);
  if (leaves.size > MAX_LEAVES) {
    throw new PermanentError(
      'BadMessage',
      `tasks stands for ${leaves.size} tasks; at most ${MAX_LEAVES} can be asked for at once.`,
    );
  }
  return Promise.all([...leaves.values()].map((leaf) => entryOf(catalogue, leaf)));
}

function leavesOf(index: TaskIndex, name: string): Leaf[] {
  if (index.has(name)) return expandName(index, name);
  if (!/[*?[]/.test(name)) return [];
  const matches = fnmatchFilter(index.keys(), name).sort(compareCodePoints);
  const matched = new Set(matches);
  // What a matching group or tag holds of tasks that match themselves, those stand for.
  return matches.flatMap((match) =>
    expandName(index, match).filter((leaf) => leaf.name === match || !matched.has(leaf.name)),
  );
}

async function entryOf(catalogue: Catalogue, { name, base, overrides }: Leaf): Promise<TaskEntry> {
  if (base === null) return inlineEntry(name, overrides ?? new Map());
  const entry = await catalogue.find(base);
  if (entry === null) throw unknownTask([base], catalogue);
  if (overrides === null) return entry;
  return { ...entry, name, config: new Map([...entry.config, ...overrides]) };
}

/** A task that a group defines in its own list. */
function inlineEntry(name: string, config: ConfigDict): TaskEntry {
  const problem = config.has('include') ? 'it includes a file from within a group, which the harness cannot do' : null;
  return { name, yaml: '', config: new Map([['task', name], ...config]), problem };
}

function unknownTask(names: readonly string[], catalogue: Catalogue): PermanentError {
  const told = names.slice(0, MAX_UNKNOWN_TOLD).map((name) => `"${name.slice(0, 100)}"`);
  const more = names.length > told.length ? ` and ${names.length - told.length} more` : '';
  const wildcard = names.some((name) => name.includes('*')) ? ' A wildcard must match at least one name.' : '';
  return new PermanentError(
    'UnknownTask',
    `No such task, group or tag in ${catalogue.source}: ${told.join(', ')}${more}.${wildcard}`,
    {
      context: { tasks: names.slice(0, MAX_UNKNOWN_TOLD) },
    },
  );
}
