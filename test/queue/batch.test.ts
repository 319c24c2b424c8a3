import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PermanentError, TransientError } from '../../lib/errors/errors.ts';
import { Logger } from '../../lib/log/log.ts';
import { MAX_BODY_BYTES } from '../../lib/messages/parse.ts';
import { type BatchOptions, processBatch } from '../../lib/queue/batch.ts';
import { type Delivery, IdentityInDoubt, MAX_RECEIVES } from '../../lib/queue/delivery.ts';
import { backoffSeconds, type Failure } from '../../lib/queue/failure.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { attributesOf, eventOf, groupOfMessage, openQueues, PLENTY, receive, send } from './queues.ts';

let queues: Awaited<ReturnType<typeof openQueues>>;
let sqs: SQSClient;
let queue: Queue;
let lines: Record<string, unknown>[];
let log: Logger;

beforeAll(async () => {
  queues = await openQueues();
  sqs = queues.sqs;
});
afterAll(() => queues?.dispose());
beforeEach(async () => {
  queue = await queues.next();
  lines = [];
  log = new Logger('info', {}, (line) => {
    lines.push(JSON.parse(line));
  });
});

/** Options whose handler does what the message's body says. */
function options(
  more: Partial<BatchOptions<string>> = {},
): BatchOptions<string> & { handled: Delivery[]; refused: [string, Failure][] } {
  const handled: Delivery[] = [];
  const refused: [string, Failure][] = [];
  return {
    queue,
    log,
    handled,
    refused,
    parse: (body) => body,
    handle: async (_, delivery) => {
      handled.push(delivery);
      if (delivery.body.includes('permanent')) throw new PermanentError('UnknownTask', 'There is no task "x".');
      if (delivery.body.includes('transient')) throw new TransientError('Unavailable', 'The database is down.');
      if (delivery.body.includes('unregistered')) throw new TransientError('NotRegistered', 'Register it.');
      if (delivery.body.includes('unexpected')) throw new TypeError('x is not a function');
    },
    keepReason: async ({ requestId }, failure) => {
      refused.push([requestId, failure]);
    },
    ...more,
  };
}

async function sendAndReceive(...bodies: string[]) {
  for (const body of bodies) await send(sqs, queue.url, body);
  const event = eventOf(await receive(sqs, queue.url, bodies.length));
  expect(event.Records.map(({ body }) => body)).toEqual([...bodies].sort());
  return event;
}

const lastTry = ({ Records }: SQSEvent): SQSEvent => ({
  Records: Records.map((record) => ({
    ...record,
    attributes: { ...record.attributes, ApproximateReceiveCount: String(MAX_RECEIVES) },
  })),
});
const deadLetters = (count: number) => receive(sqs, `${queue.url}-dlq`, count);
const noDeadLetters = () => receive(sqs, `${queue.url}-dlq`, 1, 0);

it('a message as long as any may be has all its attributes in the dead-letter queue', async () => {
  const body = `permanent ${'x'.repeat(MAX_BODY_BYTES - 10)}`;
  const handle = async () => {
    throw new PermanentError('UnknownTask', 'y'.repeat(4000));
  };
  await processBatch(await sendAndReceive(body), PLENTY, options({ handle }));
  const [dead] = await deadLetters(1);
  expect(dead?.Body).toBe(body);
  const { 'error-message': reason = '', ...others } = attributesOf(dead ?? {});
  expect(others).toEqual({ 'request-id': expect.any(String), 'error-code': 'UnknownTask' });
  expect(Buffer.byteLength(reason)).toBeGreaterThan(900);
});

it.each([
  ['goes to the dead-letter queue', 'permanent', '-dlq'],
  ['waits for another one', 'unregistered', ''],
  ['was not begun as others took the time', 'zzz', ''],
])('a message that %s keeps the group in which it was sent', async (_, body, where) => {
  await send(sqs, queue.url, body, {}, 'supplier');
  await send(sqs, queue.url, 'a first one', {}, 'another');
  const event = eventOf(await receive(sqs, queue.url, 2));
  let left = body === 'zzz' ? 6_000 : 60_000;
  const context = { getRemainingTimeInMillis: () => left };
  const work = options({ awaits: { code: 'NotRegistered', pending: async () => true } });
  const { handle } = work;
  await processBatch(event, context, {
    ...work,
    handle: async (...given) => {
      left -= 2_000;
      await handle(...given);
    },
  });
  const [again] = await receive(sqs, `${queue.url}${where}`, 1);
  expect([again?.Body, groupOfMessage(again)]).toEqual([body, 'supplier']);
});

