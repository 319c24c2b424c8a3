import type { ObjectSource } from '../bucket/object-source.ts';
import { type OpenDataset, openDataset, verifyDataset } from '../datasets/open-dataset.ts';
import { type RowFilter, rowFilterFor } from '../datasets/row-filter.ts';
import { findDataset, findStaged, type StoredDataset } from '../datasets/stored-dataset.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { copyIn } from '../tables/copy-in.ts';
import { publish } from '../tables/publish.ts';
import { enterTasks, lockTable, lookUpTable, registeredTable, type TableFound } from '../tables/registry.ts';
import {
  createTableStatement,
  quoteName,
  stagingName,
  type TableDescription,
  tableColumns,
  tableName,
  versionOf,
} from '../tables/table.ts';
import { inTransaction, type Pool } from '../tables/transaction.ts';
import { copyAll, type SplitRange } from './copy-rows.ts';
import { conflict, explainLoad } from './load-errors.ts';
import { beginLoad, cancelLoad, joinLoad, type PendingLoad } from './load-in-parts.ts';
import { needsParts, type PartLimits } from './plan-parts.ts';

/** A data set to be registered for a task. */
export interface RegisterRequest {
  sql: Pool;
  source: ObjectSource;
  datasetPath: string;
  datasetName: string | null;
  /** The task that reads it; it decides about the row filter (row-filter.ts). */
  taskName: string;
  log: Pick<Logger, 'info' | 'warn'>;
  /** The split that the task asks about; a data set that is staged without it is refused. */
  split?: string | null | undefined;
  /** From which size on a data set is loaded in parts; without it all are loaded at once. */
  limits?: PartLimits;
}

/** What a register came to. */
export interface RegisterResult {
  table: string;
  /**
   * `loaded`: the table was made now; `replaced`: it was rebuilt from another version of the data set; `joined`: it was
   * there, the task is new; `known`: there was nothing to do; `loading`: it is made by further messages.
   */
  outcome: 'loaded' | 'replaced' | 'joined' | 'known' | 'loading';
  /** The splits as loaded; empty unless loaded now. */
  splits: SplitRange[];
  /** What is left to do where the outcome is `loading`. */
  pending?: PendingLoad;
}

/**
 * Loads a data set into Postgres and enters its task in task_registry: all of it in one transaction, or nothing; a large
 * one is begun, and its parts are left to the caller. Any number of callers may register the same at once: one loads it,
 * the others wait and find it there. A table that holds another version than the one staged is replaced.
 * @throws PermanentError DatasetMissing, DatasetInvalid, BadTaskDefinition
 * @throws TransientError Unavailable where S3 or Postgres are
 */
export async function registerDataset(request: RegisterRequest): Promise<RegisterResult> {
  const { sql, source, datasetPath, datasetName, taskName, log } = request;
  const table = tableName(datasetPath, datasetName);
  const started = Date.now();
  try {
    const registered = await registeredTable(sql, taskName);
    if (registered !== undefined && registered !== table) {
      log.warn('a task keeps the table that it is registered with', {
        task: taskName,
        table: registered,
        expected: table,
      });
      return nothingToDo(table);
    }
    const found = await lookUpTable(sql, table);
    if (found) {
      const stored = found.description && (await findStaged(source, datasetPath, datasetName));
      if (found.description && !stored) log.warn('a data set is not staged any more; its table stays', { table });
      if (isCurrent(found, stored)) {
        if (registered !== undefined) return nothingToDo(table);
        requireFitting(found, request, table);
        return await join(sql, request, table);
      }
    }
    const stored = await findDataset(source, datasetPath, datasetName);
    requireSplit(stored, request);
    const result = await loadOrBegin(request, table, stored);
    const { outcome, splits } = result;
    log.info('registered a data set', { table, task: taskName, outcome, splits, milliseconds: Date.now() - started });
    return result;
  } catch (error) {
    throw explainLoad(table, error);
  }
}

