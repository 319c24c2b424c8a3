import { PyRegexError, PyUnsupportedError } from '../python/exceptions.ts';
import type { Category, Place } from './nodes.ts';

/** What an escape sequence stands for, and how many UTF-16 units it takes. */
export type Escape = { length: number } & (
  | { code: number }
  | { category: Category }
  | { place: Place }
  | { group: number }
);

const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
const PLACES: ReadonlyMap<string, Place> = new Map([
  ['A', 'textStart'],
  ['Z', 'textEnd'],
  ['b', 'boundary'],
  ['B', 'nonBoundary'],
]);
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function isCategory(letter: string): letter is Category {
  return letter.length === 1 && 'dDsSwW'.includes(letter);
}

/**
 * Reads the escape that begins with the backslash at `at` (`_escape` and `_class_escape` of Python's parser).
 * @param inSet whether it stands inside `[...]`, where there are no places and no group references
 * @throws PyRegexError where Python knows no such escape
 */
export function readEscape(pattern: string, at: number, inSet: boolean): Escape {
  const code = pattern.codePointAt(at + 1);
  if (code === undefined) throw new PyRegexError('bad escape (end of pattern)');
  const letter = String.fromCodePoint(code);
  const place = inSet ? undefined : PLACES.get(letter);
  if (place !== undefined) return { place, length: 2 };
  if (isCategory(letter)) return { category: letter, length: 2 };
  const control = Object.hasOwn(CONTROLS, letter) ? CONTROLS[letter] : undefined;
  if (control !== undefined) return { code: control, length: 2 };
  if (Object.hasOwn(HEX_DIGITS, letter)) return readHex(pattern, at, HEX_DIGITS[letter] ?? 0);
  if (letter === 'N') throw new PyUnsupportedError('Characters by name (\\N{...}) are not supported in patterns.');
  if (/^[0-9]$/.test(letter)) return inSet ? readOctal(pattern, at) : readNumber(pattern, at);
  if (/^[A-Za-z]$/.test(letter)) throw new PyRegexError(`bad escape \\${letter}`);
  return { code, length: 1 + letter.length };
}

function readHex(pattern: string, at: number, digits: number): Escape {
  const hex = pattern.slice(at + 2, at + 2 + digits);
  const code = new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
  if (!(code <= 0x10ffff)) throw new PyRegexError(`bad escape ${pattern.slice(at, at + 2 + digits)}`);
  return { code, length: 2 + digits };
}

function readOctal(pattern: string, at: number): Escape {
  const digits = /^[0-7]{1,3}/.exec(pattern.slice(at + 1, at + 4))?.[0];
  if (digits === undefined) throw new PyRegexError(`bad escape ${pattern.slice(at, at + 2)}`);
  return octal(digits);
}

function octal(digits: string): Escape {
  const code = Number.parseInt(digits, 8);
  if (code > 0o377) throw new PyRegexError(`octal escape value \\${digits} outside of range 0-0o377`);
  return { code, length: 1 + digits.length };
}

/** `\0` and up to two octal digits, three octal digits, or the number of a group in up to two digits. */
function readNumber(pattern: string, at: number): Escape {
  const next = pattern.slice(at + 1, at + 4);
  const digits = /^0[0-7]{0,2}/.exec(next)?.[0] ?? /^[0-7]{3}/.exec(next)?.[0];
  if (digits !== undefined) return octal(digits);
  const group = /^[0-9]{1,2}/.exec(next)?.[0] ?? '';
  return { group: Number(group), length: 1 + group.length };
}
