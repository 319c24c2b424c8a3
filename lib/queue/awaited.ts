import type { SQSRecord } from 'aws-lambda';
import { attributesOf, type Delivery, REQUEST_ID_ATTRIBUTE } from './delivery.ts';
import { type Failure, failureOf } from './failure.ts';
import { hasRoomFor } from './outgoing.ts';
import type { Queue } from './queue.ts';

/** Since when a message waits for another one, in milliseconds since 1970 by SQS' clock. */
const SINCE_ATTRIBUTE = 'waiting-since';
/** After so long it is a failure like others. */
const LONGEST_MS = 15 * 60_000;
/** It looks again after a quarter of the time that it waits already, within these. */
const LOOK_SECONDS = { least: 2, most: 20 };

/** What a message may wait for: work that another queue still holds. */
export interface Awaited {
  /** The code of the failure that the other's work would mend. */
  readonly code: Failure['code'];
  /** Whether that work may still come. */
  readonly pending: () => Promise<boolean>;
}

/**
 * Puts a message on its queue again, with all its tries, while what it waits for may still come; for a quarter of an hour at
 * most. So a sample message that overtakes its register message waits for it, however long the data set takes to load.
 * @returns whether it waits now
 */
export async function waitsOn(
  { code, pending }: Awaited,
  record: SQSRecord,
  delivery: Delivery,
  failure: Failure,
  queue: Queue,
): Promise<boolean> {
  if (failure.code !== code) return false;
  const { log, requestId, body, group } = delivery;
  const attributes = attributesOf(record);
  // Another process put it back, whose clock may be an hour off: both times are SQS' own.
  const now = Number(record.attributes.ApproximateFirstReceiveTimestamp) || Date.now();
  const since = Number(attributes[SINCE_ATTRIBUTE] ?? now);
  const waited = now - since;
  if (!(waited >= 0 && waited < LONGEST_MS)) return false;
  try {
    if (!(await pending())) return false;
    const seconds = Math.min(LOOK_SECONDS.most, Math.max(LOOK_SECONDS.least, Math.ceil(waited / 4000)));
    const own = { [REQUEST_ID_ATTRIBUTE]: requestId, [SINCE_ATTRIBUTE]: String(since) };
    // Without its identity it would be another request, and without its time it would wait without end.
    if (!hasRoomFor(body, own)) return false;
    await queue.putBack(body, { ...own, ...attributes, ...own }, { seconds, group });
    log.info('message waits for what is on its way', { code, error: failure.message, retryInSeconds: seconds });
    return true;
  } catch (error) {
    log.warn('it could not be found out what is on its way', { error: failureOf(error).message });
    return false;
  }
}
