import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HARNESS_VERSION } from '../../lib/catalogue/catalogue.ts';
import { publishCatalogue } from '../../lib/catalogue/staging/publish.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { sandboxEvent } from '../../lib/sandbox/protocol.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type DataStack, openDataStack, parquet } from '../datasets/data-stack.ts';
import { testSandbox } from '../helpers/sandbox.ts';
import { required } from '../helpers/stack.ts';
import { eventOf, receive, send } from '../queue/queues.ts';
import { DEFINITIONS, MODULES } from './own-functions.ts';

const REGISTER = join(import.meta.dirname, '..', '..', 'functions', 'register.ts');
const PLENTY = 800_000;
/** A function that has this left begins no further task. */
const HARDLY = 100_000;

let stack: DataStack;
let sqs: SQSClient;
let mongo: MongoClient;
let url: string;
let boxes: SandboxTransport & Disposable;
/** Stands for the endpoint of Lambda: the function `sandbox` answers, or takes for ever. */
const endpoint = createServer(async (request, response) => {
  invoked?.();
  if (invoked !== undefined) return;
  const reply = await boxes.send(sandboxEvent.parse(await json(request)));
  response.end(JSON.stringify(reply));
});
/** Hears of an invocation, which then is never answered. */
let invoked: (() => void) | undefined;

beforeAll(async () => {
  stack = await openDataStack();
  sqs = createLocalSqs(stack.endpoint);
  mongo = new MongoClient(stack.mongodbUri);
  url = required(stack.env, 'REGISTER_QUEUE_URL');
  boxes = await testSandbox();
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  await publishCatalogue(stack.source, HARNESS_VERSION, new Map(), []);
  for (const [path, text] of Object.entries({ ...DEFINITIONS, ...MODULES })) {
    await stack.s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key: `include/own/${path}`, Body: text }));
  }
  const data = [0, 1, 2, 3, 4, 5].map(BigInt);
  const rows = parquet([
    { name: 'q', data: data.map((n) => `q ${n}`), type: 'STRING' },
    { name: 'n', data, type: 'INT64' },
  ]);
  await stack.putDataset('own/numbers/default', { train: [rows], test: [rows] });
});
afterAll(async () => {
  endpoint.closeAllConnections();
  endpoint.close();
  boxes?.[Symbol.dispose]();
  await mongo?.close();
  sqs?.destroy();
  await stack?.dispose();
});
beforeEach(async () => {
  invoked = undefined;
  await mongo.db().collection('sample_requests').deleteMany({});
});

/** A process of the function `register` that is given one delivery. */
function deliver(message: Message, left: number): ChildProcess {
  const { port } = endpoint.address() as AddressInfo;
  const script = `import(${JSON.stringify(REGISTER)}).then(async ({ handler }) => {
    const answer = await handler(JSON.parse(process.argv[1]), { getRemainingTimeInMillis: () => ${left} });
    process.exit(answer.batchItemFailures.length);
  })`;
  return spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(eventOf([message]))], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...stack.env,
      PATH: process.env['PATH'],
      LOG_LEVEL: 'ERROR',
      AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
      SANDBOX_FUNCTION: 'sandbox',
    },
  });
}

async function delivered(message: Message, left: number): Promise<void> {
  expect(await once(deliver(message, left), 'exit')).toEqual([0, null]);
}

async function arrival(): Promise<Message> {
  const [message] = await receive(sqs, url, 1);
  if (message === undefined) throw new Error('no message came');
  return message;
}

/** What Lambda does with a message whose delivery was killed: nothing, so that SQS delivers it again. */
async function again({ ReceiptHandle }: Message): Promise<void> {
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }));
}

async function done({ ReceiptHandle }: Message): Promise<void> {
  await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
}

const stored = () =>
  stack.sql`
    SELECT task_name AS task, count(*)::int AS docs FROM sampler_processed_docs
    JOIN sampler_processed_tasks USING (key) GROUP BY 1 ORDER BY 1`;
const kept = async () => {
  const [counts] = await stack.sql`
    SELECT (SELECT count(*)::int FROM sampler_processed) AS keys, (SELECT count(*)::int FROM sampler_processed_tasks) AS tasks,
      (SELECT count(*)::int FROM sampler_processed_docs) AS docs`;
  return counts;
};
const records = () => mongo.db().collection('sample_requests').find().toArray();

describe('a register that is killed', () => {
  it('while functions run leaves nothing of them, and its next delivery finishes', async () => {
    await send(sqs, url, JSON.stringify({ framework: 'lmeh', tasks: 'own_filter', include_path: 'own' }));
    const first = await arrival();
    const begun = new Promise<void>((resolve) => {
      invoked = resolve;
    });
    const victim = deliver(first, PLENTY);
    await begun;
    victim.kill('SIGKILL');
    expect(await once(victim, 'exit')).toEqual([null, 'SIGKILL']);
    expect(await kept()).toEqual({ keys: 0, tasks: 0, docs: 0 });
    expect(await records()).toEqual([]);
    invoked = undefined;
    await again(first);
    const second = await arrival();
    expect(second.MessageId).toBe(first.MessageId);
    await delivered(second, PLENTY);
    await done(second);
    expect(await stored()).toEqual([{ task: 'own_filter', docs: 8 }]);
    expect(await records()).toMatchObject([{ request_id: first.MessageId, state: 'registered' }]);
  });

  it('after it put its message back and before that was known: each task is registered once, with one outcome', async () => {
    const tasks = 'own_multiply,own_overwrite,own_chance';
    await send(sqs, url, JSON.stringify({ framework: 'lmeh', tasks, include_path: 'own' }));
    const before = await kept();
    const first = await arrival();
    await delivered(first, HARDLY);
    // From here on there are two of it: the one that was put back, and the one that nobody deleted.
    await again(first);
    let deliveries = 1;
    for (;;) {
      const waiting = await receive(sqs, url, 2, 1);
      if (waiting.length === 0) break;
      deliveries += waiting.length;
      // At the same time, as two instances.
      await Promise.all(waiting.map((message) => delivered(message, HARDLY)));
      for (const message of waiting) await done(message);
    }
    expect(deliveries).toBeLessThanOrEqual(7);
    expect(await stored()).toEqual([
      { task: 'own_chance', docs: 12 },
      { task: 'own_filter', docs: 8 },
      { task: 'own_multiply', docs: 12 },
      { task: 'own_overwrite', docs: 12 },
    ]);
    expect(await kept()).toMatchObject({ keys: Number(before?.['keys']) + 3, tasks: 4 });
    expect(await records()).toMatchObject([{ request_id: first.MessageId, state: 'registered' }]);
  });
});
