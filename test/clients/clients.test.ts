import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createS3, createSqs } from '../../lib/clients/aws.ts';
import { createClients } from '../../lib/clients/clients.ts';
import { lazy } from '../../lib/clients/lazy.ts';
import { createSql, WITHOUT_ARRAYS } from '../../lib/clients/postgres.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await freshStack();
});
afterAll(() => stack.dispose());

it('makes a client when first asked for, once, and a new one after it was disposed of', async () => {
  const close = vi.fn();
  let made = 0;
  const client = lazy(() => ++made, close);
  await client.dispose();
  expect(close).not.toHaveBeenCalled();
  expect([client.get(), client.get()]).toEqual([1, 1]);
  await client.dispose();
  await client.dispose();
  expect(close).toHaveBeenCalledExactlyOnceWith(1);
  expect(client.get()).toBe(2);
});

it('connects to both databases, and works again after dispose', async () => {
  const clients = createClients(stack);
  for (let round = 0; round < 2; round++) {
    expect(await clients.sql()`select 1 as one`).toEqual([{ one: 1 }]);
    const things = clients.mongo().db().collection('things');
    await things.insertOne({ round });
    expect(await things.countDocuments()).toBe(round + 1);
    expect(clients.mongo().db().databaseName).toBe(stack.stage);
    await clients.dispose();
    await clients.dispose();
  }
});

it('asks a new connection to Postgres for nothing but the statement where there are no arrays; else first for their types', async () => {
  for (const [options, statements] of [
    [WITHOUT_ARRAYS, 1],
    [{}, 2],
  ] as const) {
    const asked: string[] = [];
    const sql = createSql(stack.postgresUri, { ...options, debug: (_, statement) => asked.push(statement) });
    expect(await sql`select 1 as one where 1 = any(${'{1,2}'}::int[])`).toEqual([{ one: 1 }]);
    expect(asked).toHaveLength(statements);
    await sql.end();
  }
});

it('can use MongoDB transactions', async () => {
  const clients = createClients(stack);
  const things = clients.mongo().db().collection('transacted');
  const session = clients.mongo().startSession();
  await session.withTransaction(() => things.insertMany([{ a: 1 }, { a: 2 }], { session }));
  await session.endSession();
  expect(await things.countDocuments()).toBe(2);
  await clients.dispose();
});

it('reaches S3 and SQS at AWS_ENDPOINT_URL', async () => {
  vi.stubEnv('AWS_REGION', required(stack.env, 'AWS_REGION'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'k');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  const s3 = createS3(stack.env);
  const sqs = createSqs(stack.env);
  const QueueUrl = required(stack.env, 'SAMPLE_QUEUE_URL');
  expect((await s3.send(new ListObjectsV2Command({ Bucket: required(stack.env, 'DATASETS_BUCKET') }))).KeyCount).toBe(
    0,
  );
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['m']);
  s3.destroy();
  sqs.destroy();
  vi.unstubAllEnvs();
});
