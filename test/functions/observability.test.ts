import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bucket } from '../../lib/bucket/bucket.ts';
import { HARNESS_VERSION } from '../../lib/catalogue/catalogue.ts';
import { publishCatalogue } from '../../lib/catalogue/staging/publish.ts';
import { DEMO_INCLUDE, DEMO_TASK, stageDemo } from '../../localstack/demo-data.ts';
import { createLocalS3, createLocalSqs } from '../../localstack/resources.ts';
import { startFunctions } from '../helpers/functions.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { send } from '../queue/queues.ts';

const SECRET = 'op3n-sesame';
const QTY = 25;
const ADDRESS = 'supplier-1';
const DEMO = { framework: 'lmeh', tasks: DEMO_TASK, include_path: DEMO_INCLUDE };
const SAMPLE = { ...DEMO, requester_args: { address: ADDRESS, service: 's' }, qty: QTY };

let stack: TestStack;
let sqs: SQSClient;
/** What the functions wrote while a request went through, and while their databases were out of reach. */
let lines: Record<string, unknown>[];
let failing: string[];

beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
  const s3 = createLocalS3(stack.endpoint);
  const bucket = required(stack.env, 'DATASETS_BUCKET');
  await publishCatalogue(new Bucket(s3, bucket), HARNESS_VERSION, new Map(), []);
  await stageDemo(s3, bucket);
  s3.destroy();
  lines = (await linesOfOneRequest()).map((line) => JSON.parse(line));
  failing = await linesWithoutDatabases();
});
afterAll(async () => {
  sqs.destroy();
  await stack.dispose();
});

const env = (changes: Record<string, string> = {}) => ({
  ...stack.env,
  SHARD_SIZE: '10',
  LOG_LEVEL: 'DEBUG',
  AWS_SECRET_ACCESS_KEY: SECRET,
  ...changes,
});

/** The database's address for a user whose password is the secret. */
async function uriWithSecret(): Promise<string> {
  const user = `keeper_${stack.stage}`;
  const sql = postgres(stack.postgresUri, { max: 1 });
  await sql.unsafe(`create role ${user} superuser login password '${SECRET}'`);
  await sql.end();
  const uri = new URL(stack.postgresUri);
  Object.assign(uri, { username: user, password: SECRET });
  return uri.href;
}

async function linesOfOneRequest(): Promise<string[]> {
  const functions = await startFunctions(env({ POSTGRES_URI: await uriWithSecret() }));
  const has = (text: string) => () => functions.lines.some((line) => line.includes(text));
  await send(sqs, required(stack.env, 'REGISTER_QUEUE_URL'), JSON.stringify(DEMO));
  await until(functions.lines, has('"TablesLoaded":1'));
  await send(sqs, required(stack.env, 'SAMPLE_QUEUE_URL'), JSON.stringify(SAMPLE));
  await until(functions.lines, has('"message":"task complete"'));
  await functions.stop();
  return [...functions.lines];
}

async function linesWithoutDatabases(): Promise<string[]> {
  const POSTGRES_URI = `postgresql://someone:${SECRET}@127.0.0.1:9/none`;
  const MONGODB_URI = `mongodb://someone:${SECRET}@127.0.0.1:9/none?serverSelectionTimeoutMS=500`;
  const functions = await startFunctions(env({ POSTGRES_URI, MONGODB_URI }));
  for (const queue of ['REGISTER', 'SAMPLE'])
    await send(sqs, required(stack.env, `${queue}_QUEUE_URL`), JSON.stringify(queue === 'SAMPLE' ? SAMPLE : DEMO));
  await until(
    functions.lines,
    () => functions.lines.filter((line) => line.includes('it will be delivered again')).length >= 2,
  );
  await functions.stop();
  return [...functions.lines];
}

async function until(lines: readonly string[], look: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !look(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`waited in vain:\n${lines.slice(-10).join('\n')}`);
  }
}

const metrics = () => lines.filter((line) => '_aws' in line);
const logged = (message: string) => lines.filter((line) => line['message'] === message);
/** A metric that was added more than once in an invocation is a list. */
const valuesOf = (value: unknown): number[] => [value ?? 0].flat().map(Number);
const sumOf = (name: string) =>
  metrics()
    .flatMap((line) => valuesOf(line[name]))
    .reduce((a, b) => a + b, 0);

describe('the lines of a function', () => {
  it('are one JSON object each, and log lines name the invocation', () => {
    const log = lines.filter((line) => !('_aws' in line));
    expect(log.length).toBeGreaterThan(3);
    for (const line of log) {
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(DEBUG|INFO|WARN|ERROR)$/),
        service: 'sampler',
        function_name: expect.stringMatching(/^sampler-local-(register|sample|shard)$/),
        function_request_id: expect.any(String),
      });
    }
  });

  it('of a shard tell request, task, shard and supplier', () => {
    const planned = logged('request planned')[0];
    const written = logged('shard written');
    expect(written.map(({ shard }) => shard).sort()).toEqual([0, 1, 2]);
    for (const line of written) {
      expect(line).toMatchObject({
        requestId: planned?.['requestId'],
        plan: planned?.['plan'],
        task: DEMO_TASK,
        supplier: ADDRESS,
      });
    }
  });

  it('count in metrics what was done, by function', () => {
    expect(sumOf('Prompts')).toBe(QTY);
    expect(sumOf('Instances')).toBe(QTY);
    expect(sumOf('RowsLoaded')).toBe(50);
    expect(sumOf('ShardsSent')).toBe(3);
    expect(sumOf('MessagesDone')).toBe(5);
    expect(sumOf('MessagesRetried') + sumOf('MessagesDead')).toBe(0);
    const shard = metrics().find((line) => 'Prompts' in line);
    expect(shard).toMatchObject({
      service: 'sampler',
      function: 'sampler-local-shard',
      MessageDuration: expect.anything(),
    });
  });

  it('count a failure that will be tried again', () => {
    const retried = failing.filter((line) => line.includes('"MessagesRetried":1'));
    expect(retried.length).toBeGreaterThanOrEqual(2);
  });

  it('never hold a password, a key or a connection string with one', () => {
    expect(failing.length).toBeGreaterThan(2);
    const all = [...lines.map((line) => JSON.stringify(line)), ...failing].join('\n');
    expect(all).not.toContain(SECRET);
  });
});
