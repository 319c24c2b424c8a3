import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Sql } from 'postgres';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { copyText, type SplitRange } from './copy-text.ts';
import type { ObjectSource } from './object-source.ts';
import { type OpenDataset, openDataset } from './open-dataset.ts';
import { codeOf, explainPostgres } from './postgres-errors.ts';
import { lookUpTable, registeredTable } from './registry.ts';
import { type RowFilter, rowFilterFor } from './row-filter.ts';
import { findDataset, type StoredDataset } from './stored-dataset.ts';
import { createTableStatement, quoteName, quoteText, type TableDescription, tableColumns, tableName } from './table.ts';
import { inTransaction } from './transaction.ts';

type Pool = Sql<Record<never, never>>;

/** A data set to be registered for a task. */
export interface RegisterRequest {
  sql: Pool;
  source: ObjectSource;
  datasetPath: string;
  datasetName: string | null;
  /** The task that reads it; it decides about the row filter (row-filter.ts). */
  taskName: string;
  log: Pick<Logger, 'info' | 'warn'>;
}

/** What a register came to. */
export interface RegisterResult {
  table: string;
  /** `loaded`: the table was made now; `joined`: it was there, the task is new; `known`: there was nothing to do. */
  outcome: 'loaded' | 'joined' | 'known';
  /** The splits as loaded; empty unless loaded now. */
  splits: SplitRange[];
}

/**
 * Loads a data set into Postgres and enters its task in task_registry: all of it in one transaction, or nothing. Any
 * number of callers may register the same at once: one loads it, the others wait and find it there.
 * @throws PermanentError DatasetMissing, DatasetInvalid, BadTaskDefinition
 * @throws TransientError Unavailable where S3 or Postgres are
 */
export async function registerDataset(request: RegisterRequest): Promise<RegisterResult> {
  const { sql, source, datasetPath, datasetName, taskName, log } = request;
  const table = tableName(datasetPath, datasetName);
  const filter = rowFilterFor(taskName);
  try {
    if (await isRegistered(sql, request, table)) return { table, outcome: 'known', splits: [] };
    if (await lookUpTable(sql, table)) return await join(sql, request, table, filter);
    const stored = await findDataset(source, datasetPath, datasetName);
    const started = Date.now();
    // Reading and checking the files comes before the transaction, which should be short.
    const dataset = await openDataset(source, stored);
    const result = await inTransaction(sql, async (tx): Promise<RegisterResult> => {
      await tx`SELECT pg_advisory_xact_lock(hashtextextended(${table}::text, 0))`;
      if (await lookUpTable(tx, table)) return await join(tx, request, table, filter);
      const splits = await load(tx, request, { table, filter, stored, dataset });
      await enter(tx, taskName, table);
      return { table, outcome: 'loaded', splits };
    });
    const { outcome, splits } = result;
    log.info('registered a data set', { table, task: taskName, outcome, splits, milliseconds: Date.now() - started });
    return result;
  } catch (error) {
    throw explain(`registering the data set of table ${JSON.stringify(table)}`, table, error);
  }
}

interface LoadPlan {
  table: string;
  filter: RowFilter | undefined;
  stored: StoredDataset;
  dataset: OpenDataset;
}

async function load(tx: Pool, request: RegisterRequest, plan: LoadPlan): Promise<SplitRange[]> {
  const { table, filter, stored, dataset } = plan;
  const name = quoteName(table);
  const columns = tableColumns(dataset.columns, table);
  await tx.unsafe(createTableStatement(table, columns));
  const splits: SplitRange[] = [];
  await copy(
    tx,
    `COPY ${name} FROM STDIN WITH (FORMAT text, FREEZE, ENCODING 'UTF8')`,
    copyText(dataset, filter, splits),
  );
  await tx.unsafe(`ALTER TABLE ${name} ADD PRIMARY KEY ("__id", "__split")`);
  const description: TableDescription = {
    sampler: 1,
    dataset_path: request.datasetPath,
    dataset_name: request.datasetName,
    revision: stored.revision,
    filter: filter?.name ?? null,
    splits,
    columns,
  };
  await tx.unsafe(`COMMENT ON TABLE ${name} IS ${quoteText(JSON.stringify(description))}`);
  return splits;
}

/** Sends the chunks as fast as Postgres takes them. */
async function copy(tx: Pool, statement: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const query = tx.unsafe(statement);
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => {});
  // The client forgets the error that Postgres answers the last chunk with, and waits for ever: it has given the query's
  // answer already, the stream. So its errors are caught here.
  Object.assign(query, { reject: refused.reject });
  const stream: Writable = await Promise.race([query.writable(), refused.promise]);
  const sent = pipeline(Readable.from(chunks, { highWaterMark: 1 }), stream);
  sent.catch(() => {});
  await Promise.race([sent, refused.promise]);
}

/** Enters tasks for a table that is there already, if it holds what they want. */
async function join(
  tx: Pool,
  request: RegisterRequest,
  table: string,
  filter: RowFilter | undefined,
): Promise<RegisterResult> {
  const found = await lookUpTable(tx, table);
  const { description, tasks = [] } = found ?? {};
  const { datasetPath, datasetName, taskName, log } = request;
  if (description === undefined) log.warn('a table was made by another program; it is used as it is', { table });
  else if (description.dataset_path !== datasetPath || description.dataset_name !== datasetName) {
    const held = `${description.dataset_path}, configuration ${description.dataset_name}`;
    throw conflict(table, `it holds another data set: ${held}`);
  }
  const applied = description === undefined ? filterOf(tasks) : description.filter;
  if (applied !== (filter?.name ?? null)) {
    const held = applied === null ? 'all rows of its data set' : `only the rows that the tasks ${applied}_* want`;
    throw conflict(
      table,
      `it holds ${held}, and ${taskName} can use ${filter === undefined ? 'only all of them' : 'only some of them'}`,
    );
  }
  await enter(tx, taskName, table);
  return { table, outcome: 'joined', splits: [] };
}

async function enter(tx: Pool, task: string, table: string): Promise<void> {
  // A row whose table is gone is of no use; any other one stays.
  await tx`
    INSERT INTO task_registry (task_name, dataset_table_name) VALUES (${task}, ${table})
    ON CONFLICT (task_name) DO UPDATE SET dataset_table_name = EXCLUDED.dataset_table_name
    WHERE to_regclass(quote_ident(task_registry.dataset_table_name)) IS NULL`;
}

async function isRegistered(sql: Pool, { taskName, log }: RegisterRequest, table: string): Promise<boolean> {
  const found = await registeredTable(sql, taskName);
  if (found !== undefined && found !== table) {
    log.warn('a task keeps the table that it is registered with', { task: taskName, table: found, expected: table });
  }
  return found !== undefined;
}

/** The name of the filter that another program's table went through, by the tasks that are registered with it. */
function filterOf(tasks: readonly string[]): string | null {
  return tasks.map(rowFilterFor).find((filter) => filter !== undefined)?.name ?? null;
}

function conflict(table: string, why: string): PermanentError {
  return new PermanentError(
    'DatasetInvalid',
    `table ${JSON.stringify(table)} can't serve this task: ${why}. Stage the data set under a path of its own for one ` +
      'of the tasks, or drop the table and its rows in task_registry.',
    { context: { table } },
  );
}

function explain(doing: string, table: string, error: unknown): unknown {
  // Values, names or rows that Postgres does not take: it never will.
  if (!/^(22|54)/.test(codeOf(error))) return explainPostgres(doing, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new PermanentError('DatasetInvalid', `${doing}: Postgres refuses it: ${reason}.`, {
    cause: error,
    context: { table },
  });
}
