import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Db, type Document, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { stageHarness } from '../../lib/catalogue/staging/stage.ts';
import { stageDatasets } from '../../lib/datasets/stage.ts';
import { Logger } from '../../lib/log/log.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { writeOwnDatasets } from './own-data.ts';

const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');
const DIGESTS = join(import.meta.dirname, 'digests.json');
const PATIENCE_MS = 45_000;

let stack: TestStack;
let functions: RunningFunctions;
let sqs: SQSClient;
let mongo: MongoClient;
let db: Db;
const refused: { body: string; code: string; message: string }[] = [];

beforeAll(async () => {
  stack = await freshStack();
  const s3 = createLocalS3(stack.endpoint);
  const bucket = required(stack.env, 'DATASETS_BUCKET');
  const log = new Logger('error');
  await stageHarness({ s3, bucket, wheelPath: WHEEL, log });
  await stageDatasets({ s3, bucket, fromDir: writeOwnDatasets(), log });
  s3.destroy();
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(stack.mongodbUri);
  db = mongo.db();
  functions = await startFunctions({ ...stack.env, SHARD_SIZE: '10' });
  await send('REGISTER', { framework: 'lmeh', tasks: 'gsm8k, bbh_cot_fewshot_boolean_expressions,mmlu_anatomy' });
  await until(async () => functions.lines.filter((line) => line.includes('registered')).length >= 4 || undefined);
});

afterAll(async () => {
  await functions?.stop();
  sqs?.destroy();
  await mongo?.close();
  await stack?.dispose();
});

describe('prompts over data of our own', () => {
  const digests = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(DIGESTS, 'utf8')));
  it.each([
    ['gsm8k', '/v1/chat/completions'],
    ['gsm8k', '/v1/completions'],
    ['bbh_cot_fewshot_boolean_expressions', '/v1/chat/completions'],
    ['bbh_cot_fewshot_boolean_expressions', '/v1/completions'],
    ['mmlu_anatomy', '/v1/chat/completions'],
    ['mmlu_anatomy', '/v1/completions'],
  ])('%s on %s has the recorded digest', async (task, path) => {
    const [document] = await sample({ tasks: task, qty: -1 }, 1, { path });
    const instances = await db
      .collection('instances')
      .find({ task_id: document?.['_id'] })
      .sort({ doc_id: 1, idx: 1 })
      .toArray();
    const prompts = await db.collection('prompts').find({ task_id: document?.['_id'] }).toArray();
    const dataOf = new Map(prompts.map((prompt) => [String(prompt['instance_id']), prompt['data']]));
    expect(prompts).toHaveLength(instances.length);
    const hash = createHash('sha256');
    for (const instance of instances) {
      hash.update(
        JSON.stringify([
          instance['doc_id'],
          instance['idx'],
          instance['arguments'],
          dataOf.get(String(instance['_id'])),
        ]),
      );
    }
    expect(`${instances.length} ${hash.digest('hex')}`).toBe(digests[`${task} ${path}`]);
  });
});

describe('a sample request', () => {
  it('of several shards is one whole task, written once', async () => {
    const [task] = await sample({ tasks: 'gsm8k', qty: -1 });
    expect(task).toMatchObject({ qty: 25, total_instances: 25, done: false, tasks: 'gsm8k' });
    const docIds = await db.collection('instances').distinct('doc_id', { task_id: task?.['_id'] });
    expect(docIds).toEqual(Array.from({ length: 25 }, (_, i) => 40 + i));
  });

  it('with a seed picks the same documents again, none of them blacklisted', async () => {
    const request = { tasks: 'gsm8k', qty: 8, blacklist: [40, 41, 42], seed: 7 };
    const ids: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const [task] = await sample(request);
      expect(String(task?.['seed'])).toBe('7');
      ids.push(await db.collection('instances').distinct('doc_id', { task_id: task?.['_id'] }));
    }
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]).toHaveLength(8);
    expect(ids[0]).not.toEqual(expect.arrayContaining([40]));
  });

  it('for several tasks makes a task of each, under its own name', async () => {
    const tasks = await sample({ tasks: 'gsm8k, bbh_cot_fewshot_boolean_expressions', qty: 3 }, 2);
    expect(tasks.map((task) => task['tasks']).sort()).toEqual(['bbh_cot_fewshot_boolean_expressions', 'gsm8k']);
  });

  it('for a multiple-choice task over chat asks its twin with the shots of the name asked for', async () => {
    const [task] = await sample({ tasks: 'mmlu_anatomy', qty: 2 });
    expect(task).toMatchObject({
      tasks: 'mmlu_anatomy',
      resolved_task: 'mmlu_anatomy_generative',
      num_fewshot: 5,
      request_type: 'generate_until',
    });
    const instance = await db.collection('instances').findOne({ task_id: task?.['_id'] });
    expect(instance).toMatchObject({ task_name: 'mmlu_anatomy_generative' });
  });

  it('for a multiple-choice task over completions asks for the likelihood of each choice', async () => {
    const [task] = await sample({ tasks: 'mmlu_anatomy', qty: 2 }, 1, { path: '/v1/completions' });
    expect(task).toMatchObject({ tasks: 'mmlu_anatomy', request_type: 'loglikelihood', qty: 2, total_instances: 8 });
    expect(task).not.toHaveProperty('resolved_task');
  });

  it('ignores repeated ids and their order', async () => {
    const [task] = await sample({ tasks: 'gsm8k', doc_ids: [44, 41, 44] });
    expect(task).toMatchObject({ qty: 2, total_instances: 2 });
  });

  it('ignores a blacklist outside the split', async () => {
    const [task] = await sample({ tasks: 'gsm8k', qty: 25, blacklist: [0, 1, 2] });
    expect(task).toMatchObject({ qty: 25, blacklist: [0, 1, 2] });
  });
});

