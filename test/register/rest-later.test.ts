import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Logger } from '../../lib/log/log.ts';
import { registerTasks } from '../../lib/register/register.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { catalogueOf, taskYaml } from '../catalogue/roots.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';
import { stageTheHarness } from '../helpers/harness.ts';
import { required } from '../helpers/stack.ts';
import { eventOf, receive, send } from '../queue/queues.ts';

/** A function that has this left begins no further task. */
const HARDLY = 100_000;

let stack: DataStack;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await openDataStack();
  sqs = createLocalSqs(stack.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  sqs?.destroy();
  await stack?.dispose();
});

const file = (text: string) =>
  parquet([
    { name: 'question', data: [text], type: 'STRING' },
    { name: 'answer', data: [text], type: 'STRING' },
  ]);

it('each delivery whose time is up does one task more at least, and the last one tells what was refused', async () => {
  const names = ['one', 'two', 'three'];
  for (const name of names) await stack.putDataset(`later/${name}`, { test: [file(name)] });
  const yaml = (name: string) => taskYaml(name).replace('some/data', `later\ndataset_name: ${name}`);
  const catalogue = catalogueOf(Object.fromEntries(['none', ...names].map((name) => [`${name}.yaml`, yaml(name)])));
  const services = { sql: stack.sql, source: stack.source, catalogue, log: new Logger('error'), timeUp: () => true };
  const deliver = () => registerTasks(services, 'none,one,two,three');
  expect(await deliver()).toEqual({ tables: 1, rows: 1, loads: 0, left: 2 });
  expect(await deliver()).toEqual({ tables: 1, rows: 1, loads: 0, left: 1 });
  await expect(deliver()).rejects.toThrow(/none.* is not staged/s);
  expect(await stack.docs('three')).toHaveLength(1);
  // Nothing is left to do, and time does not matter.
  expect(await registerTasks(services, 'one,two,three')).toEqual({ tables: 0, rows: 0, loads: 0, left: 0 });
});

it('the function puts what is left on its queue again as the same request, with all its tries', async () => {
  await stageTheHarness(stack.source);
  await stack.putDataset('gsm8k/main', { train: [file('one')], test: [file('two')] });
  await stack.putDataset('allenai/ai2_arc/ARC-Easy', {
    train: [file('one')],
    validation: [file('one')],
    test: [file('two')],
  });
  for (const [name, value] of Object.entries(stack.env)) vi.stubEnv(name, value);
  const { handler } = await import('../../functions/register.ts');
  const url = required(stack.env, 'REGISTER_QUEUE_URL');
  const body = JSON.stringify({ framework: 'lmeh', tasks: 'gsm8k,arc_easy' });
  const context = { getRemainingTimeInMillis: () => HARDLY } as Context;
  const mongo = new MongoClient(stack.mongodbUri);
  const records = () => mongo.db().collection('sample_requests').find().toArray();
  await send(sqs, url, body);
  const first = await receive(sqs, url, 1);
  expect(await handler(eventOf(first), context)).toEqual({ batchItemFailures: [] });
  expect(await records()).toEqual([]);
  const second = await receive(sqs, url, 1);
  expect(second).toMatchObject([{ Body: body, Attributes: { ApproximateReceiveCount: '1' } }]);
  expect(await handler(eventOf(second), context)).toEqual({ batchItemFailures: [] });
  expect(await records()).toMatchObject([{ request_id: first[0]?.MessageId, state: 'registered' }]);
  await mongo.close();
});
