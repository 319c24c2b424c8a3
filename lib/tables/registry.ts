import type { ISql } from 'postgres';
import { PermanentError } from '../errors/errors.ts';
import { codeOf } from './postgres-errors.ts';
import { descriptionSchema, type TableDescription } from './table.ts';

/** Any way to ask Postgres: the pool, or a transaction. */
export type Asking = ISql<Record<never, never>>;

/** SQLSTATE. */
export const UNDEFINED_TABLE = '42P01';

const CREATE = 'CREATE TABLE IF NOT EXISTS task_registry (task_name TEXT PRIMARY KEY, dataset_table_name TEXT)';

/** Makes the table of registered tasks, unless it is there. Any number of callers may do so at once. */
export async function ensureRegistry(sql: Asking): Promise<void> {
  const [found] = await sql`SELECT to_regclass('task_registry') IS NOT NULL AS there`;
  if (found?.['there'] === true) return;
  // Two at once can both see no table, and the slower one fails; the lock ends with the statement's transaction.
  await sql.unsafe(`DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('task_registry')); ${CREATE}; END $$`);
}

/** The table that a task is registered with, if it is really there. Makes the registry where there is none. */
export async function registeredTable(sql: Asking, task: string): Promise<string | undefined> {
  const ask = () => sql`
    SELECT dataset_table_name AS table FROM task_registry
    WHERE task_name = ${task} AND to_regclass(quote_ident(dataset_table_name)) IS NOT NULL`;
  let rows: Awaited<ReturnType<typeof ask>>;
  try {
    rows = await ask();
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_TABLE) throw error;
    await ensureRegistry(sql);
    rows = await ask();
  }
  return rows[0] === undefined ? undefined : String(rows[0]['table']);
}

/** Enters tasks for a table that is there. A row whose table is gone is of no use; any other one stays. */
export async function enterTasks(tx: Asking, tasks: readonly string[], table: string): Promise<void> {
  await tx`
    INSERT INTO task_registry (task_name, dataset_table_name) SELECT unnest(${[...tasks]}::text[]), ${table}
    ON CONFLICT (task_name) DO UPDATE SET dataset_table_name = EXCLUDED.dataset_table_name
    WHERE to_regclass(quote_ident(task_registry.dataset_table_name)) IS NULL`;
}

/**
 * Waits until nobody else loads or replaces the table; ends with the transaction. Taken by all who change tables of data
 * sets, before they look at them.
 */
export async function lockTable(tx: Asking, table: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(hashtextextended(${table}::text, 0))`;
}

/** A table of a data set, and the tasks that are registered with it. */
export interface TableFound {
  readonly description: TableDescription | undefined;
  readonly tasks: readonly string[];
}

/** What is known of a table: undefined where there is none; `description` is missing where another program made it. */
export async function lookUpTable(sql: Asking, table: string): Promise<TableFound | undefined> {
  const [row] = await sql`
    SELECT obj_description(c.oid, 'pg_class') AS description,
      ARRAY(SELECT task_name FROM task_registry WHERE dataset_table_name = ${table}::text ORDER BY 1) AS tasks
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident(${table}::text))`;
  if (row === undefined) return undefined;
  const tasks: unknown = row['tasks'];
  return {
    description: parseDescription(row['description'], table),
    tasks: Array.isArray(tasks) ? tasks.map(String) : [],
  };
}

/**
 * The comment of a data set's table; undefined where there is none (the table was made by another program).
 * @throws PermanentError DatasetInvalid where there is one that is not ours
 */
export function parseDescription(comment: unknown, table: string): TableDescription | undefined {
  if (comment === null || comment === undefined) return undefined;
  try {
    return descriptionSchema.parse(JSON.parse(String(comment)));
  } catch (error) {
    throw new PermanentError(
      'DatasetInvalid',
      `the comment of table ${JSON.stringify(table)} does not describe a data set; it was changed, or made by another ` +
        'version. Drop the table and its rows in task_registry, and register its tasks again.',
      { cause: error, context: { table } },
    );
  }
}
