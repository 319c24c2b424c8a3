import { rowFilterFor } from '../datasets/row-filter.ts';
import type { StoredDataset } from '../datasets/stored-dataset.ts';
import { enterTasks, lockTable, lookUpTable, type TableFound } from '../tables/registry.ts';
import { versionHeld } from '../tables/table.ts';
import { inTransaction, type Pool } from '../tables/transaction.ts';
import { conflict } from './load-errors.ts';
import type { RegisterResult, Registration } from './registration.ts';

/** Whether the table needs no load: it holds what is staged, or nothing is staged, or another program made it. */
export function isCurrent({ description }: TableFound, stored: StoredDataset | undefined): boolean {
  if (description === undefined || stored === undefined) return true;
  // Tables from before there were versions record the revision only.
  return versionHeld(description) === (description.version === undefined ? stored.revision : stored.version);
}

/** @throws PermanentError DatasetInvalid where the table does not hold what the task wants, and must not be replaced. */
export function requireFitting({ description, tasks }: TableFound, registration: Registration): void {
  const { datasetPath, datasetName, taskName, table, filter } = registration;
  if (description && (description.dataset_path !== datasetPath || description.dataset_name !== datasetName)) {
    const held = `${description.dataset_path}, configuration ${description.dataset_name}`;
    throw conflict(table, `it holds another data set: ${held}`);
  }
  const applied = description === undefined ? filterOf(tasks) : description.filter;
  if (applied !== (filter?.name ?? null)) {
    const held = applied === null ? 'all rows of its data set' : `only the rows that the tasks ${applied}_* want`;
    const wanted = filter === undefined ? 'only all of them' : 'only some of them';
    throw conflict(table, `it holds ${held}, and ${taskName} can use ${wanted}`);
  }
}

/**
 * Does `work` in a transaction in which nobody else makes the table, and tells it whether there is one to be replaced; where
 * another register has made the right one meanwhile, the task joins it instead.
 * @throws PermanentError DatasetInvalid where there is a table that must not be replaced
 */
export async function unlessMade<T>(
  registration: Registration,
  stored: StoredDataset,
  work: (tx: Pool, replaces: boolean) => Promise<T>,
): Promise<T | RegisterResult> {
  const { sql, table } = registration;
  return await inTransaction(sql, async (tx): Promise<T | RegisterResult> => {
    await lockTable(tx, table);
    const found = await lookUpTable(tx, table);
    if (found !== undefined) {
      requireFitting(found, registration);
      if (isCurrent(found, stored)) return await joinTable(tx, registration);
    }
    return await work(tx, found !== undefined);
  });
}

/** Enters the task for a table that is there and holds what it wants. */
export async function joinTable(tx: Pool, { table, taskName, log }: Registration): Promise<RegisterResult> {
  const found = await lookUpTable(tx, table);
  if (found?.description === undefined) {
    log.warn('a table was made by another program; it is used as it is', { table });
  }
  await enterTasks(tx, [taskName], table);
  return { table, outcome: 'joined', splits: [] };
}

/** The name of the filter that another program's table went through, by the tasks that are registered with it. */
function filterOf(tasks: readonly string[]): string | null {
  return tasks.map(rowFilterFor).find((filter) => filter !== undefined)?.name ?? null;
}
