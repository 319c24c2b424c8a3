import { distance } from 'fastest-levenshtein';
import { excerptOf, type Findings } from './finding.ts';
import { type Check, digest, shownText } from './seen.ts';

/** Documents that are compared; of larger tasks the first ones. */
const MAX_DOCUMENTS = 200_000;
/** Characters that are kept of all questions together. Questions beyond are compared by their normal form alone. */
const MAX_CHARS = 32 << 20;
/** Longer questions are compared by their normal form alone. */
const MAX_WORDS_EACH = 2_000;
/** Shorter questions differ in substance where they differ in a word. */
const MIN_WORDS = 8;
/** Words of one meaning may differ so: two letters of five and more, or an ending. */
const TYPOS = 2;
const TYPO_WORD = 5;
/** A word so short may be put in or left out (`the`), but not those that turn a sentence round. */
const SHORT_WORD = 3;
const NEGATIONS = new Set(['no', 'not', 'nor', 'non', 'un']);
/** MinHash: so many hashes in bands of so many. Texts of which half of all pairs of words agree meet in a band with 97 percent. */
const HASHES = 32;
const BAND = 2;
/** With how many of those before it in its bucket a question is compared. */
const NEIGHBOURS = 8;
/** Where more of a task's documents than this are alike, they are made by a pattern, and alike on purpose. */
const PATTERN_SHARE = 0.05;
const PATTERN_LEAST = 10;
const MAX_IDS = 10;

interface Kept {
  readonly docId: number;
  readonly row: string;
  /** Its words and numbers in their order; null where it is too short or too long to be compared by them. */
  readonly words: string | null;
  /** Its numbers and signs, which have to be the same. */
  readonly figures: string;
  readonly gold: string;
  readonly normal: string;
  readonly excerpt: string;
}

/**
 * Questions that differ in case, blanks and punctuation alone, or in the spelling of a word or two, with the same numbers and
 * signs and the same gold answer: what differs in a name, a number or a direction is another question. Candidates come from MinHash over pairs of words in bands (locality-sensitive hashing; Broder 1997), and are then
 * compared word by word: linear in the documents, with some hundred bytes of each.
 */
export function nearEqualCheck(findings: Findings): Check {
  const kept: Kept[] = [];
  const signatures: Uint32Array[] = [];
  const exact = new Set<string>();
  let chars = 0;
  return {
    see({ docId, row, question, golds }) {
      const same = digest(question);
      if (kept.length >= MAX_DOCUMENTS || exact.has(same)) return;
      exact.add(same);
      const text = shownText(question).toLowerCase();
      const list = text.match(WORDS) ?? [];
      const normal = list.join(' ');
      const comparable =
        list.length >= MIN_WORDS && list.length <= MAX_WORDS_EACH && chars + normal.length <= MAX_CHARS;
      if (comparable) chars += normal.length;
      kept.push({
        docId,
        row,
        words: comparable ? normal : null,
        figures: digest(list.filter((word) => !/\p{L}/u.test(word)).join(' ')),
        gold: digest(golds.join('\u0000').toLowerCase()),
        normal: digest(normal),
        excerpt: excerptOf(shownText(question)),
      });
      signatures.push(comparable ? signatureOf(Uint32Array.from(list, hashOf)) : new Uint32Array(0));
    },
    end(documents) {
      const groups = new Groups(kept.length);
      joinNormal(kept, groups);
      const certain = groups.members().length;
      const near = new Groups(kept.length);
      joinNormal(kept, near);
      for (let band = 0; band < HASHES / BAND; band++) joinBand(kept, signatures, band, near);
      const alike = near.members().reduce((sum, members) => sum + members.length, 0);
      const pattern = alike > Math.max(PATTERN_LEAST, documents * PATTERN_SHARE);
      for (const members of (pattern && certain < alike ? groups : near).members()) report(findings, kept, members);
    },
  };
}

function report(findings: Findings, kept: readonly Kept[], members: readonly number[]): void {
  const all = members.flatMap((at) => kept[at] ?? []);
  const [first, second] = all;
  if (first === undefined || second === undefined) return;
  const how = all.every(({ normal }) => normal === first.normal)
    ? 'but for case, blanks and punctuation'
    : 'but for the spelling of a word or two';
  findings.add({
    kind: 'near-equal',
    subject: first.normal,
    docIds: all.slice(0, MAX_IDS).map(({ docId }) => docId),
    count: all.length,
    message: `${all.length} documents ask the same ${how}, with the same gold answer`,
    excerpt: `${first.excerpt.slice(0, 110)} / ${second.excerpt.slice(0, 110)}`,
  });
}

