import { RecentlyUsed } from '../cache/recently-used.ts';
import type { TaskEntry } from './entry.ts';

/** Characters of definitions that are kept, in all: most have 2,000. */
const MAX_CHARS = 1_000_000;
const MAX_ENTRIES = 100;
/** Worked examples of a definition's own are handed to templates, which may change them: such definitions are read each time. */
const CHANGEABLE = '"samples"';

/**
 * Task definitions that were read last, by the text that they were read from, as many as have room. What is found is what
 * that text says, whatever is staged meanwhile.
 */
export class KnownEntries {
  readonly #known = new RecentlyUsed<TaskEntry>({
    chars: MAX_CHARS,
    charsOfOne: MAX_CHARS / 10,
    entries: MAX_ENTRIES,
  });

  /** The definition that this text is, if it is known. */
  find(text: string): TaskEntry | undefined {
    return this.#known.get(text);
  }

  /** The known definition that stands at this place of a longer text, which goes on behind it. */
  findAt(text: string, at: number): { readonly entry: TaskEntry; readonly length: number } | undefined {
    for (const known of this.#known.keys()) {
      if (!text.startsWith(known, at)) continue;
      const entry = this.#known.get(known);
      return entry && { entry, length: known.length };
    }
    return undefined;
  }

  /** Keeps a definition; nobody may change it from then on. */
  keep(text: string, entry: TaskEntry): void {
    if (this.#known.has(text) || text.includes(CHANGEABLE)) return;
    this.#known.set(text, entry, text.length);
  }
}
