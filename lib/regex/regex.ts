import { PyUnsupportedError } from '../python/exceptions.ts';
import { PyTuple, type PyValue } from '../python/value.ts';
import { literalIn } from './literal.ts';
import { childrenOf, type RegexNode } from './nodes.ts';
import { type ParsedRegex, parseRegex } from './parse.ts';
import { type PrintedRegex, printRegex } from './print.ts';
import { parseReplacement } from './replacement.ts';

/** One match: UTF-16 bounds, and the groups by Python's numbers (0 is the whole), undefined for those without a part. */
interface Match {
  start: number;
  end: number;
  groups: (string | undefined)[];
}

/**
 * A Python pattern for text as a JavaScript expression (flags `v` and `i`), with Python's meaning of `.`, `$`, `\Z`,
 * `\d`, `\w`, `\s`, `\b`, of inline flags, sets, atomic groups and possessive repetitions. Atomic groups add captures of
 * their own, so read named groups by name.
 *
 * Only whether letters were assigned after Unicode 14 (Python 3.11's) is decided by JavaScript's newer tables.
 * @param flags letters of `aimsx`, as re.A, re.I, ...
 * @throws PyRegexError where Python raises re.error
 * @throws PyUnsupportedError where JavaScript would match or capture something else: conditional groups, repetitions of
 * what can be empty, references to groups that may have taken no part
 */
export function translateRegex(pattern: string, flags = ''): RegExp {
  const printed = printRegex(parseRegex(pattern, flags), 0);
  refuseTrouble(printed);
  return new RegExp(printed.source, printed.ignoreCase ? 'vi' : 'v');
}

/**
 * `re.sub(pattern, replacement, text, count, flags)`. The replacement may hold `\1`, `\g<1>`, `\g<name>` and escapes.
 * @param count how many matches to replace at most, 0 for all
 * @throws PyRegexError, PyIndexError, PyUnsupportedError as {@link translateRegex}, and for bad replacements
 */
export function reSub(pattern: string, replacement: string, text: string, count = 0, flags = ''): string {
  const finder = finderFor(pattern, flags);
  const template = parseReplacement(replacement, finder.parsed.groups, finder.parsed.names);
  if (template.some((part) => typeof part === 'number' && part > 0)) refuseTrouble(finder.printed);
  let result = '';
  let at = 0;
  let made = 0;
  for (const { start, end, groups } of finder.find(text)) {
    const parts = template.map((part) => (typeof part === 'number' ? (groups[part] ?? '') : part));
    result += text.slice(at, start) + parts.join('');
    at = end;
    if (++made === count) break;
  }
  return result + text.slice(at);
}

/**
 * `re.findall`: whole matches, or the texts of the only group, or tuples of all groups; `''` for those without a part.
 * @throws as {@link translateRegex}
 */
export function reFindall(pattern: string, text: string, flags = ''): PyValue[] {
  const finder = finderFor(pattern, flags);
  if (finder.parsed.groups > 0) refuseTrouble(finder.printed);
  return Array.from(finder.find(text), ({ groups }): PyValue => {
    const texts = groups.map((group) => group ?? '');
    return texts.length > 2 ? new PyTuple(texts.slice(1)) : (texts.at(-1) ?? '');
  });
}

function refuseTrouble({ captureTrouble }: PrintedRegex): void {
  if (captureTrouble === null) return;
  throw new PyUnsupportedError(`Python and JavaScript capture differently here: the pattern has ${captureTrouble}.`);
}

/** Finds matches one after another as Python does. */
class Finder {
  readonly parsed: ParsedRegex;
  readonly printed: PrintedRegex;
  readonly #expression: RegExp;
  /** Stands in every match. */
  readonly #literal: string;
  #nonEmpty: RegExp | null | undefined;

  constructor(pattern: string, flags: string) {
    this.parsed = parseRegex(pattern, flags);
    this.printed = printRegex(this.parsed, 0);
    this.#literal = literalIn(this.parsed.root);
    this.#expression = new RegExp(this.printed.source, this.printed.ignoreCase ? 'gvi' : 'gv');
  }

  /** Behind an empty match Python looks at the same place for one that is not empty, then moves on by one character. */
  *find(text: string): Generator<Match> {
    let at = 0;
    while (at <= text.length && (this.#literal === '' || text.includes(this.#literal, at))) {
      const match = this.#search(this.#expression, text, at, 0);
      if (match === null) return;
      yield match;
      at = match.end;
      if (match.start < match.end) continue;
      const longer = this.#longer(text, at);
      if (longer !== null) {
        yield longer;
        at = longer.end;
      } else at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    }
  }

  #search(expression: RegExp, text: string, at: number, offset: number): Match | null {
    expression.lastIndex = at;
    let found = expression.exec(text);
    // V8 may find an empty match between the halves of a surrogate pair, where Python has no place.
    while (found !== null && isInsidePair(text, found.index)) {
      expression.lastIndex = found.index + 1;
      found = expression.exec(text);
    }
    if (found === null) return null;
    const groups: (string | undefined)[] = [found[0]];
    for (let group = 1; group <= this.parsed.groups; group++) {
      groups.push(found[(this.printed.groupIndex.get(group) ?? 0) + offset]);
    }
    return { start: found.index, end: found.index + found[0].length, groups };
  }

  /** A match at this very place that is not empty. Without alternatives and lazy repetitions the empty one was the last. */
  #longer(text: string, at: number): Match | null {
    if (this.#nonEmpty === undefined) {
      const { source, ignoreCase } = printRegex(this.parsed, 1);
      this.#nonEmpty = hasChoice(this.parsed.root)
        ? new RegExp(`(?=([\\s\\S]*))(?:${source})(?!\\1$)`, ignoreCase ? 'yvi' : 'yv')
        : null;
    }
    return this.#nonEmpty === null ? null : this.#search(this.#nonEmpty, text, at, 1);
  }
}

function isInsidePair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** Whether the empty match can come before a longer one at the same place. */
function hasChoice(node: RegexNode): boolean {
  return node.kind === 'either' || (node.kind === 'repeat' && node.lazy) || childrenOf(node).some(hasChoice);
}

/** Finders by pattern and flags; templates use the same few patterns for every document. */
const finders = new Map<string, Finder>();
const MAX_FINDERS = 200;

function finderFor(pattern: string, flags: string): Finder {
  const key = `${flags}/${pattern}`;
  const known = finders.get(key);
  if (known !== undefined) return known;
  const finder = new Finder(pattern, flags);
  if (finders.size >= MAX_FINDERS) finders.clear();
  finders.set(key, finder);
  return finder;
}