/** Numbers, words, signs with a meaning; each letter of scripts that put no blanks between words. */
const WORDS =
  /\p{N}+(?:[.,]\p{N}+)*|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]|[\p{L}\p{M}]+|[^\s\p{L}\p{M}\p{N}.,;:!?'"`´‘’“”„«»]/gu;

/** FNV-1a. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Of each of the hashes the least over all pairs of neighbouring words. */
function signatureOf(words: Uint32Array): Uint32Array {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (let i = 1; i < words.length; i++) {
    const pair = Math.imul((words[i - 1] ?? 0) ^ 0x9e3779b9, 0x85ebca6b) ^ (words[i] ?? 0);
    for (let h = 0; h < HASHES; h++) {
      let mixed = Math.imul(pair ^ Math.imul(h + 1, 0x9e3779b9), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
      mixed = (mixed ^ (mixed >>> 13)) >>> 0;
      if (mixed < (least[h] ?? 0)) least[h] = mixed;
    }
  }
  return least;
}

function joinNormal(kept: readonly Kept[], groups: Groups): void {
  const first = new Map<string, number>();
  for (const [at, { normal, gold, row }] of kept.entries()) {
    const key = normal + gold;
    const before = first.get(key);
    if (before === undefined) first.set(key, at);
    else if (kept[before]?.row !== row) groups.join(before, at);
  }
}

/** One band at a time, so that only its buckets are in memory. */
function joinBand(kept: readonly Kept[], signatures: readonly Uint32Array[], band: number, groups: Groups): void {
  const buckets = new Map<number, number[]>();
  for (const [at, signature] of signatures.entries()) {
    if (signature.length === 0) continue;
    const [a = 0, b = 0] = signature.subarray(band * BAND, band * BAND + BAND);
    const key = a * 0x200000 + (b & 0x1fffff);
    const bucket = buckets.get(key) ?? [];
    buckets.set(key, bucket);
    for (const other of bucket) {
      if (!groups.joined(other, at) && nearlyEqual(kept[other], kept[at])) groups.join(other, at);
    }
    if (bucket.length < NEIGHBOURS) bucket.push(at);
    else bucket[at % NEIGHBOURS] = at;
  }
}

function nearlyEqual(a: Kept | undefined, b: Kept | undefined): boolean {
  if (!a?.words || !b?.words || a.figures !== b.figures || a.gold !== b.gold || a.row === b.row) return false;
  const [left, right] = [a.words.split(' '), b.words.split(' ')];
  const longest = Math.max(left.length, right.length);
  return differWithin(left, right, longest <= 40 ? 1 : longest <= 100 ? 2 : 3);
}

/** Whether so few words spelt otherwise, put in or left out make one of the other. */
function differWithin(a: readonly string[], b: readonly string[], most: number): boolean {
  if (Math.abs(a.length - b.length) > most) return false;
  const from = (i: number, j: number, left: number): boolean => {
    let x = i;
    let y = j;
    while (x < a.length && y < b.length && a[x] === b[y]) {
      x++;
      y++;
    }
    if (x === a.length && y === b.length) return true;
    if (left === 0) return false;
    const [word, other] = [a[x], b[y]];
    return (
      (word !== undefined && other !== undefined && sameWord(word, other) && from(x + 1, y + 1, left - 1)) ||
      (word !== undefined && isSmall(word) && from(x + 1, y, left - 1)) ||
      (other !== undefined && isSmall(other) && from(x, y + 1, left - 1))
    );
  };
  return from(0, 0, most);
}

function sameWord(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  return shorter >= TYPO_WORD && (distance(a, b) <= TYPOS || a.startsWith(b) || b.startsWith(a));
}

function isSmall(word: string): boolean {
  return word.length <= SHORT_WORD && /^\p{L}+$/u.test(word) && !NEGATIONS.has(word);
}

/** What belongs together, by positions: union-find. */
class Groups {
  readonly #parent: Uint32Array;

  constructor(size: number) {
    this.#parent = Uint32Array.from({ length: size }, (_, i) => i);
  }

  joined(a: number, b: number): boolean {
    return this.#root(a) === this.#root(b);
  }

  join(a: number, b: number): void {
    const [x, y] = [this.#root(a), this.#root(b)];
    this.#parent[Math.max(x, y)] = Math.min(x, y);
  }

  /** Groups of two and more, members ascending. */
  members(): number[][] {
    const byRoot = Map.groupBy(this.#parent.keys(), (at) => this.#root(at));
    return [...byRoot.values()].filter(({ length }) => length > 1);
  }

  #root(at: number): number {
    let root = at;
    for (let up = this.#parent[root] ?? root; up !== root; up = this.#parent[root] ?? root) root = up;
    this.#parent[at] = root;
    return root;
  }
}
