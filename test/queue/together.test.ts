import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PermanentError, TransientError } from '../../lib/errors/errors.ts';
import { Logger } from '../../lib/log/log.ts';
import { type BatchOptions, type MessageOutcome, processBatch } from '../../lib/queue/batch.ts';
import { Queue } from '../../lib/queue/queue.ts';
import { attributesOf, eventOf, groupOfMessage, openQueues, PLENTY, receive, send } from './queues.ts';

let queues: Awaited<ReturnType<typeof openQueues>>;
let sqs: SQSClient;
let queue: Queue;
const log = new Logger('error', {}, () => {});

beforeAll(async () => {
  queues = await openQueues();
  sqs = queues.sqs;
});
afterAll(() => queues?.dispose());
beforeEach(async () => {
  queue = await queues.next();
});

/** What was worked on together and by itself, and how each message ended. */
interface Seen {
  readonly together: string[][];
  readonly alone: string[];
  readonly outcomes: MessageOutcome[];
}

/** Messages that begin with `light` are harmless; those with the same letters before a dash are of one request. */
function options(more: Partial<BatchOptions<string>> = {}): BatchOptions<string> & { seen: Seen } {
  const seen: Seen = { together: [], alone: [], outcomes: [] };
  return {
    queue,
    log,
    seen,
    parse: (body) => body,
    handle: async (_, { body }) => {
      seen.alone.push(body);
      if (body.includes('permanent')) throw new PermanentError('UnknownTask', 'There is no task "x".');
    },
    together: {
      mayBe: ({ message }) => message.startsWith('light'),
      requestOf: ({ message }) => message.split('-')[0] ?? message,
      async handle(received) {
        seen.together.push(received.map(({ message }) => message));
        return new Set(received.flatMap(({ message, delivery }) => (message.includes('left') ? [] : [delivery])));
      },
    },
    keepReason: async () => {},
    onOutcome: (outcome) => seen.outcomes.push(outcome),
    ...more,
  };
}

async function sendAndReceive(...bodies: string[]): Promise<SQSEvent> {
  for (const body of bodies) await send(sqs, queue.url, body, {}, `group of ${body}`);
  return eventOf(await receive(sqs, queue.url, bodies.length));
}

async function receiveSent(...bodies: string[]) {
  for (const body of bodies) await send(sqs, queue.url, body);
  return await receive(sqs, queue.url, bodies.length);
}

/** With so many deliveries behind those messages. */
function tried(event: SQSEvent, times: Readonly<Record<string, number>>): SQSEvent {
  return {
    Records: event.Records.map((record) => ({
      ...record,
      attributes: {
        ...record.attributes,
        ApproximateReceiveCount: String(times[record.body] ?? 1),
      },
    })),
  };
}

/** Messages that were received and are neither deleted nor back. */
async function held(): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessagesNotVisible' as const];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames }));
  return Number(Attributes?.ApproximateNumberOfMessagesNotVisible);
}

const bodiesOf = (event: { Records: readonly { body: string }[] }) => event.Records.map(({ body }) => body);