it('a message under the name of another one is refused, under its own id', async () => {
  const event = await sendAndReceive('fine');
  const [record] = event.Records;
  const name = { 'request-id': { stringValue: 'taken', dataType: 'String' } };
  const named: SQSEvent = { Records: event.Records.map((one) => ({ ...one, messageAttributes: name })) };
  const work = options({ identify: async ({ requestId }) => ({ requestId, resumed: false, foreign: true }) });
  expect(await processBatch(named, PLENTY, work)).toEqual({ batchItemFailures: [] });
  expect(work.handled).toEqual([]);
  expect(work.refused).toMatchObject([[record?.messageId, { code: 'BadMessage', permanent: true }]]);
  expect((await deadLetters(1)).map(attributesOf)).toMatchObject([
    { 'request-id': record?.messageId, 'error-code': 'BadMessage', 'error-message': expect.stringContaining('taken') },
  ]);
});

it('a message that can not be read is refused under its own id where it has the name of another one', async () => {
  const event = await sendAndReceive('no message');
  const name = { 'request-id': { stringValue: 'taken', dataType: 'String' } };
  const named: SQSEvent = { Records: event.Records.map((one) => ({ ...one, messageAttributes: name })) };
  const parse = () => {
    throw new PermanentError('BadMessage', 'It is none.');
  };
  const work = options({
    parse,
    identify: async ({ requestId }) => ({ requestId, resumed: false, foreign: true }),
  });
  await processBatch(named, PLENTY, work);
  expect(work.refused).toMatchObject([[event.Records[0]?.messageId, { code: 'BadMessage', message: 'It is none.' }]]);
  // Where it is itself, or nobody can tell, it keeps its name.
  const unknown = options({ parse, identify: () => Promise.reject(new Error('MongoDB is away.')) });
  await processBatch(named, PLENTY, unknown);
  expect(unknown.refused).toMatchObject([['taken', { message: 'It is none.' }]]);
});

describe('a batch', () => {
  it('reports those to be delivered again and no others, in one go', async () => {
    const event = await sendAndReceive('a fine', 'b permanent', 'c transient', 'd fine', 'e unexpected', 'f fine');
    const work = options();
    const { batchItemFailures } = await processBatch(event, PLENTY, work);
    expect(work.handled.map(({ body }) => body)).toEqual(event.Records.map(({ body }) => body));
    const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    expect(failed).toEqual([event.Records[2]?.messageId, event.Records[4]?.messageId]);
    expect((await deadLetters(1)).map(({ Body }) => Body)).toEqual(['b permanent']);
    expect(await noDeadLetters()).toEqual([]);
  });

  it('without records reports none', async () => {
    expect(await processBatch({ Records: [] }, PLENTY, options())).toEqual({ batchItemFailures: [] });
  });

  it('out of time puts what is not begun back at once, with its identity, its attributes and all its tries', async () => {
    const event = await sendAndReceive('a fine', 'b fine', 'c fine');
    const [first, second, third] = event.Records.map(({ messageId }) => messageId);
    const Records = event.Records.map((record, i) =>
      i < 2 ? record : { ...record, messageAttributes: { 'error-code': { stringValue: 'X', dataType: 'String' } } },
    );
    const work = options();
    const remaining = [60_000, 4_999, 4_000];
    const context = { getRemainingTimeInMillis: () => remaining.shift() ?? 0 };
    expect(await processBatch({ Records }, context, work)).toEqual({ batchItemFailures: [] });
    expect(work.handled.map(({ requestId }) => requestId)).toEqual([first]);
    const again = eventOf(await receive(sqs, queue.url, 2));
    expect(again.Records.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(['1', '1']);
    const later = options();
    await processBatch(again, PLENTY, later);
    expect(later.handled.map(({ requestId, body, redriven }) => [requestId, body, redriven]).sort()).toEqual(
      [
        [second, 'b fine', false],
        [third, 'c fine', true],
      ].sort(),
    );
    expect(await noDeadLetters()).toEqual([]);
  });

  it('that never had time is tried again and not sent round without end', async () => {
    const event = await sendAndReceive('a fine');
    const work = options();
    const { batchItemFailures } = await processBatch(event, { getRemainingTimeInMillis: () => 4_999 }, work);
    expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[0]?.messageId }]);
    expect(work.handled).toEqual([]);
    const [again] = await receive(sqs, queue.url, 1);
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  it('that cannot be put back waits for its visibility time-out', async () => {
    const event = await sendAndReceive('a fine', 'b fine');
    const remaining = [60_000, 4_999];
    const context = { getRemainingTimeInMillis: () => remaining.shift() ?? 0 };
    const nowhere = new Queue(sqs, `${queue.url}-missing`);
    const { batchItemFailures } = await processBatch(event, context, options({ queue: nowhere }));
    expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[1]?.messageId }]);
  });
});

