import { distance } from 'fastest-levenshtein';
import { Buckets } from './buckets.ts';
import { DigestSet, Digests, digestOf, Numbers, Texts } from './columns.ts';
import { excerptOf, type Findings } from './finding.ts';
import { Groups } from './groups.ts';
import { type Check, shownText } from './seen.ts';

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
/** Characters of a question that a finding shows of each of two. */
const EXCERPT_EACH = 110;
/** A signature has no zeros where there is one: they are the least of hashes, of which a 0 becomes a 1. */
const NO_SIGNATURE = new Uint32Array(HASHES);

/** What is kept of questions that differ, each at the position at which it was first seen. */
class Kept {
  readonly docIds = new Numbers();
  readonly rows = new Digests();
  /** Numbers and signs, which have to be the same. */
  readonly figures = new Digests();
  readonly golds = new Digests();
  readonly normals = new Digests();
  /** Where its normal form and its gold answer were first seen. */
  readonly firstAlike = new Numbers();
  /** Words and numbers in their order; empty where they are too few or too many to be compared by them. */
  readonly words = new Texts();
  readonly excerpts = new Texts();
  /** {@link HASHES} of each; 0 of those that are not compared by words. */
  readonly signatures = new Numbers();

  get length(): number {
    return this.docIds.length;
  }
}

/**
 * Questions that differ in case, blanks and punctuation alone, or in the spelling of a word or two, with the same numbers and
 * signs and the same gold answer: what differs in a name, a number or a direction is another question. Candidates come from MinHash over pairs of words in bands (locality-sensitive hashing; Broder 1997), and are then
 * compared word by word: linear in the documents, with some hundred bytes of each.
 */
export function nearEqualCheck(findings: Findings): Check {
  const kept = new Kept();
  const exact = new DigestSet();
  const alike = new DigestSet();
  /** Of each that is alike to none before it, its position. */
  const firsts = new Numbers();
  let chars = 0;
  return {
    see({ docId, row, question, golds }) {
      const at = kept.length;
      if (at >= MAX_DOCUMENTS || exact.add(digestOf(question)) < at) return;
      const text = shownText(question).toLowerCase();
      const list = text.match(WORDS) ?? [];
      const normal = list.join(' ');
      const comparable =
        list.length >= MIN_WORDS && list.length <= MAX_WORDS_EACH && chars + normal.length <= MAX_CHARS;
      if (comparable) chars += normal.length;
      const gold = digestOf(golds.join('\u0000').toLowerCase());
      const normalDigest = digestOf(normal);
      const first = alike.add(digestOf(`${normalDigest}${gold}`));
      if (first === firsts.length) firsts.push(at);
      kept.docIds.push(docId);
      kept.rows.push(digestOf(row));
      kept.figures.push(digestOf(list.filter((word) => !/\p{L}/u.test(word)).join(' ')));
      kept.golds.push(gold);
      kept.normals.push(normalDigest);
      kept.firstAlike.push(firsts.at(first));
      kept.words.push(comparable ? normal : '');
      kept.excerpts.push(excerptOf(shownText(question)).slice(0, EXCERPT_EACH).toWellFormed());
      kept.signatures.pushAll(comparable ? signatureOf(Uint32Array.from(list, hashOf)) : NO_SIGNATURE);
    },
    end(documents) {
      const groups = new Groups(kept.length);
      joinNormal(kept, groups);
      const certain = groups.members().length;
      const near = new Groups(kept.length);
      joinNormal(kept, near);
      const buckets = new Buckets(kept.length, NEIGHBOURS);
      for (let band = 0; band < HASHES / BAND; band++) joinBand(kept, buckets, band, near);
      const alike = near.members().reduce((sum, members) => sum + members.length, 0);
      const pattern = alike > Math.max(PATTERN_LEAST, documents * PATTERN_SHARE);
      for (const members of (pattern && certain < alike ? groups : near).members()) report(findings, kept, members);
    },
  };
}

function report(findings: Findings, kept: Kept, members: readonly number[]): void {
  const [first, second] = members;
  if (first === undefined || second === undefined) return;
  const how = members.every((at) => kept.normals.equal(at, first))
    ? 'but for case, blanks and punctuation'
    : 'but for the spelling of a word or two';
  findings.add({
    kind: 'near-equal',
    subject: kept.normals.text(first),
    docIds: members.slice(0, MAX_IDS).map((at) => kept.docIds.at(at)),
    count: members.length,
    message: `${members.length} documents ask the same ${how}, with the same gold answer`,
    excerpt: `${kept.excerpts.at(first)} / ${kept.excerpts.at(second)}`,
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
      mixed = (mixed ^ (mixed >>> 13)) >>> 0 || 1;
      if (mixed < (least[h] ?? 0)) least[h] = mixed;
    }
  }
  return least;
}

function joinNormal({ length, firstAlike, rows }: Kept, groups: Groups): void {
  for (let at = 0; at < length; at++) {
    const before = firstAlike.at(at);
    if (before !== at && !rows.equal(before, at)) groups.join(before, at);
  }
}

/** One band at a time, so that only its buckets are in memory. */
function joinBand(kept: Kept, buckets: Buckets, band: number, groups: Groups): void {
  buckets.clear();
  for (let at = 0; at < kept.length; at++) {
    const start = at * HASHES + band * BAND;
    const [a, b] = [kept.signatures.at(start), kept.signatures.at(start + 1)];
    if (a === 0 && b === 0) continue;
    const bucket = buckets.find(a * 0x200000 + (b & 0x1fffff));
    for (const other of buckets.members(bucket)) {
      if (!groups.joined(other, at) && nearlyEqual(kept, other, at)) groups.join(other, at);
    }
    buckets.put(bucket, at);
  }
}

function nearlyEqual({ figures, golds, rows, words }: Kept, a: number, b: number): boolean {
  if (!figures.equal(a, b) || !golds.equal(a, b) || rows.equal(a, b)) return false;
  const [left, right] = [words.at(a).split(' '), words.at(b).split(' ')];
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
