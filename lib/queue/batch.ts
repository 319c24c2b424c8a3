import { setImmediate } from 'node:timers/promises';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import { cutTo } from '../errors/bounds.ts';
import { PermanentError } from '../errors/errors.ts';
import type { Logger } from '../log/log.ts';
import { type Awaited, waitsOn } from './awaited.ts';
import { carried, type Delivery, firstSent, IdentityInDoubt, REQUEST_ID_ATTRIBUTE, toDelivery } from './delivery.ts';
import { failureOf, type KeepReason, settleFailure } from './failure.ts';
import { hasRoomFor, type Outgoing, type Queue } from './queue.ts';
import { readFresh, type Together, workTogether } from './together.ts';

/**
 * How one delivery ended: the message is done, will be delivered again, lies in the dead-letter queue, or is on its queue
 * again with all its tries, as there was no time for it or it waits for another message's work, or as others of its batch came first.
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
   * Which deliveries are worked on before `identify` is asked, as the work looks itself ({@link IdentityInDoubt}): one command less for
   * nearly all of them. It is asked where the work fails for whatever reason, and the work done again for whom it names.
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
 * never holds up the others. What is known to be harmless is done together; before anything else is begun, this process holds
 * one request's messages alone, so that one it dies of takes no other request with it: those that are done are deleted, and the rest is on
 * its queue again.
 */
export async function processBatch<Message>(
  event: SQSEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  options: BatchOptions<Message>,
): Promise<SQSBatchResponse> {
  const timeLeft = () => context.getRemainingTimeInMillis();
  const ends = new Map<SQSRecord, MessageOutcome>();
  await hearWhatEnded();
  const left = await alone(event.Records, options, ends, timeLeft);
  const work = async (record: SQSRecord, place: number) => {
    const late = timeLeft() < MIN_TIME_LEFT_MS;
    ends.set(record, late ? await notBegun(record, place, options) : await processRecord(record, options, timeLeft));
  };
  await pMap(left, work, { concurrency: options.sideBySide ?? 1 });
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of event.Records) {
    const outcome = ends.get(record);
    if (outcome === undefined) continue;
    options.onOutcome?.(outcome);
    if (outcome === 'retried') batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures };
}

/**
 * The messages to be worked on by themselves: all of them where nothing is done together, else those of one request alone. It is the
 * one that was tried most often, so that each gets its tries, or waits longest; the others go back, with all of theirs. One that was
 * tried before is there by itself.
 */
async function alone<Message>(
  records: readonly SQSRecord[],
  options: BatchOptions<Message>,
  ends: Map<SQSRecord, MessageOutcome>,
  timeLeft: TimeLeft,
): Promise<readonly SQSRecord[]> {
  const { together, queue, log, parse } = options;
  if (together === undefined || records.length < 2 || timeLeft() < MIN_TIME_LEFT_MS) return records;
  for (const twin of twinsAmong(records, options)) ends.set(twin, 'done');
  const fresh = readFresh(
    records.filter((record) => !ends.has(record)),
    parse,
    log,
  );
  const { done, isAway } = await workTogether(fresh, together);
  for (const record of done) ends.set(record, 'done');
  const rest = records.filter((record) => !ends.has(record)).sort(inTurn);
  const [first] = rest;
  if (first === undefined) return [];
  const requestOf = (record: SQSRecord) => {
    const received = fresh.get(record);
    return received && together.requestOf?.(received);
  };
  const request = requestOf(first);
  const chosen = rest.filter((record) => record === first || (request !== undefined && requestOf(record) === request));
  const others = rest.filter((record) => !chosen.includes(record));
  await putBack(others, options, ends, isAway ? secondsFor : () => 0);
  const over = records.filter((record) => ends.has(record) && ends.get(record) !== 'retried');
  // Those that are delivered again all the same are known to be done, or come twice as they may.
  await queue.deleteAll(over.map(({ receiptHandle }) => receiptHandle)).catch((error: unknown) => {
    log.warn('messages that are done could not be deleted before others were begun', {
      error: failureOf(error).message,
    });
  });
  return chosen;
}

/**
 * Messages that another one of the batch is as well, of which one is enough: a process that dies while it puts messages back leaves
 * two of each, and were both put back again, there would be more of them with each death. The one stays that was tried most often.
 */
