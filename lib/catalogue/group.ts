import { PermanentError } from '../errors/errors.ts';
import { type ConfigDict, type ConfigValue, isConfigDict } from './config-value.ts';
import type { TaskIndex } from './task-index.ts';

/** A task as a name leads to it. */
export interface GroupedTask {
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
const MAX_STEPS = 20_000;
/** So are more settings handed down, and more beginnings of names compared. */
const MAX_MERGES = 500_000;

/** One level of the harness's nested result: a task under its name, a group under a key that nothing else has. */
type Level = Map<string | symbol, GroupedTask | Level>;

/**
 * The tasks that a name of the index leads to, in the harness's order: itself, or all below a group or tag
 * (`_load_individual_task_or_group`; CATALOGUE-10, CATALOGUE-11). Where one leaf is reached twice, the first counts.
 * @throws PermanentError BadTaskDefinition for a group that holds itself, holds a name that does not exist, or is no list.
 */
export function expandName(index: TaskIndex, name: string): GroupedTask[] {
  const leaves = new Map<string, GroupedTask>();
  collect(new Expander(index, name).name(name, null, null, 0), leaves);
  return [...leaves.values()];
}

function collect(level: Level, leaves: Map<string, GroupedTask>): void {
  for (const item of level.values()) {
    if (item instanceof Map) collect(item, leaves);
    else if (!leaves.has(item.name)) leaves.set(item.name, item);
  }
}

class Expander {
  readonly #index: TaskIndex;
  readonly #asked: string;
  #steps = 0;
  #merges = 0;
  /** What is set from above a task that is only named, by what is set; the same for each of a group's members. */
  readonly #overrides = new Map<ConfigDict, ConfigDict>();

  constructor(index: TaskIndex, asked: string) {
    this.#index = index;
    this.#asked = asked;
  }

  /** `siblings` are the names that the parent group has given out so far; `update` what is set from above. */
  name(name: string, siblings: Siblings | null, update: ConfigDict | null, depth: number): Level {
    if (update !== null) return this.#overridden(name, siblings, this.#overridesOf(update), depth);
    const entry = this.#index.get(name);
    if (entry === undefined) throw this.#bad(`names ${name}, which does not exist`);
    if (entry.type === 'group') return this.#group(entry.config, null, depth);
    if (entry.type === 'tag') return this.#all(entry.tasks, (task) => this.name(task, null, null, depth + 1));
    return new Map([[name, { name, base: name, overrides: null }]]);
  }

  #inline(config: ConfigDict, siblings: Siblings | null, update: ConfigDict | null, depth: number): Level {
    const task = config.get('task');
    // An inner list takes nothing from above: the harness replaces what was to be set by the list's own.
    if (typeof task !== 'string') return this.#group(config, null, depth);
    this.#payMerge(config.size + (update?.size ?? 0));
    const overrides: ConfigDict = new Map([...config, ...(update ?? [])]);
    overrides.delete('task');
    return this.#overridden(task, siblings, overrides, depth);
  }

  /** Settings whose keys are texts come first, as the harness makes keyword arguments of them. */
  #overridesOf(update: ConfigDict): ConfigDict {
    const known = this.#overrides.get(update);
    if (known !== undefined) return known;
    this.#payMerge(2 * update.size);
    const overrides: ConfigDict = new Map([...textKeys(update), ...update]);
    overrides.delete('task');
    this.#overrides.set(update, overrides);
    return overrides;
  }

  #overridden(task: string, siblings: Siblings | null, overrides: ConfigDict, depth: number): Level {
    const entry = this.#index.get(task);
    if (entry?.type === 'group') return this.#group(entry.config, overrides, depth);
    if (entry?.type === 'tag') return this.#all(entry.tasks, (member) => this.name(member, null, overrides, depth + 1));
    if (entry === undefined) return new Map([[task, { name: task, base: null, overrides }]]);
    const name = siblings === null ? task : siblings.numbered(task);
    return new Map([[name, { name, base: task, overrides }]]);
  }

  #group(own: ConfigDict, update: ConfigDict | null, depth: number): Level {
    if (depth >= MAX_DEPTH) throw this.#bad('holds itself, or groups too many levels deep');
    this.#payMerge(own.size + (update?.size ?? 0));
    const config: ConfigDict = new Map([...own, ...(update ?? [])]);
    const passed: ConfigDict = new Map([...config].filter(([key]) => !GROUP_ONLY_KEYS.has(key)));
    const members = config.get('task');
    if (!Array.isArray(members)) throw this.#bad('has a group whose "task" is no list');
    const listed = members.flatMap((member) => this.#tagMembers(member));
    if (listed.length > MAX_STEPS) throw this.#bad('holds too many tasks');
    const siblings = new Siblings(listed.map(taskOf), (work) => this.#payMerge(work));
    const level = this.#all(listed, (member) => {
      const below = passed.size === 0 ? null : passed;
      if (typeof member === 'string') return this.name(member, siblings, below, depth + 1);
      if (isConfigDict(member)) return this.#inline(member, siblings, below, depth + 1);
      throw this.#bad('has a group that lists something else than names and mappings');
    });
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

  #payMerge(settings: number): void {
    this.#merges += settings;
    if (this.#merges > MAX_MERGES) throw this.#bad('hands down too many settings to too many tasks');
  }

  #bad(problem: string): PermanentError {
    return new PermanentError('BadTaskDefinition', `${this.#asked} ${problem}.`, { context: { name: this.#asked } });
  }
}

/** The task that a group's member names; null where it is a list of its own. */
function taskOf(member: ConfigValue): string | null {
  const task = isConfigDict(member) ? member.get('task') : member;
  return typeof task === 'string' ? task : null;
}

/** The names that a group has given out so far. */
class Siblings {
  /** How many of them begin so, for beginnings as long as one of the group's names. */
  readonly #beginnings = new Map<string, number>();
  readonly #lengths: readonly number[];
  readonly #pay: (work: number) => void;

  constructor(tasks: readonly (string | null)[], pay: (work: number) => void) {
    this.#lengths = [...new Set(tasks.map((task) => task?.length ?? 0))].sort((a, b) => a - b);
    this.#pay = pay;
  }

  /** A task listed again in its group gets a number; the harness also counts names that only start like it. */
  numbered(task: string): string {
    const before = this.#beginnings.get(task) ?? 0;
    const name = before > 0 ? `${task}-${before}` : task;
    for (const length of this.#lengths) {
      if (length > name.length) break;
      this.#pay(1 + length / 64);
      const beginning = name.slice(0, length);
      this.#beginnings.set(beginning, (this.#beginnings.get(beginning) ?? 0) + 1);
    }
    return name;
  }
}

function textKeys(config: ConfigDict): [string, ConfigValue][] {
  return [...config].flatMap(([key, value]): [string, ConfigValue][] =>
    typeof key === 'string' ? [[key, value]] : [],
  );
}
