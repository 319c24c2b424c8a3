import { BSON, type CommandStartedEvent, type Document, MongoClient, MongoServerError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentBatch } from '../../lib/documents/document-batch.ts';
import { insertEncoded } from '../../lib/documents/insert-encoded.ts';
import { duplicatesOf, insertEncodedOnce, insertEncodedWithin, isDuplicateKey } from '../../lib/documents/write.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';

let stack: TestStack;
let mongo: MongoClient;
const sent: Document[] = [];
beforeAll(async () => {
  stack = await freshStack();
  mongo = new MongoClient(stack.mongodbUri, { monitorCommands: true, writeConcern: { w: 'majority', journal: true } });
  mongo.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
    if (commandName === 'insert') sent.push(command);
  });
});
afterAll(async () => {
  await mongo.close();
  await stack.dispose();
});

/** Documents of nothing but a number as their id. */
function batchOf(ids: readonly number[]): DocumentBatch {
  const batch = new DocumentBatch();
  for (const id of ids) {
    batch.writer.open();
    batch.writer.number('_id', id);
    batch.close();
  }
  return batch;
}

async function idsIn(name: string): Promise<unknown[]> {
  const found = await mongo
    .db()
    .collection<{ _id: number }>(name)
    .find({}, { sort: { _id: 1 } })
    .toArray();
  return found.map(({ _id }) => _id);
}

describe('documents as bytes are inserted as the driver inserts its own', () => {
  it('by a client that is not connected yet, too', async () => {
    const other = new MongoClient(stack.mongodbUri);
    await insertEncodedOnce(other.db(), 'unconnected', batchOf([1, 2]));
    await other.close();
    expect(await idsIn('unconnected')).toEqual([1, 2]);
  });

  it('in one command with the same options: it can be retried, and the write concern is that of the address', async () => {
    sent.length = 0;
    await insertEncodedOnce(mongo.db(), 'ours', batchOf([1, 2, 3]));
    await mongo
      .db()
      .collection<{ _id: number }>('ours')
      .insertMany([{ _id: 4 }, { _id: 5 }], { ordered: false });
    const [ours, drivers, ...more] = sent.map(({ documents, lsid, txnNumber, $clusterTime, ...options }) => ({
      ...options,
      session: BSON.serialize(lsid).length,
      retried: typeof txnNumber,
    }));
    expect(ours).toEqual(drivers);
    expect(ours).toMatchObject({ ordered: false, writeConcern: { w: 'majority' } });
    expect(more).toEqual([]);
    expect(await idsIn('ours')).toEqual([1, 2, 3, 4, 5]);
  });

  it('beside those that are there already', async () => {
    await insertEncodedOnce(mongo.db(), 'twice', batchOf([2, 4]));
    const [piece] = batchOf([1, 2, 3, 4, 5]).pieces();
    if (!piece) throw new Error('there is no piece');
    await expect(insertEncoded(mongo.db(), 'twice', piece)).rejects.toSatisfy(isDuplicateKey);
    const again = await insertEncoded(mongo.db(), 'twice', piece).catch((error: unknown) => error);
    expect(duplicatesOf(again)).toEqual([0, 1, 2, 3, 4]);
    await mongo.db().collection<{ _id: number }>('twice').deleteOne({ _id: 2 });
    const third = await insertEncoded(mongo.db(), 'twice', piece).catch((error: unknown) => error);
    expect(duplicatesOf(third)).toEqual([0, 2, 3, 4]);
    await insertEncodedOnce(mongo.db(), 'twice', batchOf([1, 2, 3, 4, 5, 6]));
    expect(await idsIn('twice')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('in a transaction: all or none, and one that is there already ends it', async () => {
    const db = mongo.db();
    await insertEncodedOnce(db, 'within', batchOf([9]));
    const insert = (ids: readonly number[]) =>
      mongo.withSession((session) =>
        session.withTransaction(() => insertEncodedWithin(db, session, 'within', batchOf(ids))),
      );
    await expect(insert([7, 9, 8])).rejects.toSatisfy(isDuplicateKey);
    expect(await idsIn('within')).toEqual([9]);
    await insert([7, 8]);
    expect(await idsIn('within')).toEqual([7, 8, 9]);
  });

  it('tells of a conflict with another transaction by the label that has the work done again', async () => {
    const db = mongo.db();
    await insertEncodedOnce(db, 'conflict', batchOf([0]));
    const [first, second] = [mongo.startSession(), mongo.startSession()];
    for (const session of [first, second]) session.startTransaction();
    await insertEncodedWithin(db, first, 'conflict', batchOf([1]));
    const failed = await insertEncodedWithin(db, second, 'conflict', batchOf([1])).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(MongoServerError);
    expect(failed).toMatchObject({ errorLabels: expect.arrayContaining(['TransientTransactionError']) });
    await first.commitTransaction();
    await Promise.all([first, second].map((session) => session.endSession()));
  });

  it('fails loudly where the driver would send another number of documents than there are', async () => {
    const [piece] = batchOf([1, 2]).pieces();
    if (!piece) throw new Error('there is no piece');
    await expect(insertEncoded(mongo.db(), 'miscounted', { ...piece, count: 3 })).rejects.toThrow(/2 of 3/);
  });

  it('what stands for them before would be refused, were it ever sent', async () => {
    const insert = mongo.db().collection<{ _id: unknown }>('placeholder').insertOne({ _id: [] });
    await expect(insert).rejects.toThrow(/_id/);
  });
});
