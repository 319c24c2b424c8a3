import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool } from './transaction.ts';

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
