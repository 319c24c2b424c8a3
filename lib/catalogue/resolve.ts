import { listed } from '../errors/bounds.ts';
import { PermanentError } from '../errors/errors.ts';
import { fnmatchFilter, type MatchBudget, matchBudget } from '../python/fnmatch.ts';
import { compareCodePoints } from '../python/sort.ts';
import { strip } from '../python/text.ts';
import type { Catalogue } from './catalogue.ts';
import type { ConfigDict } from './config-value.ts';
import type { TaskEntry } from './entry.ts';
import { expandName, type GroupedTask } from './group.ts';
import { similarNames } from './similar.ts';
import type { TaskIndex } from './task-index.ts';

/** More tasks in one message are refused. */
const MAX_LEAVES = 5000;
/** Names in one message; of unknown ones this many are reported. */
const MAX_NAMES = 5000;
const MAX_UNKNOWN_TOLD = 20;
/** Of these the names that are like them are looked for. */
const MAX_LIKENED = 3;
/** Of definitions that can't be read this many are told, with the reason. */
const MAX_BROKEN_TOLD = 3;
/** Longer names and wildcards are refused: no task has one. */
const MAX_NAME_CHARS = 500;
/** More tasks, counted once for each name that leads to them, are refused. */
const MAX_VISITED = 200_000;
/** So many settings may groups set over their tasks, all together. */
const MAX_OVERRIDES = 500_000;

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
  const long = names.find((name) => name.length > MAX_NAME_CHARS);
  if (long !== undefined) {
    throw new PermanentError(
      'BadMessage',
      `tasks has a name of more than ${MAX_NAME_CHARS} characters: "${long.slice(0, 40)}...".`,
    );
  }
  const leaves = new Map<string, GroupedTask>();
  const unknown: string[] = [];
  const budget: ResolveBudget = { matching: matchBudget(), visits: MAX_VISITED };
  for (const name of new Set(names)) {
    const found = leavesOf(catalogue.index, name, budget);
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
  const overrides = [...leaves.values()].reduce((sum, leaf) => sum + (leaf.overrides?.size ?? 0), 0);
  if (overrides > MAX_OVERRIDES) {
    throw new PermanentError('BadTaskDefinition', 'The groups that tasks names set too many things over their tasks.');
  }
  return Promise.all([...leaves.values()].map((leaf) => entryOf(catalogue, leaf)));
}

/** What one message's names may take together. */
interface ResolveBudget {
  readonly matching: MatchBudget;
  visits: number;
}

function leavesOf(index: TaskIndex, name: string, budget: ResolveBudget): GroupedTask[] {
  if (index.has(name)) return visited(expandName(index, name), budget);
  if (!/[*?[]/.test(name)) return [];
  const matches = matchesOf(index, name, budget).sort(compareCodePoints);
  const matched = new Set(matches);
  // What a matching group or tag holds of tasks that match themselves, those stand for.
  return matches.flatMap((match) =>
    visited(expandName(index, match), budget).filter((leaf) => leaf.name === match || !matched.has(leaf.name)),
  );
}

function matchesOf(index: TaskIndex, pattern: string, { matching }: ResolveBudget): string[] {
  try {
    return fnmatchFilter(index.keys(), pattern, matching);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PermanentError(
      'BadMessage',
      'tasks has wildcards that take too long to match; use fewer or shorter ones.',
    );
  }
}

function visited(leaves: GroupedTask[], budget: ResolveBudget): GroupedTask[] {
  budget.visits -= leaves.length + 1;
  if (budget.visits >= 0) return leaves;
  throw new PermanentError(
    'BadMessage',
    `tasks leads to more than ${MAX_VISITED} tasks, counting each as often as it is named.`,
  );
}

async function entryOf(catalogue: Catalogue, { name, base, overrides }: GroupedTask): Promise<TaskEntry> {
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

function didYouMean(names: readonly string[], { index, source }: Catalogue): string {
  const likely = names
    .filter((name) => !/[*?[]/.test(name))
    .slice(0, MAX_LIKENED)
    .flatMap((name) => similarNames(name, index.keys()));
  if (likely.length === 0 && !source.includes('include/')) {
    return " One of a folder of one's own is found with that folder's name: include_path (sampler: --include-path NAME).";
  }
  return likely.length === 0 ? '' : ` Did you mean ${[...new Set(likely)].join(', or ')}?`;
}

/** A name that nobody knows may stand in a file that could not be read. */
function unread({ broken = [] }: Catalogue): string {
  if (broken.length === 0) return '';
  return ` Definitions that can't be read: ${listed(broken, MAX_BROKEN_TOLD, '; ', 300)}.`;
}

function unknownTask(names: readonly string[], catalogue: Catalogue): PermanentError {
  const told = names.slice(0, MAX_UNKNOWN_TOLD).map((name) => `"${name.slice(0, 100)}"`);
  const more = names.length > told.length ? ` and ${names.length - told.length} more` : '';
  const wildcard = names.some((name) => name.includes('*')) ? ' A wildcard must match at least one name.' : '';
  return new PermanentError(
    'UnknownTask',
    `No such task, group or tag in ${catalogue.source}: ${told.join(', ')}${more}.${wildcard}${didYouMean(names, catalogue)}${unread(catalogue)}`,
    {
      context: { tasks: names.slice(0, MAX_UNKNOWN_TOLD) },
    },
  );
}
