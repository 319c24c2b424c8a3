import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQS,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventSources, startEventSources } from '../../localstack/event-source.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import type { EventSource } from '../../localstack/running-source.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';

let stack: TestStack;
let sqs: SQS;
let queueUrl: string;
let sources: EventSources | undefined;

beforeAll(async () => {
  // What is not deleted within its time comes once more: a second is for tests that only count deliveries.
  stack = await freshStack({ visibilityTimeouts: { sample: 1, register: 5, shard: 600 } });
  sqs = createLocalSqs(stack.endpoint);
});
afterAll(async () => {
  sqs.destroy();
  await stack.dispose();
});
beforeEach(() => {
  queueUrl = required(stack.env, 'SAMPLE_QUEUE_URL');
});
afterEach(() => sources?.stop(0));

const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));

/** Starts one source; `seen` collects the bodies in the order of delivery. */
function drive(
  handle: (event: SQSEvent) => Promise<unknown>,
  errors: unknown[] = [],
  options: Partial<EventSource> = {},
): string[] {
  const seen: string[] = [];
  const source = { name: 'sample', queueUrl, batchSize: 3, maximumConcurrency: 2, ...options };
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
  queueUrl = required(stack.env, 'REGISTER_QUEUE_URL');
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
  queueUrl = required(stack.env, 'REGISTER_QUEUE_URL');
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

describe('where messages are taken ahead of a free instance', () => {
  /** One message a call, one call at a time, so that all others that are taken wait. */
  const ONE = { batchSize: 1, maximumConcurrency: 1, ahead: 12 };
  const TEN = Array.from({ length: 10 }, (_, n) => `message ${n}`);

  beforeEach(async () => {
    for (const name of ['SAMPLE_QUEUE_URL', 'SHARD_QUEUE_URL']) {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: required(stack.env, name) }));
    }
  });

  async function sendTogether(bodies: readonly string[]): Promise<void> {
    const Entries = bodies.map((MessageBody, n) => ({ Id: String(n), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }

  /** Work is known to be quick when one message has been handled. */
  async function sendOneFirst(seen: readonly string[]): Promise<void> {
    await send('first');
    await vi.waitFor(() => expect(seen).toEqual(['first']), { timeout: 20_000 });
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 20_000 });
  }

  /** Messages that others get, until there are so many. */
  async function takeByOthers(count: number): Promise<Message[]> {
    const taken: Message[] = [];
    while (taken.length < count) {
      const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 });
      const { Messages = [] } = await sqs.send(command);
      taken.push(...Messages);
      const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
      if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
    return taken;
  }

  const bodiesOf = (messages: readonly Message[]) => messages.map(({ Body }) => Body).toSorted();

  it('takes ten in one poll and deletes ten in one call, and still calls the function with each by itself', async () => {
    queueUrl = required(stack.env, 'SHARD_QUEUE_URL');
    const calls: string[] = [];
    const counted = createLocalSqs(stack.endpoint);
    counted.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (given) => {
          const answer = await next(given);
          const { output } = answer;
          // Polls that found nothing are as many as it took until something came.
          if (commandName !== 'ReceiveMessageCommand' || 'Messages' in output) calls.push(commandName);
          return answer;
        },
      { step: 'initialize' },
    );
    const seen: string[] = [];
    const invoke = async ({ Records }: SQSEvent) => {
      expect(Records).toHaveLength(1);
      seen.push(...Records.map(({ body }) => body));
    };
    sources = startEventSources(counted, [{ name: 'shard', queueUrl, ...ONE, invoke }], () => {});
    await sendOneFirst(seen);
    calls.length = 0;
    for (let n = 0; n < 10; n++) await sendTogether(TEN.map((body) => `${body} of ${n}`));
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 60_000 });
    expect(new Set(seen).size).toBe(101);
    expect(seen).toHaveLength(101);
    const times = (name: string) => calls.filter((call) => call === name).length;
    // Eleven with polls that meet the sender in the midst of its work; far from a hundred.
    expect(times('ReceiveMessageCommand')).toBeLessThan(50);
    expect(times('DeleteMessageBatchCommand')).toBeLessThan(50);
    await sources.stop();
    counted.destroy();
  });

  it('brings again the one whose function died, and none of those that were taken with it', async () => {
    queueUrl = required(stack.env, 'SHARD_QUEUE_URL');
    let died = 0;
    const seen = drive(
      async ({ Records: [record] }) => {
        if (record?.body === 'message 4' && died++ === 0) throw new Error('ended while it handled an event');
      },
      [],
      ONE,
    );
    await sendOneFirst(seen);
    await sendTogether(TEN);
    await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 60_000 });
    expect(seen.toSorted()).toEqual(['first', ...TEN, 'message 4'].toSorted());
  });

  it('hands back those that wait for their turn when it is stopped, with the one in work', async () => {
    queueUrl = required(stack.env, 'SHARD_QUEUE_URL');
    const seen = drive(
      ({ Records: [record] }) => (record?.body === 'first' ? Promise.resolve() : new Promise(() => {})),
      [],
      ONE,
    );
    await sendOneFirst(seen);
    await sendTogether(TEN);
    await vi.waitFor(() => expect(seen).toHaveLength(2), { timeout: 20_000 });
    await sources?.stop(0);
    expect(bodiesOf(await takeByOthers(10))).toEqual(TEN);
    expect(seen).toHaveLength(2);
  });

  it('gives back to others what a slow one holds up, before its visibility time-out ends, and does not begin it later', async () => {
    let release = (): void => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen = drive(({ Records: [record] }) => (record?.body === 'first' ? Promise.resolve() : slow), [], ONE);
    await sendOneFirst(seen);
    await sendTogether(TEN);
    await vi.waitFor(() => expect(seen).toHaveLength(2), { timeout: 20_000 });
    // The slow one as well: its own second ends, as that of any work that takes too long.
    const others = await takeByOthers(10);
    expect(bodiesOf(others)).toEqual(TEN);
    release();
    await send('last');
    await vi.waitFor(() => expect(seen.at(-1)).toBe('last'), { timeout: 20_000 });
    expect(seen).toHaveLength(3);
  });
});
