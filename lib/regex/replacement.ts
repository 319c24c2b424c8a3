import { PyIndexError, PyRegexError } from '../python/exceptions.ts';
import { CONTROL_ESCAPES } from '../python/literal-string.ts';

/** A replacement: literal pieces and numbers of groups. */
export type Replacement = readonly (string | number)[];

const PIECE = /\\(?:g<([^>]*)>|(0[0-7]{0,2}|[0-3][0-7]{2}|[0-9]{1,2})|([\s\S]))/g;

/**
 * Parses the replacement of `re.sub`: `\1`, `\g<1>`, `\g<name>`, `\n` and its like, octal escapes (parse_template).
 * @param groups number of groups of the pattern
 * @throws PyRegexError for an unknown escape or group
 * @throws PyIndexError for an unknown group name
 */
export function parseReplacement(text: string, groups: number, names: ReadonlyMap<string, number>): Replacement {
  if (!text.includes('\\')) return [text];
  const parts: (string | number)[] = [];
  const addGroup = (group: number): void => {
    if (group > groups) throw new PyRegexError(`invalid group reference ${group}`);
    parts.push(group);
  };
  let at = 0;
  for (const found of text.matchAll(PIECE)) {
    const [all, name, number, letter] = found;
    parts.push(text.slice(at, found.index));
    at = found.index + all.length;
    if (name !== undefined) addGroup(groupOf(name, names));
    else if (letter !== undefined) parts.push(control(letter));
    else if (number !== undefined && isOctal(number)) parts.push(String.fromCharCode(Number.parseInt(number, 8)));
    else addGroup(Number(number));
  }
  if (text.slice(at).endsWith('\\')) throw new PyRegexError('bad escape (end of pattern)');
  parts.push(text.slice(at));
  return parts;
}

function isOctal(digits: string): boolean {
  return digits.startsWith('0') || digits.length === 3;
}

function control(letter: string): string {
  if (Object.hasOwn(CONTROL_ESCAPES, letter)) return CONTROL_ESCAPES[letter] ?? '';
  if (letter === 'g') throw new PyRegexError('missing <');
  if (/^[A-Za-z]$/.test(letter)) throw new PyRegexError(`bad escape \\${letter}`);
  return `\\${letter}`;
}

function groupOf(name: string, names: ReadonlyMap<string, number>): number {
  if (/^[0-9]+$/.test(name)) return Number(name);
  if (!/^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(name)) throw new PyRegexError(`bad character in group name '${name}'`);
  const group = names.get(name);
  if (group === undefined) throw new PyIndexError(`unknown group name '${name}'`);
  return group;
}