describe('a message that can never succeed', () => {
  it('goes to the dead-letter queue at once, with its identity and the reason', async () => {
    const event = await sendAndReceive('permanent');
    const work = options();
    expect(await processBatch(event, PLENTY, work)).toEqual({ batchItemFailures: [] });
    const [dead] = await deadLetters(1);
    expect(dead?.Body).toBe('permanent');
    expect(attributesOf(dead)).toEqual({
      'request-id': event.Records[0]?.messageId,
      'error-code': 'UnknownTask',
      'error-message': 'There is no task "x".',
    });
    expect(work.refused.map(([id, { code }]) => [id, code])).toEqual([[event.Records[0]?.messageId, 'UnknownTask']]);
  });

  it('waits where no record of it can be kept, and goes there after its last try all the same', async () => {
    const event = await sendAndReceive('permanent');
    const keepReason = () => Promise.reject(new Error('no database'));
    const { batchItemFailures } = await processBatch(event, PLENTY, options({ keepReason }));
    expect(batchItemFailures).toHaveLength(1);
    expect(await noDeadLetters()).toEqual([]);
    expect(await processBatch(lastTry(event), PLENTY, options({ keepReason }))).toEqual({ batchItemFailures: [] });
    expect(attributesOf((await deadLetters(1))[0])['error-code']).toBe('UnknownTask');
    expect(lines.map(({ error }) => error)).toContain('no database');
  });

  it('stays on its queue where the dead-letter queue does not take it', async () => {
    const event = await sendAndReceive('permanent');
    const nowhere = new Queue(sqs, `${queue.url}-missing`);
    const { batchItemFailures } = await processBatch(event, PLENTY, options({ queue: nowhere }));
    expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[0]?.messageId }]);
  });

  it('may have a reason that SQS would not take as it is', async () => {
    const event = await sendAndReceive('{}');
    const reason = `\u0000bad \ud83d ${'x'.repeat(983)}😀 and more`;
    const handle = () => Promise.reject(new PermanentError('BadMessage', reason));
    expect(await processBatch(event, PLENTY, options({ handle }))).toEqual({ batchItemFailures: [] });
    const message = attributesOf((await deadLetters(1))[0])['error-message'] ?? '';
    expect(message.startsWith('?bad \ufffd xxx')).toBe(true);
    expect(message.length).toBeLessThanOrEqual(1000);
  });
});

