import type { SQSRecord } from 'aws-lambda';
import type { ErrorCode } from '../errors/errors.ts';
import type { Delivery } from './delivery.ts';
import { failureOf, type KeepReason, settleFailure } from './failure.ts';
import type { Queue } from './queue.ts';

/** A message and how it came. */
export interface Received<Message> {
  readonly message: Message;
  readonly delivery: Delivery;
}

/**
 * Work that is done for several messages with the commands of one. It is for what can't end the process: a process that
 * dies takes all messages that it holds with it, for half an hour and one of their tries.
 */
export interface Together<Message> {
  /** Whether a message may be of those, by what it says; it was never tried before. */
  readonly mayBe: (received: Received<Message>) => boolean;
  /**
   * Does the work of those that are known to be harmless, as this process has done their like by itself before. What fails for
   * good is left, to be found by itself.
   * @returns the deliveries whose work is done
   * @throws what may succeed later: all of them are tried again
   */
  readonly handle: (received: readonly Received<Message>[]) => Promise<ReadonlySet<Delivery>>;
}

/** What is needed of a batch's options. */
interface BatchWork<Message> {
  readonly queue: Queue;
  readonly parse: (body: string) => Message;
  readonly keepReason: KeepReason<Message>;
}

/** How messages ended that were worked on together. */
export type EndedTogether = ReadonlyMap<SQSRecord, 'done' | 'dead' | 'retried'>;

/** Longer messages are read by themselves. */
const MOST_BODY_CHARS = 16_384;

/** The code of what all of them failed with alike: a server is away. Other failures are of one of them, and found by itself. */
const COMMON: ErrorCode = 'Unavailable';

/** Does together what can be, of a batch of several messages; those that are missing in what it returns are left. */
export async function workTogether<Message>(
  records: readonly SQSRecord[],
  { mayBe, handle }: Together<Message>,
  { queue, parse, keepReason }: BatchWork<Message>,
  read: (record: SQSRecord) => Delivery,
): Promise<EndedTogether> {
  const candidates = new Map<SQSRecord, Received<Message>>();
  for (const record of records) {
    const received = readSmall(record, parse, read);
    if (received !== undefined && mayBe(received)) candidates.set(record, received);
  }
  const ended = new Map<SQSRecord, 'done' | 'dead' | 'retried'>();
  if (candidates.size < 2) return ended;
  try {
    const done = await handle([...candidates.values()]);
    for (const [record, { delivery }] of candidates) if (done.has(delivery)) ended.set(record, 'done');
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code !== COMMON) return ended;
    for (const [record, { delivery, message }] of candidates) {
      ended.set(record, await settleFailure(delivery, failure, queue, () => keepReason(delivery, failure, message)));
    }
  }
  return ended;
}

/** A message that was never tried before; undefined where it was, or where it is none. */
function readSmall<Message>(
  record: SQSRecord,
  parse: (body: string) => Message,
  read: (record: SQSRecord) => Delivery,
): Received<Message> | undefined {
  if (record.body.length > MOST_BODY_CHARS) return undefined;
  const delivery = read(record);
  if (delivery.received > 1 || delivery.redriven) return undefined;
  try {
    return { message: parse(record.body), delivery };
  } catch {
    // It is told when it is worked on by itself.
    return undefined;
  }
}
