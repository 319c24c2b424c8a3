import type { SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient, type ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ConfigValue } from '../../lib/catalogue/config-value.ts';
import { ensureIndexes } from '../../lib/documents/collections.ts';
import { Ledger } from '../../lib/ledger/ledger.ts';
import { Logger } from '../../lib/log/log.ts';
import { readIdList } from '../../lib/plan/id-list.ts';
import { encodePlan } from '../../lib/plan/plan.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { renderShard } from '../../lib/shard/shard.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, texts } from '../datasets/data-stack.ts';
import { newPlan, planOf } from '../ledger/own-plan.ts';

let dataStack: DataStack;
let mongo: MongoClient;
let sqs: SQSClient;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  dataStack = await openDataStack();
  mongo = new MongoClient(dataStack.mongodbUri);
  sqs = createLocalSqs(dataStack.endpoint);
  await ensureIndexes(mongo.db());
  await dataStack.putDataset('own/data/default', { test: [texts('q', ['a', 'none', 'none', 'none'])] });
  await dataStack.register('own', 'own/data');
});
afterAll(async () => {
  await mongo?.close();
  sqs?.destroy();
  await dataStack?.dispose();
});
beforeEach(async () => {
  lines = [];
  for (const name of ['sample_requests', 'tasks', 'instances']) await mongo.db().collection(name).deleteMany({});
});

const CHOICES: Record<string, ConfigValue> = {
  task: 'own',
  dataset_path: 'own/data',
  test_split: 'test',
  output_type: 'multiple_choice',
  doc_to_text: 'q',
  doc_to_target: 0n,
  doc_to_choice: "{{ [] if q == 'none' else ['yes', 'no'] }}",
};

/** Plans these documents in shards of so many, and renders all of them. */
async function ask(docs: readonly string[]): Promise<ObjectId> {
  const db = mongo.db();
  const ledger = new Ledger(db, 60_000);
  const entry = { ...planOf().entry, config: new Map<PyValue, ConfigValue>(Object.entries(CHOICES)) };
  const plan = planOf({ requestType: 'loglikelihood', shotsInEffect: 0, entry }, { applyChatTemplate: false });
  const size = readIdList(docs[0] ?? '').length;
  const planned = newPlan({ plan: encodePlan(plan), shards: docs.length, shard_size: size });
  await ledger.begin(planned);
  const services = {
    sql: dataStack.sql,
    mongo,
    db,
    ledger,
    shardQueue: new Queue(sqs, dataStack.shardQueueUrl),
    timeouts: undefined,
  };
  const log = new Logger('info', {}, (line) => {
    lines.push(JSON.parse(line));
  });
  for (const [shard, ids] of docs.entries()) {
    const message = { plan: planned._id.toHexString(), shard, offset: shard * size, docs: ids };
    await renderShard(services, message, { redriven: false, log });
  }
  return planned._id;
}

it.each([[['1-3']], [['1-2', '3']]])(
  'a request none of whose documents asks anything is refused, and no task is written (shards %j)',
  async (docs) => {
    await expect(ask(docs)).rejects.toMatchObject({
      code: 'BadTaskDefinition',
      permanent: true,
      message: expect.stringContaining('doc_to_choice'),
    });
    expect(await mongo.db().collection('tasks').countDocuments()).toBe(0);
  },
);

it('documents that ask nothing are left out with a warning that names them', async () => {
  const _id = await ask(['0-3']);
  expect(await mongo.db().collection('tasks').findOne({})).toMatchObject({ _id, total_instances: 2, qty: 4 });
  expect(await mongo.db().collection('instances').countDocuments()).toBe(2);
  expect(lines).toContainEqual(expect.objectContaining({ level: 'WARN', documents: 3, docIds: [1, 2, 3] }));
});
