import { randomUUID } from 'node:crypto';
import type { ObjectSource } from '../bucket/object-source.ts';
import { type OpenDataset, openFile } from '../datasets/open-dataset.ts';
import type { StoredDataset } from '../datasets/stored-dataset.ts';
import { verifyFile } from '../datasets/verified-file.ts';
import { PermanentError, SamplerError } from '../errors/errors.ts';
import { copyIn } from '../tables/copy-in.ts';
import { publish } from '../tables/publish.ts';
import { enterTasks, lockTable, lookUpTable } from '../tables/registry.ts';
import { createTableStatement, quoteName, quoteText, stagingName, type TableDescription } from '../tables/table.ts';
import { inTransaction, type Pool } from '../tables/transaction.ts';
import { copyRows, MAX_ROWS, tooManyRows } from './copy-rows.ts';
import { explainLoad, foreignConflict } from './load-errors.ts';
import {
  awaitLoad,
  deleteLoad,
  ensureLoadTables,
  findLoadById,
  findLoadOf,
  findPart,
  finishPart,
  haveLoadTables,
  insertLoad,
  type LoadPlan,
  type LoadRecord,
  unfinishedParts,
} from './load-records.ts';
import { type Part, type PartLimits, planParts } from './plan-parts.ts';

/** A load whose parts are to be carried out, each by a message of its own. */
export interface PendingLoad {
  readonly load: string;
  /** Numbers of the parts not known to be done. None: it only has to be finished. */
  readonly parts: readonly number[];
}

/** What is loaded, and for whom. */
export interface LoadRequest {
  readonly table: string;
  readonly task: string;
  readonly stored: StoredDataset;
  readonly dataset: OpenDataset;
  readonly limits: PartLimits;
  /** The table's description but for its splits, which the footers give. */
  readonly description: Omit<TableDescription, 'splits'>;
}

/**
 * Lets a task wait for the load of this version of the data set that is under way; undefined where none is.
 */
export async function joinLoad(
  sql: Pool,
  table: string,
  version: string,
  task: string,
): Promise<PendingLoad | undefined> {
  const running = await findLoadOf(sql, table);
  if (running?.version !== version || !(await awaitLoad(sql, running.id, task))) return undefined;
  return { load: running.id, parts: await unfinishedParts(sql, running.id) };
}

/**
 * Begins a load in parts: an empty table, and a record of what each part has to do. A load of another version of the data
 * set that is under way ends; its parts notice.
 * @param tx a transaction that holds the lock of the table
 * @throws PermanentError DatasetInvalid (too many rows)
 */
export async function beginLoad(tx: Pool, request: LoadRequest): Promise<PendingLoad> {
  const { table, task, stored, dataset, limits, description } = request;
  await ensureLoadTables(tx);
  const joined = await joinLoad(tx, table, stored.version, task);
  if (joined !== undefined) return joined;
  await cancelLoad(tx, table);
  const id = randomUUID();
  const parts = planParts(dataset, limits);
  const staging = stagingName(table, id);
  const plan = loadPlan(request);
  const rows = plan.description.splits.reduce((sum, { count }) => sum + count, 0);
  if (rows > MAX_ROWS) throw tooManyRows(table);
  await tx.unsafe(createTableStatement(staging, description.columns));
  await tx.unsafe(`COMMENT ON TABLE ${quoteName(staging)} IS ${quoteText(stagingComment(id))}`);
  await insertLoad(tx, { id, table, staging, version: stored.version, plan, tasks: [task] }, parts);
  return { load: id, parts: parts.map((_, number) => number) };
}

/** Ends the load under way for a table, if there is one; its staging table is left to the reaper. */
export async function cancelLoad(tx: Pool, table: string): Promise<void> {
  const running = (await haveLoadTables(tx)) ? await findLoadOf(tx, table) : undefined;
  if (running !== undefined) await deleteLoad(tx, running.id);
}

/** What a staging table says about itself, so that it can be distinguished from others when its load is over. */
export function stagingComment(load: string): string {
  return JSON.stringify({ sampler_staging: load });
}

/** How the delivery of a part ended: `over` where its load had ended before, or another delivery was first. */
export type PartOutcome = 'done' | 'finished' | 'over';

