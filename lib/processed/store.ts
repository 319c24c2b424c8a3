import * as z from 'zod';
import { TransientError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { codeOf } from '../tables/postgres-errors.ts';
import { type Asking, lockTable, UNDEFINED_TABLE } from '../tables/registry.ts';
import { inTransaction, type Pool } from '../tables/transaction.ts';
import { type DocSplit, docIdsOf, sameColumns } from './docs.ts';
import type { ProcessedDoc, ProcessedDocs } from './run.ts';
import { encodeDoc } from './stored-doc.ts';

/**
 * Beside the data sets' tables: `sampler_processed`, one row for what a group of functions made of one version of a table;
 * `sampler_processed_docs`, its documents; `sampler_processed_tasks`, which of them a task reads now. What is stored under a
 * key never changes: tasks are switched from key to key.
 */
const CREATE = `
  CREATE TABLE IF NOT EXISTS sampler_processed (
    key TEXT PRIMARY KEY, table_name TEXT NOT NULL, description TEXT NOT NULL, replaced_at TIMESTAMPTZ);
  CREATE TABLE IF NOT EXISTS sampler_processed_docs (
    key TEXT NOT NULL REFERENCES sampler_processed ON DELETE CASCADE, place INTEGER NOT NULL, doc_id INTEGER NOT NULL,
    origin INTEGER, doc TEXT, PRIMARY KEY (key, place));
  CREATE TABLE IF NOT EXISTS sampler_processed_tasks (
    task_name TEXT PRIMARY KEY, key TEXT NOT NULL REFERENCES sampler_processed)`;
const MAX_BATCH_ROWS = 2_000;
/** As long as replaced tables of data sets are kept (lib/register/reap.ts). */
const KEEP_DAYS = 30;

const description = z.object({
  /** Of the table; tables that another program made have none. */
  version: z.string().optional(),
  /** Names of the functions by field. */
  functions: z.record(z.string(), z.string()),
  splits: z.array(z.object({ split: z.string(), first: z.int(), count: z.int(), columns: z.array(z.string()) })),
  /** What functions gave for the worked examples of the definition, in their order, as texts of stored-doc.ts. */
  samples: z.array(z.string().nullable()).optional(),
});
/** What is known of stored documents. */
export type ProcessedDescription = z.output<typeof description>;

/** Stored documents: their key, and what is known of them. */
export interface FoundProcessed {
  readonly key: string;
  readonly description: ProcessedDescription;
}

/** What is stored, but for its splits, which are known at the end. */
export interface ToStore extends Omit<ProcessedDescription, 'splits'> {
  readonly key: string;
  readonly task: string;
  readonly table: string;
  /** What the task read when this was begun; undefined where that was nothing. */
  readonly before: string | undefined;
}

/** What a task reads now, or what is stored under a key; undefined where there is nothing. */
export async function findProcessed(
  sql: Asking,
  by: { task: string } | { key: string },
): Promise<FoundProcessed | undefined> {
  try {
    const [row] =
      'key' in by
        ? await sql`SELECT key, description FROM sampler_processed WHERE key = ${by.key}`
        : await sql`SELECT key, description FROM sampler_processed JOIN sampler_processed_tasks USING (key) WHERE task_name = ${by.task}`;
    return row && { key: String(row['key']), description: description.parse(JSON.parse(String(row['description']))) };
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) return undefined;
    throw error;
  }
}

/**
 * Stores what a task's functions make, unless it is there, and switches the task to it: all in one transaction.
 * @returns how many documents were stored; undefined where they were there
 * @throws as `produce` does; TransientError Unavailable where another register switched the task meanwhile, maybe to what is newer
 */
export async function storeProcessed(
  sql: Pool,
  toStore: ToStore,
  produce: () => AsyncIterable<ProcessedDocs>,
): Promise<number | undefined> {
  const { key, task, before = key } = toStore;
  await ensureTables(sql);
  return await inTransaction(sql, async (tx) => {
    await lockTable(tx, key);
    const [there] = await tx`SELECT 1 FROM sampler_processed WHERE key = ${key}`;
    const count = there === undefined ? await insert(tx, toStore, produce()) : undefined;
    const switched = await tx`
      INSERT INTO sampler_processed_tasks AS now (task_name, key) VALUES (${task}, ${key})
      ON CONFLICT (task_name) DO UPDATE SET key = EXCLUDED.key WHERE now.key IN (${before}, ${key}) RETURNING 1`;
    if (switched.length === 0) {
      throw new TransientError(
        'Unavailable',
        `Another register of the task ${task} was done while its functions ran, with other data or texts. It is tried again.`,
        { context: { task } },
      );
    }
    await tx`UPDATE sampler_processed SET replaced_at = NULL WHERE key = ${key}`;
    await tx`
      UPDATE sampler_processed p SET replaced_at = now() WHERE replaced_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM sampler_processed_tasks t WHERE t.key = p.key)`;
    return count;
  });
}

