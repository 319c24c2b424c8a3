import { PyValueError } from './exceptions.ts';
import { lstrip, rstrip } from './strip.ts';
import { WHITESPACE } from './unicode.ts';

const whiteRun = new RegExp(`[${WHITESPACE}]+`);
const lastWhiteRun = new RegExp(`[${WHITESPACE}]+(?=[^${WHITESPACE}]*$)`);

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
  let left = limit(maxsplit);
  if (separator === null || separator === undefined) return splitWhite(text, left);
  checkSeparator(separator);
  if (left === Number.POSITIVE_INFINITY) return text.split(separator);
  const parts: string[] = [];
  let start = 0;
  for (; left > 0; left--) {
    const at = text.indexOf(separator, start);
    if (at < 0) break;
    parts.push(text.slice(start, at));
    start = at + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
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
  let left = limit(maxsplit);
  const white = separator === null || separator === undefined;
  if (white && left === Number.POSITIVE_INFINITY) return splitWhite(text, left);
  const parts: string[] = [];
  let rest = white ? rstrip(text) : text;
  if (!white) checkSeparator(separator);
  for (; left > 0 && (!white || rest !== ''); left--) {
    const cut = white ? lastWhiteRun.exec(rest) : null;
    const at = white ? (cut?.index ?? -1) : lastIndexOf(rest, separator);
    if (at < 0) break;
    parts.push(rest.slice(at + (white ? (cut?.[0].length ?? 0) : separator.length)));
    rest = rest.slice(0, at);
  }
  if (!white || rest !== '') parts.push(rest);
  return parts.reverse();
}

/** The last place of `part` that lies wholly inside `text`. */
function lastIndexOf(text: string, part: string): number {
  return text.length < part.length ? -1 : text.lastIndexOf(part);
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
  const at = text.indexOf(separator);
  return at < 0 ? [text, '', ''] : [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/**
 * `str.rpartition`: before, separator and after its last place; `['', '', text]` where it has none.
 * @throws PyValueError for an empty separator
 */
export function rpartition(text: string, separator: string): [string, string, string] {
  checkSeparator(separator);
  const at = text.lastIndexOf(separator);
  return at < 0 ? ['', '', text] : [text.slice(0, at), separator, text.slice(at + separator.length)];
}
