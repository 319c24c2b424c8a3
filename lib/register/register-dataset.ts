import { requireSplits } from '../datasets/require-splits.ts';
import { findDataset, findStaged } from '../datasets/stored-dataset.ts';
import { lookUpTable, registeredTable } from '../tables/registry.ts';
import { datasetOf, requireDataset } from '../tables/table.ts';
import { isCurrent, joinTable, requireFitting } from './existing-table.ts';
import { loadDataset } from './load-dataset.ts';
import { explainLoad } from './load-errors.ts';
import { type RegisterRequest, type RegisterResult, type Registration, registrationOf } from './registration.ts';

/**
 * Loads a data set into Postgres and enters its task in task_registry: all of it in one transaction, or nothing; a large
 * one is begun, and its parts are sent out. Any number of callers may register the same at once: one loads it, the others
 * wait and find it there. A table that holds another version than the one staged is replaced.
 * @throws PermanentError DatasetMissing, DatasetInvalid, BadTaskDefinition
 * @throws TransientError Unavailable where S3, Postgres or the queue are
 */
export async function registerDataset(request: RegisterRequest): Promise<RegisterResult> {
  const registration = registrationOf(request);
  const { table, source, datasetPath, datasetName, taskName, log } = registration;
  const started = Date.now();
  try {
    const done = await withoutLoading(registration);
    if (done !== undefined) return done;
    const stored = await findDataset(source, datasetPath, datasetName, taskName);
    requireSplits(stored, taskName, registration);
    const result = await loadDataset(registration, stored);
    const { outcome, splits } = result;
    log.info('registered a data set', { table, task: taskName, outcome, splits, milliseconds: Date.now() - started });
    return result;
  } catch (error) {
    throw explainLoad(table, error);
  }
}

/** What can be done with the table as it is; undefined where it has to be loaded. */
async function withoutLoading(registration: Registration): Promise<RegisterResult | undefined> {
  const { sql, source, datasetPath, datasetName, taskName, table, log } = registration;
  const known = { table, outcome: 'known', splits: [] } as const;
  const registered = await registeredTable(sql, taskName);
  if (registered !== undefined && registered !== table) {
    const held = (await lookUpTable(sql, registered))?.description;
    const wanted = { path: datasetPath, name: datasetName };
    requireDataset(taskName, wanted, registered, held && datasetOf(held));
    log.warn('a task keeps the table that it is registered with', {
      task: taskName,
      table: registered,
      expected: table,
    });
    return known;
  }
  const found = await lookUpTable(sql, table);
  if (found === undefined) return undefined;
  const stored = found.description && (await findStaged(source, datasetPath, datasetName));
  if (found.description && !stored) log.warn('a data set is not staged any more; its table stays', { table });
  if (!isCurrent(found, stored)) return undefined;
  if (registered !== undefined) return known;
  requireFitting(found, registration);
  if (stored) requireSplits(stored, registration.taskName, registration);
  return await joinTable(sql, registration);
}
