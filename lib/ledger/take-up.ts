import { TransientError } from '../errors/errors.ts';
import { LEASE_EXPIRED, type Ledger, type PlanProgress } from './ledger.ts';
import type { PlanRecord } from './records.ts';

/**
 * What a message finds that belongs to a plan: there is work (`again`: the plan was resumed for it), or it is over:
 * - `done`: the task is written
 * - `abandoned`: the plan failed, and this message is none that may resume it
 * - `busy`: it could be resumed, but a request of its kind is in progress
 */
export type TakenUp<Known extends PlanProgress> =
  | { readonly kind: 'work'; readonly record: Known | PlanRecord; readonly again: boolean }
  | { readonly kind: 'over'; readonly why: 'done' | 'abandoned'; readonly record: Known | PlanRecord }
  | { readonly kind: 'over'; readonly why: 'busy'; readonly record: Known | PlanRecord; readonly other: PlanRecord };

/** Others may change the plan between our look and our step; this often in a row it is chance, more is a fault. */
const MAX_LOOKS = 10;

/**
 * Decides what a message that belongs to a plan has to do, in every state of the plan (docs/plan-states.md). A plan that was
 * abandoned is resumed where its messages come after all: when an operator sent one back, or when only its lease ran out.
 * @param record the plan as it was found
 * @param redriven whether the message came back from the dead-letter queue
 * @throws TransientError Unavailable while what the plan had written is being removed
 */
export async function takeUp<Known extends PlanProgress>(
  ledger: Ledger,
  record: Known,
  redriven: boolean,
): Promise<TakenUp<Known>> {
  let now: Known | PlanRecord = record;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    if (now.state === 'in_progress') return { kind: 'work', record: now, again: false };
    if (now.state === 'done') return { kind: 'over', why: 'done', record: now };
    if (!redriven && now.error?.code !== LEASE_EXPIRED) return { kind: 'over', why: 'abandoned', record: now };
    if (now.state === 'sweeping') {
      const message = 'What the request had written is being removed; it can be resumed after that.';
      throw new TransientError('Unavailable', message);
    }
    const revived = await ledger.revive(now._id);
    if (revived?.kind === 'busy') return { kind: 'over', why: 'busy', record: now, other: revived.other };
    if (revived) return { kind: 'work', record: revived.record, again: true };
    const next = await ledger.findWhole(now._id);
    if (!next) return { kind: 'over', why: 'abandoned', record: now };
    now = next;
  }
  throw new TransientError('Unavailable', 'The request changes its state again and again. It is tried again.');
}
