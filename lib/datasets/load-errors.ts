import { PermanentError } from '../errors/errors.ts';
import { codeOf, explainPostgres } from './postgres-errors.ts';

/** Explains why a data set could not be loaded: what Postgres does not take, it never will. */
export function explainLoad(table: string, error: unknown): unknown {
  const doing = `registering the data set of table ${JSON.stringify(table)}`;
  if (!/^(22|54)/.test(codeOf(error))) return explainPostgres(doing, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new PermanentError('DatasetInvalid', `${doing}: Postgres refuses it: ${reason}.`, {
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
