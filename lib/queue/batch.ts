import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Logger } from '../log/log.ts';
import { type Delivery, toDelivery } from './delivery.ts';
import { failureOf, type KeepReason, settleFailure } from './failure.ts';
import type { Queue } from './queue.ts';

/** How one delivery ended: the message is done, will be delivered again, or lies in the dead-letter queue. */
export type Outcome = 'done' | 'retried' | 'dead';

/** How a batch is worked through. */
export interface BatchOptions<Message> {
  readonly queue: Queue;
  readonly log: Logger;
  /** Reads a body; throws a permanent error where it is no message of this queue. */
  readonly parse: (body: string) => Message;
  /** Finds out who a message is that comes back under another id; without it, it is who it says. */
  readonly identify?: (delivery: Delivery) => Promise<{ readonly requestId: string; readonly resumed: boolean }>;
  /** Does the message's work. What it throws decides: a permanent error ends in the dead-letter queue, others are retried. */
  readonly handle: (message: Message, delivery: Delivery) => Promise<void>;
  readonly keepReason: KeepReason<Message>;
  /** Hears of each message's end in this batch, and of those that were not begun. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** With less time than this left, what is not begun goes back to the queue. */
const MIN_TIME_LEFT_MS = 5_000;

/**
 * Works through a batch of SQS messages, one after the other, and reports those to be delivered again
 * (`ReportBatchItemFailures`). One message's failure never holds up the others.
 */
export async function processBatch<Message>(
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  options: BatchOptions<Message>,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records) {
    const outcome = await processRecord(record, context, options);
    options.onOutcome?.(outcome);
    if (outcome === 'retried') batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures };
}

async function processRecord<Message>(
  record: SQSRecord,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  options: BatchOptions<Message>,
): Promise<Outcome> {
  let delivery = toDelivery(record, options.log);
  if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) {
    delivery.log.warn('out of time; the message goes back to the queue');
    return 'retried';
  }
  let message: Message | undefined;
  try {
    message = options.parse(record.body);
    delivery = await identified(delivery, options);
    await options.handle(message, delivery);
    return 'done';
  } catch (error) {
    const failure = failureOf(error);
    return settleFailure(delivery, failure, options.queue, () => options.keepReason(delivery, failure, message));
  }
}

async function identified<Message>(delivery: Delivery, { identify }: BatchOptions<Message>): Promise<Delivery> {
  if (!identify) return delivery;
  const { requestId, resumed } = await identify(delivery);
  if (!resumed) return delivery;
  delivery.log.append({ requestId });
  delivery.log.info('goes on with what was begun for this message under its earlier id');
  return { ...delivery, requestId, redriven: true };
}
