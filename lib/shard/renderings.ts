import { RecentlyUsed } from '../cache/recently-used.ts';
import type { RenderedInstance } from '../task/renderer.ts';

/** Characters of instances that are kept, in all. */
const MAX_CHARS = 4_000_000;
/** Of one request; larger ones would displace the others. */
export const MOST_KEPT_CHARS = MAX_CHARS / 10;
/** For values that are no texts, and for the rest of an instance. */
const OVERHEAD_CHARS = 1_000;
/** A row that somebody mended in its place is rendered anew after this long at most, and after as long again where it was kept itself. */
const KEPT_MS = 30_000;

/** One document's place in its request, and its instances. */
export type RenderedDocs = readonly (readonly RenderedInstance[])[];

/**
 * The instances of the requests that were rendered last, as many as have room, by their plans' hash. A run of the Manager asks all
 * its suppliers the same, byte for byte: so it is rendered once. Table, version and rows are in the hash or follow from it. An operator
 * may change a row in its place, so none is kept for longer than half a minute.
 */
export class Renderings {
  readonly #known: RecentlyUsed<RenderedDocs>;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(maxChars = MAX_CHARS, now?: () => number) {
    const charsOfOne = Math.min(MOST_KEPT_CHARS, maxChars);
    this.#known = new RecentlyUsed({ chars: maxChars, charsOfOne, ms: KEPT_MS, ...(now && { now }) });
  }

  find(hash: string): RenderedDocs | undefined {
    return this.#known.get(hash);
  }

  /** @param written characters of prompts, arguments and documents */
  keep(hash: string, docs: RenderedDocs, written: number): void {
    const chars = written + OVERHEAD_CHARS * docs.reduce((sum, instances) => sum + instances.length + 1, 0);
    this.#known.set(hash, docs, chars);
  }

  /** Forgets all of them: a row may be mended in its place. */
  forget(): void {
    this.#known.clear();
  }
}
