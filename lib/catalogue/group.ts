import { PermanentError } from '../errors/errors.ts';
import { type ConfigDict, type ConfigValue, isConfigDict } from './config-value.ts';
import type { TaskIndex } from './task-index.ts';

/** A task as a name leads to it. */
export interface Leaf {
  readonly name: string;
  /** The catalogue's task that it is made from; null where a group defines it in its list. */
  readonly base: string | null;
  /** What groups on the way set over the task's own configuration; null where it was not reached through any. */
  readonly overrides: ConfigDict | null;
}

/** Keys of a group that are its own; others are passed down to its tasks (`GROUP_ONLY_KEYS`; CATALOGUE-10). */
const GROUP_ONLY_KEYS: ReadonlySet<unknown> = new Set([
  'group',
  'group_alias',
  'task',
  'aggregate_metric_list',
  'metadata',
]);
/** Groups within groups deeper than this are taken for a cycle. */
const MAX_DEPTH = 20;
/** More steps than this for one name are refused. */
const MAX_STEPS = 50_000;

/** One level of the harness's nested result: a task under its name, a group under a key that nothing else has. */
type Level = Map<string | symbol, Leaf | Level>;

/**
 * The tasks that a name of the index leads to, in the harness's order: itself, or all below a group or tag
 * (`_load_individual_task_or_group`; CATALOGUE-10, CATALOGUE-11). Where one leaf is reached twice, the first counts.
 * @throws PermanentError BadTaskDefinition for a group that holds itself, holds a name that does not exist, or is no list.
 */
export function expandName(index: TaskIndex, name: string): Leaf[] {
  const leaves = new Map<string, Leaf>();
  collect(new Expander(index, name).name(name, null, null, 0), leaves);
  return [...leaves.values()];
}

function collect(level: Level, leaves: Map<string, Leaf>): void {
  for (const item of level.values()) {
    if (item instanceof Map) collect(item, leaves);
    else if (!leaves.has(item.name)) leaves.set(item.name, item);
  }
}

class Expander {
  readonly #index: TaskIndex;
  readonly #asked: string;
  #steps = 0;

  constructor(index: TaskIndex, asked: string) {
    this.#index = index;
    this.#asked = asked;
  }

  /** `siblings` are the names that the parent group has given out so far; `update` what is set from above. */
  name(name: string, siblings: string[] | null, update: ConfigDict | null, depth: number): Level {
    if (update !== null)
      return this.#inline(new Map<string, ConfigValue>([['task', name], ...textKeys(update)]), siblings, update, depth);
    const entry = this.#index.get(name);
    if (entry === undefined) throw this.#bad(`names ${name}, which does not exist`);
    if (entry.type === 'group') return this.#group(entry.config, null, depth);
    if (entry.type === 'tag') return this.#all(entry.tasks, (task) => this.name(task, null, null, depth + 1));
    return new Map([[name, { name, base: name, overrides: null }]]);
  }

  #inline(config: ConfigDict, siblings: string[] | null, update: ConfigDict | null, depth: number): Level {
    const task = config.get('task');
    // An inner list takes nothing from above: the harness replaces what was to be set by the list's own.
    if (typeof task !== 'string') return this.#group(config, null, depth);
    const overrides: ConfigDict = new Map([...config, ...(update ?? [])]);
    overrides.delete('task');
    const entry = this.#index.get(task);
    if (entry?.type === 'group') return this.#group(entry.config, overrides, depth);
    if (entry?.type === 'tag') return this.#all(entry.tasks, (member) => this.name(member, null, overrides, depth + 1));
    if (entry === undefined) return new Map([[task, { name: task, base: null, overrides }]]);
    const name = siblings === null ? task : numbered(task, siblings);
    return new Map([[name, { name, base: task, overrides }]]);
  }

  #group(own: ConfigDict, update: ConfigDict | null, depth: number): Level {
    if (depth >= MAX_DEPTH) throw this.#bad('holds itself, or groups too many levels deep');
    const config: ConfigDict = new Map([...own, ...(update ?? [])]);
    const passed: ConfigDict = new Map([...config].filter(([key]) => !GROUP_ONLY_KEYS.has(key)));
    const members = config.get('task');
    if (!Array.isArray(members)) throw this.#bad('has a group whose "task" is no list');
    const siblings: string[] = [];
    const level = this.#all(
      members.flatMap((member) => this.#tagMembers(member)),
      (member) => {
        const below = passed.size === 0 ? null : passed;
        if (typeof member === 'string') return this.name(member, siblings, below, depth + 1);
        if (isConfigDict(member)) return this.#inline(member, siblings, below, depth + 1);
        throw this.#bad('has a group that lists something else than names and mappings');
      },
    );
    return new Map([[Symbol('group'), level]]);
  }

  #tagMembers(member: ConfigValue): readonly ConfigValue[] {
    const entry = typeof member === 'string' ? this.#index.get(member) : undefined;
    return entry?.type === 'tag' ? entry.tasks : [member];
  }

  /** Members are loaded from the last to the first, stand in their listed order, and the last of one name counts. */
  #all<T>(members: readonly T[], load: (member: T) => Level): Level {
    this.#steps += members.length;
    if (this.#steps > MAX_STEPS) throw this.#bad('holds too many tasks');
    const levels = members.toReversed().map(load).toReversed();
    return new Map(levels.flatMap((level) => [...level]));
  }

  #bad(problem: string): PermanentError {
    return new PermanentError('BadTaskDefinition', `${this.#asked} ${problem}.`, { context: { name: this.#asked } });
  }
}

/** A task listed again in its group gets a number; the harness also counts names that only start like it. */
function numbered(task: string, siblings: string[]): string {
  const before = siblings.filter((sibling) => sibling.startsWith(task)).length;
  const name = before > 0 ? `${task}-${before}` : task;
  siblings.push(name);
  return name;
}

function textKeys(config: ConfigDict): [string, ConfigValue][] {
  return [...config].flatMap(([key, value]): [string, ConfigValue][] =>
    typeof key === 'string' ? [[key, value]] : [],
  );
}
