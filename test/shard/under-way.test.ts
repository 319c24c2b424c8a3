import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { decodePlan, encodePlan } from '../../lib/plan/plan.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { openTable } from '../../lib/tables/open.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, texts } from '../datasets/data-stack.ts';
import { newPlan, planOf } from '../ledger/own-plan.ts';

let dataStack: DataStack;
let mongo: MongoClient;
beforeAll(async () => {
  dataStack = await openDataStack();
  mongo = new MongoClient(dataStack.mongodbUri);
});
afterAll(async () => {
  await mongo?.close();
  await dataStack?.dispose();
});

it('a sample under way finishes on the version of the data set that it was planned on', async () => {
  await dataStack.putDataset('own/data/default', { test: [texts('q', ['old 0', 'old 1', 'old 2', 'old 3'])] });
  await dataStack.register('own', 'own/data');
  const { version } = await openTable(dataStack.sql, 'own');
  const db = mongo.db();
  await ensureIndexes(db);
  const ledger = new Ledger(db, 60_000);
  const { entry } = planOf();
  const config = new Map(entry.config).set('doc_to_target', 'q');
  const plan = planOf({ tableVersion: version, shotsInEffect: 0, entry: { ...entry, config } });
  const planned = newPlan({ plan: encodePlan(plan) });
  await ledger.begin(planned);
  const sqs = createLocalSqs(dataStack.endpoint);
  const shardQueue = new Queue(sqs, dataStack.shardQueueUrl);
  const services = { sql: dataStack.sql, mongo, db, ledger, shardQueue, timeouts: undefined };
  const shard = (number: number, docs: string) =>
    renderShard(
      services,
      { plan: planned._id.toHexString(), shard: number, offset: number * 2, docs },
      { redriven: false, log: new Logger('error') },
    );
  await shard(0, '0-1');
  await dataStack.putDataset('own/data/default', { test: [texts('q', ['new 0', 'new 1'])] });
  await dataStack.register('own', 'own/data');
  await shard(1, '2-3');
  const prompts = await db.collection('prompts').find().toArray();
  expect(prompts.map(({ data }) => /(old|new) \d/.exec(String(data))?.[0]).sort()).toEqual([
    'old 0',
    'old 1',
    'old 2',
    'old 3',
  ]);
  expect(await db.collection('tasks').countDocuments()).toBe(1);
  sqs.destroy();
});

it('plans tell the version, and those from before there were versions are still read', () => {
  expect(decodePlan(encodePlan(planOf({ tableVersion: 'v' }))).tableVersion).toBe('v');
  const old = encodePlan(planOf());
  expect(old).not.toContain('tableVersion');
  expect(decodePlan(old).tableVersion).toBeUndefined();
});
