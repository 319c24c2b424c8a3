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
  /** The one that was used last stands last. */
  readonly #known = new Map<string, TaskEntry>();
  #chars = 0;

  /** The definition that this text is, if it is known. */
  find(text: string): TaskEntry | undefined {
    const entry = this.#known.get(text);
    if (entry !== undefined) this.#used(text, entry);
    return entry;
  }

  /** The known definition that stands at this place of a longer text, which goes on behind it. */
  findAt(text: string, at: number): { readonly entry: TaskEntry; readonly length: number } | undefined {
    for (const [known, entry] of this.#known) {
      if (!text.startsWith(known, at)) continue;
      this.#used(known, entry);
      return { entry, length: known.length };
    }
    return undefined;
  }

  /** Keeps a definition; nobody may change it from then on. */
  keep(text: string, entry: TaskEntry): void {
    if (text.length > MAX_CHARS / 10 || this.#known.has(text) || text.includes(CHANGEABLE)) return;
    this.#known.set(text, entry);
    this.#chars += text.length;
    for (const oldest of this.#known.keys()) {
      if (this.#chars <= MAX_CHARS && this.#known.size <= MAX_ENTRIES) return;
      this.#known.delete(oldest);
      this.#chars -= oldest.length;
    }
  }

  #used(text: string, entry: TaskEntry): void {
    this.#known.delete(text);
    this.#known.set(text, entry);
  }
}
