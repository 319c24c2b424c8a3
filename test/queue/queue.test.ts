import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Queue } from '../../lib/queue/queue.ts';
import { createLocalSqs } from '../../localstack/resources.ts';
import { freshStack, required, type TestStack } from '../helpers/stack.ts';
import { attributesOf, receive } from './queues.ts';

let stack: TestStack;
let sqs: SQSClient;
beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
});
afterAll(async () => {
  sqs.destroy();
  await stack.dispose();
});

it('sends any number of messages, in calls of as many as SQS takes', async () => {
  const queue = new Queue(sqs, required(stack.env, 'SHARD_QUEUE_URL'));
  const bodies = Array.from({ length: 23 }, (_, i) => `message ${i}`);
  await queue.send(bodies);
  await queue.send([]);
  const received = await receive(sqs, queue.url, 23);
  expect(received.map(({ Body }) => Body).sort()).toEqual([...bodies].sort());
});

it('names one group for all messages of a sharer, whatever its name holds, also where each has its own, and none where nobody is named', async () => {
  const own = createLocalSqs(stack.endpoint);
  const groups: unknown[] = [];
  own.middlewareStack.add(
    (next) => (args) => {
      const { input } = args;
      const sent = 'Entries' in input && Array.isArray(input.Entries) ? input.Entries : [input];
      for (const one of sent)
        if ('MessageBody' in one) groups.push('MessageGroupId' in one ? one.MessageGroupId : undefined);
      return next(args);
    },
    { step: 'initialize' },
  );
  const queue = new Queue(own, required(stack.env, 'EVALUATE_QUEUE_URL'));
  const name = `${'a b/é'.repeat(100)}`;
  await queue.send(['1', '2'], name);
  await queue.send(['3'], `${name}.`);
  await queue.send(['4']);
  await queue.send(['5', '6', '7'], [`${name}.`, undefined, name]);
  expect(await receive(own, queue.url, 7)).toHaveLength(7);
  own.destroy();
  const [first, second, other, none, ...each] = groups;
  expect([second, none]).toEqual([first, undefined]);
  expect(each).toEqual([other, undefined, first]);
  expect([first, other].map(String)).toEqual([
    expect.stringMatching(/^[\w-]{1,128}$/),
    expect.not.stringContaining(String(first)),
  ]);
});

it('sends messages that are too large together, in bytes and not in characters', async () => {
  const queue = new Queue(sqs, required(stack.env, 'SAMPLE_QUEUE_URL'));
  const bodies = Array.from({ length: 3 }, (_, i) => `${i}${'é'.repeat(60_000)}`);
  await queue.send(bodies);
  const received = await receive(sqs, queue.url, 3);
  expect(received.map(({ Body }) => Body).sort()).toEqual(bodies);
});

it('leaves empty attributes of a dead letter out, since SQS refuses them', async () => {
  const queue = new Queue(sqs, required(stack.env, 'REGISTER_QUEUE_URL'));
  await queue.sendToDeadLetters('body', { reason: 'x', nothing: '' });
  const [dead] = await receive(sqs, `${queue.url}-dlq`, 1);
  expect(attributesOf(dead)).toEqual({ reason: 'x' });
});

it('cuts the reason of a dead letter to what fits next to its body', async () => {
  const queue = new Queue(sqs, required(stack.env, 'REGISTER_QUEUE_URL'));
  const body = 'b'.repeat(1024 * 1024 - 80);
  await queue.sendToDeadLetters(body, { 'request-id': 'me', reason: 'é'.repeat(500) });
  const [dead] = await receive(sqs, `${queue.url}-dlq`, 1);
  expect(dead?.Body?.length).toBe(body.length);
  // Two names and types take 28 bytes, the identity 2.
  expect(attributesOf(dead)).toEqual({ 'request-id': 'me', reason: 'é'.repeat(25) });
});

it('sends a message that is made ready before only once it is wanted, each when it is', async () => {
  const queue = new Queue(sqs, required(stack.env, 'EVALUATED_QUEUE_URL'));
  const [first, second] = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
  const sent = [queue.sendWhen(first.promise, 'first', 'a'), queue.sendWhen(second.promise, 'second', 'b')];
  // Whatever was made ready has had all the time that a call takes.
  await queue.send(['between'], 'a');
  expect((await receive(sqs, queue.url, 1)).map(({ Body }) => Body)).toEqual(['between']);
  second.resolve(true);
  expect(await sent[1]).toBe(true);
  expect((await receive(sqs, queue.url, 1)).map(({ Body }) => Body)).toEqual(['second']);
  first.resolve(true);
  expect(await sent[0]).toBe(true);
  expect((await receive(sqs, queue.url, 1)).map(({ Body }) => Body)).toEqual(['first']);
});

it.each([
  ['it turns out that nobody wants it', () => Promise.resolve(false)],
  ['that can not be said', () => Promise.reject(new Error('a server is away'))],
])('never sends a message that was made ready where %s', async (_, wanted) => {
  const queue = new Queue(sqs, required(stack.env, 'EVALUATED_QUEUE_URL'));
  expect(await queue.sendWhen(wanted(), 'unwanted', 'a')).toBe(false);
  expect(await queue.sendWhen(Promise.resolve(true), 'wanted', 'a')).toBe(true);
  expect((await receive(sqs, queue.url, 1)).map(({ Body }) => Body)).toEqual(['wanted']);
});

it('fails where there is no such queue, also for a message that was made ready before', async () => {
  const none = new Queue(sqs, `${stack.endpoint}/000000000000/none`);
  await expect(none.send(['x'])).rejects.toMatchObject({ code: 'Unavailable' });
  await expect(none.sendWhen(Promise.resolve(true), 'x', 'a')).rejects.toMatchObject({ code: 'Unavailable' });
});

it('is called by the last part of its address', () => {
  expect(new Queue(sqs, 'http://host/1/sampler-x-shard').name).toBe('sampler-x-shard');
});
