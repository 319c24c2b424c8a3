import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type ErrorCode, SamplerError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import type { Queue } from './queue.ts';

/** A delivered message. */
export interface Delivery {
  /** Who the message is, however often it is delivered, and also after it came back from the dead-letter queue. */
  readonly requestId: string;
  readonly body: string;
  /** Whether an operator sent it back from the dead-letter queue, where we had put it. */
  readonly redriven: boolean;
  readonly log: Logger;
}

/** How a batch is worked through. */
export interface BatchOptions {
  readonly queue: Queue;
  readonly log: Logger;
  /** Does the message's work. What it throws decides: a permanent error ends in the dead-letter queue, others are retried. */
  readonly handle: (delivery: Delivery) => Promise<void>;
  /** Keeps a record of a message that was given up after its last try; it may be sent back later. */
  readonly onGivenUp?: (delivery: Delivery, error: SamplerError) => Promise<void>;
  /** Keeps a record of a message that can never succeed, before it goes to the dead-letter queue. */
  readonly onPermanent: (delivery: Delivery, error: SamplerError) => Promise<void>;
}

/** With less time than this left, what is not begun goes back to the queue. */
const MIN_TIME_LEFT_MS = 5_000;
/** First retry after this; doubled each time, up to the maximum. */
const BACKOFF_SECONDS = 5;
/** What another message may mend within moments (a task registered at the same time) is tried again sooner. */
const QUICK_BACKOFF_SECONDS = 1;
const QUICK: ReadonlySet<string> = new Set<ErrorCode>(['NotRegistered']);
const MAX_BACKOFF_SECONDS = 600;

/** The queues' `maxReceiveCount` (CONTRACT, "Failure"). */
export const MAX_RECEIVES = 5;

/** Attributes that a message carries in the dead-letter queue, and back again. */
export const REQUEST_ID_ATTRIBUTE = 'request-id';
export const ERROR_CODE_ATTRIBUTE = 'error-code';

/**
 * Works through a batch of SQS messages, one after the other, and reports those to be delivered again
 * (`ReportBatchItemFailures`). One message's failure never holds up the others.
 */
export async function processBatch(
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  options: BatchOptions,
): Promise<SQSBatchResponse> {
  const failures: string[] = [];
  for (const record of event.Records) {
    if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) {
      options.log.warn('out of time; the message goes back to the queue', { messageId: record.messageId });
      failures.push(record.messageId);
      continue;
    }
    if (!(await processRecord(record, options))) failures.push(record.messageId);
  }
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Whether the message is over and done with. */
async function processRecord(record: SQSRecord, options: BatchOptions): Promise<boolean> {
  const delivery = toDelivery(record, options.log);
  try {
    await options.handle(delivery);
    return true;
  } catch (error) {
    if (error instanceof SamplerError && error.permanent) return toDeadLetters(record, delivery, error, options);
    return retryLater(record, delivery, error, options);
  }
}

async function toDeadLetters(
  record: SQSRecord,
  delivery: Delivery,
  error: SamplerError,
  options: BatchOptions,
): Promise<boolean> {
  delivery.log.error('message refused; it goes to the dead-letter queue', {
    code: error.code,
    error: error.message,
    ...error.context,
  });
  await keepRecord(delivery, error, options.onPermanent);
  try {
    await sendToDeadLetters(delivery, error, options.queue);
    return true;
  } catch (cause) {
    return retryLater(record, delivery, cause, options);
  }
}

async function retryLater(
  record: SQSRecord,
  delivery: Delivery,
  error: unknown,
  options: BatchOptions,
): Promise<boolean> {
  const received = Number(record.attributes.ApproximateReceiveCount);
  if (received >= MAX_RECEIVES && (await givenUp(delivery, error, options))) return true;
  const first = error instanceof SamplerError && QUICK.has(error.code) ? QUICK_BACKOFF_SECONDS : BACKOFF_SECONDS;
  const seconds = backoffSeconds(received, first);
  delivery.log.warn('message failed; it will be delivered again', {
    code: codeOf(error),
    error: messageOf(error),
    stack: error instanceof SamplerError ? undefined : error instanceof Error ? error.stack : undefined,
    received,
    retryInSeconds: seconds,
  });
  await options.queue.delay(record.receiptHandle, seconds).catch((cause: unknown) => {
    delivery.log.warn('the retry could not be delayed', { error: messageOf(cause) });
  });
  return false;
}

/** After its last try a message goes to the dead-letter queue by our hand, so that its identity and the reason go with it. */
async function givenUp(delivery: Delivery, error: unknown, options: BatchOptions): Promise<boolean> {
  delivery.log.error('message given up after its last try; it goes to the dead-letter queue', {
    error: messageOf(error),
  });
  if (error instanceof SamplerError && options.onGivenUp) await keepRecord(delivery, error, options.onGivenUp);
  try {
    await sendToDeadLetters(delivery, error, options.queue);
    return true;
  } catch {
    // SQS itself moves it when this delivery is not deleted.
    return false;
  }
}

/** Where no record can be kept, the log and the message's own attributes still tell the reason. */
async function keepRecord(
  delivery: Delivery,
  error: SamplerError,
  keep: (delivery: Delivery, error: SamplerError) => Promise<void>,
): Promise<void> {
  try {
    await keep(delivery, error);
  } catch (cause) {
    delivery.log.error('no record of the message could be kept', { error: messageOf(cause) });
  }
}

/** The message's identity and the reason go with it, and come back with a redrive. */
function sendToDeadLetters({ requestId, body }: Delivery, error: unknown, queue: Queue): Promise<void> {
  return queue.sendToDeadLetters(body, {
    [REQUEST_ID_ATTRIBUTE]: requestId,
    [ERROR_CODE_ATTRIBUTE]: codeOf(error),
    'error-message': messageOf(error).slice(0, 1000),
  });
}

function codeOf(error: unknown): string {
  return error instanceof SamplerError ? error.code : 'Unexpected';
}

/** Doubling waits, spread over their upper half so that messages which failed together do not come back together. */
export function backoffSeconds(received: number, first: number, random: () => number = Math.random): number {
  const full = Math.min(MAX_BACKOFF_SECONDS, first * 2 ** Math.max(0, received - 1));
  return Math.ceil(full / 2 + (random() * full) / 2);
}

function toDelivery(record: SQSRecord, log: Logger): Delivery {
  const requestId = record.messageAttributes[REQUEST_ID_ATTRIBUTE]?.stringValue ?? record.messageId;
  return {
    requestId,
    body: record.body,
    redriven: record.messageAttributes[ERROR_CODE_ATTRIBUTE] !== undefined,
    log: log.with({ requestId, messageId: record.messageId }),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
