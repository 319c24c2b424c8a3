import { hash } from 'node:crypto';
import { RecentlyUsed } from '../cache/recently-used.ts';
import { entryText } from '../catalogue/entry.ts';
import type { Plan } from '../plan/plan.ts';
import { settingsText } from '../plan/settings-text.ts';

/** Milliseconds that a document may take to render; most take a hundredth of it. */
const QUICK_MS = 5;
/** Kinds that are known at a time: more than there are tasks in what is asked in a day. */
const MAX_KINDS = 5_000;

/**
 * Which kinds of plans this process has rendered by itself before, and quickly. A kind is a plan's definition, the version of its data
 * set and its settings; not who is asked, nor about which documents. Rendering other documents of a quick kind takes as little, and does not
 * end the process.
 */
export class QuickKinds {
  readonly #quickMs: number;
  readonly #known = new RecentlyUsed<boolean>({ chars: Number.POSITIVE_INFINITY, charsOfOne: 1, entries: MAX_KINDS });

  /** @param quickMs what a document of a quick kind takes at most, in milliseconds */
  constructor(quickMs: number = QUICK_MS) {
    this.#quickMs = quickMs;
  }

  has(plan: Plan): boolean {
    return this.#known.get(kindOf(plan)) === true;
  }

  /** Notes that so many documents of a plan were rendered, in so many milliseconds. */
  rendered(plan: Plan, docs: number, ms: number): void {
    this.#known.set(kindOf(plan), ms <= docs * this.#quickMs, 0);
  }
}

function kindOf({ entry, docCount: _, seed, randomSeed, ...plan }: Plan): string {
  const { requesterArgs, blacklist, ...asked } = plan.asked;
  return hash('sha256', `${settingsText({ ...plan, asked })}\n${entryText(entry)}`, 'base64url');
}
