import { PyValueError } from './exceptions.ts';
import { PartFinder, splitAt } from './find.ts';
import { lstrip, rstrip } from './strip.ts';
import { isWhite, WHITESPACE } from './unicode.ts';

const whiteRun = new RegExp(`[${WHITESPACE}]+`);

/** Cuts of the separator are counted from here; beyond it there are none. Python's default `maxsplit=-1` means all. */
function limit(maxsplit: number): number {
  return maxsplit < 0 ? Number.POSITIVE_INFINITY : maxsplit;
}

function checkSeparator(separator: string): void {
  if (separator === '') throw new PyValueError('empty separator');
}

/**
 * `str.split`: at each `separator`, or without one at runs of white characters, ignoring those at the ends.
 * @throws PyValueError for an empty separator
 */
export function split(text: string, separator?: string | null, maxsplit = -1): string[] {
  const left = limit(maxsplit);
  if (separator === null || separator === undefined) return splitWhite(text, left);
  checkSeparator(separator);
  return splitAt(text, separator, left);
}

function splitWhite(text: string, max: number): string[] {
  let rest = lstrip(text);
  if (max === Number.POSITIVE_INFINITY) {
    rest = rstrip(rest);
    return rest === '' ? [] : rest.split(whiteRun);
  }
  const parts: string[] = [];
  for (let left = max; left > 0 && rest !== ''; left--) {
    const cut = whiteRun.exec(rest);
    if (cut === null) break;
    parts.push(rest.slice(0, cut.index));
    rest = rest.slice(cut.index + cut[0].length);
  }
  if (rest === '') return parts;
  // What the last cut leaves keeps its white end, unless cuts were left to take it off.
  parts.push(rest);
  return parts;
}

/**
 * `str.rsplit`: as {@link split}, but the cuts are counted from the right.
 * @throws PyValueError for an empty separator
 */
export function rsplit(text: string, separator?: string | null, maxsplit = -1): string[] {
  const left = limit(maxsplit);
  if (separator === null || separator === undefined) {
    return left === Number.POSITIVE_INFINITY ? splitWhite(text, left) : rsplitWhite(text, left);
  }
  checkSeparator(separator);
  const finder = new PartFinder(separator);
  const parts: string[] = [];
  let end = text.length;
  while (parts.length < left) {
    const at = finder.last(text, end);
    if (at < 0) break;
    parts.push(text.slice(at + separator.length, end));
    end = at;
  }
  parts.push(text.slice(0, end));
  return parts.reverse();
}

/** What the last cut leaves keeps its white beginning, unless cuts were left to take it off. */
function rsplitWhite(text: string, max: number): string[] {
  const parts: string[] = [];
  let end = whiteStart(text, text.length);
  while (parts.length < max && end > 0) {
    const start = wordStart(text, end);
    if (start === 0) break;
    parts.push(text.slice(start, end));
    end = whiteStart(text, start);
  }
  if (end > 0) parts.push(text.slice(0, end));
  return parts.reverse();
}

/** Where the white run that ends at `end` begins. */
function whiteStart(text: string, end: number): number {
  let at = end;
  while (at > 0 && isWhite(text.charCodeAt(at - 1))) at--;
  return at;
}

/** Where the word that ends at `end` begins. */
function wordStart(text: string, end: number): number {
  let at = end;
  while (at > 0 && !isWhite(text.charCodeAt(at - 1))) at--;
  return at;
}

/** `str.splitlines`: at \n, \r, \r\n, \v, \f, U+001C..U+001E, U+0085, U+2028 and U+2029; no empty last line. */
export function splitlines(text: string, keepends = false): string[] {
  const lines: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Python ends lines at them
  const ends = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;
  let start = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    lines.push(text.slice(start, keepends ? ends.lastIndex : end.index));
    start = ends.lastIndex;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/**
 * `str.partition`: before, separator and after its first place; `[text, '', '']` where it has none.
 * @throws PyValueError for an empty separator
 */
export function partition(text: string, separator: string): [string, string, string] {
  checkSeparator(separator);
  const at = new PartFinder(separator).first(text);
  return at < 0 ? [text, '', ''] : [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/**
 * `str.rpartition`: before, separator and after its last place; `['', '', text]` where it has none.
 * @throws PyValueError for an empty separator
 */
export function rpartition(text: string, separator: string): [string, string, string] {
  checkSeparator(separator);
  const at = new PartFinder(separator).last(text);
  return at < 0 ? ['', '', text] : [text.slice(0, at), separator, text.slice(at + separator.length)];
}
