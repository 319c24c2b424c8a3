import { RecentlyUsed } from '../cache/recently-used.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import { foreignDescription } from './foreign-table.ts';
import { knownOf, MOST_TABLES } from './known.ts';
import { askLimited } from './limited.ts';
import { codeOf, explainPostgres } from './postgres-errors.ts';
import { type Asking, parseDescription, UNDEFINED_TABLE } from './registry.ts';
import { datasetOf, quoteText, retiredName, versionHeld } from './table.ts';
import { describe, type TableInfo } from './table-info.ts';

/** The clock of whoever took a message differs from ours by less. */
const CLOCKS_MS = 1_000;

/** By oid, name and description. */
const kept = new RecentlyUsed<TableInfo>(MOST_TABLES);

/**
 * The table that a task is registered with: one query. What it learns is kept in the process, but the query is made each
 * time and notices a table that was rebuilt; reads check that they still read the same table.
 * @param version the version of the data set that is wanted, also where another one has taken its place since
 * @throws TransientError NotRegistered (a register may be on its way), Unavailable
 * @throws PermanentError DatasetInvalid where that version is kept no longer
 */
export async function openTable(sql: Asking, taskName: string, version?: string): Promise<TableInfo> {
  try {
    // NUL ends a statement, and no name in Postgres holds it.
    if (taskName.includes('\0')) throw notRegistered(taskName);
    // Without parameters a statement goes out and comes back at once; with them Postgres is first asked what they are.
    const rows = await askLimited(
      sql,
      `SELECT r.dataset_table_name AS table, c.oid::text AS oid, obj_description(c.oid, 'pg_class') AS description
      FROM task_registry r JOIN pg_class c ON c.oid = to_regclass(quote_ident(r.dataset_table_name))
      WHERE r.task_name = ${quoteText(taskName)}`,
    );
    const [row] = rows;
    if (row === undefined) throw notRegistered(taskName);
    const current = await tableInfo(sql, String(row['table']), String(row['oid']), row['description']);
    if (version === undefined || current.version === version) return current;
    return await openRetired(sql, current.table, version);
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) throw notRegistered(taskName);
    throw explainPostgres(`looking up the table of task ${taskName}`, error);
  }
}

/**
 * As {@link openTable}, for a message: what was looked up after it was sent serves it without any query. Whatever its sender had
 * waited for was there by then. So the messages of a flood, which wait while others are worked on, share one query.
 * @param sentAt when it was sent, in milliseconds since 1970; looked up each time where that is not known
 */
export async function openTableFor(sql: Asking, taskName: string, sentAt: number | undefined): Promise<TableInfo> {
  if (sentAt === undefined) return await openTable(sql, taskName);
  const before = knownOf(sql).current.get(taskName);
  if (before !== undefined && before.at >= sentAt + CLOCKS_MS) return before.info;
  const at = Date.now();
  const info = await openTable(sql, taskName);
  // Another program's table may grow without notice.
  if (info.version !== undefined) knownOf(sql).current.set(taskName, { info, at }, 1);
  return info;
}

/**
 * As {@link openTable}, for a version that was asked for before without any query: what is read of it shows whether that is still
 * the table. {@link forgetTable} makes it look again.
 */
export async function openVersion(sql: Asking, taskName: string, version: string | undefined): Promise<TableInfo> {
  if (version === undefined) return await openTable(sql, taskName);
  const { tables } = knownOf(sql);
  const key = `${taskName}\0${version}`;
  const found = tables.get(key) ?? (await openTable(sql, taskName, version));
  tables.set(key, found, 1);
  return found;
}

/** Forgets which table holds a version, as it was dropped, renamed or rebuilt. */
export function forgetTable(sql: Asking, taskName: string, version: string): void {
  knownOf(sql).tables.delete(`${taskName}\0${version}`);
}

/** Whether an error says that a table is not the one that it was. */
export function isOtherTable(error: unknown): boolean {
  return error instanceof TransientError && error.code === 'NotRegistered';
}

async function openRetired(sql: Asking, table: string, version: string): Promise<TableInfo> {
  const name = retiredName(table, version);
  const [row] = await sql`
    SELECT c.oid::text AS oid, obj_description(c.oid, 'pg_class') AS description
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident(${name}::text))`;
  if (row !== undefined) return await tableInfo(sql, name, String(row['oid']), row['description']);
  const message =
    `the table ${JSON.stringify(table)} holds another version of its data set than the one that the request was planned ` +
    'on, and that one is kept no longer. Send the request again.';
  throw new PermanentError('DatasetInvalid', message, { context: { table, version } });
}

async function tableInfo(sql: Asking, table: string, oid: string, comment: unknown): Promise<TableInfo> {
  const key = `${oid}\0${table}\0${comment}`;
  const before = kept.get(key);
  if (before !== undefined) return before;
  const description = parseDescription(comment, table);
  const version = description && versionHeld(description);
  const dataset = description && datasetOf(description);
  const info = describe({ table, oid, version, dataset }, description ?? (await foreignDescription(sql, table)));
  // Another program's table may grow without notice, so it is checked each time.
  if (description === undefined) return info;
  kept.set(key, info, 1);
  return info;
}

function notRegistered(task: string): TransientError {
  const message = `the task ${task} is not registered: there is no data set's table for it. Send a register message that names it: npx sampler register ${task} --wait`;
  return new TransientError('NotRegistered', message, { context: { task } });
}
