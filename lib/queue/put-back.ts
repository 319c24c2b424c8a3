import type { SQSRecord } from 'aws-lambda';
import type { Logger } from '../log/log.ts';
import { type Arrived, carried, type Delivery, firstSent } from './delivery.ts';
import { failureOf } from './failure.ts';
import { hasRoomFor, type Outgoing } from './outgoing.ts';
import type { Queue } from './queue.ts';

/** Where a server may be away, it is left alone for a quarter of the time that a message waits already, within these. */
const AWAY_SECONDS = { least: 5, most: 60 };

/** How many seconds a message stays away from a function whose servers seem to be away. */
export function secondsAway(record: SQSRecord): number {
  const quarter = Math.ceil((Date.now() - firstSent(record)) / 4000);
  return Math.min(AWAY_SECONDS.most, Math.max(AWAY_SECONDS.least, quarter || 0));
}

/**
 * Puts messages on their queue again, with all their tries. Those for which that fails are delivered again at once, which takes one of
 * their tries. Never throws.
 * @param seconds after which each is delivered
 * @returns those that are on their queue again
 */
export async function putBack(
  messages: readonly Arrived[],
  { queue, log }: { readonly queue: Queue; readonly log: Logger },
  seconds: (record: SQSRecord) => number = () => 0,
): Promise<ReadonlySet<Arrived>> {
  const sent = messages.flatMap((message) => {
    const again = sentAgain(message, seconds(message.record));
    return again === undefined ? [] : [{ message, again }];
  });
  const places = await queue.putBackAll(sent.map(({ again }) => again));
  const back = new Set(sent.filter((_, place) => places.has(place)).map(({ message }) => message));
  const staying = messages.filter((message) => !back.has(message));
  await release(
    staying.map(({ delivery }) => delivery),
    queue,
    log,
  );
  return back;
}

/** Lets messages be delivered again at once, which takes one of their tries. Never throws: they come back later where that fails. */
export async function release(deliveries: readonly Delivery[], queue: Queue, log: Logger): Promise<void> {
  await queue.releaseAll(deliveries.map(({ receiptHandle }) => receiptHandle)).catch((error: unknown) => {
    log.warn('messages could not be put back; they wait for their visibility time-out', {
      error: failureOf(error).message,
      messages: deliveries.map(({ messageId }) => messageId),
    });
  });
}

/**
 * A message as it is sent again: with its identity, its time and its tries, as SQS takes it for a new one, and its group. Undefined
 * where a large body leaves no room for that: it would be another request.
 */
function sentAgain({ record, delivery }: Arrived, seconds: number): Outgoing | undefined {
  const { own, all } = carried(record, delivery);
  const { body } = record;
  return hasRoomFor(body, own) ? { body, attributes: all, group: delivery.group, seconds } : undefined;
}
