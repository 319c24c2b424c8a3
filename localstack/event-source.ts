import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { failedIds, toSqsEvent } from './sqs-event.ts';

/** A queue that drives a function. */
export interface EventSource {
  name: string;
  queueUrl: string;
  batchSize: number;
  /** How many batches are handled at once. */
  maximumConcurrency: number;
  /** Handles one batch; what it returns or throws is read as Lambda reads it. */
  invoke: (event: SQSEvent) => Promise<unknown>;
}

/** Running event sources. */
export interface EventSources {
  /**
   * Takes no more messages, gives the batches in work `graceMs` to end, and hands back what is left to its queue. Can be
   * called more than once.
   */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Polls are short: one that is broken off may still take messages, which nobody then works on, so that stopping has to
 * wait for those under way.
 */
const POLL_SECONDS = 1;
const PAUSE_AFTER_ERROR_MS = 1000;
const GRACE_MS = 5000;
/**
 * A batch whose function threw or died comes back after this. On Lambda it is the queue's visibility time-out, up to 90
 * minutes, for which nobody wants to wait at a machine of their own.
 */
const RETURN_SECONDS = 10;

/**
 * Polls queues and calls functions as Lambda's event source mappings do: in batches, of which the messages that the
 * answer does not call failed are deleted. The others come back when their visibility time-out ends, those of a function
 * that throws or dies after {@link RETURN_SECONDS} at most. `onError` receives what goes wrong; polling continues.
 */
export function startEventSources(
  sqs: SQSClient,
  sources: readonly EventSource[],
  onError: (source: string, error: unknown) => void,
): EventSources {
  const inWork = new Set<Batch>();
  const receiving = new Set<Promise<unknown>>();
  let stopping = false;

  async function poll(source: EventSource): Promise<void> {
    const queue = await queueFacts(sqs, source.queueUrl);
    while (!stopping) {
      const received = receive(sqs, source);
      receiving.add(received);
      const batch = { queueUrl: source.queueUrl, messages: await received.finally(() => receiving.delete(received)) };
      if (batch.messages.length === 0) continue;
      inWork.add(batch);
      if (stopping) return;
      await work(sqs, source, batch, queue).finally(() => inWork.delete(batch));
    }
  }

  async function pollOn(source: EventSource): Promise<void> {
    while (!stopping) {
      await poll(source).catch(async (error) => {
        onError(source.name, error);
        await sleep(PAUSE_AFTER_ERROR_MS);
      });
    }
  }

  const pollers = sources.flatMap((source) => Array.from({ length: source.maximumConcurrency }, () => pollOn(source)));
  const ended = Promise.all(pollers);
  return {
    async stop(graceMs = GRACE_MS) {
      stopping = true;
      await Promise.allSettled(receiving);
      const grace = new AbortController();
      await Promise.race([ended, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      await Promise.all([...inWork].map((batch) => release(sqs, batch, 0)));
    },
  };
}

/** Messages that were received together. */
interface Batch {
  queueUrl: string;
  messages: readonly Message[];
}

async function receive(sqs: SQSClient, source: EventSource): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: source.queueUrl,
    MaxNumberOfMessages: source.batchSize,
    WaitTimeSeconds: POLL_SECONDS,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages = [] } = await sqs.send(command);
  return Messages;
}

async function work(sqs: SQSClient, source: EventSource, batch: Batch, queue: QueueFacts): Promise<void> {
  const { messages } = batch;
  const event = toSqsEvent(messages, queue.arn);
  const answer = await source.invoke(event).catch(async (error) => {
    await release(sqs, batch, Math.min(RETURN_SECONDS, queue.visibilitySeconds));
    throw error;
  });
  const failed = failedIds(
    answer,
    event.Records.map(({ messageId }) => messageId),
  );
  const Entries = messages
    .filter(({ MessageId }) => !failed.has(MessageId ?? ''))
    .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: source.queueUrl, Entries }));
}

/** Makes messages come back after so many seconds. */
async function release(sqs: SQSClient, { queueUrl: QueueUrl, messages }: Batch, seconds: number): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: seconds,
  }));
  await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {});
}

/** What a queue says of itself. */
interface QueueFacts {
  arn: string;
  visibilitySeconds: number;
}

async function queueFacts(sqs: SQSClient, QueueUrl: string): Promise<QueueFacts> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn', 'VisibilityTimeout'] });
  const { Attributes = {} } = await sqs.send(command);
  return { arn: Attributes['QueueArn'] ?? '', visibilitySeconds: Number(Attributes['VisibilityTimeout'] ?? 30) };
}