describe('a message that may succeed later', () => {
  it('waits out a back-off, then comes back long before its visibility time-out', async () => {
    const event = await sendAndReceive('unregistered');
    const { batchItemFailures } = await processBatch(event, PLENTY, options());
    expect(batchItemFailures).toHaveLength(1);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'NotRegistered', received: 1, retryInSeconds: 1 }));
    const [again] = await receive(sqs, queue.url, 1);
    expect([again?.Body, again?.Attributes?.ApproximateReceiveCount]).toEqual(['unregistered', '2']);
    expect(again?.MessageId).toBe(event.Records[0]?.messageId);
    expect(await noDeadLetters()).toEqual([]);
  });

  describe('that another queue may bring about', () => {
    const awaiting = (pending: () => Promise<boolean>) => options({ awaits: { code: 'NotRegistered', pending } });
    const held = async () => true;

    it('is put back under its identity, with all its tries and its attributes, and comes again after a while', async () => {
      await send(sqs, queue.url, 'unregistered', { 'request-id': 'first-of-all', own: 'kept' });
      const event = lastTry(eventOf(await receive(sqs, queue.url, 1)));
      expect(await processBatch(event, PLENTY, awaiting(held))).toEqual({ batchItemFailures: [] });
      const [again] = await receive(sqs, queue.url, 1);
      expect(again?.Attributes?.ApproximateReceiveCount).toBe('1');
      expect(attributesOf(again)).toMatchObject({ 'request-id': 'first-of-all', own: 'kept' });
      expect(Number(attributesOf(again)['waiting-since'])).toBeGreaterThan(0);
      expect(await noDeadLetters()).toEqual([]);
    });

    it.each([
      ['nothing is pending', 'unregistered', String(Date.now()), async () => false],
      ['it waits for too long already', 'unregistered', String(Date.now() - 16 * 60_000), held],
      ['since when it waits is not told rightly', 'unregistered', 'long', held],
      [
        'what is pending cannot be found out',
        'unregistered',
        String(Date.now()),
        () => Promise.reject(new Error('no right')),
      ],
      ['it failed of something else', 'transient', String(Date.now()), held],
    ])('is tried again like others where %s', async (_, body, since, pending) => {
      await send(sqs, queue.url, body, { 'waiting-since': since });
      const event = eventOf(await receive(sqs, queue.url, 1));
      expect((await processBatch(event, PLENTY, awaiting(pending))).batchItemFailures).toHaveLength(1);
    });

    it('waits for as long as SQS says, whatever the clocks of those that put it back', async () => {
      await send(sqs, queue.url, 'unregistered');
      for (const hours of [-2, 0, 2]) {
        const event = eventOf(await receive(sqs, queue.url, 1));
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hours * 3_600_000 });
        try {
          expect(await processBatch(event, PLENTY, awaiting(held))).toEqual({ batchItemFailures: [] });
        } finally {
          vi.useRealTimers();
        }
      }
    });

    it('knows a queue that holds messages, also those in work, from one that holds none', async () => {
      expect(await queue.holdsAny()).toBe(false);
      await send(sqs, queue.url, 'a');
      expect(await queue.holdsAny()).toBe(true);
      await receive(sqs, queue.url, 1);
      expect(await queue.holdsAny()).toBe(true);
    });
  });

  it.each(['transient', 'unexpected'])('has to wait 3 to 5 seconds after its first try (%s)', async (body) => {
    await processBatch(await sendAndReceive(body), PLENTY, options());
    const [line] = lines.filter(({ retryInSeconds }) => retryInSeconds !== undefined);
    expect([3, 4, 5]).toContain(line?.['retryInSeconds']);
    expect(lines.map(({ message }) => message)).not.toContain('the retry could not be delayed');
  });

  it('is reported also where the back-off cannot be set', async () => {
    const event = await sendAndReceive('transient');
    const Records = event.Records.map((record) => ({ ...record, receiptHandle: 'none' }));
    expect((await processBatch({ Records }, PLENTY, options())).batchItemFailures).toHaveLength(1);
    expect(lines.map(({ message }) => message)).toContain('the retry could not be delayed');
  });

  it('is abandoned after its last try: it goes to the dead-letter queue with identity and reason', async () => {
    await send(sqs, queue.url, 'transient', { 'request-id': 'first-of-all' });
    const givenUp: string[] = [];
    const keepReason = async ({ requestId }: Delivery, { code }: Failure) => {
      givenUp.push(`${requestId} ${code}`);
    };
    for (let tries = 1; tries <= MAX_RECEIVES; tries++) {
      const event = eventOf(await receive(sqs, queue.url, 1));
      expect(event.Records[0]?.attributes.ApproximateReceiveCount).toBe(String(tries));
      const { batchItemFailures } = await processBatch(event, PLENTY, options({ keepReason }));
      expect(batchItemFailures).toHaveLength(tries < MAX_RECEIVES ? 1 : 0);
      if (tries === MAX_RECEIVES) break;
      expect(await noDeadLetters()).toEqual([]);
      await queue.delay(event.Records[0]?.receiptHandle ?? '', 0);
    }
    expect(attributesOf((await deadLetters(1))[0])).toEqual({
      'request-id': 'first-of-all',
      'error-code': 'Unavailable',
      'error-message': 'The database is down.',
    });
    expect(givenUp).toEqual(['first-of-all Unavailable']);
  });

  it('whose error nobody foresaw is abandoned as Unexpected', async () => {
    const event = await sendAndReceive('unexpected');
    const work = options();
    expect(await processBatch(lastTry(event), PLENTY, work)).toEqual({ batchItemFailures: [] });
    expect(attributesOf((await deadLetters(1))[0])['error-code']).toBe('Unexpected');
    expect(work.refused).toMatchObject([[event.Records[0]?.messageId, { code: 'Unexpected', permanent: false }]]);
  });
});

