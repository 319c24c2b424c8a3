import { setImmediate } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import { cutTo } from '../errors/bounds.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { type Awaited, waitsOn } from './awaited.ts';
import { type Arrived, type Delivery, IdentityInDoubt, REQUEST_ID_ATTRIBUTE, toDelivery } from './delivery.ts';
import { failureOf, type KeepReason, settleFailure } from './failure.ts';
import { holdOneRequest } from './one-request.ts';
import { putBack, release } from './put-back.ts';
import type { Queue } from './queue.ts';
import type { Together } from './together.ts';

/**
 * How one delivery ended:
 * - `done`: the message's work is done
 * - `retried`: it will be delivered again, and has one try less
 * - `dead`: it lies in the dead-letter queue
 * - `returned`: it is on its queue again with all its tries, as time was up or as it waits for another message's work
 * - `notBegun`: likewise, as others of its batch came first
 */
export type MessageOutcome = 'done' | 'retried' | 'dead' | 'returned' | 'notBegun';

/** Who a message turned out to be. */
export interface Identified {
  readonly requestId: string;
  /** Whether it goes on with what was begun under that id. */
  readonly resumed: boolean;
  /** Whether it says that it is a request that another message is. */
  readonly foreign?: boolean;
}

/** How long the function may still run, in milliseconds. */
export type TimeLeft = () => number;

/** How a batch is worked through. */
export interface BatchOptions<Message> {
  readonly queue: Queue;
  readonly log: Logger;
  /** Reads a body; throws a permanent error where it is no message of this queue. */
  readonly parse: (body: string) => Message;
  /** Finds out who a message is that comes back under another id; without it, it is who it says. */
  readonly identify?: (delivery: Delivery) => Promise<Identified>;
  /**
   * Which deliveries are worked on before `identify` is asked, which saves nearly all of them a command. The work itself finds out
   * whether the message may be another one ({@link IdentityInDoubt}). Where it fails, for whatever reason, `identify` is asked, and the work
   * is done again under the id that it gives.
   */
  readonly identifiesLate?: ((delivery: Delivery) => boolean) | undefined;
  /** Does the message's work. What it throws decides: a permanent error ends in the dead-letter queue, others are retried. */
  readonly handle: (message: Message, delivery: Delivery, timeLeft: TimeLeft) => Promise<void>;
  readonly keepReason: KeepReason<Message>;
  /** What may still come that mends a failure; without it, such a failure is tried again like others. */
  readonly awaits?: Awaited | undefined;
  /** What several messages of a batch can have done together; without it, they are worked on one after the other. */
  readonly together?: Together<Message> | undefined;
  /** How many messages of one request are worked on at a time, all of which were never tried; one where that is not said. */
  readonly sideBySide?: number | undefined;
  /** Hears of each message's end in this batch. */
  readonly onOutcome?: (outcome: MessageOutcome) => void;
}

/** Turns of the event loop after which every end of a connection has been told. */
const TURNS = 2;

/** With less time than this left, what is not begun goes back to the queue. */
const MIN_TIME_LEFT_MS = 5_000;

/**
 * Works through a batch of SQS messages and reports those to be delivered again (`ReportBatchItemFailures`). One message's failure
 * never holds up the others. A message that this process dies of takes no other request with it: see {@link holdOneRequest}.
 */
export async function processBatch<Message>(
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  options: BatchOptions<Message>,
): Promise<SQSBatchResponse> {
  const timeLeft = () => context.getRemainingTimeInMillis();
  const { together, log } = options;
  await hearWhatEnded();
  const messages = event.Records.map((record): Arrived => ({ record, delivery: toDelivery(record, log) }));
  const isLate = () => timeLeft() < MIN_TIME_LEFT_MS;
  const takesAll = together === undefined || messages.length < 2 || isLate();
  const { left, ended } = takesAll ? { left: messages, ended: [] } : await holdOneRequest(messages, together, options);
  const ends = new Map<Arrived, MessageOutcome>(ended);
  const work = async (message: Arrived, place: number) => {
    ends.set(
      message,
      isLate() ? await outOfTime(message, place, options) : await processMessage(message, options, timeLeft),
    );
  };
  await pMap(left, work, { concurrency: options.sideBySide ?? 1 });
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const message of messages) {
    const outcome = ends.get(message);
    if (outcome === undefined) continue;
    options.onOutcome?.(outcome);
    if (outcome === 'retried') batchItemFailures.push({ itemIdentifier: message.record.messageId });
  }
  return { batchItemFailures };
}

