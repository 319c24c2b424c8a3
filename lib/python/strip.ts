import { WHITESPACE } from './unicode.ts';

const white = new RegExp(`[${WHITESPACE}]`);

/** Whether one UTF-16 unit is white to Python; all 29 white characters are single units. */
function isWhite(unit: string): boolean {
  return white.test(unit);
}

/** The text without what is to be dropped at the chosen ends. */
function trimmed(text: string, chars: string | null | undefined, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  if (chars === null || chars === undefined) {
    while (left && start < end && isWhite(text.charAt(start))) start++;
    while (right && end > start && isWhite(text.charAt(end - 1))) end--;
    return text.slice(start, end);
  }
  const dropped = new Set(chars);
  const characters = [...text];
  end = characters.length;
  while (left && start < end && dropped.has(characters[start] ?? '')) start++;
  while (right && end > start && dropped.has(characters[end - 1] ?? '')) end--;
  return start === 0 && end === characters.length ? text : characters.slice(start, end).join('');
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
