import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type DeadLetter, DeadLetters } from '../../lib/operator/dead-letters.ts';
import { createLocalSqs, queueUrl } from '../../localstack/resources.ts';
import { freshStack, type TestStack } from '../helpers/stack.ts';
import { attributesOf, groupOfMessage, receive, send } from '../queue/queues.ts';

let stack: TestStack;
let sqs: SQSClient;
let name: string;
let number = 0;

beforeAll(async () => {
  stack = await freshStack();
  sqs = createLocalSqs(stack.endpoint);
});
afterAll(async () => {
  sqs?.destroy();
  await stack?.dispose();
});
beforeEach(async () => {
  name = `${stack.stage}-letters-${number++}`;
  await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dlq` }));
});

const url = () => queueUrl(stack.endpoint, name);
const bodies = (letters: readonly DeadLetter[]) => letters.map(({ body }) => body).sort();

async function fill(count: number): Promise<string[]> {
  const sent = Array.from({ length: count }, (_, i) => `message ${String(i).padStart(2, '0')}`);
  for (const body of sent)
    await send(sqs, `${url()}-dlq`, body, { 'request-id': `of ${body}`, 'error-code': 'BadMessage' });
  return sent;
}

it('looking at more messages than one call gives shows each once, and leaves all of them there', async () => {
  const sent = await fill(23);
  const letters = new DeadLetters(sqs, url());
  for (let i = 0; i < 2; i++) expect(bodies(await letters.list(Number.POSITIVE_INFINITY))).toEqual(sent);
  expect(await letters.list(3)).toHaveLength(3);
  expect(bodies(await letters.list(100))).toEqual(sent);
});

it('each message goes back in the group in which it was sent, and one without goes back without', async () => {
  const groups = { 'of a': 'supplier-a', 'of b': 'supplier-b', 'of nobody': undefined };
  for (const [body, group] of Object.entries(groups)) await send(sqs, `${url()}-dlq`, body, {}, group);
  await sqs.send(new CreateQueueCommand({ QueueName: name }));
  await new DeadLetters(sqs, url()).redrive(
    () => true,
    () => {},
  );
  const back = await receive(sqs, url(), 3);
  expect(Object.fromEntries(back.map((message) => [message.Body, groupOfMessage(message)]))).toEqual(groups);
});

it('what is chosen goes back whole and is gone; the rest stays', async () => {
  const sent = await fill(12);
  await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const letters = new DeadLetters(sqs, url());
  const told: string[] = [];
  await letters.redrive(
    ({ body }) => body > 'message 09',
    ({ body }) => told.push(body),
  );
  expect(told).toEqual(['message 10', 'message 11']);
  const back = await receive(sqs, url(), 2);
  expect(back.map(attributesOf)).toEqual(
    back.map(({ Body }) => ({ 'request-id': `of ${Body}`, 'error-code': 'BadMessage' })),
  );
  expect(bodies(await letters.list(100))).toEqual(sent.slice(0, 10));
});

it('a message goes back as who it is, with all its tries, also where it was put back before it came there', async () => {
  const putBack = { 'request-id': 'a', 'first-sent': '1', 'tried-before': '4', 'id-by-sqs': 'true' };
  await send(sqs, `${url()}-dlq`, 'body', putBack);
  await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const all = () => true;
  await new DeadLetters(sqs, url()).redrive(all, () => {});
  const [back] = await receive(sqs, url(), 1);
  expect(attributesOf(back)).toEqual({ 'request-id': 'a', 'error-code': 'Redriven' });
});

it('a message whose queue does not take it stays where it is', async () => {
  const sent = await fill(2);
  const letters = new DeadLetters(sqs, url());
  const all = letters.redrive(
    () => true,
    () => expect.unreachable('nothing was sent'),
  );
  await expect(all).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringMatching(/stays in the dead-letter queue, as do 1 after it/),
  });
  expect(bodies(await letters.list(100))).toEqual(sent);
});
