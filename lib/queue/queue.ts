import { hash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { TransientError } from '../errors/errors.ts';
import { MAX_MESSAGE_BYTES } from './dead-letter-body.ts';

/** SQS takes this many messages in one call, and this many bytes in all. */
const MAX_BATCH = 10;
const MAX_BATCH_BYTES = 256 * 1024;

const STRING = 'String';

/** What goes with a message that is sent again. */
export interface SentAgain {
  /** The group under which it came, so that a flood that is sent again starves nobody either. */
  readonly group?: string | undefined;
  /** After how many seconds it is delivered. */
  readonly seconds?: number;
}

/** One SQS queue and its dead-letter queue, which is named after it. */
export class Queue {
  private readonly sqs: SQSClient;
  readonly url: string;

  constructor(sqs: SQSClient, url: string) {
    this.sqs = sqs;
    this.url = url;
  }

  /** The queue's name, without its address. */
  get name(): string {
    return this.url.slice(this.url.lastIndexOf('/') + 1);
  }

  /**
   * Sends messages, in as few calls as SQS allows.
   * @param sharer for whom they are, all of them or each: SQS serves sharers with few messages first, so that whoever has thousands
   * waiting does not hold up the others (fair queues)
   * @throws TransientError Unavailable where SQS did not take all of them; those it took may be sent again by a retry.
   */
  async send(bodies: readonly string[], sharer?: string | readonly (string | undefined)[]): Promise<void> {
    for (const batch of batches(bodies.map((body, n) => inGroup(body, Array.isArray(sharer) ? sharer[n] : sharer)))) {
      const [only] = batch;
      if (only !== undefined && batch.length === 1) {
        await this.sendOnly(only);
        continue;
      }
      const Entries = batch.map((message, i) => ({ Id: String(i), ...message }));
      const command = new SendMessageBatchCommand({ QueueUrl: this.url, Entries });
      const { Failed = [] } = await this.sqs.send(command).catch((error: unknown) => {
        throw unavailable(`sending to ${this.name}`, error);
      });
      if (Failed.length > 0) {
        throw new TransientError(
          'Unavailable',
          `SQS did not take ${Failed.length} of ${batch.length} messages for ${this.name}: ${Failed[0]?.Message ?? Failed[0]?.Code}.`,
        );
      }
    }
  }

  /** One message by itself costs a quarter less than as a batch of one. */
  private async sendOnly(message: Sending): Promise<void> {
    await this.sqs.send(new SendMessageCommand({ QueueUrl: this.url, ...message })).catch((error: unknown) => {
      throw unavailable(`sending to ${this.name}`, error);
    });
  }

  /** Makes a received message come back after that many seconds instead of the queue's visibility time-out. */
  async delay(receiptHandle: string, seconds: number): Promise<void> {
    await this.sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  }

  /**
   * Puts a message into the dead-letter queue, with the reason in its attributes. Empty attributes are left out, and what
   * does not fit next to the body, from the last one on, is cut. Its group goes with it.
   */
  async sendToDeadLetters(
    body: string,
    attributes: Readonly<Record<string, string>>,
    again: Omit<SentAgain, 'seconds'> = {},
  ): Promise<void> {
    await this.sendOne(`${this.url}-dlq`, body, attributes, again);
  }

  /** Puts a message that was received on its queue again; it is delivered after so many seconds. */
  async putBack(body: string, attributes: Readonly<Record<string, string>>, again: SentAgain = {}): Promise<void> {
    await this.sendOne(this.url, body, attributes, again);
  }

  /** Whether it holds messages: waiting, in work, or to be tried again later. SQS' numbers lag behind a little. */
  async holdsAny(): Promise<boolean> {
    const AttributeNames = [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ] as const;
    const ask = new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: [...AttributeNames] });
    const { Attributes = {} } = await this.sqs.send(ask);
    return AttributeNames.some((name) => Number(Attributes[name] ?? 0) > 0);
  }

  private async sendOne(
    QueueUrl: string,
    body: string,
    attributes: Readonly<Record<string, string>>,
    { group, seconds = 0 }: SentAgain,
  ): Promise<void> {
    const entries = fitting(Object.entries(attributes), MAX_MESSAGE_BYTES - Buffer.byteLength(body));
    await this.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: body,
        ...(seconds > 0 ? { DelaySeconds: seconds } : {}),
        ...(group === undefined ? {} : { MessageGroupId: group }),
        MessageAttributes: Object.fromEntries(
          entries.map(([name, StringValue]) => [name, { DataType: STRING, StringValue }]),
        ),
      }),
    );
  }
}

/** The group of whoever a message is for: SQS takes neither all characters nor all lengths for its name. */
export function groupOf(sharer: string): string {
  return hash('sha256', sharer, 'hex').slice(0, 32);
}

function unavailable(doing: string, error: unknown): TransientError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransientError('Unavailable', `${doing} failed: ${reason}. It is tried again.`, { cause: error });
}

/** A message and its group. */
interface Sending {
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
}

function inGroup(MessageBody: string, sharer: string | undefined): Sending {
  return sharer === undefined ? { MessageBody } : { MessageBody, MessageGroupId: groupOf(sharer) };
}

function* batches(messages: readonly Sending[]): Generator<Sending[]> {
  let batch: Sending[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.MessageBody);
    if (batch.length === MAX_BATCH || (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function fitting(attributes: readonly [name: string, value: string][], bytes: number): [string, string][] {
  let left = bytes;
  return attributes.flatMap(([name, value]) => {
    const room = left - name.length - STRING.length;
    const cut = cutTo(sendable(value), room);
    left = room - Buffer.byteLength(cut);
    return cut === '' ? [] : [[name, cut]];
  });
}

/** The beginning of a text, in so many bytes of UTF-8 at most. */
function cutTo(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(Math.max(0, Math.min(bytes, 3 * text.length))));
  return text.slice(0, read);
}

/** SQS refuses control characters and half surrogate pairs in attributes. */
function sendable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what SQS refuses
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?');
}