async function loadOrBegin(request: RegisterRequest, table: string, stored: StoredDataset): Promise<RegisterResult> {
  const { sql, source, taskName, limits } = request;
  const filter = rowFilterFor(taskName);
  // Ids depend on which rows the filter keeps, so what goes through one is loaded in one go.
  const byParts = limits !== undefined && filter === undefined;
  const joined = byParts ? await joinLoad(sql, table, stored.version, taskName) : undefined;
  if (joined !== undefined) return { table, outcome: 'loading', splits: [], pending: joined };
  // Reading and checking the files comes before the transaction, which should be short.
  const dataset = await openDataset(source, stored);
  const description = describe(request, table, stored, dataset, filter);
  const large = byParts && needsParts(dataset, limits);
  if (!large) await verifyDataset(source, dataset);
  return await inTransaction(sql, async (tx): Promise<RegisterResult> => {
    await lockTable(tx, table);
    const found = await lookUpTable(tx, table);
    if (found !== undefined) {
      requireFitting(found, request, table);
      if (isCurrent(found, stored)) return await join(tx, request, table);
    }
    if (large) {
      const pending = await beginLoad(tx, { table, task: taskName, stored, dataset, limits, description });
      return { table, outcome: 'loading', splits: [], pending };
    }
    await cancelLoad(tx, table);
    const splits = await load(tx, table, dataset, filter, description);
    await enterTasks(tx, [taskName], table);
    return { table, outcome: found === undefined ? 'loaded' : 'replaced', splits };
  });
}

async function load(
  tx: Pool,
  table: string,
  dataset: OpenDataset,
  filter: RowFilter | undefined,
  description: Omit<TableDescription, 'splits'>,
): Promise<SplitRange[]> {
  const staging = stagingName(table, '');
  await tx.unsafe(createTableStatement(staging, description.columns));
  const splits: SplitRange[] = [];
  const statement = `COPY ${quoteName(staging)} FROM STDIN WITH (FORMAT binary, FREEZE)`;
  await copyIn(tx, statement, copyAll(dataset, filter, splits));
  await publish(tx, staging, table, { ...description, splits });
  return splits;
}

function describe(
  { datasetPath, datasetName }: RegisterRequest,
  table: string,
  { revision, version }: StoredDataset,
  { columns }: OpenDataset,
  filter: RowFilter | undefined,
): Omit<TableDescription, 'splits'> {
  return {
    sampler: 1,
    dataset_path: datasetPath,
    dataset_name: datasetName,
    revision,
    version,
    filter: filter?.name ?? null,
    columns: tableColumns(columns, table),
  };
}

/** Whether the table needs no load: it holds what is staged, or nothing is staged, or another program made it. */
function isCurrent({ description }: TableFound, stored: StoredDataset | undefined): boolean {
  if (description === undefined || stored === undefined) return true;
  // Tables from before there were versions record the revision only.
  return versionOf(description) === (description.version === undefined ? stored.revision : stored.version);
}

/** @throws PermanentError DatasetInvalid where the table does not hold what the task wants, and must not be replaced. */
function requireFitting({ description, tasks }: TableFound, request: RegisterRequest, table: string): void {
  const { datasetPath, datasetName, taskName } = request;
  if (description && (description.dataset_path !== datasetPath || description.dataset_name !== datasetName)) {
    const held = `${description.dataset_path}, configuration ${description.dataset_name}`;
    throw conflict(table, `it holds another data set: ${held}`);
  }
  const filter = rowFilterFor(taskName);
  const applied = description === undefined ? filterOf(tasks) : description.filter;
  if (applied !== (filter?.name ?? null)) {
    const held = applied === null ? 'all rows of its data set' : `only the rows that the tasks ${applied}_* want`;
    throw conflict(
      table,
      `it holds ${held}, and ${taskName} can use ${filter === undefined ? 'only all of them' : 'only some of them'}`,
    );
  }
}

function requireSplit({ prefix, splits }: StoredDataset, { taskName, split }: RegisterRequest): void {
  const names = splits.map((stored) => stored.split);
  if (split === undefined || split === null || names.includes(split)) return;
  const message = `the data set at ${prefix} is staged without the split ${split}, which the task ${taskName} asks about; it has ${names.join(', ')}. Stage all of it.`;
  throw new PermanentError('DatasetMissing', message, { context: { task: taskName, split } });
}

/** Enters a task for a table that is there and holds what it wants. */
async function join(tx: Pool, { taskName, log }: RegisterRequest, table: string): Promise<RegisterResult> {
  const found = await lookUpTable(tx, table);
  if (found?.description === undefined) {
    log.warn('a table was made by another program; it is used as it is', { table });
  }
  await enterTasks(tx, [taskName], table);
  return { table, outcome: 'joined', splits: [] };
}

function nothingToDo(table: string): RegisterResult {
  return { table, outcome: 'known', splits: [] };
}

/** The name of the filter that another program's table went through, by the tasks that are registered with it. */
function filterOf(tasks: readonly string[]): string | null {
  return tasks.map(rowFilterFor).find((filter) => filter !== undefined)?.name ?? null;
}
