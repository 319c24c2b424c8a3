import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Db, MongoClient, ObjectId } from 'mongodb';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { docsHash } from '../../lib/ledger/records.ts';
import { Logger } from '../../lib/log/log.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { finishShard } from '../../lib/shard/finish.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { newPlan } from '../ledger/own-plan.ts';

let stack: TestStack;
let mongo: MongoClient;
let db: Db;
/** Holds no data set: whoever tried to render would fail. */
let sql: Sql;
let sqs: SQSClient;
let ledger: Ledger;
const log = new Logger('error');

beforeAll(async () => {
  stack = await freshStack();
  mongo = new MongoClient(stack.mongodbUri);
  db = mongo.db();
  sql = postgres(stack.postgresUri, { max: 1, onnotice: () => {} });
  sqs = createLocalSqs(stack.endpoint);
  await ensureIndexes(db);
});
afterAll(async () => {
  await Promise.all([mongo.close(), sql.end()]);
  sqs.destroy();
  await stack.dispose();
});
beforeEach(async () => {
  await db.collection('sample_requests').deleteMany({});
  ledger = new Ledger(db, 60_000);
});

async function begun(): Promise<ObjectId> {
  const plan = newPlan();
  await ledger.begin(plan);
  return plan._id;
}

function lateShard(plan: ObjectId, redriven = false, docs = '0-1') {
  const shardQueue = new Queue(sqs, required(stack.env, 'SHARD_QUEUE_URL'));
  const services = { sql, mongo, db, ledger, shardQueue, timeouts: undefined };
  return renderShard(services, { plan: plan.toHexString(), shard: 0, offset: 0, docs }, { redriven, log });
}

async function counts(): Promise<number[]> {
  return Promise.all(['tasks', 'instances', 'prompts'].map((name) => db.collection(name).countDocuments()));
}

describe('a shard that comes late', () => {
  it.each([false, true])('does nothing once its task is done (sent back by an operator: %j)', async (redriven) => {
    const id = await begun();
    await ledger.complete(mongo, { _id: id, attempt: 1 }, async () => {});
    const before = await ledger.findWhole(id);
    await lateShard(id, redriven);
    expect(await ledger.findWhole(id)).toEqual(before);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it('is dropped where its request failed', async () => {
    const id = await begun();
    await ledger.fail({ _id: id, attempt: 1 }, { code: 'TemplateFailed', message: 'm' });
    await lateShard(id);
    expect(await ledger.find(id)).toMatchObject({ state: 'failed', attempt: 1 });
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it('comes again later while the remains of its request are being removed', async () => {
    const id = await begun();
    await ledger.fail({ _id: id, attempt: 1 }, { code: 'TemplateFailed', message: 'm' });
    await ledger.startSweep(id);
    await expect(lateShard(id, true)).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
  });

  it('sent back by an operator is dropped where another request of the kind is at work', async () => {
    const id = await begun();
    await ledger.fail({ _id: id, attempt: 1 }, { code: 'TemplateFailed', message: 'm' });
    await begun();
    await lateShard(id, true);
    expect((await ledger.find(id))?.state).toBe('failed');
  });

  it('with as many documents as its plan has, but others, is refused for good, and its plan goes on', async () => {
    const plan = newPlan({ shard_docs: [docsHash('0-1')] });
    await ledger.begin(plan);
    await expect(lateShard(plan._id, false, '0,2')).rejects.toMatchObject({ code: 'BadMessage', permanent: true });
    expect(await ledger.find(plan._id)).toMatchObject({ state: 'in_progress' });
    // Its own are let through to where there is no data set.
    await expect(lateShard(plan._id)).rejects.not.toMatchObject({ code: 'BadMessage' });
  });

  it('of a plan that nobody knows is refused for good', async () => {
    await expect(lateShard(new ObjectId())).rejects.toMatchObject({ code: 'BadMessage', permanent: true });
  });

  it.each([1, 2])(
    'to be noted, as its lease ended while it was written, is tried again (of a plan of %d)',
    async (shards) => {
      const plan = newPlan({ shards });
      await ledger.begin(plan);
      const record = await ledger.find(plan._id);
      if (!record) throw new Error('there is a plan');
      const shardQueue = new Queue(sqs, required(stack.env, 'SHARD_QUEUE_URL'));
      const services = { sql, mongo, db, ledger, shardQueue, timeouts: undefined };
      const work = { repeats: 1, taskDocument: () => ({ _id: plan._id }) };
      const finish = () => finishShard(services, { shard: 0, instances: 2, chars: 10 }, record, work, log);
      expect(await new Ledger(db, 60_000, () => new Date(Date.now() + 120_000)).expire(plan._id)).toBe(true);
      await expect(finish()).rejects.toMatchObject({ code: 'Unavailable', permanent: false });
      // Whoever resumed it sent its shards again: this one is of no more use.
      await ledger.revive(plan._id);
      expect(await finish()).toBe(false);
      await ledger.fail({ _id: plan._id, attempt: 2 }, { code: 'TemplateFailed', message: 'm' });
      expect(await finish()).toBe(false);
      expect(await counts()).toEqual([0, 0, 0]);
    },
  );
});
