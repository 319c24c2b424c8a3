import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type EventSources, startEventSources } from '../../localstack/event-source.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

let stack: TestStack;
let sqs: SQSClient;
let queueUrl: string;
let sources: EventSources | undefined;

beforeAll(async () => {
  stack = await freshStack({ visibilityTimeouts: { sample: 1, shard: 600 } });
  sqs = createLocalSqs(stack.endpoint);
});
afterAll(async () => {
  sqs.destroy();
  await stack.dispose();
});
beforeEach(() => {
  queueUrl = required(stack.env, 'SAMPLE_QUEUE_URL');
});
afterEach(() => sources?.stop());

const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));

/** Starts one source; `seen` collects the bodies in the order of delivery. */
function drive(handle: (event: SQSEvent) => Promise<unknown>, errors: unknown[] = []): string[] {
  const seen: string[] = [];
  const source = { name: 'sample', queueUrl, batchSize: 3, maximumConcurrency: 2 };
  const invoke = (event: SQSEvent) => {
    seen.push(...event.Records.map(({ body }) => body));
    return handle(event);
  };
  sources = startEventSources(sqs, [{ ...source, invoke }], (_source, error) => errors.push(error));
  return seen;
}

async function left(url = queueUrl): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }));
  return names.reduce((sum, name) => sum + Number(Attributes?.[name]), 0);
}

it('deletes what succeeded and delivers again what failed', async () => {
  for (const body of ['ok 1', 'bad', 'ok 2']) await send(body);
  const seen = drive(async ({ Records }) => {
    const failed = Records.filter(
      (record) => record.body === 'bad' && record.attributes.ApproximateReceiveCount === '1',
    );
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 20_000 });
  expect(seen.toSorted()).toEqual(['bad', 'bad', 'ok 1', 'ok 2']);
});

it('delivers a whole batch again when the function throws, and hears of it', async () => {
  const errors: unknown[] = [];
  let calls = 0;
  await send('twice');
  const seen = drive(async () => {
    if (calls++ === 0) throw new Error('crashed');
  }, errors);
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 20_000 });
  expect(seen).toEqual(['twice', 'twice']);
  expect(errors).toEqual([expect.objectContaining({ message: 'crashed' })]);
});

it('delivers again what was in work when its function died, long before the end of a visibility time-out of minutes', async () => {
  queueUrl = required(stack.env, 'SHARD_QUEUE_URL');
  const errors: unknown[] = [];
  await send('again');
  const seen = drive(async () => {
    if (errors.length === 0) throw new Error('ended while it handled an event');
  }, errors);
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 60_000 });
  expect(seen).toEqual(['again', 'again']);
});

it('leaves a message that always fails to the dead-letter queue after five deliveries', async () => {
  await send('poison');
  const seen = drive(async ({ Records }) => ({
    batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
  }));
  await vi.waitFor(async () => expect(await left(`${queueUrl}-dlq`)).toBe(1), { timeout: 30_000 });
  expect(seen).toEqual(Array(5).fill('poison'));
});

it('hands back what is in work when it is stopped', async () => {
  queueUrl = required(stack.env, 'SHARD_QUEUE_URL');
  await send('long');
  const seen = drive(() => new Promise(() => {}));
  await vi.waitFor(() => expect(seen).toEqual(['long']), { timeout: 20_000 });
  await sources?.stop(0);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 2 }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['long']);
});
