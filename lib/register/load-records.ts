import * as z from 'zod';
import { codeOf } from '../tables/postgres-errors.ts';
import { type Asking, UNDEFINED_TABLE } from '../tables/registry.ts';
import { descriptionSchema } from '../tables/table.ts';
import type { Part } from './plan-parts.ts';

/**
 * Loads that take more than one message are recorded in two tables next to the data sets': `sampler_loads`, one row for each
 * load under way, and `sampler_load_parts`. Both are made when the first such load begins.
 */
const CREATE = `
  CREATE TABLE IF NOT EXISTS sampler_loads (
    load_id TEXT PRIMARY KEY, table_name TEXT NOT NULL UNIQUE, staging_table TEXT NOT NULL, version TEXT NOT NULL,
    plan TEXT NOT NULL, tasks TEXT[] NOT NULL, updated_at TIMESTAMPTZ NOT NULL DEFAULT now());
  CREATE TABLE IF NOT EXISTS sampler_load_parts (
    load_id TEXT NOT NULL REFERENCES sampler_loads ON DELETE CASCADE, part INTEGER NOT NULL, work TEXT NOT NULL,
    rows BIGINT NOT NULL, done_at TIMESTAMPTZ, PRIMARY KEY (load_id, part))`;

const planSchema = z.object({
  prefix: z.string(),
  /** What the table will say about itself. */
  description: descriptionSchema,
  /** Numbered as the parts count them. */
  files: z.array(
    z.object({
      split: z.string(),
      key: z.string(),
      size: z.int(),
      sha256: z.string().optional(),
      etag: z.string().optional(),
    }),
  ),
});
/** All that a part has to know besides itself. */
export type LoadPlan = z.infer<typeof planSchema>;

const partSchema: z.ZodType<Part> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hash'), file: z.int() }),
  z.object({
    kind: z.literal('rows'),
    file: z.int(),
    from: z.int(),
    to: z.int(),
    first: z.int(),
    rows: z.int(),
  }),
]);

/** A load under way. */
export interface LoadRecord {
  readonly id: string;
  readonly table: string;
  readonly staging: string;
  readonly version: string;
  readonly plan: LoadPlan;
  /** Who waits for it. */
  readonly tasks: readonly string[];
}

/** Makes the tables of loads unless they are there. Any number of callers may do so at once. */
export async function ensureLoadTables(tx: Asking): Promise<void> {
  if (await haveLoadTables(tx)) return;
  await tx.unsafe(`DO $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('sampler_loads')); ${CREATE}; END $$`);
}

/** Whether a load was ever begun here. */
async function haveLoadTables(sql: Asking): Promise<boolean> {
  const [found] = await sql`SELECT to_regclass('sampler_load_parts') IS NOT NULL AS there`;
  return found?.['there'] === true;
}

/** Records a load and its parts. */
export async function insertLoad(tx: Asking, load: LoadRecord, parts: readonly Part[]): Promise<void> {
  await tx`
    INSERT INTO sampler_loads (load_id, table_name, staging_table, version, plan, tasks)
    VALUES (${load.id}, ${load.table}, ${load.staging}, ${load.version}, ${JSON.stringify(load.plan)}, ${[...load.tasks]}::text[])`;
  await tx`
    INSERT INTO sampler_load_parts (load_id, part, work, rows)
    SELECT ${load.id}, ordinality - 1, work, rows
    FROM unnest(${parts.map((part) => JSON.stringify(part))}::text[], ${parts.map(rowsOf)}::bigint[])
      WITH ORDINALITY AS t (work, rows, ordinality)`;
}

/** The load under way for a table; undefined where there is none. Not to be asked in a transaction without the tables. */
async function findLoadOf(sql: Asking, table: string): Promise<LoadRecord | undefined> {
  return await findLoad(sql, 'table_name', table);
}

/** The load of that id; undefined where it is finished or was abandoned. */
export async function findLoadById(sql: Asking, id: string): Promise<LoadRecord | undefined> {
  return await findLoad(sql, 'load_id', id);
}