describe('a message that can never succeed goes to the dead-letter queue at once, with its reason, and is recorded', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['no JSON', '{"framework":', 'BadMessage', /not JSON/],
    ['unknown keys', message({ qty: 1, quantity: 2, foo: 1 }), 'BadMessage', /"quantity", "foo"/],
    [
      'an operator as address',
      message({ qty: 1, requester_args: { address: { $ne: null }, service: 's' } }),
      'BadMessage',
      /requester_args.address: must be text/,
    ],
    ['neither qty nor doc_ids', message({ qty: 0 }), 'BadMessage', /qty/],
    ['both qty and doc_ids', message({ qty: 1, doc_ids: [40] }), 'BadMessage', /not both/],
    ['an unknown task', message({ tasks: 'gsm8k,no_such_task', qty: 1 }), 'UnknownTask', /no_such_task/],
    [
      'a wildcard that matches nothing',
      message({ tasks: 'nothing_like_it*', qty: 1 }),
      'UnknownTask',
      /nothing_like_it/,
    ],
    [
      'a task that is not registered',
      message({ tasks: 'bbh_cot_fewshot_snarks', qty: 1 }),
      'NotRegistered',
      /bbh_cot_fewshot_snarks/,
    ],
    ['a task with a hook that is not there', message({ tasks: 'drop', qty: 1 }), 'UnsupportedHook', /drop/],
    ['too many documents', message({ qty: 24, blacklist: [40, 41] }), 'TooFewDocuments', /24 .*23/],
    ['ids outside the split', message({ doc_ids: [39] }), 'DocIdsOutsideSplit', /39 .*40 to 64/],
    [
      'an unknown path',
      message({ qty: 1, requester_args: { address: 'a', service: 's', path: '/v2' } }),
      'UnsupportedPath',
      /\/v2/,
    ],
    [
      'a chat template on the completions path',
      message({
        qty: 1,
        apply_chat_template: true,
        requester_args: { address: 'a', service: 's', path: '/v1/completions' },
      }),
      'BadMessage',
      /apply_chat_template/,
    ],
    [
      'more shots than there are',
      message({ tasks: 'bbh_cot_fewshot_boolean_expressions', qty: 1, num_fewshot: 4 }),
      'FewshotUnavailable',
      /4 .*3 exist/,
    ],
    ['an include path that leaves', message({ qty: 1, include_path: '../harness' }), 'BadMessage', /include_path/],
  ])('%s', async (_, body, code, reason) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    await sqs.send(new SendMessageCommand({ QueueUrl: required(stack.env, 'SAMPLE_QUEUE_URL'), MessageBody: text }));
    const letter = await deadLetter('SAMPLE', text);
    expect(letter.code).toBe(code);
    expect(letter.message).toMatch(reason);
    const record = await db.collection('sample_requests').findOne({ body: text });
    expect(record).toMatchObject({ state: 'rejected', error: { code } });
  });

  it('a data set that is not staged', async () => {
    const body = JSON.stringify({ framework: 'lmeh', tasks: 'bbh_cot_fewshot_snarks' });
    await sqs.send(new SendMessageCommand({ QueueUrl: required(stack.env, 'REGISTER_QUEUE_URL'), MessageBody: body }));
    const letter = await deadLetter('REGISTER', body);
    expect(letter.code).toBe('DatasetMissing');
    expect(letter.message).toMatch(/SaylorTwift\/bbh\/snarks/);
  });
});

function message(fields: Record<string, unknown>): Record<string, unknown> {
  return { framework: 'lmeh', tasks: 'gsm8k', requester_args: { address: 'refused', service: 's' }, ...fields };
}

let addresses = 0;

/** Sends a sample message under an address of its own and waits for its tasks. */
async function sample(
  fields: Record<string, unknown>,
  count = 1,
  args: Record<string, unknown> = {},
): Promise<Document[]> {
  const address = `supplier-${addresses++}`;
  await send('SAMPLE', { framework: 'lmeh', ...fields, requester_args: { address, service: 's', ...args } });
  return until(async () => {
    const tasks = await db.collection('tasks').find({ 'requester_args.address': address }).toArray();
    return tasks.length >= count ? tasks : undefined;
  });
}

async function send(queue: 'REGISTER' | 'SAMPLE', body: unknown): Promise<void> {
  await sqs.send(
    new SendMessageCommand({ QueueUrl: required(stack.env, `${queue}_QUEUE_URL`), MessageBody: JSON.stringify(body) }),
  );
}

async function deadLetter(queue: 'REGISTER' | 'SAMPLE', body: string) {
  const QueueUrl = `${required(stack.env, `${queue}_QUEUE_URL`)}-dlq`;
  return until(async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ['All'],
      }),
    );
    for (const { Body = '', MessageAttributes } of Messages) {
      const attribute = (name: string) => MessageAttributes?.[name]?.StringValue ?? '';
      refused.push({ body: Body, code: attribute('error-code'), message: attribute('error-message') });
    }
    return refused.find((letter) => letter.body === body);
  });
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited in vain; last lines:\n${functions.lines.slice(-8).join('\n')}`);
    await sleep(50);
  }
}
