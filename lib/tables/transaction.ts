import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres, { type Options, type Sql } from 'postgres';
import { guarded } from '../clients/postgres.ts';
import { WAITS } from '../clients/waits.ts';

/** A client of Postgres, or the one connection of a transaction. */
export type Pool = Sql<Record<never, never>>;

const BEGIN = `BEGIN; SET LOCAL lock_timeout = ${WAITS.loadLock}; SET LOCAL statement_timeout = ${WAITS.loadStatement}`;

/**
 * Runs `work` in a transaction on a connection of its own, which is closed afterwards; any failure undoes all of it.
 *
 * Not `sql.begin`: when a connection is lost, that one sends its ROLLBACK to a socket that is gone, and ends the process
 * with an uncaught exception. Here closing the connection is what undoes the work. And when the connection is lost, the
 * client is closed at once: it would otherwise connect again and continue outside of any transaction.
 */
export async function inTransaction<T>(sql: Pool, work: (tx: Pool) => Promise<T>): Promise<T> {
  const close = () => client.end({ timeout: 0 });
  const options: Options<Record<never, never>> = {};
  // The client takes back the options that it once parsed, whatever their declared type says.
  Object.assign(options, sql.options, {
    ...guarded(WAITS.loadAnswer),
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onclose: close,
  });
  const client: Pool = postgres(options);
  try {
    await client.unsafe(BEGIN);
    const result = await work(client);
    const { command } = await client.unsafe('COMMIT');
    if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
    return result;
  } finally {
    await close();
  }
}

/**
 * Runs a `COPY ... FROM STDIN` and sends the chunks as fast as Postgres takes them. Ends when Postgres has taken all of
 * them, and fails as soon as it refuses one.
 */
export async function copyIn(tx: Pool, statement: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const query = tx.unsafe(statement);
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => {});
  // The client forgets the error that Postgres answers the last chunk with, and waits for ever: it has given the query's
  // answer already, the stream (porsager/postgres issue 1173). So its errors are caught here.
  Object.assign(query, { reject: refused.reject });
  const stream: Writable = await Promise.race([query.writable(), refused.promise]);
  const sent = pipeline(Readable.from(chunks, { highWaterMark: 1 }), stream);
  sent.catch(() => {});
  await Promise.race([sent, refused.promise]);
}