describe('who a message is', () => {
  it('is its id, until it comes back from the dead-letter queue: then it is who it was', async () => {
    await send(sqs, queue.url, 'fine', { 'request-id': 'earlier', 'error-code': 'Unavailable' });
    await send(sqs, queue.url, 'gone on', { 'request-id': 'other' });
    const event = eventOf(await receive(sqs, queue.url, 2));
    const work = options();
    await processBatch(event, PLENTY, work);
    expect(work.handled.map(({ requestId, redriven }) => [requestId, redriven])).toEqual([
      ['earlier', true],
      ['other', false],
    ]);
    const plain = options();
    const fresh = await sendAndReceive('fine');
    await processBatch(fresh, PLENTY, plain);
    expect(plain.handled.map(({ requestId, redriven }) => [requestId, redriven])).toEqual([
      [fresh.Records[0]?.messageId, false],
    ]);
  });

  it('is found out before the work is done, where it came back under another id', async () => {
    const event = await sendAndReceive('a fine', 'b permanent');
    const work = options({ identify: async () => ({ requestId: 'begun as', resumed: true }) });
    await processBatch(event, PLENTY, work);
    expect(work.handled.map(({ requestId, redriven }) => [requestId, redriven])).toEqual([
      ['begun as', true],
      ['begun as', true],
    ]);
    expect(attributesOf((await deadLetters(1))[0])['request-id']).toBe('begun as');
  });

  it('is found out after the work was tried, where that looks itself and found an equal message or failed', async () => {
    const event = await sendAndReceive('a fine', 'b doubted', 'c permanent');
    const asked: string[] = [];
    const tried: [string, boolean][] = [];
    const work = options({
      identifiesLate: () => true,
      identify: async ({ body }) => {
        asked.push(body);
        return { requestId: 'begun as', resumed: body === 'b doubted' };
      },
      handle: async (_, { body, requestId, unidentified = false }) => {
        tried.push([body, unidentified]);
        if (body === 'c permanent') throw new PermanentError('UnknownTask', 'no');
        if (unidentified && body === 'b doubted') throw new IdentityInDoubt();
        if (body === 'b doubted') expect(requestId).toBe('begun as');
      },
    });
    expect(await processBatch(event, PLENTY, work)).toEqual({ batchItemFailures: [] });
    expect(asked).toEqual(['b doubted', 'c permanent']);
    expect(tried).toEqual([
      ['a fine', true],
      ['b doubted', true],
      ['b doubted', false],
      ['c permanent', true],
    ]);
    expect((await deadLetters(1)).map(({ Body }) => Body)).toEqual(['c permanent']);
  });

  it('that cannot be found out makes it wait', async () => {
    const event = await sendAndReceive('fine');
    const work = options({ identify: () => Promise.reject(new Error('no database')) });
    expect((await processBatch(event, PLENTY, work)).batchItemFailures).toHaveLength(1);
    expect(work.handled).toEqual([]);
  });
});

describe('back-off', () => {
  it('grows fourfold with each try, is spread over its upper half, and ends at ten minutes', () => {
    const waits = (random: number) =>
      [1, 2, 3, 4, 5, 20].map((received) => backoffSeconds(received, undefined, () => random));
    expect(waits(0)).toEqual([3, 10, 40, 160, 300, 300]);
    expect(waits(0.999_999)).toEqual([5, 20, 80, 320, 600, 600]);
  });

  it('is a whole number of seconds and never none', () => {
    for (const random of [0, 0.1, 0.9]) expect(backoffSeconds(1, { first: 1, factor: 2 }, () => random)).toBe(1);
    expect(backoffSeconds(0, undefined, () => 0)).toBe(3);
  });
});
