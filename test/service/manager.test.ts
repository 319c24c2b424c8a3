import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Db, type Document, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { Logger } from '../../lib/log/log.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { stageTheHarness } from '../helpers/harness.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { writeOwnDatasets } from './own-data.ts';
import { waitFor } from './waiting.ts';

/** What the Manager sends today, for each of its suppliers (MANAGER-1). */
const SUPPLIERS = Array.from({ length: 50 }, (_, i) => `supplier-${String(i).padStart(2, '0')}`);
const SIGNATURES = ['tokenizer', 'config', 'identity'];
const RANDOM_SEED = 20260701;
/** What Python picks of the ids 40 to 64 with that seed (`random.seed`, `random.shuffle`, the first two). */
const PICKED = [45, 50];
/** What Python draws of 40 worked examples for the two documents (`random.Random(seed).sample(range(40), 5)`, twice). */
const DRAWN = [
  [16, 39, 0, 9, 7],
  [36, 4, 15, 2, 25],
];

let stack: TestStack;
let functions: RunningFunctions;
let sqs: SQSClient;
let mongo: MongoClient;
let db: Db;

beforeAll(async () => {
  stack = await freshStack();
  const s3 = createLocalS3(stack.endpoint);
  const bucket = new Bucket(s3, required(stack.env, 'DATASETS_BUCKET'));
  const log = new Logger('error');
  await stageTheHarness(bucket);
  await stageDatasets({ bucket, fromDir: writeOwnDatasets(), log });
  s3.destroy();
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(stack.mongodbUri);
  db = mongo.db();
  functions = await startFunctions(stack.env);
  await send('REGISTER', { framework: 'lmeh', tasks: 'gsm8k' });
  await waitFor(functions, async () => functions.lines.some((line) => line.includes('registered')) || undefined);
  for (const address of SUPPLIERS) {
    for (const tasks of SIGNATURES) await ask('signatures', tasks, address);
    await ask('lmeh', 'gsm8k', address);
  }
});

afterAll(async () => {
  await functions?.stop();
  sqs?.destroy();
  await mongo?.close();
  await stack?.dispose();
});

