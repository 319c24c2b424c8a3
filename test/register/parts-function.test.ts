import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MessageLog } from '../../lib/ledger/message-log.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';
import { type RunningFunctions, startFunctions } from '../helpers/functions.ts';
import { stageTheHarness } from '../helpers/harness.ts';
import { required } from '../helpers/stack.ts';

const PREPARE_MS = 60_000;

let dataStack: DataStack;
let functions: RunningFunctions;
let sqs: SQSClient;
beforeAll(async () => {
  dataStack = await openDataStack();
  sqs = createLocalSqs(dataStack.endpoint);
  await stageTheHarness(dataStack.source);
  functions = await startFunctions({ ...dataStack.env, REGISTER_PART_ROWS: '20' });
}, PREPARE_MS);
afterAll(async () => {
  await functions?.stop();
  sqs?.destroy();
  await dataStack?.dispose();
});

it(
  'the register function sends itself the parts of a large data set, and the last of them registers the task',
  async () => {
    const problems = (first: number, count: number) =>
      parquet(
        [
          { name: 'question', data: Array.from({ length: count }, (_, i) => `question ${first + i}`), type: 'STRING' },
          { name: 'answer', data: Array.from({ length: count }, (_, i) => `#### ${first + i}`), type: 'STRING' },
        ],
        { rowGroupSize: 10 },
      );
    await dataStack.putDataset('gsm8k/main', { train: [problems(0, 75)], test: [problems(75, 30), problems(105, 15)] });
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: required(dataStack.env, 'REGISTER_QUEUE_URL'),
        MessageBody: JSON.stringify({ framework: 'lmeh', tasks: 'gsm8k' }),
      }),
    );
    const registered = async () =>
      dataStack.sql`SELECT 1 FROM task_registry WHERE task_name = 'gsm8k'`.then(
        (rows) => rows.length > 0,
        () => false,
      );
    while (!(await registered())) await sleep(50);
    const docs = await dataStack.docs('gsm8k');
    expect(docs.map((doc) => [doc.get('__id'), doc.get('question')])).toEqual(
      Array.from({ length: 120 }, (_, i) => [BigInt(i), `question ${i}`]),
    );
    const parts = functions.lines.filter((line) => line.includes('part of a data set'));
    expect(parts).toHaveLength(7);
  },
  PREPARE_MS,
);

it(
  'a part whose load is over tells those who wait: that it was finished, or that there is none, with a record of its own',
  async () => {
    const mongo = new MongoClient(dataStack.mongodbUri);
    const records = mongo.db().collection('sample_requests');
    const [row] = await dataStack.sql`
      SELECT substring(description from '"load":"([^"]+)"') AS load FROM pg_description WHERE description LIKE '%"load":%'`;
    const finished = String(row?.['load']);
    const none = randomUUID();
    const messages = new MessageLog(mongo.db(), 'register');
    // As where the process died that finished the load, before it told.
    await messages.registering({ requestId: 'waits', body: '{}' }, finished);
    await messages.registering({ requestId: 'in vain', body: '{}' }, none);
    for (const load of [finished, none]) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: required(dataStack.env, 'REGISTER_QUEUE_URL'),
          MessageBody: JSON.stringify({ load, part: 0 }),
        }),
      );
    }
    const stateOf = async (request_id: string) => (await records.findOne({ request_id }))?.['state'];
    while ((await stateOf('waits')) !== 'registered' || (await stateOf('in vain')) !== 'rejected') await sleep(50);
    expect(await records.find({ state: 'dropped' }).toArray()).toMatchObject([
      { task: none, queue: expect.any(String) },
    ]);
    await mongo.close();
  },
  PREPARE_MS,
);
