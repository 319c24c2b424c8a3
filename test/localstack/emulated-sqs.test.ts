import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { beforeEach, expect, it } from 'vitest';
import { required } from '../helpers/stack.ts';
import { onEveryEmulator } from './emulators.ts';

const KIB = 1024;
/** Enough long polls for a message to come back; each returns as soon as there is one. */
const POLLS = 10;

onEveryEmulator('SQS', (subject) => {
  let QueueUrl: string;
  beforeEach(async () => {
    QueueUrl = required(subject.stack.env, 'SAMPLE_QUEUE_URL');
    await subject.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    await subject.sqs.send(new PurgeQueueCommand({ QueueUrl: `${QueueUrl}-dlq` }));
  });

  const send = (MessageBody: string) => subject.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

  async function receive(url = QueueUrl, WaitTimeSeconds = 2): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      WaitTimeSeconds,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return (await subject.sqs.send(command)).Messages ?? [];
  }

  async function receiveOne(url = QueueUrl): Promise<Message> {
    for (let poll = 0; poll < POLLS; poll++) {
      const [message] = await receive(url);
      if (message !== undefined) return message;
    }
    throw new Error(`no message came within ${POLLS} polls`);
  }

  async function counts(url = QueueUrl): Promise<{ waiting: number; inFlight: number }> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await subject.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
    );
    return { waiting: Number(Attributes?.[names[0]]), inFlight: Number(Attributes?.[names[1]]) };
  }

  it('gives a message back when its visibility time-out ends, with the same id and a higher count', async () => {
    const { MessageId } = await send('again');
    const first = await receiveOne();
    const second = await receiveOne();
    expect([first.MessageId, second.MessageId]).toEqual([MessageId, MessageId]);
    expect(first.Attributes?.['ApproximateReceiveCount']).toBe('1');
    expect(second.Attributes?.['ApproximateReceiveCount']).toBe('2');
  });

  it('takes messages of a group on a queue that is not FIFO, as fair queues have them, and tells the group', async () => {
    const entries = ['a', 'b'].map((MessageGroupId) => ({
      Id: MessageGroupId,
      MessageBody: `of ${MessageGroupId}`,
      MessageGroupId,
    }));
    const { Failed = [] } = await subject.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries }));
    await subject.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'of c', MessageGroupId: 'c' }));
    await send('of nobody');
    const groups = new Map<string | undefined, string | undefined>();
    while (groups.size < 4) {
      const { Body, Attributes, ReceiptHandle } = await receiveOne();
      groups.set(Body, Attributes?.MessageGroupId);
      await subject.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    expect(Failed).toEqual([]);
    expect(Object.fromEntries(groups)).toEqual({ 'of a': 'a', 'of b': 'b', 'of c': 'c', 'of nobody': undefined });
  });

  it('takes every character that SQS takes, in bodies and attributes, also those beyond U+FFFF', async () => {
    const text = 'a\t\n\u00e9\u20ac\ufffd\u{1f600}\u{10ffff}';
    const MessageAttributes = { reason: { DataType: 'String', StringValue: text } };
    await subject.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: text, MessageAttributes }));
    const alone = await receiveOne();
    expect([alone.Body, alone.MessageAttributes?.['reason']?.StringValue]).toEqual([text, text]);
    await subject.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: alone.ReceiptHandle }));
    const Entries = [{ Id: '0', MessageBody: text }];
    expect((await subject.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Failed ?? []).toEqual([]);
    expect((await receiveOne()).Body).toBe(text);
  });

  it('hides a message while it is in work', async () => {
    await send('hidden');
    const message = await receiveOne();
    await subject.sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 600 }),
    );
    expect(await receive(QueueUrl, 0)).toEqual([]);
    expect(await counts()).toEqual({ waiting: 0, inFlight: 1 });
  });

  it('gives a message back at once when its visibility is set to 0', async () => {
    await send('now');
    const message = await receiveOne();
    const Entries = [{ Id: '0', ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 }];
    await subject.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    expect((await receive()).map(({ MessageId }) => MessageId)).toEqual([message.MessageId]);
  });

  it('moves a message to the dead-letter queue when it has been received five times', async () => {
    const { MessageId } = await send('poison');
    for (let count = 1; count <= 5; count++) {
      const message = await receiveOne();
      expect(message.Attributes?.['ApproximateReceiveCount']).toBe(String(count));
      await subject.sqs.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 }),
      );
    }
    expect(await receive()).toEqual([]);
    const dead = await receiveOne(`${QueueUrl}-dlq`);
    expect([dead.MessageId, dead.Body]).toEqual([MessageId, 'poison']);
  });

  it('ends a long poll as soon as a message comes', async () => {
    const polling = receive(QueueUrl, 20);
    await send('wake');
    expect((await polling).map(({ Body }) => Body)).toEqual(['wake']);
  });

  it('takes ten messages in one call, keeps their attributes, and deletes them in one', async () => {
    const Entries = Array.from({ length: 10 }, (_, index) => ({
      Id: String(index),
      MessageBody: `body ${index}`,
      MessageAttributes: { 'request-id': { DataType: 'String', StringValue: `r${index}` } },
    }));
    const sent = await subject.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(sent.Successful).toHaveLength(10);
    const received = new Map<string, Message>();
    for (let poll = 0; poll < POLLS && received.size < 10; poll++) {
      for (const message of await receive()) received.set(message.MessageId ?? '', message);
    }
    const pairs = [...received.values()].map(({ Body, MessageAttributes }) => [
      Body,
      MessageAttributes?.['request-id']?.StringValue,
    ]);
    expect(pairs.sort()).toEqual(Entries.map(({ MessageBody }, index) => [MessageBody, `r${index}`]));
    await subject.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [...received.values()].map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
    expect(await counts()).toEqual({ waiting: 0, inFlight: 0 });
  });

  it('refuses eleven messages in one call', async () => {
    const Entries = Array.from({ length: 11 }, (_, index) => ({ Id: String(index), MessageBody: 'b' }));
    await expect(subject.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).rejects.toThrow(/10/);
  });

  it('takes a message of 256 KiB of UTF-8 unchanged', async () => {
    const body = 'é'.repeat(128 * KIB);
    await send(body);
    expect((await receiveOne()).Body).toBe(body);
  });

  it('refuses a message over 1 MiB', async () => {
    await expect(send('x'.repeat(KIB * KIB + 1))).rejects.toThrow();
  });

  it('deletes by the receipt of the last delivery, and bears a second deletion', async () => {
    await send('once');
    const { ReceiptHandle } = await receiveOne();
    await subject.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    await subject.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    expect(await counts()).toEqual({ waiting: 0, inFlight: 0 });
  });
});