/** Removes what no task has read for long. @throws Error of Postgres */
export async function reapProcessed(sql: Pool, log: Pick<Logger, 'info'>): Promise<void> {
  try {
    const gone = await sql`
      DELETE FROM sampler_processed p WHERE replaced_at < now() - ${KEEP_DAYS} * interval '1 day'
      AND NOT EXISTS (SELECT 1 FROM sampler_processed_tasks t WHERE t.key = p.key) RETURNING key`;
    if (gone.length > 0) log.info('removed documents that nothing refers to', { keys: gone.length });
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_TABLE) throw error;
  }
}

async function ensureTables(sql: Pool): Promise<void> {
  const [found] = await sql`SELECT to_regclass('sampler_processed_tasks') IS NOT NULL AS there`;
  if (found?.['there'] === true) return;
  // Two at once can both see no table, and the slower one fails; the lock ends with the statement's transaction.
  await sql.unsafe(`DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('sampler_processed')); ${CREATE}; END $$`);
}

async function insert(tx: Pool, toStore: ToStore, produced: AsyncIterable<ProcessedDocs>): Promise<number> {
  const { key, task, table, version, functions, samples } = toStore;
  // The splits are entered at the end; what refers to the row needs it now.
  await tx`INSERT INTO sampler_processed (key, table_name, description) VALUES (${key}, ${table}, '')`;
  const splits: {
    split: string;
    first: number;
    count: number;
    columns: readonly string[];
    origins: (number | null)[];
  }[] = [];
  let place = 0;
  for await (const { split, columns, docs } of produced) {
    let last = splits.at(-1);
    if (last?.split !== split) {
      last = { split, first: place, count: 0, columns, origins: [] };
      splits.push(last);
    }
    // A portion without documents says nothing about columns.
    if (last.count === 0) last.columns = docs.length === 0 ? last.columns : columns;
    else if (docs.length > 0) last.columns = sameColumns(task, split, last.columns, columns);
    for (let i = 0; i < docs.length; i += MAX_BATCH_ROWS) {
      const batch = docs.slice(i, i + MAX_BATCH_ROWS);
      await insertDocs(tx, key, place, batch);
      place += batch.length;
    }
    last.count += docs.length;
    for (const { origin } of docs) last.origins.push(origin);
  }
  for (const { first, origins } of splits) await setIds(tx, key, first, docIdsOf(origins));
  const known: DocSplit[] = splits.map(({ split, first, count, columns }) => ({ split, first, count, columns }));
  const text = JSON.stringify({ ...(version === undefined ? {} : { version }), functions, splits: known, samples });
  await tx`UPDATE sampler_processed SET description = ${text} WHERE key = ${key}`;
  return place;
}

async function insertDocs(tx: Pool, key: string, place: number, docs: readonly ProcessedDoc[]): Promise<void> {
  await tx`
    INSERT INTO sampler_processed_docs (key, place, doc_id, origin, doc)
    SELECT ${key}, place, place, origin, doc FROM unnest(
      ${docs.map((_, i) => place + i)}::int[], ${docs.map(({ origin }) => origin)}::int[],
      ${docs.map(encodeDoc)}::text[]) AS d (place, origin, doc)`;
}

async function setIds(tx: Pool, key: string, first: number, ids: readonly number[]): Promise<void> {
  for (let i = 0; i < ids.length; i += MAX_BATCH_ROWS) {
    const batch = ids.slice(i, i + MAX_BATCH_ROWS);
    await tx`
      UPDATE sampler_processed_docs SET doc_id = d.doc_id
      FROM unnest(${batch.map((_, at) => first + i + at)}::int[], ${batch}::int[]) AS d (place, doc_id)
      WHERE key = ${key} AND sampler_processed_docs.place = d.place`;
  }
}
