import { hash } from 'node:crypto';
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { WAITS } from '../clients/waits.ts';
import { TransientError } from '../errors/errors.ts';
import { HeldMessage, NotWanted } from './held-message.ts';
import { batches, contents, MAX_BATCH, type Outgoing } from './outgoing.ts';

/**
 * What goes with a message that is sent again: the group under which it came, so that a flood that is sent again starves nobody either;
 * and after how many seconds it is delivered.
 */
type SentAgain = Pick<Outgoing, 'group' | 'seconds'>;

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
    const sharerOf = (n: number) => (Array.isArray(sharer) ? sharer[n] : sharer);
    const messages = bodies.map((body, n) => ({ body, group: groupFor(sharerOf(n)) }));
    for (const batch of batches(messages)) {
      const [only] = batch;
      if (only !== undefined && batch.length === 1) {
        // By itself a message costs a quarter less than as a batch of one.
        await this.sendTo(this.url, only).catch((error: unknown) => {
          throw unavailable(`sending to ${this.name}`, error);
        });
        continue;
      }
      const failed = await this.sendBatch(batch);
      const [first] = failed;
      if (first === undefined) continue;
      throw new TransientError(
        'Unavailable',
        `SQS did not take ${failed.length} of ${batch.length} messages for ${this.name}: ${first.Message ?? first.Code}.`,
      );
    }
  }

  /**
   * Sends a message once it is known to be wanted; all that a call needs before it can leave is done meanwhile.
   * @returns whether it was sent: not where it turns out that it is not wanted, or where that can't be said
   * @throws as `send`
   */
  async sendWhen(wanted: Promise<boolean>, body: string, sharer: string): Promise<boolean> {
    const message = { QueueUrl: this.url, ...contents({ body, group: groupFor(sharer) }) };
    try {
      await this.sqs.send(new HeldMessage(message, wanted));
      return true;
    } catch (error) {
      if (error instanceof NotWanted) return false;
      throw unavailable(`sending to ${this.name}`, error);
    }
  }

  /** What SQS did not take of them. @throws TransientError Unavailable */
  private async sendBatch(batch: readonly Outgoing[], within: Within = {}): Promise<readonly BatchResultErrorEntry[]> {
    const Entries = batch.map((message, i) => ({ Id: String(i), ...contents(message) }));
    const command = new SendMessageBatchCommand({ QueueUrl: this.url, Entries });
    const { Failed = [] } = await this.sqs.send(command, within).catch((error: unknown) => {
      throw unavailable(`sending to ${this.name}`, error);
    });
    return Failed;
  }

  /**
   * Puts messages that were received on their queue again, with all their tries; where that fails, they stay as they are. Never throws.
   * @returns the places of those that are there
   */
  async putBackAll(messages: readonly Outgoing[]): Promise<ReadonlySet<number>> {
    const placed = messages.map((message, place) => ({ ...message, place }));
    const within = beforeWork();
    const taken = [...batches(placed)].map(async (batch) => {
      const failed = await this.sendBatch(batch, within).catch(() => undefined);
      const missing = new Set(failed?.map(({ Id }) => Id));
      return failed ? batch.flatMap(({ place }, i) => (missing.has(String(i)) ? [] : [place])) : [];
    });
    return new Set((await Promise.all(taken)).flat());
  }

  /** Deletes received messages. @throws what SQS fails with, or an Error where it does not delete all of them */
  async deleteAll(receiptHandles: readonly string[]): Promise<void> {
    const within = beforeWork();
    for (let from = 0; from < receiptHandles.length; from += MAX_BATCH) {
      const some = receiptHandles.slice(from, from + MAX_BATCH);
      const Entries = some.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle }));
      const command = new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries });
      const { Failed = [] } = await this.sqs.send(command, within);
      const [first] = Failed;
      if (first) throw new Error(`${Failed.length} messages were not deleted: ${first.Message ?? first.Code}`);
    }
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
   * Makes received messages, of one event, come back at once.
   * @throws what SQS fails with, or an Error where some of them have to wait for the visibility time-out
   */
  async releaseAll(receiptHandles: readonly string[]): Promise<void> {
    if (receiptHandles.length === 0) return;
    const Entries = receiptHandles.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle, VisibilityTimeout: 0 }));
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries });
    const { Failed = [] } = await this.sqs.send(command, beforeWork());
    const [first] = Failed;
    if (first) throw new Error(`${Failed.length} messages do not come back at once: ${first.Message ?? first.Code}`);
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
    await this.sendTo(`${this.url}-dlq`, { body, attributes, ...again });
  }

  /** Puts a message that was received on its queue again; it is delivered after so many seconds. */
  async putBack(body: string, attributes: Readonly<Record<string, string>>, again: SentAgain = {}): Promise<void> {
    await this.sendTo(this.url, { body, attributes, ...again });
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

  private async sendTo(QueueUrl: string, message: Outgoing): Promise<void> {
    await this.sqs.send(new SendMessageCommand({ QueueUrl, ...contents(message) }));
  }
}

/** When a call of SQS is given up. */
interface Within {
  readonly abortSignal?: AbortSignal;
}

/** What comes before the work of an event may not take its time, where SQS gives no answer. */
function beforeWork(): Within {
  return { abortSignal: AbortSignal.timeout(WAITS.sqsBeforeWork) };
}

/** The group of whoever a message is for: SQS takes neither all characters nor all lengths for its name. */
export function groupOf(sharer: string): string {
  return hash('sha256', sharer, 'hex').slice(0, 32);
}

function groupFor(sharer: string | undefined): string | undefined {
  return sharer === undefined ? undefined : groupOf(sharer);
}

function unavailable(doing: string, error: unknown): TransientError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransientError('Unavailable', `${doing} failed: ${reason}. It is tried again.`, { cause: error });
}