function twinsAmong<Message>(
  records: readonly SQSRecord[],
  { together, log }: BatchOptions<Message>,
): readonly SQSRecord[] {
  if (new Set(records.map(({ body }) => body)).size === records.length) return [];
  const known = new Set<string>();
  const deliveries = records.map((record) => ({ record, delivery: toDelivery(record, log) }));
  deliveries.sort((a, b) => b.delivery.received - a.delivery.received);
  return deliveries.flatMap(({ record, delivery: { requestId, redriven, body } }) => {
    // One that came back from the dead-letter queue may take up again what another one may not.
    const who = JSON.stringify([redriven, together?.bodyIsAll ? '' : requestId, body]);
    if (known.has(who)) return [record];
    known.add(who);
    return [];
  });
}

/** Where a server may be away, so long is it left alone: a quarter of the time that a message waits already. */
const AWAY_SECONDS = { least: 5, most: 60 };

function secondsFor(record: SQSRecord): number {
  const quarter = Math.ceil((Date.now() - firstSent(record)) / 4000);
  return Math.min(AWAY_SECONDS.most, Math.max(AWAY_SECONDS.least, quarter || 0));
}

async function putBack<Message>(
  records: readonly SQSRecord[],
  { queue, log }: BatchOptions<Message>,
  ends: Map<SQSRecord, MessageOutcome>,
  seconds: (record: SQSRecord) => number,
): Promise<void> {
  const back = records.map((record) => {
    const delivery = toDelivery(record, log);
    return { record, delivery, again: sentAgain(record, delivery, seconds(record)) };
  });
  const returned = await queue.putBackAll(back.flatMap(({ again }) => again ?? []));
  let place = 0;
  const staying: Delivery[] = [];
  for (const { record, delivery, again } of back) {
    const isBack = again !== undefined && returned.has(place++);
    ends.set(record, isBack ? 'notBegun' : 'retried');
    if (!isBack) staying.push(delivery);
  }
  await comeBack(staying, queue, log);
}

/** Only so long is a message taken to wait already: any sender may write what it likes, and none is to come first for ever. */
const LONGEST_WAIT_MS = 15 * 60_000;

function inTurn(a: SQSRecord, b: SQSRecord): number {
  const tries = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount);
  const since = (record: SQSRecord) =>
    Math.max(firstSent(record), Number(record.attributes.SentTimestamp) - LONGEST_WAIT_MS);
  return tries(b) - tries(a) || since(a) - since(b);
}

/**
 * A message as it is sent again: with its identity, its time and its tries, as SQS takes it for a new one, and its group. Undefined
 * where a large body leaves no room for that: it would be another request.
 */
function sentAgain(record: SQSRecord, delivery: Delivery, seconds = 0): Outgoing | undefined {
  const { own, all } = carried(record, delivery);
  const { body } = record;
  return hasRoomFor(body, own) ? { body, attributes: all, group: delivery.group, seconds } : undefined;
}

/** Lets messages that could not be put back be delivered again at once, which takes one of their tries. */
async function comeBack(deliveries: readonly Delivery[], queue: Queue, log: Logger): Promise<'retried'> {
  await queue.releaseAll(deliveries.map(({ receiptHandle }) => receiptHandle)).catch((error: unknown) => {
    log.warn('messages could not be put back; they wait for their visibility time-out', {
      error: failureOf(error).message,
      messages: deliveries.map(({ messageId }) => messageId),
    });
  });
  return 'retried';
}

/**
 * A process that stood still since its last batch, as Lambda lets it, hears now which of its connections ended meanwhile: in the
 * same turn of the event loop as the batch comes, and its clients know it only after the next one. Else they would use those.
 */
async function hearWhatEnded(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}

/**
 * A message whose time others of its batch took continues its queue again: it comes back at once, and none of its tries is
 * gone. One that had all the time there was is merely tried again, so that nothing goes round without end.
 */
async function notBegun<Message>(
  record: SQSRecord,
  place: number,
  { queue, log }: BatchOptions<Message>,
): Promise<MessageOutcome> {
  const delivery = toDelivery(record, log);
  delivery.log.warn('out of time; the message goes back to the queue');
  if (place === 0) return comeBack([delivery], queue, log);
  const again = sentAgain(record, delivery);
  const returned = await queue.putBackAll(again ? [again] : []);
  return returned.has(0) ? 'returned' : comeBack([delivery], queue, log);
}

async function processRecord<Message>(
  record: SQSRecord,
  options: BatchOptions<Message>,
  timeLeft: TimeLeft,
): Promise<MessageOutcome> {
  let delivery = toDelivery(record, options.log);
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
