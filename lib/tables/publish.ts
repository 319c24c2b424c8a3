import { lookUpTable } from './registry.ts';
import { quoteName, quoteText, retiredName, type TableDescription, versionHeld } from './table.ts';
import type { Pool } from './transaction.ts';

/** How long a swap waits for those who read the old table right now; others queue up behind it meanwhile. */
const SWAP_WAIT = '10s';

/**
 * Gives a filled table its primary key, description and name; one of that name that is there already makes room and is
 * kept under another name, for samples that were planned on it. Readers see the one or the other, never neither.
 * @param tx a transaction that holds {@link lockTable}'s lock
 * @throws Error of Postgres 55P03 where somebody keeps the old table locked; all of it can be tried again
 */
export async function publish(tx: Pool, staging: string, table: string, description: TableDescription): Promise<void> {
  await tx.unsafe(`ALTER TABLE ${quoteName(staging)} ADD PRIMARY KEY ("__id", "__split")`);
  await describeTable(tx, staging, description);
  await tx.unsafe(`SET LOCAL lock_timeout = '${SWAP_WAIT}'`);
  await retire(tx, table);
  await tx.unsafe(`ALTER TABLE ${quoteName(staging)} RENAME TO ${quoteName(table)}`);
}

async function retire(tx: Pool, table: string): Promise<void> {
  const old = (await lookUpTable(tx, table))?.description;
  if (old === undefined) return;
  const name = retiredName(table, versionHeld(old));
  // One of the same version can be there still, from before the version that is now gone was current again.
  await tx.unsafe(`DROP TABLE IF EXISTS ${quoteName(name)}`);
  await tx.unsafe(`ALTER TABLE ${quoteName(table)} RENAME TO ${quoteName(name)}`);
  await describeTable(tx, name, { ...old, retired_at: new Date().toISOString() });
}

async function describeTable(tx: Pool, table: string, description: TableDescription): Promise<void> {
  await tx.unsafe(`COMMENT ON TABLE ${quoteName(table)} IS ${quoteText(JSON.stringify(description))}`);
}
