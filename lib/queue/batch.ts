import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Logger } from '../log/log.ts';
import { type Delivery, toDelivery } from './delivery.ts';
import { failureOf, type KeepReason, settleFailure } from './failure.ts';
import type { Queue } from './queue.ts';

/** How a batch is worked through. */
export interface BatchOptions {
  readonly queue: Queue;
  readonly log: Logger;
  /** Finds out who a message is that comes back under another id; without it, it is who it says. */
  readonly identify?: (delivery: Delivery) => Promise<{ readonly requestId: string; readonly resumed: boolean }>;
  /** Does the message's work. What it throws decides: a permanent error ends in the dead-letter queue, others are retried. */
  readonly handle: (delivery: Delivery) => Promise<void>;
  readonly keepReason: KeepReason;
}

/** With less time than this left, what is not begun goes back to the queue. */
const MIN_TIME_LEFT_MS = 5_000;

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
  let delivery = toDelivery(record, options.log);
  try {
    delivery = await identified(delivery, options);
    await options.handle(delivery);
    return true;
  } catch (error) {
    return settleFailure(delivery, failureOf(error), options.queue, options.keepReason);
  }
}

async function identified(delivery: Delivery, { identify }: BatchOptions): Promise<Delivery> {
  if (!identify) return delivery;
  const { requestId, resumed } = await identify(delivery);
  if (!resumed) return delivery;
  delivery.log.info('goes on with what was begun for this message under its earlier id', { earlier: requestId });
  return { ...delivery, requestId, redriven: true, log: delivery.log.with({ requestId }) };
}