/**
 * A process that stood still since its last batch, as Lambda lets it, hears now which of its connections ended meanwhile: in the
 * same turn of the event loop as the batch comes, and its clients know it only after the next one. Else they would use those.
 */
async function hearWhatEnded(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}

/**
 * A message whose time others of its batch took goes back to its queue: it comes back at once, and none of its tries is
 * gone. One that had all the time there was is merely tried again, so that nothing goes round without end.
 */
async function outOfTime<Message>(
  message: Arrived,
  place: number,
  { queue, log }: BatchOptions<Message>,
): Promise<MessageOutcome> {
  const { delivery } = message;
  delivery.log.warn('out of time; the message goes back to the queue');
  if (place > 0) return (await putBack([message], { queue, log })).has(message) ? 'returned' : 'retried';
  await release([delivery], queue, log);
  return 'retried';
}

async function processMessage<Message>(
  { record, delivery: arrived }: Arrived,
  options: BatchOptions<Message>,
  timeLeft: TimeLeft,
): Promise<MessageOutcome> {
  let delivery = arrived;
  let message: Message | undefined;
  try {
    message = options.parse(record.body);
    const late = options.identifiesLate?.(delivery) ?? false;
    const failed = late ? await failureUnidentified(message, delivery, options, timeLeft) : undefined;
    if (late && failed === undefined) return 'done';
    const who = await options.identify?.(delivery);
    if (who) delivery = identified(delivery, who);
    if (who?.foreign) throw foreignId(who.requestId);
    // It is who it said, and what failed before would fail again.
    if (failed !== undefined && !who?.resumed && !(failed.error instanceof IdentityInDoubt)) throw failed.error;
    await options.handle(message, delivery, timeLeft);
    return 'done';
  } catch (error) {
    const failure = failureOf(error);
    const { awaits, queue } = options;
    if (message === undefined) delivery = await asItself(delivery, options);
    if (awaits !== undefined && (await waitsOn(awaits, record, delivery, failure, queue))) return 'returned';
    return settleFailure(delivery, failure, options.queue, () => options.keepReason(delivery, failure, message));
  }
}

/** A message that can't be read, under its own id where the one that it names is another's: else its refusal would be that one's. */
async function asItself<Message>(
  delivery: Delivery,
  { identify }: Pick<BatchOptions<Message>, 'identify'>,
): Promise<Delivery> {
  const who = delivery.named ? await identify?.(delivery).catch(() => undefined) : undefined;
  return who?.foreign ? identified(delivery, who) : delivery;
}

/** Does the work of a delivery that nobody has looked at yet; gives what it failed with. */
async function failureUnidentified<Message>(
  message: Message,
  delivery: Delivery,
  { handle }: Pick<BatchOptions<Message>, 'handle'>,
  timeLeft: TimeLeft,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await handle(message, { ...delivery, unidentified: true }, timeLeft);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function identified(delivery: Delivery, { requestId, resumed, foreign = false }: Identified): Delivery {
  // Its record is its own, and not one of the request whose name it took.
  if (foreign) return { ...delivery, requestId: delivery.messageId };
  if (!resumed) return delivery;
  delivery.log.append({ requestId });
  delivery.log.info('continues with what was begun for this message under its earlier id');
  return { ...delivery, requestId, redriven: true };
}

function foreignId(requestId: string): PermanentError {
  return new PermanentError(
    'BadMessage',
    `Its attribute ${REQUEST_ID_ATTRIBUTE} names the request ${cutTo(requestId, 100)}, which came of a message with another body. ` +
      'Send it without that attribute, which is for messages that come back from the dead-letter queue.',
  );
}
