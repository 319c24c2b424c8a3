import { PyRegexError, PyUnsupportedError } from '../python/exceptions.ts';
import { WHITESPACE } from '../python/unicode.ts';
import { readEscape } from './escape.ts';
import type { RegexFlags, SetItem } from './nodes.ts';

/** A set as read from a pattern; `end` is the place behind its `]`. */
export interface ReadSet {
  items: SetItem[];
  negated: boolean;
  end: number;
}

/**
 * Reads the set that opens at `start`. A `]` that comes first is a member, so is a `-` at either end.
 * @throws PyRegexError for an unclosed set or a bad range
 */
export function readSet(pattern: string, start: number): ReadSet {
  const negated = pattern[start + 1] === '^';
  const first = start + (negated ? 2 : 1);
  const items: SetItem[] = [];
  let at = first;
  const member = (): SetItem => {
    if (at >= pattern.length) throw new PyRegexError('unterminated character set');
    if (pattern[at] !== '\\') {
      const code = pattern.codePointAt(at) ?? 0;
      at += code > 0xffff ? 2 : 1;
      return { low: code, high: code };
    }
    const escaped = readEscape(pattern, at, true);
    at += escaped.length;
    if ('code' in escaped) return { low: escaped.code, high: escaped.code };
    if ('category' in escaped) return { category: escaped.category };
    throw new PyRegexError('bad escape in a character set');
  };
  while (pattern[at] !== ']' || at === first) {
    const item = member();
    if (pattern[at] === '-' && at + 1 >= pattern.length) throw new PyRegexError('unterminated character set');
    if (pattern[at] !== '-' || pattern[at + 1] === ']') {
      items.push(item);
      continue;
    }
    at++;
    const last = member();
    if ('category' in item || 'category' in last || last.high < item.low) throw new PyRegexError('bad character range');
    items.push({ low: item.low, high: last.high });
  }
  return { items, negated, end: at + 1 };
}

const UNICODE = { d: '\\p{Nd}', s: WHITESPACE, w: '\\p{L}\\p{N}_' };
const ASCII = { d: '0-9', s: '\\t-\\r\\x20', w: '0-9A-Za-z_' };

/** What is a word character to `\b`, as JavaScript source. */
export function wordSet(flags: RegexFlags): string {
  return `[${(flags.a ? ASCII : UNICODE).w}]`;
}

/** A code point in JavaScript source, never mistaken for syntax. */
function printCode(code: number): string {
  const character = String.fromCodePoint(code);
  return /^[0-9A-Za-z]$/.test(character) ? character : `\\u{${code.toString(16)}}`;
}

function printItem(item: SetItem, flags: RegexFlags): string {
  if ('low' in item) {
    return item.low === item.high ? printCode(item.low) : `${printCode(item.low)}-${printCode(item.high)}`;
  }
  const table = flags.a ? ASCII : UNICODE;
  switch (item.category) {
    case 'd':
    case 's':
    case 'w':
      return table[item.category];
    case 'D':
      return `[^${table.d}]`;
    case 'S':
      return `[^${table.s}]`;
    case 'W':
      return `[^${table.w}]`;
  }
}

/** The members' other cases where Python and JavaScript disagree about ignoring case. */
function otherCases(items: readonly SetItem[], flags: RegexFlags): SetItem[] {
  const ranges = items.filter((item) => 'low' in item);
  if (!flags.a) {
    // To Python i, I and both Turkish ones are the same letter.
    const letters = [0x49, 0x69, 0x130, 0x131];
    const has = ranges.some(({ low, high }) => letters.some((code) => low <= code && code <= high));
    return has ? letters.map((code) => ({ low: code, high: code })) : [];
  }
  const moved = (from: number, by: number): SetItem[] =>
    ranges.flatMap(({ low, high }) => {
      const [first, last] = [Math.max(low, from), Math.min(high, from + 25)];
      return first <= last ? [{ low: first + by, high: last + by }] : [];
    });
  return [...moved(0x41, 32), ...moved(0x61, -32)];
}

/**
 * The members with their other cases, so that the set needs no flag of its own: where a part of a pattern only ignores case, V8
 * spreads that over sets beside it.
 * @throws PyUnsupportedError beyond ASCII, whose other cases no short list has
 */
function withBothCases(items: readonly SetItem[]): SetItem[] {
  const ranges = items.filter((item) => 'low' in item);
  if (ranges.some(({ low, high }) => high > 0x7f && !(low === 0 && high === 0x10ffff))) {
    throw new PyUnsupportedError('Ignoring case in a part of a pattern only is not supported beyond ASCII.');
  }
  const has = (code: number) => ranges.some(({ low, high }) => low <= code && code <= high);
  const both: SetItem[] = [...items];
  for (let upper = 0x41; upper <= 0x5a; upper++) {
    const lower = upper + 32;
    if (!has(upper) && !has(lower)) continue;
    for (const code of [upper, lower, ...(FURTHER_CASES[String.fromCharCode(lower)] ?? [])])
      both.push({ low: code, high: code });
  }
  return both;
}

/** Letters beyond ASCII that Python takes for the same: long s, the Kelvin sign, both Turkish i. */
const FURTHER_CASES: Readonly<Record<string, readonly number[]>> = { i: [0x130, 0x131], k: [0x212a], s: [0x17f] };

/** The set as JavaScript source for the `v` flag. `ignoreCase` says whether the surroundings ignore case already. */
export function printSet(items: readonly SetItem[], negated: boolean, flags: RegexFlags, ignoreCase: boolean): string {
  const wanted = flags.i && !flags.a;
  const all = wanted && !ignoreCase ? withBothCases(items) : flags.i ? [...items, ...otherCases(items, flags)] : items;
  const [only] = all;
  const plain = !negated && all.length === 1 && only !== undefined && 'low' in only && only.low === only.high;
  const members = all.map((item) => printItem(item, flags)).join('');
  // Any character at all; `[^]` would be one more way to say it, but V8 of Node 20 forgets it in repetitions.
  if (members === '' && negated) return '[\\s\\S]';
  const source = plain ? members : `[${negated ? '^' : ''}${members}]`;
  return source;
}
