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

const LONG_POLL_SECONDS = 20;
const PAUSE_AFTER_ERROR_MS = 1000;
const GRACE_MS = 5000;

/**
 * Polls queues and calls functions as Lambda's event source mappings do: in batches, of which the messages that the
 * answer does not call failed are deleted. The others, and all of a batch whose function throws, come back when their
 * visibility time-out ends. `onError` hears of what goes wrong; polling goes on.
 */
export function startEventSources(
  sqs: SQSClient,
  sources: readonly EventSource[],
  onError: (source: string, error: unknown) => void,
): EventSources {
  const stopping = new AbortController();
  const inWork = new Map<string, { queueUrl: string; messages: readonly Message[] }>();
  let batches = 0;

  async function poll(source: EventSource): Promise<void> {
    let arn: string | undefined;
    while (!stopping.signal.aborted) {
      try {
        arn ??= await queueArn(sqs, source.queueUrl);
        const messages = await receive(sqs, source, stopping.signal);
        if (messages.length === 0) continue;
        const batch = String(batches++);
        inWork.set(batch, { queueUrl: source.queueUrl, messages });
        await work(sqs, source, messages, arn).finally(() => inWork.delete(batch));
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(source.name, error);
        await sleep(PAUSE_AFTER_ERROR_MS);
      }
    }
  }

  const pollers = sources.flatMap((source) => Array.from({ length: source.maximumConcurrency }, () => poll(source)));
  const ended = Promise.all(pollers);
  return {
    async stop(graceMs = GRACE_MS) {
      stopping.abort();
      const grace = new AbortController();
      await Promise.race([ended, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      await Promise.all([...inWork.values()].map(({ queueUrl, messages }) => release(sqs, queueUrl, messages)));
    },
  };
}

async function receive(sqs: SQSClient, source: EventSource, abortSignal: AbortSignal): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: source.queueUrl,
    MaxNumberOfMessages: source.batchSize,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  const { Messages = [] } = await sqs.send(command, { abortSignal });
  return Messages;
}

async function work(sqs: SQSClient, source: EventSource, messages: readonly Message[], arn: string): Promise<void> {
  const event = toSqsEvent(messages, arn);
  const answer = await source.invoke(event);
  const failed = failedIds(
    answer,
    event.Records.map(({ messageId }) => messageId),
  );
  const Entries = messages
    .filter(({ MessageId }) => !failed.has(MessageId ?? ''))
    .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: source.queueUrl, Entries }));
}

async function release(sqs: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle,
    VisibilityTimeout: 0,
  }));
  await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {});
}

async function queueArn(sqs: SQSClient, QueueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return Attributes?.['QueueArn'] ?? '';
}
