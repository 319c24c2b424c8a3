import { type ClientSession, type Db, MongoNotConnectedError, type UnorderedBulkOperation } from 'mongodb';
import type { Piece } from './document-batch.ts';

/**
 * Stands for the documents until their bytes take its place. Were it ever sent itself, MongoDB would refuse it: no `_id` is a list.
 */
const PLACEHOLDER = { _id: [] };

/**
 * Inserts documents that are encoded, in one command, as the driver's `insertMany` does it: retried, within the session, with the write
 * concern of the database, and with its errors. The driver's bulk operations hold what they send as bytes, in `serializedOperations` of
 * their batches, one for each document; it puts them behind each other, so that one piece may hold many.
 * @throws MongoBulkWriteError where one is there already among others, with the place of each such one, or what else befalls it
 */
export async function insertEncoded(
  db: Db,
  collectionName: string,
  { bytes, count }: Piece,
  session?: ClientSession,
): Promise<void> {
  const bulk = await openBulk(db, collectionName, session);
  bulk.insert({ ...PLACEHOLDER });
  const [batch] = bulk.batches;
  if (batch?.serializedOperations.length !== 1) throw new Error("MongoDB's driver keeps no bytes of what it will send");
  batch.serializedOperations = [bytes];
  batch.originalIndexes = Array.from({ length: count }, (_, n) => n);
  const { insertedCount } = await bulk.execute();
  if (insertedCount !== count) throw new Error(`${insertedCount} of ${count} documents were inserted`);
}

async function openBulk(db: Db, collectionName: string, session?: ClientSession): Promise<UnorderedBulkOperation> {
  const options = { forceServerObjectId: true, ...(session && { session }) };
  const collection = db.collection(collectionName);
  try {
    return collection.initializeUnorderedBulkOp(options);
  } catch (error) {
    // Unlike all else of the driver it does not connect by itself.
    if (!(error instanceof MongoNotConnectedError)) throw error;
  }
  await db.client.connect();
  return collection.initializeUnorderedBulkOp(options);
}
