import {
  type ClientSession,
  type Collection,
  type Db,
  type Document,
  MongoBulkWriteError,
  MongoServerError,
} from 'mongodb';
import * as z from 'zod';
import type { DocumentBatch } from './document-batch.ts';
import { insertEncoded } from './insert-encoded.ts';

const DUPLICATE_KEY = 11000;

/** Whether the error says that a unique index already holds the key. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/**
 * Inserts documents whose ids are derived: those that are there already (from an earlier delivery of the same work) are left
 * as they are, even where the Requester has changed them since.
 */
export async function insertOnce(collection: Collection<Document>, documents: readonly Document[]): Promise<void> {
  if (documents.length === 0) return;
  try {
    await collection.insertMany(documents, { ordered: false, forceServerObjectId: true });
  } catch (error) {
    if (!onlyDuplicates(error)) throw error;
  }
}

/** What MongoDB says of documents that it did not take; within a transaction that is the first of them alone. */
const refusals = z.object({
  writeErrors: z.array(z.looseObject({ code: z.number(), errmsg: z.string().default('') })).optional(),
});

/**
 * Inserts documents within a session's transaction, all of them or none. As the command itself: a third of what the driver's
 * `insertMany` takes for few documents, which goes over them several times.
 * @throws MongoServerError, also where one is there already (`isDuplicateKey`); the transaction is over then
 */
export async function insertWithin(
  db: Db,
  session: ClientSession,
  { collectionName }: Pick<Collection, 'collectionName'>,
  documents: readonly Document[],
): Promise<void> {
  if (documents.length === 0) return;
  const answer = await db.command({ insert: collectionName, documents: [...documents] }, { session });
  const [refused] = refusals.parse(answer).writeErrors ?? [];
  if (refused !== undefined) throw new MongoServerError({ ...refused, message: refused.errmsg });
}

/** As {@link insertOnce}, of documents that are encoded. */
export async function insertEncodedOnce(db: Db, collectionName: string, documents: DocumentBatch): Promise<void> {
  for (const piece of documents.pieces()) {
    try {
      await insertEncoded(db, collectionName, piece);
    } catch (error) {
      if (!onlyDuplicates(error)) throw error;
    }
  }
}

/** As {@link insertWithin}, of documents that are encoded. */
export async function insertEncodedWithin(
  db: Db,
  session: ClientSession,
  collectionName: string,
  documents: DocumentBatch,
): Promise<void> {
  for (const piece of documents.pieces()) await insertEncoded(db, collectionName, piece, session);
}

function onlyDuplicates(error: unknown): boolean {
  return (duplicatesOf(error)?.length ?? 0) > 0;
}

/** The places of the documents that were there already, of those inserted without order; undefined where anything else failed. */
export function duplicatesOf(error: unknown): readonly number[] | undefined {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) return undefined;
  const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (failures.some((failure) => failure.code !== DUPLICATE_KEY)) return undefined;
  return failures.map(({ index }) => index);
}
