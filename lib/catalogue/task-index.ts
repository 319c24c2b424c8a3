import type { ConfigDict } from './config-value.ts';
import type { TaskEntry } from './entry.ts';

/** What a name stands for (`task_index`; CATALOGUE-6). */
export type IndexEntry =
  | { readonly type: 'task' }
  /** Defined by a Python class. */
  | { readonly type: 'python_task' }
  | { readonly type: 'group'; readonly config: ConfigDict }
  | { readonly type: 'tag'; readonly tasks: readonly string[] };

/** All names of one or more roots. */
export type TaskIndex = ReadonlyMap<string, IndexEntry>;

/** Names and the tasks behind them. */
export interface TaskRoot {
  readonly index: TaskIndex;
  readonly tasks: ReadonlyMap<string, TaskEntry>;
}

/** Several roots as one: on a clash of names the earlier root wins (`initialize_tasks`; CATALOGUE-8). */
export function mergeIndexes(indexes: readonly TaskIndex[]): TaskIndex {
  const merged = new Map<string, IndexEntry>();
  for (const index of indexes.toReversed()) for (const [name, entry] of index) merged.set(name, entry);
  return merged;
}

/** The value is a list with one text, or several; a text alone is a list of one. Other items are left out. */
export function textList(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === 'string');
}

/** Of a table by names of tasks: the row of exactly that name, else the first whose name is a part of it (MANAGER-9). */
export function rowFor<Row extends { readonly task: string }>(task: string, rows: readonly Row[]): Row | undefined {
  return rows.find((row) => row.task === task) ?? rows.find((row) => task.includes(row.task));
}
