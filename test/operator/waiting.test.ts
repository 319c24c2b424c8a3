import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MessageLog } from '../../lib/ledger/message-log.ts';
import { waitForRegister } from '../../lib/operator/waiting.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

let stack: TestStack;
let mongo: MongoClient;
let sqs: SQSClient;
let sql: Sql;
let log: MessageLog;

beforeAll(async () => {
  stack = await freshStack();
  mongo = new MongoClient(stack.mongodbUri);
  sqs = createLocalSqs(stack.endpoint);
  sql = postgres(stack.postgresUri, { max: 1, onnotice: () => {} });
  log = new MessageLog(mongo.db(), 'register');
  // Two tasks whose tables are there, from whichever message.
  await sql`CREATE TABLE task_registry (task_name text PRIMARY KEY, dataset_table_name text)`;
  await sql`CREATE TABLE sums ()`;
  await sql`INSERT INTO task_registry VALUES ('old', 'sums'), ('other', 'sums')`;
});
afterAll(async () => {
  await sql?.end();
  sqs?.destroy();
  await mongo?.close();
  await stack?.dispose();
});

/** Waits for a message of these tasks, of which at first nothing is known; `then` happens while it is waited for. */
async function waitedFor(
  tasks: readonly string[],
  then: (message: { requestId: string; body: string }) => Promise<void>,
) {
  const message = { requestId: randomUUID(), body: tasks.join() };
  const db = mongo.db();
  const queueUrl = required(stack.env, 'REGISTER_QUEUE_URL');
  const seen: string[][] = [];
  const onLook = (states: readonly { state: string }[]) => {
    if (seen.push(states.map(({ state }) => state)) === 1) void then(message);
  };
  const waiting = { db, sqs, queueUrl, requestId: message.requestId, tasks, timeoutMs: 20_000, onLook };
  const states = await waitForRegister(waiting, sql);
  return { first: seen[0], last: states.map(({ state, error }) => error?.code ?? state) };
}

it('a task whose table was there before waits for what comes of its message', async () => {
  const { first, last } = await waitedFor(['old'], (message) => log.registered(message, { tables: 1, rows: 3 }));
  expect([first, last]).toEqual([['waiting'], ['done']]);
});

it('a message that is refused is a failure, also where the table of an earlier one is there', async () => {
  const failure = { code: 'SandboxFailed', message: 'the Python code raised', permanent: true };
  expect((await waitedFor(['old'], (message) => log.reject(message, failure))).last).toEqual(['SandboxFailed']);
});

it('of several tasks the one with a reason of its own fails, and those that have their tables are done', async () => {
  const failure = { code: 'DatasetMissing', message: 'not staged', permanent: true };
  const { last } = await waitedFor(['old', 'other'], async (message) => {
    await log.refused(message, [{ task: 'other', ...failure }]);
    await log.reject(message, failure);
  });
  expect(last).toEqual(['done', 'DatasetMissing']);
});

it('a load in parts is waited for, though the table that it will replace is there', async () => {
  const { last } = await waitedFor(['old'], async (message) => {
    await log.registering(message, 'load');
    await log.loadOver('load', { code: 'DatasetInvalid', message: 'a part is damaged' });
  });
  expect(last).toEqual(['DatasetInvalid']);
});
