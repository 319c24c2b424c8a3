import { PermanentError } from '../../errors/errors.ts';
import { HARNESS_VERSION } from '../catalogue.ts';
import { type BuiltRoot, buildIndex } from '../definitions/build-index.ts';
import { ownTasks } from '../definitions/own.ts';
import type { TaskEntry } from '../entry.ts';
import { mergeIndexes, type TaskIndex } from '../task-index.ts';
import { readWheel } from './wheel.ts';

/** All that a catalogue is published from. */
export interface CompiledHarness {
  readonly version: string;
  readonly index: TaskIndex;
  /** Every task that a name of the index stands for; families stand together. */
  readonly entries: readonly TaskEntry[];
  /** The wheel's own part, for reports. */
  readonly wheel: BuiltRoot;
  /** Texts of the package by path: what tasks' Python functions may need is among them. */
  readonly modules: ReadonlyMap<string, string>;
}

/**
 * Compiles the wheel's task definitions, and our own behind them.
 * @throws PermanentError Configuration where the file is no wheel of the version in use.
 */
export async function compileHarness(wheelPath: string): Promise<CompiledHarness> {
  const { version, files, modules } = await readWheel(wheelPath);
  if (version !== HARNESS_VERSION) {
    throw new PermanentError(
      'Configuration',
      `${wheelPath} is lm-eval ${version}, but the functions read ${HARNESS_VERSION}.`,
    );
  }
  const wheel = buildIndex(files);
  const own = ownTasks();
  const index = mergeIndexes([wheel.index, own.index]);
  const tasks = new Map([...own.tasks, ...wheel.tasks]);
  return { version, index, entries: [...tasks.values()].filter(({ name }) => isTask(index, name)), wheel, modules };
}

function isTask(index: TaskIndex, name: string): boolean {
  const type = index.get(name)?.type;
  return type === 'task' || type === 'python_task';
}
