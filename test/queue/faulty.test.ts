import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/errors/errors.ts';
import { Logger } from '../../lib/log/log.ts';
import { type BatchOptions, processBatch } from '../../lib/queue/batch.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { type Call, type Fate, faultySqs } from './faulty-sqs.ts';
import { attributesOf, eventOf, openQueues, PLENTY, receive, send } from './queues.ts';

const log = new Logger('error', {}, () => {});

let queues: Awaited<ReturnType<typeof openQueues>>;
/** Past all faults. */
let sqs: SQSClient;
let url: string;
let between: Awaited<ReturnType<typeof faultySqs>> | undefined;
let faulty: SQSClient | undefined;

beforeAll(async () => {
  queues = await openQueues();
  sqs = queues.sqs;
});
afterAll(() => queues?.dispose());
beforeEach(async () => {
  ({ url } = await queues.next());
});
afterEach(() => {
  faulty?.destroy();
  between?.close();
});

/** The queue by way of an SQS that does with calls what is said. */
async function queueWhere(fate: (call: Call) => Fate | Promise<Fate>): Promise<Queue> {
  between = await faultySqs(queues.endpoint, fate);
  faulty = createLocalSqs(between.endpoint);
  return new Queue(faulty, url);
}

/** Messages that begin with `light` are done together; the others are worked on by themselves, which is noted. */
function options(queue: Queue, more: Partial<BatchOptions<string>> = {}) {
  const alone: string[] = [];
  const work: BatchOptions<string> = {
    queue,
    log,
    parse: (body) => body,
    handle: async (_, { body }) => {
      alone.push(body);
    },
    together: {
      mayBe: ({ message }) => message.startsWith('light'),
      handle: async (received) => new Set(received.map(({ delivery }) => delivery)),
    },
    keepReason: async () => {},
    ...more,
  };
  return { alone, work };
}

async function sendAndReceive(...bodies: string[]) {
  for (const body of bodies) await send(sqs, url, body);
  return eventOf(await receive(sqs, url, bodies.length));
}

/** What is on the queue now, by who it is: how often it was received, and how often it says to have been tried before. */
async function onQueue(most: number) {
  const messages = await receive(sqs, url, most, 1);
  return messages
    .map((message) => {
      const { 'request-id': named, 'tried-before': before } = attributesOf(message);
      return {
        body: message.Body ?? '',
        who: named ?? message.MessageId,
        received: Number(message.Attributes?.ApproximateReceiveCount) + Number(before ?? 0),
      };
    })
    .sort((a, b) => a.body.localeCompare(b.body));
}

describe('a batch where SQS fails in the moment in which the others go back', () => {
  it('has each of them on the queue once, where SQS takes some of them', async () => {
    const queue = await queueWhere(({ action }) => (action === 'SendMessageBatch' ? { failed: [0, 2] } : 'passes'));
    const event = await sendAndReceive('a', 'b', 'c', 'd', 'e');
    const { alone, work } = options(queue);
    const { batchItemFailures } = await processBatch(event, PLENTY, work);
    expect(alone).toEqual(['a']);
    const ids = event.Records.map(({ messageId }) => messageId);
    expect(batchItemFailures).toEqual([ids[1], ids[3]].map((itemIdentifier) => ({ itemIdentifier })));
    expect(await onQueue(10)).toEqual([
      { body: 'b', who: ids[1], received: 2 },
      { body: 'c', who: ids[2], received: 1 },
      { body: 'd', who: ids[3], received: 2 },
      { body: 'e', who: ids[4], received: 1 },
    ]);
  });

  it('loses none and takes none for another, where it takes them and the answer is lost', async () => {
    const queue = await queueWhere(({ action }) => (action === 'SendMessageBatch' ? 'lost' : 'passes'));
    const event = await sendAndReceive('a', 'b', 'c');
    const { alone, work } = options(queue);
    await processBatch(event, PLENTY, work);
    expect(alone).toEqual(['a']);
    const found = await onQueue(20);
    const ids = event.Records.map(({ messageId }) => messageId);
    expect(new Set(found.map(({ who }) => who))).toEqual(new Set(ids.slice(1)));
  });

  it('goes on where those that are done can not be deleted, and does not ask for them again', async () => {
    const queue = await queueWhere(({ action }) => (action === 'DeleteMessageBatch' ? { failed: [0] } : 'passes'));
    const event = await sendAndReceive('a', 'light 1', 'light 2');
    const { alone, work } = options(queue);
    expect(await processBatch(event, PLENTY, work)).toEqual({ batchItemFailures: [] });
    expect(alone).toEqual(['a']);
  });

  it('asks for all of it at a time, so that a queue that gives no answer takes no function all of its time', async () => {
    const bodies = Array.from({ length: 10 }, (_, n) => `${n}${'x'.repeat(200_000)}`);
    const event = await sendAndReceive(...bodies);
    // Nine messages of that size fit into no call of two. Until all of them are under way, none has its answer.
    const all = Promise.withResolvers<Fate>();
    let [sending, delaying] = [0, 0];
    const queue = await queueWhere(({ action, entries }) => {
      if (action === 'SendMessageBatch') {
        if (++sending === 9) all.resolve('refused');
        return sending > 9 ? 'refused' : all.promise;
      }
      if (action.startsWith('ChangeMessageVisibility')) delaying = Math.max(delaying, entries);
      return 'passes';
    });
    const { alone, work } = options(queue);
    const { batchItemFailures } = await processBatch(event, PLENTY, work);
    expect(alone.map((body) => body[0])).toEqual(['0']);
    expect(batchItemFailures).toHaveLength(9);
    // All of them come back by one call.
    expect(delaying).toBe(9);
    expect((await onQueue(9)).map(({ body }) => body[0])).toEqual([...'123456789']);
  });

  it('sends back in one call what waits for a server together', async () => {
    const actions: string[] = [];
    const queue = await queueWhere(({ action }) => {
      actions.push(action);
      return 'passes';
    });
    const event = await sendAndReceive('light 1', 'light 2', 'light 3');
    const { work } = options(queue);
    const handle = async () => {
      throw new TransientError('Unavailable', 'SQS did not take the shards.');
    };
    const together = work.together && { ...work.together, handle };
    actions.length = 0;
    expect((await processBatch(event, PLENTY, { ...work, together })).batchItemFailures).toEqual([]);
    expect(actions).toEqual(['SendMessageBatch', 'DeleteMessageBatch']);
  });
});
