import { isOfMongo, isOutage } from '../clients/outage.ts';
import { cutTo, MAX_REASON_BYTES } from '../errors/bounds.ts';
import { type ErrorCode, SamplerError } from '../errors/errors.ts';
import { redact } from '../log/redact.ts';
import { deadLetterBody, MAX_TOLD_BYTES } from './dead-letter-body.ts';
import { type Delivery, ERROR_CODE_ATTRIBUTE, MAX_RECEIVES, REQUEST_ID_ATTRIBUTE } from './delivery.ts';
import type { Queue } from './queue.ts';

/** Why a message's work failed. */
export interface Failure {
  /** An error code of ours, or `Unexpected`. */
  readonly code: string;
  readonly message: string;
  /** Whether it can never succeed. */
  readonly permanent: boolean;
  readonly context: Readonly<Record<string, unknown>>;
  /** Where it came from, for errors that nobody foresaw. */
  readonly stack: string | undefined;
}

/**
 * Keeps a record of a message that was refused or abandoned, before it goes to the dead-letter queue. The message is
 * undefined where its body could not be read.
 */
export type KeepReason<Message> = (delivery: Delivery, failure: Failure, message: Message | undefined) => Promise<void>;

/** First retry after this; each later one after four times as long, up to the maximum: 5 tries outlast 5 minutes. */
const BACKOFF = { first: 5, factor: 4 };
/** What another message may fix within moments (a task registered at the same time) is tried again sooner. */
const QUICK_BACKOFF = { first: 1, factor: 2 };
const QUICK: ReadonlySet<string> = new Set<ErrorCode>(['NotRegistered']);
const MAX_BACKOFF_SECONDS = 600;

/** The code of what no redrive can mend, as the message itself is wrong. */
const HOPELESS: ErrorCode = 'BadMessage';

/** Reads what was thrown, in at most {@link MAX_REASON_BYTES} and without any secret. */
export function failureOf(error: unknown): Failure {
  const failure = readFailure(error);
  return { ...failure, message: redact(cutTo(failure.message, MAX_REASON_BYTES)) };
}

function readFailure(error: unknown): Failure {
  if (error instanceof SamplerError) {
    const { code, message, permanent, context } = error;
    return { code, message, permanent, context, stack: undefined };
  }
  if (isOutage(error)) {
    const who = isOfMongo(error) ? 'MongoDB' : 'A server';
    const message = `${who} is out of reach: ${error.message}. It is tried again.`;
    return { code: 'Unavailable', message, permanent: false, context: {}, stack: undefined };
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return { code: 'Unexpected', message, permanent: false, context: {}, stack };
}

/**
 * Puts a failed message where it belongs: into the dead-letter queue, with its identity and the reason, where it can never
 * succeed or has had its last try; else back to its queue, after a while.
 * @returns where it went
 */
export async function settleFailure(
  delivery: Delivery,
  failure: Failure,
  queue: Queue,
  keepReason: () => Promise<void>,
): Promise<'dead' | 'retried'> {
  const last = delivery.received >= MAX_RECEIVES;
  if ((failure.permanent || last) && (await toDeadLetters(delivery, failure, queue, keepReason))) return 'dead';
  await retryLater(delivery, failure, queue);
  return 'retried';
}

async function toDeadLetters(
  delivery: Delivery,
  failure: Failure,
  queue: Queue,
  keepReason: () => Promise<void>,
): Promise<boolean> {
  const { code, message, permanent, context, stack } = failure;
  const what = permanent ? 'message refused' : 'message abandoned after its last try';
  delivery.log.error(`${what}; it goes to the dead-letter queue`, { code, error: message, ...context, stack });
  try {
    await keepReason();
  } catch (cause) {
    delivery.log.error('no record of the message could be kept', { error: failureOf(cause).message });
    // With its last try the log and the message's own attributes must do.
    if (delivery.received < MAX_RECEIVES) return false;
  }
  try {
    const told = {
      [REQUEST_ID_ATTRIBUTE]: delivery.requestId,
      [ERROR_CODE_ATTRIBUTE]: code,
      'error-message': cutTo(message, MAX_TOLD_BYTES),
    };
    await queue.sendToDeadLetters(deadLetterBody(delivery.body, code === HOPELESS), told, { group: delivery.group });
    return true;
  } catch (cause) {
    // After the last try SQS itself moves it, as this delivery is not deleted.
    delivery.log.error('the dead-letter queue did not take the message', { error: failureOf(cause).message });
    return false;
  }
}

async function retryLater({ received, receiptHandle, log }: Delivery, failure: Failure, queue: Queue): Promise<void> {
  const { code, message, stack } = failure;
  const seconds = backoffSeconds(received, QUICK.has(code) ? QUICK_BACKOFF : BACKOFF);
  log.warn('message failed; it will be delivered again', {
    code,
    error: message,
    stack,
    received,
    retryInSeconds: seconds,
  });
  await queue.delay(receiptHandle, seconds).catch((cause: unknown) => {
    log.warn('the retry could not be delayed', { error: failureOf(cause).message });
  });
}

/** Growing waits, spread over their upper half so that messages which failed together do not come back together. */
export function backoffSeconds(
  received: number,
  { first, factor }: { first: number; factor: number } = BACKOFF,
  random: () => number = Math.random,
): number {
  const full = Math.min(MAX_BACKOFF_SECONDS, first * factor ** Math.max(0, received - 1));
  return Math.ceil(full / 2 + (random() * full) / 2);
}
