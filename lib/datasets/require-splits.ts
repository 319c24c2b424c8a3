import { PermanentError } from '../errors/errors.ts';
import type { StoredDataset } from './stored-dataset.ts';

/** The splits that a task reads. */
export interface TaskSplits {
  /** The one that it asks about. */
  readonly split?: string | null | undefined;
  /** The one that its few-shot examples are drawn from. */
  readonly examples?: string | null | undefined;
}

/**
 * The harness reads both when it builds a task, even to ask without examples: one that is missing is its KeyError.
 * @throws PermanentError DatasetMissing naming the split
 */
export function requireSplits({ prefix, splits }: StoredDataset, task: string, { split, examples }: TaskSplits): void {
  const names = splits.map((stored) => stored.split);
  const wanted = [
    [split, 'asks about'],
    [examples, 'takes its few-shot examples from'],
  ] as const;
  for (const [name, use] of wanted) {
    if (name === undefined || name === null || names.includes(name)) continue;
    const message = `the data set at ${prefix} is staged without the split ${name}, which the task ${task} ${use}; it has ${names.join(', ')}. Stage all of it.`;
    throw new PermanentError('DatasetMissing', message, { context: { task, split: name } });
  }
}