async function findLoad(sql: Asking, by: 'table_name' | 'load_id', value: string): Promise<LoadRecord | undefined> {
  try {
    const [row] = await sql.unsafe(
      `SELECT load_id, table_name, staging_table, version, plan, tasks FROM sampler_loads WHERE ${by} = $1::text`,
      [value],
    );
    if (row === undefined) return undefined;
    return {
      id: String(row['load_id']),
      table: String(row['table_name']),
      staging: String(row['staging_table']),
      version: String(row['version']),
      plan: planSchema.parse(JSON.parse(String(row['plan']))),
      tasks: z.array(z.string()).parse(row['tasks']),
    };
  } catch (error) {
    if (codeOf(error) === UNDEFINED_TABLE) return undefined;
    throw error;
  }
}

/** Whether a table that is there, or was replaced lately, came of that load. */
export async function wasPublished(sql: Asking, load: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM pg_description WHERE classoid = 'pg_class'::regclass AND objsubid = 0
      AND starts_with(description, '{"sampler":') AND position(${`"load":${JSON.stringify(load)}`} in description) > 0`;
  return rows.length > 0;
}

/** A load that is not over. */
export interface UnfinishedLoad {
  readonly load: string;
  /** Numbers of the parts not known to be done. None: it only has to be finished. */
  readonly parts: readonly number[];
}

/** Lets a task wait for the load of that version of a data set; undefined where none is under way. */
export async function waitForLoad(
  sql: Asking,
  table: string,
  version: string,
  task: string,
): Promise<UnfinishedLoad | undefined> {
  const running = await findLoadOf(sql, table);
  if (running?.version !== version || !(await awaitLoad(sql, running.id, task))) return undefined;
  return { load: running.id, parts: await unfinishedParts(sql, running.id) };
}

/** Ends the load under way for a table, if there is one; its staging table is left to the reaper. */
export async function endLoadOf(tx: Asking, table: string): Promise<void> {
  const running = (await haveLoadTables(tx)) ? await findLoadOf(tx, table) : undefined;
  if (running !== undefined) await deleteLoad(tx, running.id);
}

/** What a staging table says about itself, so that it can be distinguished from others when its load is over. */
export function stagingComment(load: string): string {
  return JSON.stringify({ sampler_staging: load });
}

/** False where the load is over. */
async function awaitLoad(sql: Asking, id: string, task: string): Promise<boolean> {
  const { count } = await sql`
    UPDATE sampler_loads SET tasks = CASE WHEN ${task} = ANY (tasks) THEN tasks ELSE tasks || ${task}::text END
    WHERE load_id = ${id}`;
  return count === 1;
}

/** Ends the record of a load, however it went. Parts that still run find it gone. */
export async function deleteLoad(sql: Asking, id: string): Promise<void> {
  await sql`DELETE FROM sampler_loads WHERE load_id = ${id}`;
}

/** A part and whether it is done; undefined where there is no such part. */
export async function findPart(
  sql: Asking,
  id: string,
  number: number,
): Promise<{ part: Part; done: boolean } | undefined> {
  const [row] = await sql`
    SELECT work, done_at IS NOT NULL AS done FROM sampler_load_parts WHERE load_id = ${id} AND part = ${number}`;
  return row && { part: partSchema.parse(JSON.parse(String(row['work']))), done: row['done'] === true };
}

/** Notes a part as done, and the load as alive; false where the load is over. */
export async function finishPart(tx: Asking, id: string, number: number): Promise<boolean> {
  // The load's row first, as whoever deletes the load takes them.
  const { count } = await tx`UPDATE sampler_loads SET updated_at = now() WHERE load_id = ${id}`;
  if (count === 1) await tx`UPDATE sampler_load_parts SET done_at = now() WHERE load_id = ${id} AND part = ${number}`;
  return count === 1;
}

/** The numbers of the parts that are not done. */
export async function unfinishedParts(sql: Asking, id: string): Promise<number[]> {
  const rows = await sql`
    SELECT part FROM sampler_load_parts WHERE load_id = ${id} AND done_at IS NULL ORDER BY part`;
  return rows.map((row) => Number(row['part']));
}

function rowsOf(part: Part): number {
  return part.kind === 'rows' ? part.rows : 0;
}
