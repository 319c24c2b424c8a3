import { verifyDataset } from '../datasets/open-dataset.ts';
import { publish } from '../tables/publish.ts';
import { enterTasks } from '../tables/registry.ts';
import { createTableStatement, quoteName, stagingName } from '../tables/table.ts';
import { copyIn, type Pool } from '../tables/transaction.ts';
import { copyAll, type SplitRange } from './copy-rows.ts';
import { unlessMade } from './existing-table.ts';
import { endLoadOf } from './load-records.ts';
import type { DatasetToLoad, RegisterResult, Registration } from './registration.ts';

/**
 * Loads all of a data set and enters its task, in one transaction.
 * @throws PermanentError DatasetInvalid
 * @throws TransientError Unavailable
 */
export async function loadWhole(registration: Registration, toLoad: DatasetToLoad): Promise<RegisterResult> {
  const { source, table, taskName } = registration;
  await verifyDataset(source, toLoad.dataset);
  return await unlessMade(registration, toLoad.stored, async (tx, replaces): Promise<RegisterResult> => {
    await endLoadOf(tx, table);
    const splits = await copyAndPublish(tx, registration, toLoad);
    await enterTasks(tx, [taskName], table);
    return { table, outcome: replaces ? 'replaced' : 'loaded', splits };
  });
}

async function copyAndPublish(
  tx: Pool,
  { table, filter }: Registration,
  { dataset, description }: DatasetToLoad,
): Promise<SplitRange[]> {
  const staging = stagingName(table, '');
  await tx.unsafe(createTableStatement(staging, description.columns));
  const splits: SplitRange[] = [];
  const statement = `COPY ${quoteName(staging)} FROM STDIN WITH (FORMAT binary, FREEZE)`;
  await copyIn(tx, statement, copyAll(dataset, filter, splits));
  await publish(tx, staging, table, { ...description, splits });
  return splits;
}