describe('a batch of several messages', () => {
  it('has what is harmless done together, and is over then', async () => {
    const work = options();
    expect(await processBatch(await sendAndReceive('light 1', 'light 2', 'light 3'), PLENTY, work)).toEqual({
      batchItemFailures: [],
    });
    expect(work.seen).toEqual({
      together: [['light 1', 'light 2', 'light 3']],
      alone: [],
      outcomes: ['done', 'done', 'done'],
    });
  });

  it('holds one message alone while that is worked on: those done are deleted, the others on their queue again', async () => {
    const event = await sendAndReceive('heavy a', 'heavy b', 'light 1', 'light 2', 'light left');
    const counts: number[] = [];
    const work = options();
    const { handle } = work;
    const answer = await processBatch(event, PLENTY, {
      ...work,
      async handle(...given) {
        counts.push(await held());
        await handle(...given);
      },
    });
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(counts).toEqual([1]);
    expect(work.seen.alone).toEqual(['heavy a']);
    expect(work.seen.outcomes).toEqual(['done', 'notBegun', 'done', 'done', 'notBegun']);
    const again = await receive(sqs, queue.url, 2);
    expect(bodiesOf(eventOf(again))).toEqual(['heavy b', 'light left']);
    for (const message of again) {
      const before = event.Records.find(({ body }) => body === message.Body);
      const sent = before?.attributes.SentTimestamp;
      expect(attributesOf(message)).toEqual({
        'request-id': before?.messageId,
        'first-sent': sent,
        'id-by-sqs': 'true',
      });
      expect(message.Attributes?.ApproximateReceiveCount).toBe('1');
      expect(groupOfMessage(message)).toBe(`group of ${message.Body}`);
    }
  });

  it('keeps the messages of one request, whose fate is one', async () => {
    const event = await sendAndReceive('a-1', 'a-2', 'b-1', 'a-3', 'light');
    const work = options();
    await processBatch(event, PLENTY, work);
    expect(work.seen.alone).toEqual(['a-1', 'a-2', 'a-3']);
    expect(bodiesOf(eventOf(await receive(sqs, queue.url, 2)))).toEqual(['b-1', 'light']);
  });

  it('works on so many of one request side by side as it may, each to its own end', async () => {
    const event = await sendAndReceive('a-1', 'a-2 permanent', 'a-3', 'b-1');
    const [atOnce, begun] = [Promise.withResolvers<void>(), new Set<string>()];
    const work = options({ sideBySide: 2 });
    const { handle } = work;
    let most = 0;
    await processBatch(event, PLENTY, {
      ...work,
      async handle(message, ...rest) {
        begun.add(message);
        most = Math.max(most, begun.size);
        // The first one ends only once another has begun.
        if (begun.size === 2) atOnce.resolve();
        await atOnce.promise;
        try {
          await handle(message, ...rest);
        } finally {
          begun.delete(message);
        }
      },
    });
    expect(most).toBe(2);
    expect(work.seen).toMatchObject({
      alone: ['a-1', 'a-2 permanent', 'a-3'],
      outcomes: ['done', 'dead', 'done', 'notBegun'],
    });
  });

  it('works on one that was tried before by itself, however many it may have side by side', async () => {
    const event = await sendAndReceive('a-1', 'a-2', 'a-3');
    const work = options({ sideBySide: 2 });
    await processBatch(tried(event, { 'a-2': 2 }), PLENTY, work);
    expect(work.seen).toMatchObject({ alone: ['a-2'], outcomes: ['notBegun', 'done', 'notBegun'] });
  });

  it('begins with the one that was tried most often, by itself, so that each gets its tries', async () => {
    const event = await sendAndReceive('a-1', 'a-2', 'b-1', 'light 1', 'light 2');
    const work = options();
    await processBatch(tried(event, { 'a-2': 3, 'light 1': 2 }), PLENTY, work);
    expect(work.seen).toMatchObject({ together: [], alone: ['a-2'] });
    expect(bodiesOf(eventOf(await receive(sqs, queue.url, 4)))).toEqual(['a-1', 'b-1', 'light 1', 'light 2']);
  });

  it('leaves each message the tries that it has left, and does none together that was tried, wherever it was put back', async () => {
    const event = await sendAndReceive('a', 'light 1', 'light 2');
    await processBatch(tried(event, { a: 4, 'light 1': 3 }), PLENTY, options());
    const again = eventOf([...(await receive(sqs, queue.url, 2)), ...(await receiveSent('light 3'))]);
    const received: number[] = [];
    const work = options();
    const handle: typeof work.handle = async (_, delivery) => {
      received.push(delivery.received);
      throw new Error('It fails.');
    };
    await processBatch(again, PLENTY, { ...work, handle });
    expect(work.seen.together).toEqual([['light 2', 'light 3']]);
    expect(received).toEqual([3]);
    // As its sender may say what it likes, it can't say that none is left; what says less than nothing says nothing.
    for (const [said, tries] of [
      ['999', 5],
      ['-3', 1],
      ['x', 1],
      ['Infinity', 5],
    ] as const) {
      const { Records } = await sendAndReceive('one');
      const attributes = { 'tried-before': { stringValue: said, dataType: 'String' } };
      received.length = 0;
      const forged = Records.map((record) => ({ ...record, messageAttributes: attributes }));
      await processBatch({ Records: forged }, PLENTY, { ...work, handle });
      expect(received).toEqual([tries]);
    }
  });

  it('holds one of each message that came twice, as where a process died while it put them back', async () => {
    const said = (name: string, stringValue: string) => ({ [name]: { stringValue, dataType: 'String' } });
    const event = await sendAndReceive('a', 'a', 'a', 'b', 'b', 'b', 'c');
    const [a, a2, a3, b, b2, b3, c] = event.Records;
    if (!a || !a2 || !a3 || !b || !b2 || !b3 || !c) throw new Error('there are seven');
    const named = (record: typeof a, id: string, more = {}) => ({
      ...record,
      messageAttributes: { ...said('request-id', id), ...more },
    });
    const redriven = said('error-code', 'UnknownTask');
    // The second `a` is the first, put back; the third another request of the same text; the last `b` may do what the others may not.
    const Records = [
      a,
      named(a2, a.messageId, said('tried-before', '2')),
      a3,
      named(b, 'b'),
      named(b2, 'b'),
      named(b3, 'b', redriven),
      c,
    ];
    const work = options();
    const { handle } = work;
    const tried: string[] = [];
    const answer = await processBatch({ Records }, PLENTY, {
      ...work,
      async handle(...given) {
        tried.push(String(given[1].received - 1));
        await handle(...given);
      },
    });
    expect(answer.batchItemFailures).toEqual([]);
    expect(work.seen.alone).toHaveLength(1);
    const again = await receive(sqs, queue.url, 5, 1);
    expect([...work.seen.alone, ...again.map(({ Body }) => Body)].sort()).toEqual(['a', 'a', 'b', 'b', 'c']);
    tried.push(...again.map((message) => attributesOf(message)['tried-before'] ?? '0'));
    expect(tried.sort()).toEqual(['0', '0', '0', '0', '2']);
  });

  it('knows one that names itself from one that names what it was called here, however often it is put back', async () => {
    await send(sqs, queue.url, 'a');
    await send(sqs, queue.url, 'b');
    await send(sqs, queue.url, 'c', { 'request-id': 'said' });
    await processBatch(eventOf(await receive(sqs, queue.url, 3)), PLENTY, options());
    await send(sqs, queue.url, 'a');
    const again = tried(eventOf(await receive(sqs, queue.url, 3)), { a: 2 });
    await processBatch(again, PLENTY, options());
    const seen: unknown[] = [];
    for (const record of eventOf(await receive(sqs, queue.url, 2)).Records) {
      const handle: BatchOptions<string>['handle'] = async (_, { body, named, putBack }) => {
        seen.push([body, named, putBack]);
      };
      await processBatch({ Records: [record] }, PLENTY, { ...options(), handle });
    }
    expect(seen).toEqual([
      ['b', true, true],
      ['c', true, false],
    ]);
  });

  it('holds one of each text where that is all that a message is', async () => {
    const work = options();
    const { together } = work;
    const event = await sendAndReceive('a', 'a', 'b');
    await processBatch(event, PLENTY, { ...work, together: together && { ...together, bodyIsAll: true } });
    expect(work.seen.alone).toEqual(['a']);
    expect(bodiesOf(eventOf(await receive(sqs, queue.url, 2, 1)))).toEqual(['b']);
  });

  it('keeps the identity of messages that have ten attributes already, and their return from the dead-letter queue', async () => {
    await send(sqs, queue.url, 'a');
    const names = Array.from({ length: 9 }, (_, n) => `attribute-${n}`);
    await send(sqs, queue.url, 'b', Object.fromEntries([...names, 'error-code'].map((name) => [name, 'said'])));
    const event = eventOf(await receive(sqs, queue.url, 2));
    const work = options();
    await processBatch(event, PLENTY, work);
    expect(work.seen.outcomes).toEqual(['done', 'notBegun']);
    const [again] = await receive(sqs, queue.url, 1);
    expect(Object.keys(attributesOf(again))).toHaveLength(10);
    expect(attributesOf(again)).toMatchObject({ 'request-id': event.Records[1]?.messageId, 'error-code': 'said' });
  });

  it('keeps the identity of messages whose attributes have numbers for names, and are as long as there is room', async () => {
    await send(sqs, queue.url, 'a');
    const names = Array.from({ length: 10 }, (_, n) => [String(n), 'x'.repeat(100_000)]);
    await send(sqs, queue.url, 'b', Object.fromEntries(names));
    const event = eventOf(await receive(sqs, queue.url, 2));
    await processBatch(event, PLENTY, options());
    const [again] = await receive(sqs, queue.url, 1);
    expect(Object.keys(attributesOf(again))).toHaveLength(10);
    expect(attributesOf(again)).toMatchObject({ 'request-id': event.Records[1]?.messageId, 'id-by-sqs': 'true' });
  });

  it('does not send a message again whose body leaves no room for its identity, as it would be another request', async () => {
    const body = `b${'x'.repeat(2 ** 20 - 50)}`;
    await send(sqs, queue.url, 'a');
    await send(sqs, queue.url, body);
    const event = eventOf(await receive(sqs, queue.url, 2));
    const work = options();
    const answer = await processBatch(event, PLENTY, work);
    expect(work.seen.outcomes).toEqual(['done', 'retried']);
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: event.Records[1]?.messageId }]);
    const [again] = await receive(sqs, queue.url, 1);
    expect(again?.MessageId).toBe(event.Records[1]?.messageId);
  });

  it('is not led for ever by what says that it waits since long ago', async () => {
    const event = await sendAndReceive('a', 'b', 'c');
    const now = Date.now();
    const since: Readonly<Record<string, number>> = { a: now - 3_600_000, b: 1, c: 2 };
    const Records = event.Records.map((record) => ({
      ...record,
      messageAttributes: { 'first-sent': { stringValue: String(since[record.body]), dataType: 'String' } },
      attributes: { ...record.attributes, SentTimestamp: String(now) },
    }));
    const work = options();
    await processBatch({ Records }, PLENTY, work);
    expect(work.seen.alone).toEqual(['a']);
  });

  it('has the one worked on that waits longest, whenever it was put back', async () => {
    const event = await sendAndReceive('a', 'b', 'c');
    const said = (stringValue: string) => ({ 'first-sent': { stringValue, dataType: 'String' } });
    const saying: Readonly<Record<string, string>> = { a: 'no number', b: '5', c: '-1' };
    const Records = event.Records.map((record) => ({ ...record, messageAttributes: said(saying[record.body] ?? '') }));
    const work = options();
    await processBatch({ Records }, PLENTY, work);
    expect(work.seen.alone).toEqual(['b']);
    const [a] = await receive(sqs, queue.url, 2);
    expect(attributesOf(a)['first-sent']).toBe(
      event.Records.find(({ body }) => body === a?.Body)?.attributes.SentTimestamp,
    );
  });

  it('is not looked at together where a message came back from the dead-letter queue, cannot be read or is long', async () => {
    const long = `light ${'x'.repeat(20_000)}`;
    const event = await sendAndReceive(long, 'light 1', 'light bad', 'light redriven');
    const redriven = { 'error-code': { stringValue: 'UnknownTask', dataType: 'String' } };
    const Records = event.Records.map((record) =>
      record.body === 'light redriven' ? { ...record, messageAttributes: redriven } : record,
    );
    const work = options({
      parse(body) {
        if (body.includes('bad')) throw new PermanentError('BadMessage', 'It is none.');
        return body;
      },
    });
    await processBatch({ Records }, PLENTY, work);
    expect(work.seen.together).toEqual([]);
    expect(work.seen.alone).toHaveLength(1);
  });

  it('has one of it tried by itself where a server seems to be away; the others wait a while, with all their tries', async () => {
    const event = await sendAndReceive('light 1', 'light 2', 'light 3');
    const down = async () => {
      throw new TransientError('Unavailable', 'MongoDB is down.');
    };
    const work = options({ handle: down });
    const { together } = work;
    const answer = await processBatch(event, PLENTY, { ...work, together: together && { ...together, handle: down } });
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: event.Records[0]?.messageId }]);
    expect(work.seen.outcomes).toEqual(['retried', 'notBegun', 'notBegun']);
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed'] as const;
    const ask = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: [...AttributeNames] });
    const { Attributes } = await sqs.send(ask);
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '2',
    });
    const again = (await receive(sqs, queue.url, 3)).filter(({ Body }) => Body !== 'light 1');
    expect(again.map(({ Body }) => Body).sort()).toEqual(['light 2', 'light 3']);
    for (const message of again) expect(attributesOf(message)).not.toHaveProperty('tried-before');
  });

  it('loses no try of the others where a server was away for one of them alone', async () => {
    const event = await sendAndReceive('light 1', 'light 2');
    const work = options();
    const handle = async () => {
      throw new TransientError('Unavailable', 'MongoDB was down.');
    };
    const { together } = work;
    const answer = await processBatch(event, PLENTY, { ...work, together: together && { ...together, handle } });
    expect(answer.batchItemFailures).toEqual([]);
    expect(work.seen).toMatchObject({ alone: ['light 1'], outcomes: ['done', 'notBegun'] });
  });

  it.each([
    ['a fault of ours', new TypeError('x is not a function')],
    ['what is wrong with one of them', new PermanentError('TemplateFailed', 'It fails.')],
  ])('goes one by one after %s', async (_, error) => {
    const event = await sendAndReceive('light 1', 'light 2 permanent');
    const work = options();
    const handle = async () => {
      throw error;
    };
    const { together } = work;
    const answer = await processBatch(event, PLENTY, { ...work, together: together && { ...together, handle } });
    expect(answer.batchItemFailures).toEqual([]);
    expect(work.seen).toMatchObject({ alone: ['light 1'], outcomes: ['done', 'notBegun'] });
    expect(await receive(sqs, `${queue.url}-dlq`, 1, 0)).toEqual([]);
  });

  it('goes back whole where there is no time for it', async () => {
    const event = await sendAndReceive('light 1', 'light 2');
    const work = options();
    await processBatch(event, { getRemainingTimeInMillis: () => 1_000 }, work);
    expect(work.seen).toMatchObject({ together: [], alone: [] });
    expect(bodiesOf(eventOf(await receive(sqs, queue.url, 2)))).toEqual(['light 1', 'light 2']);
  });

  it('is tried again in part where the queue takes none of it back', async () => {
    const event = await sendAndReceive('a', 'b', 'c');
    const nowhere = new Queue(sqs, `${queue.url}-missing`);
    const work = options({ queue: nowhere });
    const { batchItemFailures } = await processBatch(event, PLENTY, work);
    expect(work.seen.alone).toEqual(['a']);
    expect(batchItemFailures).toEqual(event.Records.slice(1).map(({ messageId }) => ({ itemIdentifier: messageId })));
  });
});
