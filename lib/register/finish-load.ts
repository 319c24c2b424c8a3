import { PermanentError, SamplerError } from '../errors/errors.ts';
import { publish } from '../tables/publish.ts';
import { enterTasks, lockTable, lookUpTable } from '../tables/registry.ts';
import { quoteName, type TableDescription } from '../tables/table.ts';
import { inTransaction, type Pool } from '../tables/transaction.ts';
import { explainLoad, foreignConflict } from './load-errors.ts';
import { deleteLoad, findLoadById, type LoadRecord, unfinishedParts } from './load-records.ts';

/**
 * Once every part is done, gives the loaded table its name and enters the tasks that wait for it: all in one transaction.
 * False where parts are missing, or the load is over.
 * @throws PermanentError DatasetInvalid where rows are missing, or another program made a table of that name meanwhile; the
 *   load is abandoned then
 * @throws TransientError Unavailable
 */
export async function finishLoad(sql: Pool, id: string): Promise<boolean> {
  const record = await findLoadById(sql, id);
  if (record === undefined || (await unfinishedParts(sql, id)).length > 0) return false;
  return await orAbandon(sql, record, () => publishLoad(sql, record));
}

/** Does some of a load's work. What can never succeed ends the load: registering again starts over, with other files. */
export async function orAbandon<T>(sql: Pool, { id, table }: LoadRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const explained = explainLoad(table, error);
    if (explained instanceof SamplerError && explained.permanent) await deleteLoad(sql, id);
    throw explained;
  }
}

async function publishLoad(sql: Pool, { id, table, staging, plan }: LoadRecord): Promise<boolean> {
  return await inTransaction(sql, async (tx) => {
    await lockTable(tx, table);
    const now = await findLoadById(tx, id);
    if (now === undefined) return false;
    const current = await lookUpTable(tx, table);
    if (current !== undefined && current.description === undefined) throw foreignConflict(table);
    await checkRows(tx, staging, plan.description);
    await publish(tx, staging, table, { ...plan.description, load: id });
    await enterTasks(tx, now.tasks, table);
    await deleteLoad(tx, id);
    return true;
  });
}

/** The table holds as many rows as the footers said, with the ids that they should have. */
async function checkRows(tx: Pool, staging: string, { splits }: TableDescription): Promise<void> {
  const expected = splits.reduce((sum, { count }) => sum + count, 0);
  const [row] = await tx.unsafe(
    `SELECT count(*)::text AS count, coalesce(max("__id"), -1)::text AS last FROM ${quoteName(staging)}`,
  );
  const [count, last] = [Number(row?.['count']), Number(row?.['last'])];
  // The primary key, made after this, sees to it that no id comes twice.
  if (count === expected && last === expected - 1) return;
  const message = `${staging} holds ${count} rows up to __id ${last}, where the files' footers speak of ${expected}.`;
  throw new PermanentError('DatasetInvalid', `${message} Register its tasks again.`, { context: { staging } });
}
