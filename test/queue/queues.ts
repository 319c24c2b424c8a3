import { type Message, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { toSqsEvent } from '../../localstack/sqs-event.ts';

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
