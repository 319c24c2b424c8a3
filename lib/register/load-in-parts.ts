import { randomUUID } from 'node:crypto';
import { createTableStatement, quoteName, quoteText, stagingName, type TableDescription } from '../tables/table.ts';
import type { Pool } from '../tables/transaction.ts';
import { MAX_ROWS, tooManyRows } from './copy-rows.ts';
import { unlessMade } from './existing-table.ts';
import {
  endLoadOf,
  ensureLoadTables,
  insertLoad,
  type LoadPlan,
  stagingComment,
  type UnfinishedLoad,
  waitForLoad,
} from './load-records.ts';
import { planParts } from './plan-parts.ts';
import type { DatasetToLoad, InParts, RegisterResult, Registration } from './registration.ts';

/**
 * Lets a task wait for the load of this version of the data set that is under way, and sends what is left of it; undefined
 * where none is.
 * @throws TransientError Unavailable
 */
export async function joinLoad(
  { sql, table, taskName, log }: Registration,
  { sender }: InParts,
  version: string,
): Promise<RegisterResult | undefined> {
  const load = await waitForLoad(sql, table, version, taskName);
  if (load === undefined) return undefined;
  await sender.send({ sql, log }, load);
  return loading(table);
}

/**
 * Begins a load in parts, and sends them out: an empty table, and a record of what each part has to do. A load of another
 * version of the data set that is under way ends; its parts notice.
 * @throws PermanentError DatasetInvalid (too many rows)
 * @throws TransientError Unavailable
 */
export async function loadInParts(
  registration: Registration,
  { limits, sender }: InParts,
  toLoad: DatasetToLoad,
): Promise<RegisterResult> {
  const { sql, table, log } = registration;
  const begun = await unlessMade(registration, toLoad.stored, (tx) => begin(tx, registration, limits, toLoad));
  if ('outcome' in begun) return begun;
  await sender.send({ sql, log }, begun);
  return loading(table);
}

async function begin(
  tx: Pool,
  { table, taskName }: Registration,
  limits: InParts['limits'],
  toLoad: DatasetToLoad,
): Promise<UnfinishedLoad> {
  const { stored, dataset, description } = toLoad;
  await ensureLoadTables(tx);
  const running = await waitForLoad(tx, table, stored.version, taskName);
  if (running !== undefined) return running;
  await endLoadOf(tx, table);
  const id = randomUUID();
  const parts = planParts(dataset, limits);
  const staging = stagingName(table, id);
  const plan = loadPlan(toLoad);
  const rows = plan.description.splits.reduce((sum, { count }) => sum + count, 0);
  if (rows > MAX_ROWS) throw tooManyRows(table);
  await tx.unsafe(createTableStatement(staging, description.columns));
  await tx.unsafe(`COMMENT ON TABLE ${quoteName(staging)} IS ${quoteText(stagingComment(id))}`);
  await insertLoad(tx, { id, table, staging, version: stored.version, plan, tasks: [taskName] }, parts);
  return { load: id, parts: parts.map((_, number) => number) };
}

function loadPlan({ stored, dataset, description }: DatasetToLoad): LoadPlan {
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

function loading(table: string): RegisterResult {
  return { table, outcome: 'loading', splits: [] };
}
