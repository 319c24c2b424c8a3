import { messageOf, PermanentError } from '../errors/errors.ts';
import { codeOf, explainPostgres } from '../tables/postgres-errors.ts';

/** What is reported of the place where Postgres stopped: it ends in the value, which can be long. In characters. */
const MAX_WHERE = 200;

/** Explains why a data set could not be loaded: what Postgres does not take, it never will. */
export function explainLoad(table: string, error: unknown): unknown {
  const doing = `registering the data set of table ${JSON.stringify(table)}`;
  if (!/^(22|54)/.test(codeOf(error))) return explainPostgres(doing, error);
  const reason = messageOf(error);
  // The line of the COPY, hence the row, and the column.
  const where = error instanceof Error && 'where' in error ? ` (${String(error.where).slice(0, MAX_WHERE)})` : '';
  return new PermanentError('DatasetInvalid', `${doing}: Postgres refuses it: ${reason}${where}.`, {
    cause: error,
    context: { table },
  });
}

/** A table holds something else than what a task wants. */
export function conflict(table: string, why: string): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `table ${JSON.stringify(table)} can't serve this task: ${why}. Stage the data set under a path of its own for one ` +
      'of the tasks, or drop the table and its rows in task_registry.',
    { context: { table } },
  );
}

/** Another program made a table while its data set was being loaded. */
export function foreignConflict(table: string): PermanentError {
  return conflict(table, 'another program made it while it was being loaded');
}
