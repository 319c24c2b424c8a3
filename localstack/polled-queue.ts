import type { Message } from '@aws-sdk/client-sqs';
import type { QueueCalls } from './queue-calls.ts';

/**
 * Polls are short: one that is broken off may still take messages, which nobody then works on, so that stopping has to
 * wait for those under way.
 */
const POLL_SECONDS = 1;
/** What SQS takes in one call. */
const MAX_ENTRIES = 10;
/** How long a deletion waits for others to go with. */
const DELETE_WITHIN_MS = 100;

/** What a queue says of itself. */
export interface QueueFacts {
  arn: string;
  visibilitySeconds: number;
}

/** What a poller does with one queue: takes messages, gives them back, and deletes them together with others. */
export class PolledQueue {
  readonly #calls: QueueCalls;
  readonly #url: string;
  readonly #onError: (error: unknown) => void;
  #facts: Promise<QueueFacts> | undefined;
  #done: Message[] = [];
  #soon: NodeJS.Timeout | undefined;
  readonly #deleting = new Set<Promise<void>>();

  /** `onError` gets what goes wrong when messages are deleted: they come once more, as they may on AWS. */
  constructor(calls: QueueCalls, url: string, onError: (error: unknown) => void) {
    this.#calls = calls;
    this.#url = url;
    this.#onError = onError;
  }

  /** Asked once. */
  facts(): Promise<QueueFacts> {
    this.#facts ??= this.#ask().catch((error) => {
      this.#facts = undefined;
      throw error;
    });
    return this.#facts;
  }

  /** Up to `most` messages, with all their attributes; none when none came within a second. */
  async receive(most: number): Promise<readonly Message[]> {
    const { Messages = [] } = await this.#calls.receiveMessage({
      QueueUrl: this.#url,
      MaxNumberOfMessages: most,
      WaitTimeSeconds: POLL_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    return Messages;
  }

  /** Deletes messages soon. */
  delete(messages: readonly Message[]): void {
    this.#done.push(...messages);
    if (this.#done.length >= MAX_ENTRIES) this.#deleteNow();
    else if (this.#done.length > 0) this.#soon ??= setTimeout(() => this.#deleteNow(), DELETE_WITHIN_MS);
  }

  /** Resolves when all that was to be deleted is. */
  async flush(): Promise<void> {
    this.#deleteNow();
    await Promise.all(this.#deleting);
  }

  /** Makes messages come back after so many seconds. Where that fails, they come back when their visibility time-out ends. */
  async release(messages: readonly Message[], seconds: number): Promise<void> {
    for (const some of inParts(messages)) {
      const Entries = some.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: seconds,
      }));
      const input = { QueueUrl: this.#url, Entries };
      await this.#calls.changeMessageVisibilityBatch(input).catch(() => undefined);
    }
  }

  #deleteNow(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    for (const messages of inParts(this.#done.splice(0))) {
      const deleted = this.#deleteThese(messages).catch(this.#onError);
      this.#deleting.add(deleted);
      void deleted.finally(() => this.#deleting.delete(deleted));
    }
  }

  async #deleteThese(messages: readonly Message[]): Promise<void> {
    const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    const { Failed = [] } = await this.#calls.deleteMessageBatch({ QueueUrl: this.#url, Entries });
    const [first] = Failed;
    if (first) throw new Error(`${Failed.length} messages could not be deleted: ${first.Code} ${first.Message ?? ''}`);
  }

  async #ask(): Promise<QueueFacts> {
    const { Attributes = {} } = await this.#calls.getQueueAttributes({
      QueueUrl: this.#url,
      AttributeNames: ['QueueArn', 'VisibilityTimeout'],
    });
    return { arn: Attributes['QueueArn'] ?? '', visibilitySeconds: Number(Attributes['VisibilityTimeout'] ?? 30) };
  }
}

function inParts(messages: readonly Message[]): Message[][] {
  const parts = Math.ceil(messages.length / MAX_ENTRIES);
  return Array.from({ length: parts }, (_, part) => messages.slice(part * MAX_ENTRIES, (part + 1) * MAX_ENTRIES));
}
