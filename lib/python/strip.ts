import { isWhite } from './unicode.ts';

/** The text without what is to be dropped at the chosen ends. */
function trimmed(text: string, chars: string | null | undefined, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  if (chars === null || chars === undefined) {
    while (left && start < end && isWhite(text.charCodeAt(start))) start++;
    while (right && end > start && isWhite(text.charCodeAt(end - 1))) end--;
    return text.slice(start, end);
  }
  const dropped = new Set(chars);
  while (left && start < end) {
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
    if (!dropped.has(character)) break;
    start += character.length;
  }
  while (right && end > start) {
    const character = lastCharacter(text, start, end);
    if (!dropped.has(character)) break;
    end -= character.length;
  }
  return text.slice(start, end);
}

/** The character that ends at `end`, in one unit or two. */
function lastCharacter(text: string, start: number, end: number): string {
  const pair = end - start >= 2 ? (text.codePointAt(end - 2) ?? 0) : 0;
  return text.slice(pair > 0xffff ? end - 2 : end - 1, end);
}

/**
 * `str.strip`: drops characters at both ends: those of `chars`, or without it Python's white ones, which include
 * U+001C..U+001F and U+0085 but not U+FEFF, unlike `trim()`.
 */
export function strip(text: string, chars?: string | null): string {
  return trimmed(text, chars, true, true);
}

/** `str.lstrip`: as {@link strip}, at the left only. */
export function lstrip(text: string, chars?: string | null): string {
  return trimmed(text, chars, true, false);
}

/** `str.rstrip`: as {@link strip}, at the right only. */
export function rstrip(text: string, chars?: string | null): string {
  return trimmed(text, chars, false, true);
}

/** `str.removeprefix`. */
export function removeprefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** `str.removesuffix`. */
export function removesuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}
