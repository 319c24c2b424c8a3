import { isCased } from './characters.ts';
import { hasNewer } from './unicode.ts';

/**
 * Title case where it is not the upper case, as `from:to`. Georgian letters (upper but no title case) and the Greek ones
 * with iota subscript in U+1F80..U+1FAF follow rules instead, see {@link titleCase}.
 */
const TITLE = new Map(
  (
    'ß:Ss Ǆ:ǅ ǅ:ǅ ǆ:ǅ Ǉ:ǈ ǈ:ǈ ǉ:ǈ Ǌ:ǋ ǋ:ǋ ǌ:ǋ Ǳ:ǲ ǲ:ǲ ǳ:ǲ և:Եւ ﬀ:Ff ﬁ:Fi ﬂ:Fl ﬃ:Ffi ﬄ:Ffl ﬅ:St ﬆ:St ﬓ:Մն ﬔ:Մե ﬕ:Մի ﬖ:Վն ﬗ:Մխ ' +
    '\u1fb2:\u1fba\u0345 \u1fb3:\u1fbc \u1fb4:\u0386\u0345 \u1fb7:\u0391\u0342\u0345 \u1fbc:\u1fbc \u1fc2:\u1fca\u0345 ' +
    '\u1fc3:\u1fcc \u1fc4:\u0389\u0345 \u1fc7:\u0397\u0342\u0345 \u1fcc:\u1fcc \u1ff2:\u1ffa\u0345 \u1ff3:\u1ffc ' +
    '\u1ff4:\u038f\u0345 \u1ff7:\u03a9\u0342\u0345 \u1ffc:\u1ffc'
  )
    .split(' ')
    .map((pair): [string, string] => {
      const [from = '', to = ''] = pair.split(':');
      return [from, to];
    }),
);

/** JavaScript's mapping, but characters that Python 3.11's Unicode 14 does not know stay as they are, on either side. */
function withoutNewer(text: string, map: (text: string) => string): string {
  const mapped = map(text);
  if (!hasNewer(mapped) && !hasNewer(text)) return mapped;
  let result = '';
  let known = '';
  for (const character of text) {
    if (hasNewer(character) || hasNewer(map(character))) {
      result += map(known) + character;
      known = '';
    } else known += character;
  }
  return result + map(known);
}

/** `str.upper`, with Unicode's special casing: `ß` becomes `SS`. */
export function upper(text: string): string {
  return withoutNewer(text, (known) => known.toUpperCase());
}

/** `str.lower`, with Unicode's special casing: a sigma that ends a word becomes `ς`. */
export function lower(text: string): string {
  return withoutNewer(text, (known) => known.toLowerCase());
}

/** Title case of one character: `ǆ` becomes `ǅ`, `ß` becomes `Ss`, Georgian letters stay. */
function titleCase(character: string): string {
  const special = TITLE.get(character);
  if (special !== undefined) return special;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x10d0 && code <= 0x10ff) return character;
  if (code >= 0x1f80 && code <= 0x1faf) return String.fromCodePoint(code | 8);
  return upper(character);
}

/** Lower case of the character at `i`, by its surroundings where it is a capital sigma (str.lower does the same). */
function lowerAt(characters: readonly string[], i: number): string {
  const character = characters[i] ?? '';
  if (character !== '\u03a3') return lower(character);
  const ignorable = /^\p{Case_Ignorable}$/u;
  let before = i - 1;
  while (before >= 0 && ignorable.test(characters[before] ?? '')) before--;
  if (before < 0 || !isCased(characters[before] ?? '')) return '\u03c3';
  let after = i + 1;
  while (after < characters.length && ignorable.test(characters[after] ?? '')) after++;
  return after < characters.length && isCased(characters[after] ?? '') ? '\u03c3' : '\u03c2';
}

/** `str.capitalize`: the first character in title case, all others in lower case. */
export function capitalize(text: string): string {
  const characters = [...text];
  const rest = text.includes('\u03a3')
    ? characters
        .slice(1)
        .map((_, i) => lowerAt(characters, i + 1))
        .join('')
    : lower(characters.slice(1).join(''));
  return titleCase(characters[0] ?? '') + rest;
}

/** `str.title`: title case for each cased letter that follows none, lower case for the others. */
export function title(text: string): string {
  const characters = [...text];
  let result = '';
  let inWord = false;
  for (const [i, character] of characters.entries()) {
    result += inWord ? lowerAt(characters, i) : titleCase(character);
    inWord = isCased(character);
  }
  return result;
}

/** `str.swapcase`: upper case becomes lower case and the other way round; title case letters stay. */
export function swapcase(text: string): string {
  const characters = [...text];
  return characters
    .map((character, i) => {
      if (/^\p{Lt}$/u.test(character)) return character;
      const lowered = lowerAt(characters, i);
      return lowered === character ? upper(character) : lowered;
    })
    .join('');
}