/**
 * Carries out one part of a load; the rows and the note that they are there are one transaction, so a part that is
 * delivered twice, at the same time or after a crash counts once. Whoever does the last one finishes the load.
 * @throws PermanentError where the load can never succeed; it is abandoned then
 * @throws TransientError Unavailable
 */
export async function loadPart(sql: Pool, source: ObjectSource, load: string, number: number): Promise<PartOutcome> {
  const record = await findLoadById(sql, load);
  const found = record && (await findPart(sql, load, number));
  if (record === undefined || found === undefined) return 'over';
  const { part, done } = found;
  if (!done && !(await orGiveUp(sql, record, () => carryOut(sql, source, record, number, part)))) return 'over';
  return (await finishLoad(sql, load)) ? 'finished' : 'done';
}

/** Does some of a load's work. What can never succeed ends the load: registering again starts over, with other files. */
async function orGiveUp<T>(sql: Pool, { id, table }: LoadRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const explained = explainLoad(table, error);
    if (explained instanceof SamplerError && explained.permanent) await deleteLoad(sql, id);
    throw explained;
  }
}

/** False where the load ended meanwhile. */
async function carryOut(
  sql: Pool,
  source: ObjectSource,
  record: LoadRecord,
  number: number,
  part: Part,
): Promise<boolean> {
  const { prefix, description, files } = record.plan;
  const stored = files[part.file];
  if (stored === undefined) throw new Error(`load ${record.id} has no file ${part.file}`);
  const file = await openFile(source, stored, prefix, -1);
  if (file.bytes.etag !== stored.etag) throw replaced(`${source.name}/${stored.key}`);
  if (part.kind === 'hash') {
    await verifyFile(source, stored, file.bytes);
    return await inTransaction(sql, (tx) => finishPart(tx, record.id, number));
  }
  const { split } = stored;
  const { columns } = description;
  return await inTransaction(sql, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(hashtextextended(${`${record.id} ${number}`}::text, 0))`;
    const now = await findPart(tx, record.id, number);
    if (now === undefined) return false;
    if (now.done) return true;
    const counted = { end: part.first };
    const rows = copyRows({ columns, split, file, id: part.first, groups: part });
    const statement = `COPY ${quoteName(record.staging)} FROM STDIN WITH (FORMAT binary)`;
    await copyIn(tx, statement, counting(rows, counted));
    if (counted.end !== part.first + part.rows) {
      throw new Error(`${file.name}: ${counted.end - part.first} rows instead of ${part.rows}`);
    }
    return await finishPart(tx, record.id, number);
  });
}

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
  return await orGiveUp(sql, record, () => publishLoad(sql, record));
}

async function publishLoad(sql: Pool, { id, table, staging, plan }: LoadRecord): Promise<boolean> {
  return await inTransaction(sql, async (tx) => {
    await lockTable(tx, table);
    const now = await findLoadById(tx, id);
    if (now === undefined) return false;
    const current = await lookUpTable(tx, table);
    if (current !== undefined && current.description === undefined) throw foreignConflict(table);
    await checkRows(tx, staging, plan.description);
    await publish(tx, staging, table, plan.description);
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

async function* counting(
  chunks: AsyncGenerator<Buffer, number>,
  counted: { end: number },
): AsyncGenerator<Buffer, void> {
  counted.end = yield* chunks;
}

function loadPlan({ stored, dataset, description }: LoadRequest): LoadPlan {
  const files: LoadPlan['files'] = [];
  const splits: TableDescription['splits'] = [];
  let first = 0;
  for (const { split, files: opened } of dataset.splits) {
    const count = opened.reduce((sum, { parquet }) => sum + parquet.rowCount, 0);
    splits.push({ split, first, count });
    first += count;
    for (const { stored: file, bytes } of opened) files.push({ ...file, split, etag: bytes.etag });
  }
  return { prefix: stored.prefix, description: { ...description, splits }, files };
}

function replaced(name: string): PermanentError {
  const message = `${name} was replaced since the load of its data set began; the load is abandoned. Register its tasks again.`;
  return new PermanentError('DatasetInvalid', message, { context: { file: name } });
}
