import type { SQSRecord } from 'aws-lambda';
import type { Logger } from '../log/log.ts';
import { type Arrived, firstSent } from './delivery.ts';
import { failureOf } from './failure.ts';
import { putBack, secondsAway } from './put-back.ts';
import type { Queue } from './queue.ts';
import { readFresh, type Together, workTogether } from './together.ts';

/** What is left of an event's messages. */
export interface OneRequest {
  /** Those to be worked on: one that was tried before, or those of one request. None where all of them are over. */
  readonly left: readonly Arrived[];
  /** How the others ended. */
  readonly ended: ReadonlyMap<Arrived, 'done' | 'notBegun' | 'retried'>;
}

/**
 * Sees to it that this process holds one request's messages alone before it begins what may end it. What is known to be harmless is done
 * together; of the rest one request stays, and the others go back to their queue with all their tries. It is the one that was tried
 * most often, so that each gets its tries, or else the one that waits longest. Never throws, but for faults that nobody foresaw.
 */
export async function holdOneRequest<Message>(
  messages: readonly Arrived[],
  together: Together<Message>,
  { queue, log, parse }: { readonly queue: Queue; readonly log: Logger; readonly parse: (body: string) => Message },
): Promise<OneRequest> {
  const ended = new Map<Arrived, 'done' | 'notBegun' | 'retried'>();
  for (const twin of twinsAmong(messages, together)) ended.set(twin, 'done');
  const fresh = readFresh(
    messages.filter((message) => !ended.has(message)),
    parse,
  );
  const { done, isAway } = await workTogether(fresh, together);
  for (const message of done) ended.set(message, 'done');
  const rest = messages.filter((message) => !ended.has(message)).sort((a, b) => inTurn(a.record, b.record));
  const [first] = rest;
  if (first === undefined) return { left: [], ended };
  const requestOf = (message: Arrived) => {
    const received = fresh.get(message);
    return received && together.requestOf?.(received);
  };
  const request = requestOf(first);
  const left = rest.filter((message) => message === first || (request !== undefined && requestOf(message) === request));
  const others = rest.filter((message) => !left.includes(message));
  const back = await putBack(others, { queue, log }, isAway ? secondsAway : undefined);
  for (const message of others) ended.set(message, back.has(message) ? 'notBegun' : 'retried');
  const over = messages.filter((message) => ended.has(message) && ended.get(message) !== 'retried');
  // Where that fails they are delivered again: they are known to be done then, or come twice, as they may.
  await queue.deleteAll(over.map(({ record }) => record.receiptHandle)).catch((error: unknown) => {
    log.warn('messages that are done could not be deleted before others were begun', {
      error: failureOf(error).message,
    });
  });
  return { left, ended };
}

/**
 * Messages that another one of the event is as well, of which one is enough: a process that dies while it puts messages back leaves
 * two of each, and were both put back again, there would be more of them with each death. The one stays that was tried most often.
 */
function twinsAmong<Message>(messages: readonly Arrived[], { bodyIsAll }: Together<Message>): readonly Arrived[] {
  if (new Set(messages.map(({ delivery }) => delivery.body)).size === messages.length) return [];
  const known = new Set<string>();
  const oftenest = [...messages].sort((a, b) => b.delivery.received - a.delivery.received);
  return oftenest.filter(({ delivery: { requestId, redriven, body } }) => {
    // One that came back from the dead-letter queue may take up again what another one may not.
    const who = JSON.stringify([redriven, bodyIsAll ? '' : requestId, body]);
    if (known.has(who)) return true;
    known.add(who);
    return false;
  });
}

/** Only so long is a message taken to wait already: any sender may write what it likes, and none is to come first for ever. */
const LONGEST_WAIT_MS = 15 * 60_000;

function inTurn(a: SQSRecord, b: SQSRecord): number {
  const tries = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount);
  const since = (record: SQSRecord) =>
    Math.max(firstSent(record), Number(record.attributes.SentTimestamp) - LONGEST_WAIT_MS);
  return tries(b) - tries(a) || since(a) - since(b);
}
