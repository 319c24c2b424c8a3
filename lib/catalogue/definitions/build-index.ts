import { posix } from 'node:path';
import { compareCodePoints } from '../../python/sort.ts';
import type { FiledRoot } from '../clash.ts';
import type { ConfigDict } from '../config-value.ts';
import type { TaskEntry } from '../entry.ts';
import { type IndexEntry, textList } from '../task-index.ts';
import { DefinitionError, DefinitionReader, type TaskFiles } from './definition.ts';
import { withSamples } from './samples.ts';

/** A root of definitions, indexed, and what an operator may want to know of it. */
export interface BuiltRoot extends FiledRoot {
  /** Why files that look like definitions are not in the index. What others include is a template, and not among them. */
  readonly skipped: readonly string[];
  /** Those of `skipped` that are there because something is wrong with them: files that can't be read, or what they include. */
  readonly broken: readonly string[];
}

/** So often may tasks stand under tags, over all of a root; the tags of further tasks are left out, and that is told. */
const MAX_TAGGED = 50_000;
/** So much Python source is looked through for samples, over all tasks of a root; further functions are not read. */
const MAX_PYTHON_BYTES = 20_000_000;

/** Folders that the harness does not look into. */
const IGNORED_FOLDERS = new Set(['__pycache__', '.ipynb_checkpoints']);

/**
 * Indexes one root as the harness does (`_get_task_and_group`; CATALOGUE-6): every `*.yaml` is a Python task, a
 * group, a task, or nothing; tags of tasks become names of their own. Where one root defines a name twice, the harness's
 * choice depends on the order of the file system; here the walk is sorted.
 * @param prefix goes before the folders in the names of functions.
 */
export function buildIndex(files: TaskFiles, prefix = ''): BuiltRoot {
  const builder = new Builder(files, prefix);
  for (const path of walk(files.keys())) builder.add(path);
  return builder;
}

/** Paths of definitions in the order of a sorted `os.walk`: a folder's own files, then its folders. */
function walk(paths: Iterable<string>): string[] {
  return [...paths]
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => path.split('/'))
    .filter((parts) => !parts.some((part) => IGNORED_FOLDERS.has(part)))
    .sort(compareInWalk)
    .map((parts) => parts.join('/'));
}

function compareInWalk(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; ; i++) {
    const [left = '', right = ''] = [a[i], b[i]];
    const [leftIsFile, rightIsFile] = [i === a.length - 1, i === b.length - 1];
    if (leftIsFile !== rightIsFile) return leftIsFile ? -1 : 1;
    if (left !== right || leftIsFile) return compareCodePoints(left, right);
  }
}

class Builder implements BuiltRoot {
  readonly index = new Map<string, IndexEntry>();
  readonly tasks = new Map<string, TaskEntry>();
  readonly clashes = new Map<string, string[]>();
  readonly definedIn = new Map<string, string>();
  readonly broken: string[] = [];
  readonly #skipped: { readonly path: string; readonly reason: string }[] = [];
  readonly #files: TaskFiles;
  readonly #prefix: string;
  readonly #reader: DefinitionReader;
  /** The lists of the index's tags, to be added to. */
  readonly #tagged = new Map<string, string[]>();
  #taggings = 0;
  #pythonBytes = 0;

  constructor(files: TaskFiles, prefix: string) {
    this.#files = files;
    this.#prefix = prefix;
    this.#reader = new DefinitionReader(files, prefix);
  }

  get skipped(): string[] {
    return this.#skipped.flatMap(({ path, reason }) => (this.#reader.includes(path) ? [] : reason));
  }

  add(path: string): void {
    let problem: string | null = null;
    let config: ConfigDict | null;
    try {
      config = this.#reader.read(path);
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      config = error.own;
      problem = error.message;
    }
    const task = config?.get('task');
    if (config === null) this.#skip(path, problem, 'holds nothing');
    else if (config.has('class'))
      this.#addTask(path, config, 'python_task', problem ?? 'it is a Python class of the harness');
    else if (Array.isArray(task)) this.#addGroup(path, config, problem);
    else if (typeof task === 'string') this.#addTask(path, config, 'task', problem);
    else this.#skip(path, problem, 'defines neither a task nor a group');
  }

  #addTask(path: string, config: ConfigDict, type: 'task' | 'python_task', problem: string | null): void {
    const name = config.get('task');
    if (typeof name !== 'string') {
      this.#skip(path, null, 'has a class but no name');
      return;
    }
    this.#define(name, path, { type });
    const readable = withSamples(config, (file) => this.#pythonSource(file));
    this.tasks.set(name, { name, yaml: path, config: readable, problem });
    const tags = config.get('tag');
    const count = Array.isArray(tags) ? tags.length : 1;
    if (this.#taggings + count > MAX_TAGGED) {
      this.#skip(path, `${path}: the tasks here have too many tags; its own are left out`);
      return;
    }
    this.#taggings += count;
    for (const tag of textList(tags)) if (!this.#addTag(tag, name)) break;
  }

  #addGroup(path: string, config: ConfigDict, problem: string | null): void {
    const name = config.get('group');
    if (typeof name !== 'string' || problem !== null) this.#skip(path, problem, 'is a group without a name');
    else this.#define(name, path, { type: 'group', config });
  }

  #skip(path: string, problem: string | null, otherwise = ''): void {
    this.#skipped.push({ path, reason: problem ?? `${path} ${otherwise}` });
    if (problem !== null) this.broken.push(problem);
  }

  /** False where the name is no tag: the harness then leaves out the task's other tags as well. */
  #addTag(tag: string, task: string): boolean {
    const known = this.index.get(tag);
    if (known !== undefined && known.type !== 'tag') return false;
    const tasks = this.#tagged.get(tag) ?? [];
    tasks.push(task);
    if (known === undefined) {
      this.#tagged.set(tag, tasks);
      this.index.set(tag, { type: 'tag', tasks });
    }
    return true;
  }

  #define(name: string, path: string, entry: IndexEntry): void {
    const earlier = this.definedIn.get(name);
    if (earlier !== undefined) this.clashes.set(name, [...(this.clashes.get(name) ?? [earlier]), path]);
    this.definedIn.set(name, path);
    this.index.set(name, entry);
  }

  #pythonSource(path: string): string | null {
    const own = this.#prefix === '' ? path : posix.relative(this.#prefix, path);
    const content = this.#files.get(own);
    this.#pythonBytes += content?.length ?? 0;
    if (content === undefined || this.#pythonBytes > MAX_PYTHON_BYTES) return null;
    return new TextDecoder().decode(content);
  }
}
