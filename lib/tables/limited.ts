import type { Row } from 'postgres';
import { WAITS } from '../clients/waits.ts';
import type { Asking } from './registry.ts';

/**
 * Asks with one statement without parameters that Postgres itself ends after a while, as where somebody has a lock on the table:
 * one whose connection we leave waits on, and holds that connection. Both are one message, so one transaction, whose end takes
 * the limit back: behind a pooler the connection is another's next.
 */
export async function askLimited(sql: Asking, statement: string): Promise<readonly Row[]> {
  const [, rows = []] = await sql.unsafe<Row[][]>(limited(statement));
  return rows;
}

/** The same, with each cell as the text that Postgres sent. @param ms after which Postgres ends it */
export async function askLimitedRaw(
  sql: Asking,
  statement: string,
  ms: number = WAITS.postgresStatement,
): Promise<(Buffer | null)[][]> {
  const results: unknown[] = await sql.unsafe(limited(statement, ms)).raw();
  const rows = results[1];
  // No second answer where no row came.
  return Array.isArray(rows) ? rows : [];
}

function limited(statement: string, ms: number = WAITS.postgresStatement): string {
  return `SET LOCAL statement_timeout = ${ms}; ${statement}`;
}
