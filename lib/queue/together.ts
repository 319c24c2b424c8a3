import { type ErrorCode, SamplerError } from '../errors/errors.ts';
import type { Arrived, Delivery } from './delivery.ts';
import { failureOf } from './failure.ts';

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
  /** Of which request a message is: what is left of one request is worked on in one batch, as its messages share their fate anyway. */
  readonly requestOf?: (received: Received<Message>) => string;
  /** Whether messages with the same body ask for the same, whoever they are; else one with another identity is another request. */
  readonly bodyIsAll?: boolean;
  /** Whether a message may be of those, by what it says; it was never tried before. */
  readonly mayBe: (received: Received<Message>) => boolean;
  /**
   * Does the work of those that are known to be harmless, as this process has done their like by itself before. What fails for
   * good is left, to be found by itself.
   * @returns the deliveries whose work is done
   * @throws what all of them failed with: nothing is lost of their tries then
   */
  readonly handle: (received: readonly Received<Message>[]) => Promise<ReadonlySet<Delivery>>;
}

/** What came of messages that were worked on together. */
export interface EndedTogether {
  readonly done: ReadonlySet<Arrived>;
  /** Whether all of them failed as a server seems to be away: it may as well be away for one of them alone. */
  readonly isAway: boolean;
}

/** Longer messages are read by themselves. */
const MOST_BODY_CHARS = 16_384;

/** The code of what all of them fail with alike where a server is away. Other failures are of one of them, and found by itself. */
const COMMON: ErrorCode = 'Unavailable';

/** Does together what can be, of messages that were never tried; those that are not done are left, with all their tries. */
export async function workTogether<Message>(
  received: ReadonlyMap<Arrived, Received<Message>>,
  { mayBe, handle }: Together<Message>,
): Promise<EndedTogether> {
  const candidates = [...received].filter(([, message]) => mayBe(message));
  if (candidates.length < 2) return { done: new Set(), isAway: false };
  try {
    const done = await handle(candidates.map(([, message]) => message));
    const over = candidates.flatMap(([arrived, { delivery }]) => (done.has(delivery) ? [arrived] : []));
    return { done: new Set(over), isAway: false };
  } catch (error) {
    return { done: new Set(), isAway: failureOf(error).code === COMMON };
  }
}

/**
 * What one message's part of the work gives; undefined where it fails by itself, which is told when it is worked on by itself.
 * @throws what all of them wait for alike, as a server is away, and faults that nobody foresaw
 */
export async function unlessOfItself<Part>(work: () => Promise<Part>): Promise<Part | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SamplerError && error.code !== COMMON) return undefined;
    throw error;
  }
}

/** The messages of an event that were never tried before, and can be read in a moment. */
export function readFresh<Message>(
  messages: readonly Arrived[],
  parse: (body: string) => Message,
): ReadonlyMap<Arrived, Received<Message>> {
  const fresh = new Map<Arrived, Received<Message>>();
  for (const arrived of messages) {
    const { delivery } = arrived;
    if (delivery.body.length > MOST_BODY_CHARS || delivery.received > 1 || delivery.redriven) continue;
    try {
      fresh.set(arrived, { message: parse(delivery.body), delivery });
    } catch {
      // It is told when it is worked on by itself.
    }
  }
  return fresh;
}
