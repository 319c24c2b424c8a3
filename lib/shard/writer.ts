import { setImmediate } from 'node:timers/promises';
import type { ClientSession } from 'mongodb';
import { DocumentEncoder, type EncodedDocuments } from '../documents/encoder.ts';
import { giveBack, takeDocuments } from '../documents/room.ts';
import { insertEncodedOnce, insertEncodedWithin } from '../documents/write.ts';
import type { PlanProgress } from '../ledger/ledger.ts';
import { timeoutFor } from '../payload/timeout.ts';
import { type Plan, supplierOf } from '../plan/plan.ts';
import type { RenderedInstance } from '../task/renderer.ts';
import type { Allowance } from './allowance.ts';
import type { ShardServices } from './services.ts';

/**
 * A portion is written when this many characters of prompts have come together, while the next one is rendered: MongoDB and
 * we work at the same time, and memory stays flat. Larger ones, or ones that grow, took more of the processor.
 */
const PORTION_CHARS = 600_000;
/** Portions on their way at a time; each takes two connections. */
const MAX_ON_THEIR_WAY = 2;

/**
 * Characters of prompts, arguments and documents that one transaction takes, each collection's in one command: MongoDB has 16 MiB
 * for it, of which a character may take three bytes, and what is small as much again.
 */
export const MOST_AT_ONCE_CHARS = 1_000_000;

const COLLECTIONS = ['instances', 'prompts'] as const;

/** What was to be written at once is too much for it. */
export class TooMuchAtOnce extends Error {}

/** What makes a plan's documents. @param decode tokens that an answer may have */
export function encoderFor(
  timeouts: ShardServices['timeouts'],
  { _id, creation_date }: PlanProgress,
  plan: Plan,
  decode: number,
): DocumentEncoder {
  const timeout = timeoutFor(timeouts, supplierOf(plan).service);
  return new DocumentEncoder({
    taskId: _id,
    plan,
    createdAt: creation_date,
    timeoutOf: (ctxlen) => timeout(ctxlen, decode),
  });
}

/**
 * Collects rendered instances and writes them in portions, instances and prompts side by side.
 * @param session of a transaction in which all of it is written, as one portion
 */
export function createWriter(
  { db, timeouts }: ShardServices,
  record: PlanProgress,
  plan: Plan,
  decode: number,
  allowance: Allowance,
  session?: ClientSession,
) {
  const encoder = encoderFor(timeouts, record, plan, decode);
  const onTheirWay: Promise<void>[] = [];
  let pending = takeDocuments();
  let chars = 0;
  let count = 0;

  async function write(portion: EncodedDocuments): Promise<void> {
    if (session === undefined) {
      await Promise.all(COLLECTIONS.map((name) => insertEncodedOnce(db, name, portion[name])));
    } else {
      // A transaction takes one command at a time.
      for (const name of COLLECTIONS) await insertEncodedWithin(db, session, name, portion[name]);
    }
    giveBack(portion);
  }

  async function send(): Promise<void> {
    if (onTheirWay.length >= MAX_ON_THEIR_WAY) await onTheirWay.shift();
    const written = write(pending);
    // Its failure is reported when it is awaited, which may be never where rendering fails first.
    written.catch(() => {});
    onTheirWay.push(written);
    pending = takeDocuments();
    chars = 0;
    // TaskRendering does not pause by itself; here what was just begun reaches the socket.
    await setImmediate();
  }

  return {
    /**
     * Takes a document's instances; waits where too much is on its way.
     * @throws what an earlier portion failed with; PermanentError RequestTooLarge, DatasetInvalid; TooMuchAtOnce within a transaction
     */
    async add(rendered: readonly RenderedInstance[]): Promise<void> {
      allowance.take(rendered, plan.repeats);
      if (session !== undefined && allowance.written > MOST_AT_ONCE_CHARS) throw new TooMuchAtOnce();
      for (const instance of rendered) {
        encoder.addInstance(instance, pending);
        count++;
        // However many answers are wanted of a long prompt, no portion is much larger than others.
        const atATime = Math.max(1, Math.floor(PORTION_CHARS / (instance.data.length + 1)));
        for (let n = 0; n < plan.repeats; n += atATime) {
          const end = Math.min(n + atATime, plan.repeats);
          encoder.addPrompts(instance, pending, n, end);
          chars += instance.data.length * (end - n);
          if (chars >= PORTION_CHARS && session === undefined) await send();
        }
      }
    },
    /** Writes what is left and waits for all of it. @returns how many instances there were */
    async finish(): Promise<number> {
      onTheirWay.push(write(pending));
      await Promise.all(onTheirWay);
      return count;
    },
  };
}
