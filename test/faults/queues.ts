import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { REQUEST_ID_ATTRIBUTE } from '../../lib/queue/delivery.ts';

/** A message to send; the attributes are text. */
export interface Outgoing {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A message with an identity, as it has when SQS delivers it again. */
export function identified(requestId: string, body: string): Outgoing {
  return { body, attributes: { [REQUEST_ID_ATTRIBUTE]: requestId } };
}

/** Sends messages in their order. */
export async function sendAll(sqs: SQSClient, QueueUrl: string, messages: readonly Outgoing[]): Promise<void> {
  for (let at = 0; at < messages.length; at += 10) {
    const Entries = messages.slice(at, at + 10).map(({ body, attributes = {} }, i) => ({
      Id: String(i),
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`SQS did not take ${Failed.length} messages: ${Failed[0]?.Message}`);
  }
}

/** Takes all messages that are visible now out of a queue. */
export async function takeAll(sqs: SQSClient, QueueUrl: string): Promise<Outgoing[]> {
  const taken: Outgoing[] = [];
  for (;;) {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command);
    if (Messages.length === 0) return taken;
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    taken.push(...Messages.map(toOutgoing));
  }
}

/** Discards all messages of a queue, also those in work. */
export async function purge(sqs: SQSClient, QueueUrl: string): Promise<void> {
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
}

/** How many messages a queue holds, visible or not. */
export async function countMessages(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({
    QueueUrl,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  });
  const { Attributes = {} } = await sqs.send(command);
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

/** Sends what lies in the dead-letter queue back, as an operator's redrive does: with its attributes. Gives their number. */
export async function redrive(sqs: SQSClient, queueUrl: string): Promise<number> {
  const dead = await takeAll(sqs, `${queueUrl}-dlq`);
  await sendAll(sqs, queueUrl, dead);
  return dead.length;
}

/** Sends what lies in the dead-letter queue back as the console's redrive does: SQS moves it, under ids of its own choice. */
export async function moveBack(sqs: SQSClient, deadLetterUrl: string): Promise<void> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] }),
  );
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: Attributes?.QueueArn }));
}

function toOutgoing({ Body = '', MessageAttributes = {} }: Message): Outgoing {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]);
  return { body: Body, attributes: Object.fromEntries(attributes) };
}
