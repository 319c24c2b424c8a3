import type { Logger } from '../log/log.ts';
import { codeOf } from '../tables/postgres-errors.ts';
import type { Asking } from '../tables/registry.ts';
import { descriptionSchema, quoteName } from '../tables/table.ts';
import { inTransaction, type Pool } from '../tables/transaction.ts';
import { ensureLoadTables } from './load-records.ts';

/**
 * Nothing refers to what is older than this: SQS keeps a message for 14 days at most, and once more as long in the
 * dead-letter queue, from which it can be sent back.
 */
const KEEP_DAYS = 30;
/** How long a table to be dropped may be in use; another register tries again. */
const DROP_WAIT = '1s';

/**
 * Drops what loads have left: tables that were replaced long ago, and those of loads that were abandoned.
 * @throws Error of Postgres
 */
export async function reapTables(sql: Pool, log: Pick<Logger, 'info'>): Promise<void> {
  for (const table of [...(await retiredLongAgo(sql)), ...(await abandoned(sql))]) {
    try {
      await inTransaction(sql, async (tx) => {
        await tx.unsafe(`SET LOCAL lock_timeout = '${DROP_WAIT}'`);
        await tx.unsafe(`DROP TABLE IF EXISTS ${quoteName(table)}`);
      });
      log.info('dropped a table that nothing refers to', { table });
    } catch (error) {
      if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    }
  }
}

/** SQLSTATE. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Tables of ours by what their comment begins with. */
async function commented(sql: Asking, beginning: string): Promise<{ table: string; comment: string }[]> {
  const rows = await sql`
    SELECT relname::text AS table, description AS comment FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
    WHERE d.classoid = 'pg_class'::regclass AND objsubid = 0 AND relkind = 'r' AND pg_table_is_visible(c.oid)
      AND starts_with(description, ${beginning})`;
  return rows.map((row) => ({ table: String(row['table']), comment: String(row['comment']) }));
}

async function retiredLongAgo(sql: Asking): Promise<string[]> {
  const until = Date.now() - KEEP_DAYS * 24 * 3600 * 1000;
  const tables: string[] = [];
  for (const { table, comment } of await commented(sql, '{"sampler":')) {
    if (!comment.includes('"retired_at":')) continue;
    const { data } = descriptionSchema.safeParse(JSON.parse(comment));
    if (data?.retired_at !== undefined && Date.parse(data.retired_at) < until) tables.push(table);
  }
  return tables;
}

/** Staging tables whose load is over or has made no progress for very long. */
async function abandoned(sql: Pool): Promise<string[]> {
  const staging = await commented(sql, '{"sampler_staging":');
  if (staging.length === 0) return [];
  await ensureLoadTables(sql);
  await sql`DELETE FROM sampler_loads WHERE updated_at < now() - ${KEEP_DAYS} * interval '1 day'`;
  const live = await sql`SELECT staging_table FROM sampler_loads`;
  const used = new Set(live.map((row) => String(row['staging_table'])));
  return staging.map(({ table }) => table).filter((table) => !used.has(table));
}
