import type { ClientSession, MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMongo } from '../../lib/clients/mongo.ts';
import { inMongoTransaction } from '../../lib/clients/mongo-transaction.ts';
import { failureOf } from '../../lib/queue/failure.ts';
import { openGate } from '../helpers/gate.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';

/** Limits are short here, so that the tests are. */
const LIMIT_MS = 700;

let stack: TestStack;
const toClose: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  stack = await freshStack();
});
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});
afterAll(() => stack.dispose());

function client(uri = stack.mongodbUri): MongoClient {
  const mongo = createMongo(uri, { socketTimeoutMS: 3 * LIMIT_MS, heartbeatFrequencyMS: 500 });
  toClose.push(() => mongo.close(true));
  return mongo;
}

const failed = (work: Promise<unknown>) =>
  work.then(
    () => 'it came to its end',
    (error) => failureOf(error),
  );

interface Thing {
  readonly _id: string;
  readonly n: number;
}

describe('a transaction', () => {
  it('that the open transaction of another session is in the way of is Unavailable at its limit, and works when that is over', async () => {
    const mongo = client();
    const things = mongo.db().collection<Thing>('held');
    await things.insertOne({ _id: 'a', n: 0 });
    const other = client();
    const session = other.startSession();
    session.startTransaction();
    await other
      .db()
      .collection<Thing>('held')
      .updateOne({ _id: 'a' }, { $inc: { n: 10 } }, { session });
    let tries = 0;
    const add = () =>
      inMongoTransaction(
        mongo,
        async (own) => {
          tries++;
          await things.updateOne({ _id: 'a' }, { $inc: { n: 1 } }, { session: own });
        },
        LIMIT_MS,
      );
    expect(await failed(add())).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('did not come to its end within 0.7 seconds'),
      stack: undefined,
    });
    expect(tries).toBeGreaterThan(1);
    await session.commitTransaction();
    await session.endSession();
    await add();
    expect(await things.findOne()).toEqual({ _id: 'a', n: 11 });
  });

  it.each(['silent', 'reset'] as const)(
    'whose server is away (%s) when it is to be committed is Unavailable at its limit, and counts once or not at all',
    async (state) => {
      const gate = await openGate(Number(new URL(stack.mongodbUri).port), 'open');
      toClose.push(() => gate.close());
      const mongo = client(`mongodb://127.0.0.1:${gate.port}/${stack.stage}?directConnection=true`);
      const name = `cut_${state}`;
      await mongo.db().createCollection(name);
      const begun: ClientSession[] = [];
      const insert = inMongoTransaction(
        mongo,
        async (session) => {
          begun.push(session);
          const { upsertedCount } = await mongo
            .db()
            .collection<Thing>(name)
            .updateOne({ _id: 'a' }, { $setOnInsert: { n: 1 } }, { upsert: true, session });
          await gate.set(state);
          return upsertedCount;
        },
        LIMIT_MS,
      );
      expect(await failed(insert)).toMatchObject({ code: 'Unavailable', stack: undefined });
      await gate.set('open');
      // Not tried again here: where the commit did not arrive, its server keeps the documents for a minute, or until it is told.
      expect(await client().db().collection(name).countDocuments()).toBeLessThanOrEqual(1);
      await client()
        .db('admin')
        .command({ killSessions: begun.map(({ id }) => id) });
    },
  );

  it('that fails by itself fails with its own error, at once and once', async () => {
    let tries = 0;
    const work = inMongoTransaction(client(), async () => {
      tries++;
      throw new RangeError('own');
    });
    await expect(work).rejects.toThrow(new RangeError('own'));
    expect(tries).toBe(1);
  });

  it('gives what its work gave', async () => {
    expect(await inMongoTransaction(client(), async () => 'given')).toBe('given');
  });
});
