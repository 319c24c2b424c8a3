import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageBatchCommand, type SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Emulator } from '../../localstack/emulators.ts';
import { startFauxqsEmulator } from '../../localstack/fauxqs.ts';
import type { QueueCalls } from '../../localstack/queue-calls.ts';
import { createLocalSqs, createResources } from '../../localstack/resources.ts';
import { required } from '../helpers/stack.ts';

const dir = mkdtempSync(join(tmpdir(), 'queues-'));
let emulator: Emulator;
let sqs: SQS;
let within: QueueCalls;
let QueueUrl: string;

beforeAll(async () => {
  emulator = await startFauxqsEmulator(dir, 0);
  if (emulator.queues === undefined) throw new Error('it runs in this process');
  within = emulator.queues;
  sqs = createLocalSqs(emulator.endpoint);
  QueueUrl = required((await createResources(emulator.endpoint, 'within', { shard: 600 })).env, 'SHARD_QUEUE_URL');
});
afterAll(async () => {
  sqs.destroy();
  await emulator.stop();
  rmSync(dir, { recursive: true });
});
beforeEach(() => sqs.purgeQueue({ QueueUrl }));

const take = (calls: QueueCalls) =>
  calls.receiveMessage({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });

/** What is the same in each delivery of a message. */
function lasting({ Messages = [] }: Awaited<ReturnType<typeof take>>) {
  return Messages.map(({ ReceiptHandle, Attributes, ...message }) => ({
    ...message,
    group: Attributes?.MessageGroupId,
  }));
}

async function sendSome(): Promise<void> {
  const Entries = [
    { Id: 'plain', MessageBody: 'plain' },
    {
      Id: 'rich',
      MessageBody: '{"of":"\u{1F600} \\u00e9"}',
      MessageGroupId: 'a supplier',
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'é' },
        bytes: { DataType: 'Binary', BinaryValue: Uint8Array.from([0, 255, 10]) },
      },
    },
  ];
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
}

it('gives the messages that the SDK would give', async () => {
  await sendSome();
  const first = await take(within);
  const Entries = (first.Messages ?? []).map(({ ReceiptHandle }, n) => ({
    Id: String(n),
    ReceiptHandle,
    VisibilityTimeout: 0,
  }));
  await within.changeMessageVisibilityBatch({ QueueUrl, Entries });
  const second = await take(sqs);
  expect(first.Messages).toHaveLength(2);
  expect(lasting(first)).toEqual(lasting(second));
  expect(second.Messages?.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['2', '2']);
});

it('waits for a message that somebody else sends over a connection, and hands out none twice', async () => {
  const waiting = within.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'late' });
  const { Messages = [] } = await waiting;
  expect(Messages.map(({ Body }) => Body)).toEqual(['late']);
  expect((await sqs.receiveMessage({ QueueUrl })).Messages).toBeUndefined();
});

it('deletes for everybody, and tells the time-out and the name of the queue', async () => {
  await sendSome();
  const { Messages = [] } = await take(within);
  const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
  expect((await within.deleteMessageBatch({ QueueUrl, Entries })).Failed ?? []).toEqual([]);
  const names = ['QueueArn', 'VisibilityTimeout', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const asked = { QueueUrl, AttributeNames: [...names] };
  const { Attributes } = await within.getQueueAttributes(asked);
  expect(Attributes).toEqual((await sqs.getQueueAttributes(asked)).Attributes);
  expect(Attributes).toMatchObject({ VisibilityTimeout: '600', ApproximateNumberOfMessagesNotVisible: '0' });
});

it('refuses what SQS refuses, with its words', async () => {
  const tooMany = { QueueUrl, MaxNumberOfMessages: 11 };
  const { message } = await sqs.receiveMessage(tooMany).then(
    () => new Error('was taken'),
    (error: Error) => error,
  );
  await expect(within.receiveMessage(tooMany)).rejects.toThrow(message);
  await expect(within.receiveMessage({ QueueUrl: `${QueueUrl}-not` })).rejects.toThrow(/queue/i);
});
