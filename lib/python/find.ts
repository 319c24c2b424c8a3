/**
 * Finding one text in another in time that grows with their lengths only. The engine's own search is quick on nearly all
 * texts, but takes the product of both lengths on some; where that could be much, Knuth, Morris and Pratt's search does it.
 */

/** Parts up to this length are left to the engine: it looks at each place of the text this often at most. */
const SHORT_PART = 16;
/** So is all whose product of lengths is no more than this: about a millisecond at worst. */
const SMALL_PRODUCT = 1 << 20;

/** Finds one part in texts, again and again. */
export class PartFinder {
  readonly #part: string;
  #forward: Int32Array | undefined;
  #backward: Int32Array | undefined;

  /** @param part not empty */
  constructor(part: string) {
    this.#part = part;
  }

  /** The first place at or behind `from`, in UTF-16 units, or -1. */
  first(text: string, from = 0): number {
    if (this.#isEasy(text.length - from)) return text.indexOf(this.#part, from);
    this.#forward ??= borders(this.#part, false);
    return search(text.slice(from), this.#part, this.#forward, false, from);
  }

  /** The last place that lies wholly within the first `end` units, or -1. */
  last(text: string, end = text.length): number {
    if (end < this.#part.length) return -1;
    if (this.#isEasy(end)) return text.lastIndexOf(this.#part, end - this.#part.length);
    this.#backward ??= borders(this.#part, true);
    return search(text.slice(0, end), this.#part, this.#backward, true, 0);
  }

  #isEasy(length: number): boolean {
    const { length: part } = this.#part;
    return part <= SHORT_PART || length < part || part * length <= SMALL_PRODUCT;
  }
}

/** How often a part that is not empty occurs without overlap, counting up to `max`. */
export function countPlaces(text: string, part: string, max = Number.POSITIVE_INFINITY): number {
  const finder = new PartFinder(part);
  let count = 0;
  for (let at = finder.first(text); at >= 0 && count < max; at = finder.first(text, at + part.length)) count++;
  return count;
}

/** The texts between the places of a part that is not empty, of which at most `max` from the left count. */
export function splitAt(text: string, part: string, max = Number.POSITIVE_INFINITY): string[] {
  const finder = new PartFinder(part);
  const parts: string[] = [];
  let start = 0;
  while (parts.length < max) {
    const at = finder.first(text, start);
    if (at < 0) break;
    parts.push(text.slice(start, at));
    start = at + part.length;
  }
  parts.push(text.slice(start));
  return parts;
}

/** Whether the text holds the part, which may be empty. */
export function includesPart(text: string, part: string): boolean {
  return part === '' || new PartFinder(part).first(text) >= 0;
}

/** For each length of a beginning, the length of its longest own beginning that is its end too; from behind if `reverse`. */
function borders(part: string, reverse: boolean): Int32Array {
  const table = new Int32Array(part.length + 1);
  let border = 0;
  for (let i = 1; i < part.length; i++) {
    const unit = unitAt(part, i, reverse);
    while (border > 0 && unit !== unitAt(part, border, reverse)) border = table[border] ?? 0;
    if (unit === unitAt(part, border, reverse)) border++;
    table[i + 1] = border;
  }
  return table;
}

function search(text: string, part: string, table: Int32Array, reverse: boolean, offset: number): number {
  let matched = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = unitAt(text, i, reverse);
    while (matched > 0 && unit !== unitAt(part, matched, reverse)) matched = table[matched] ?? 0;
    if (unit === unitAt(part, matched, reverse)) matched++;
    if (matched === part.length) return offset + (reverse ? text.length - 1 - i : i + 1 - part.length);
  }
  return -1;
}

function unitAt(text: string, index: number, reverse: boolean): number {
  return text.charCodeAt(reverse ? text.length - 1 - index : index);
}
