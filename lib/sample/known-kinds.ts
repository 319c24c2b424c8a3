import { RecentlyUsed } from '../cache/recently-used.ts';
import { type SampleMessage, SIGNATURES } from '../messages/sample.ts';
import { settingsText } from '../plan/settings-text.ts';
import { MOST_SMALL_DOCS } from '../plan/shards.ts';

/** Kinds that are known at a time, and how long the settings of one may be. */
const MAX_KINDS = 2_000;
const MAX_KIND_CHARS = 2_000;
/** Documents that a small request leaves out. */
const MOST_BLACKLISTED = 2_000;

/**
 * Which kinds of messages this process has planned by itself before. A kind is the tasks that a message names and its settings; not who is
 * asked, nor about which documents. To plan another message of a known kind can't end the process.
 */
export class KnownKinds {
  readonly #known = new RecentlyUsed<true>({
    chars: MAX_KINDS * MAX_KIND_CHARS,
    charsOfOne: MAX_KIND_CHARS,
    entries: MAX_KINDS,
  });

  /** Whether it is a small message of a kind that is known. */
  has(message: SampleMessage): boolean {
    return isSmall(message) && this.#known.get(kindOf(message)) === true;
  }

  /**
   * Knows a message's kind from now on, as it was planned.
   * @param tasks that it led to; where there are several of them, each may be as much as a message of its own
   */
  add(message: SampleMessage, tasks: number): void {
    if (tasks !== 1 || !isSmall(message)) return;
    const kind = kindOf(message);
    this.#known.set(kind, true, kind.length);
  }
}

function isSmall({ framework, qty = 0, doc_ids = [], blacklist }: SampleMessage): boolean {
  if (framework === SIGNATURES) return true;
  const docs = doc_ids.length > 0 ? doc_ids.length : qty;
  return docs > 0 && docs <= MOST_SMALL_DOCS && blacklist.length <= MOST_BLACKLISTED;
}

/** All that a message says but who is asked, about which documents, and what they are drawn by. */
function kindOf(message: SampleMessage): string {
  const { requester_args, blacklist: _, qty, doc_ids, seed, random_seed, ...settings } = message;
  const { address, service, ...how } = requester_args;
  const given = [doc_ids !== undefined, seed !== undefined, random_seed !== undefined];
  return settingsText([settings, how, given]);
}
