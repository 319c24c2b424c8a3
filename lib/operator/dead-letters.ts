import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { messageOf, TransientError } from '../errors/errors.ts';
import { ERROR_CODE_ATTRIBUTE, PUT_BACK_ATTRIBUTES, REQUEST_ID_ATTRIBUTE } from '../queue/delivery.ts';

/** SQS gives and takes this many messages in one call. */
const BATCH = 10;
/** Nobody else sees a message while it is inspected; should this process die, it is back after so many seconds. */
const LOOK_SECONDS = 120;
/** The same while messages are sent back, of which there may be thousands. */
const REDRIVE_SECONDS = 900;
/** Says that an operator sent back a message which SQS itself had moved there, so that it had no reason of ours. */
const REDRIVEN = 'Redriven';

/** A message in a dead-letter queue. */
export interface DeadLetter {
  /** SQS' id of it. */
  readonly messageId: string;
  /** The id under which the request is known; that of the message itself where SQS put it aside. */
  readonly requestId: string;
  /** Null where SQS put it aside, which keeps no reason. */
  readonly code: string | null;
  readonly reason: string | null;
  readonly sentAt: Date;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Held extends DeadLetter {
  readonly receiptHandle: string;
  readonly group: string | undefined;
  readonly raw: Readonly<Record<string, MessageAttributeValue>>;
}

/** One queue's dead-letter queue, which is named after it. */
export class DeadLetters {
  readonly #sqs: SQSClient;
  readonly #source: string;
  readonly #url: string;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#source = queueUrl;
    this.#url = `${queueUrl}-dlq`;
  }

  /** Up to `limit` of its messages, those that lie there longest first. All of them stay in it, and are back at once. */
  async list(limit: number): Promise<DeadLetter[]> {
    const held = await this.#take(limit, LOOK_SECONDS);
    await this.#putBack(held);
    return held.map(({ receiptHandle: _, raw: __, group: ___, ...letter }) => letter);
  }

  /** Removes the messages that `wanted` chooses for good; all others are back at once. @throws as the client does */
  async remove(wanted: (letter: DeadLetter) => boolean, onRemoved: (letter: DeadLetter) => void): Promise<void> {
    const held = await this.#take(Number.POSITIVE_INFINITY, REDRIVE_SECONDS);
    const gone = new Set<Held>();
    try {
      for (const letter of held.filter(wanted)) {
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: letter.receiptHandle }));
        gone.add(letter);
        onRemoved(letter);
      }
    } finally {
      await this.#putBack(held.filter((letter) => !gone.has(letter)));
    }
  }

  /**
   * Sends the messages that `wanted` chooses back to the queue they came from, under their old identity and in their group. A message is
   * removed only after its copy was taken; what is not chosen, or could not be sent, stays. Messages that come in
   * meanwhile, such as those that fail again, are not taken.
   * @throws TransientError Unavailable where SQS does not take one; `onSent` has told of those before it
   */
  async redrive(wanted: (letter: DeadLetter) => boolean, onSent: (letter: DeadLetter) => void): Promise<void> {
    const held = await this.#take(Number.POSITIVE_INFINITY, REDRIVE_SECONDS);
    const chosen = held.filter(wanted);
    let done = 0;
    try {
      for (const letter of chosen) {
        await this.#sendBack(letter);
        done++;
        onSent(letter);
      }
    } catch (cause) {
      const reason = messageOf(cause);
      const message = `message ${chosen[done]?.messageId} could not be sent back: ${reason}. It stays in the dead-letter queue, as do ${chosen.length - done - 1} after it.`;
      throw new TransientError('Unavailable', message, { cause });
    } finally {
      const rest = new Set(chosen.slice(0, done));
      await this.#putBack(held.filter((letter) => !rest.has(letter)));
    }
  }

  async #sendBack(letter: Held): Promise<void> {
    const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });
    await this.#sqs.send(
      new SendMessageCommand({
        QueueUrl: this.#source,
        MessageBody: letter.body,
        ...(letter.group === undefined ? {} : { MessageGroupId: letter.group }),
        MessageAttributes: {
          [ERROR_CODE_ATTRIBUTE]: text(REDRIVEN),
          [REQUEST_ID_ATTRIBUTE]: text(letter.requestId),
          ...Object.fromEntries(Object.entries(letter.raw).filter(([name]) => !PUT_BACK_ATTRIBUTES.includes(name))),
        },
      }),
    );
    await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: this.#url, ReceiptHandle: letter.receiptHandle }));
  }

  /** Receives until no more come; what is taken is invisible for so many seconds. */
  async #take(limit: number, seconds: number): Promise<Held[]> {
    const held = new Map<string, Held>();
    for (let empty = 0; empty < 2 && held.size < limit; ) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: Math.min(BATCH, limit - held.size),
          VisibilityTimeout: seconds,
          // One answer asks few of SQS' machines unless it waits a little.
          WaitTimeSeconds: empty,
          MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId'],
          MessageAttributeNames: ['All'],
        }),
      );
      empty = Messages.length === 0 ? empty + 1 : 0;
      for (const message of Messages) held.set(message.MessageId ?? '', toHeld(message));
    }
    return [...held.values()].sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime());
  }

  async #putBack(held: readonly Held[]): Promise<void> {
    for (let i = 0; i < held.length; i += BATCH) {
      const Entries = held
        .slice(i, i + BATCH)
        .map(({ receiptHandle }, at) => ({ Id: String(at), ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }));
      await this.#sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries }));
    }
  }
}

function toHeld({ MessageId = '', Body = '', ReceiptHandle = '', Attributes, MessageAttributes = {} }: Message): Held {
  const attributes = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue ?? '']),
  );
  return {
    messageId: MessageId,
    requestId: attributes[REQUEST_ID_ATTRIBUTE] ?? MessageId,
    code: attributes[ERROR_CODE_ATTRIBUTE] ?? null,
    reason: attributes['error-message'] ?? null,
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)),
    body: Body,
    attributes,
    receiptHandle: ReceiptHandle,
    group: Attributes?.MessageGroupId,
    raw: MessageAttributes,
  };
}
