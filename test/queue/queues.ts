import { type Message, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { Queue } from '../../lib/queue/queue.ts';
import { createLocalSqs, createResources } from '../../localstack/resources.ts';
import { toSqsEvent } from '../../localstack/sqs-event.ts';
import { freshStack, required } from '../helpers/stack.ts';

/** Far longer than a test: what comes back sooner was made to. */
const VISIBILITY_SECONDS = 900;
/** A function that has all the time that a test needs. */
export const PLENTY = { getRemainingTimeInMillis: () => 60_000 };

/** Queues of the emulator for one file of tests: `next` gives another one, on which nothing is. */
export async function openQueues() {
  const stack = await freshStack();
  const sqs = createLocalSqs(stack.endpoint);
  let round = 0;
  return {
    endpoint: stack.endpoint,
    sqs,
    async next(): Promise<Queue> {
      const { env } = await createResources(stack.endpoint, `${stack.stage}-${round++}`, {
        sample: VISIBILITY_SECONDS,
      });
      return new Queue(sqs, required(env, 'SAMPLE_QUEUE_URL'));
    },
    async dispose(): Promise<void> {
      sqs.destroy();
      await stack.dispose();
    },
  };
}

/** Puts a message on a queue; the attributes are text. */
export async function send(
  sqs: SQSClient,
  QueueUrl: string,
  MessageBody: string,
  attributes: Readonly<Record<string, string>> = {},
  group?: string,
): Promise<void> {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  const named = group === undefined ? {} : { MessageGroupId: group };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes, ...named }));
}

/** Waits until so many messages were received, or fewer where no more come. */
export async function receive(sqs: SQSClient, QueueUrl: string, count: number, waitSeconds = 20): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: Math.min(10, count - messages.length),
      WaitTimeSeconds: waitSeconds,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command);
    if (Messages.length === 0) break;
    messages.push(...Messages);
  }
  return messages;
}

/** The event that Lambda would make of the messages, in the order of their bodies. */
export function eventOf(messages: readonly Message[]): SQSEvent {
  const ordered = [...messages].sort((a, b) => ((a.Body ?? '') < (b.Body ?? '') ? -1 : 1));
  return toSqsEvent(ordered, 'arn:aws:sqs:us-east-1:000000000000:q');
}

/** The group that a message was sent in. */
export function groupOfMessage(message: Message | undefined): string | undefined {
  return message?.Attributes?.MessageGroupId;
}

/** A message's attributes as plain texts. */
export function attributesOf(message: Message | undefined): Record<string, string> {
  const attributes = Object.entries(message?.MessageAttributes ?? {});
  return Object.fromEntries(attributes.map(([name, { StringValue }]) => [name, StringValue ?? '']));
}