describe("the Manager's day", () => {
  it('every request of every supplier becomes a task, and none more', async () => {
    const expected = SUPPLIERS.length * (SIGNATURES.length + 1);
    await waitFor(functions, async () => (await db.collection('tasks').countDocuments()) >= expected || undefined);
    expect(await db.collection('tasks').countDocuments()).toBe(expected);
    expect(await db.collection('sample_requests').countDocuments({ state: 'done' })).toBe(expected);
  });

  it('all suppliers of a run are asked the documents that Python picks', async () => {
    const tasks = await db.collection('tasks').find({ tasks: 'gsm8k' }).toArray();
    for (const task of tasks) {
      const docIds = await db.collection('instances').distinct('doc_id', { task_id: task['_id'] });
      expect(docIds).toEqual(PICKED);
      expect(Object.keys(task).at(-1)).toBe('random_seed');
      expect(task['random_seed']).toBe(RANDOM_SEED);
      expect('seed' in task).toBe(false);
    }
    const texts = await db.collection('prompts').distinct('data', { task_id: { $in: tasks.map(({ _id }) => _id) } });
    expect(texts).toHaveLength(PICKED.length);
  });

  it('with the worked examples that Python draws', async () => {
    const [first, second] = await promptsOf(await taskOf('gsm8k'));
    expect([examplesIn(first), examplesIn(second)]).toEqual(DRAWN);
  });

  it.each([
    ['tokenizer', '/pokt/tokenizer', 300],
    ['config', '/pokt/config', 60],
  ])('%s is asked for by a GET', async (name, path, timeout) => {
    const task = await taskOf(name);
    expect(task).toMatchObject({
      framework: 'signatures',
      requester_args: { address: SUPPLIERS[0], service: 'svc', method: 'GET', path, headers: {} },
      qty: 1,
      total_instances: 1,
      request_type: '',
      blacklist: [],
      bootstrap_iters: 100000,
      apply_chat_template: true,
      fewshot_as_multiturn: true,
      llm_args: null,
      gen_kwargs: null,
      num_fewshot: null,
    });
    const instance = await db.collection('instances').findOne({ task_id: task['_id'] });
    expect(Object.keys(instance ?? {})).toEqual(['_id', 'done', 'task_id', 'creation_date']);
    expect(await promptsOf(task)).toMatchObject([
      { data: '', timeout, ctxlen: null, done: false, trigger_session: 0, instance_id: instance?.['_id'] },
    ]);
  });

  it('identity asks all suppliers the same five completions', async () => {
    const task = await taskOf('identity');
    expect(task).toMatchObject({
      qty: 5,
      total_instances: 5,
      requester_args: { method: 'POST', path: '/v1/completions' },
    });
    const prompts = await promptsOf(task);
    expect(prompts.map(({ timeout }) => timeout)).toEqual([60, 60, 60, 60, 60]);
    expect(new Set(prompts.map((prompt) => String(prompt['instance_id']))).size).toBe(5);
    const all = await db.collection('prompts').distinct('data', { data: /pocket_network", "prompt/ });
    expect(all).toHaveLength(5);
  });

  it('the Requester finds what is open: tasks not done, their instances, their prompts', async () => {
    const [found] = await db
      .collection('tasks')
      .aggregate([
        { $match: { 'requester_args.address': SUPPLIERS[7], 'requester_args.service': 'svc', done: false } },
        {
          $lookup: {
            from: 'instances',
            localField: '_id',
            foreignField: 'task_id',
            as: 'i',
            pipeline: [{ $match: { done: false } }],
          },
        },
        { $unwind: '$i' },
        {
          $lookup: {
            from: 'prompts',
            localField: 'i._id',
            foreignField: 'instance_id',
            as: 'p',
            pipeline: [{ $match: { done: false, trigger_session: { $lt: 5 } } }],
          },
        },
        { $unwind: '$p' },
        { $count: 'open' },
      ])
      .toArray();
    expect(found).toEqual({ open: 1 + 1 + 5 + 2 });
  });

  it('a signature that does not exist is refused, naming those that do', async () => {
    await ask('signatures', 'model', 'nobody');
    const record = await waitFor(
      functions,
      async () => (await db.collection('sample_requests').findOne({ body: /"model"/ })) ?? undefined,
    );
    expect(record).toMatchObject({ state: 'rejected', error: { code: 'UnknownTask' } });
    expect(record['error'].message).toContain('tokenizer, config, identity');
  });
});

async function ask(framework: string, tasks: string, address: string): Promise<void> {
  const requester_args = { address, service: 'svc' };
  await send('SAMPLE', { framework, tasks, requester_args, blacklist: null, qty: 2, random_seed: RANDOM_SEED });
}

async function send(queue: 'REGISTER' | 'SAMPLE', body: unknown): Promise<void> {
  await sqs.send(
    new SendMessageCommand({ QueueUrl: required(stack.env, `${queue}_QUEUE_URL`), MessageBody: JSON.stringify(body) }),
  );
}

/** The task of that name for the first supplier. */
function taskOf(name: string): Promise<Document> {
  return waitFor(
    functions,
    async () =>
      (await db.collection('tasks').findOne({ tasks: name, 'requester_args.address': SUPPLIERS[0] })) ?? undefined,
  );
}

/** A task's prompts, in the order of their documents. */
async function promptsOf(task: Document): Promise<Document[]> {
  const prompts = await db.collection('prompts').find({ task_id: task['_id'] }).toArray();
  const instances = await db.collection('instances').find({ task_id: task['_id'] }).toArray();
  const place = new Map(instances.map((instance) => [String(instance['_id']), instance['doc_id'] ?? 0]));
  const placeOf = (prompt: Document) => place.get(String(prompt['instance_id'])) ?? -1;
  return prompts.sort((a, b) => placeOf(a) - placeOf(b));
}

/** The numbers of our own worked examples that a prompt shows. */
function examplesIn(prompt: Document | undefined): number[] {
  return [...String(prompt?.['data']).matchAll(/Ann has (\d+) pens/g)].map(([, number]) => Number(number));
}
