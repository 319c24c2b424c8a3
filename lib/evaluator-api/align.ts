import { isspace } from '../python/characters.ts';

/** Stands in a token's text for bytes that are no whole character. */
const FRAGMENT = '\ufffd';
/** A character has at most this many bytes, so it falls into at most this many tokens. */
const MOST_BYTES = 4;

/** Where a text begins in a list of tokens that ends with it. */
export interface TokenTail {
  readonly tokens: readonly string[];
  /** The tokens from here on are not looked at. */
  readonly end: number;
}

/**
 * The first of the tokens before `end` that hold the text, found from the end by comparing what is not blank. Tokens that
 * are parts of a character show as U+FFFD and may stand for any character beyond ASCII; servers leave some U+FFFD out.
 * @returns null where the tokens hold another text: tokenizers normalise some characters
 */
export function alignTail(tail: TokenTail, text: string): number | null {
  // Bytes are parted as a text is mostly written; a letter and its accent may be two tokens.
  return alignAs('NFC', tail, text) ?? alignAs('NFD', tail, text);
}

function alignAs(form: 'NFC' | 'NFD', { tokens, end }: TokenTail, text: string): number | null {
  const wanted = bareCharacters(text.normalize(form));
  const characters = wanted.filter((character) => character !== FRAGMENT);
  const fewest = characters.length < wanted.length ? 0 : 1;
  let left = characters.length;
  let fragments = 0;
  // The token of the fragment met last.
  let parted = end;
  for (let at = end - 1; at >= 0; at--) {
    const before = left;
    for (const character of bareCharacters((tokens[at] ?? '').normalize(form)).reverse()) {
      if (character === FRAGMENT) {
        fragments++;
        parted = at;
        continue;
      }
      if (fragments > 0) {
        const covered = coveredBy(fragments, fewest, characters, left, character);
        if (covered === null) return null;
        left -= covered;
        fragments = 0;
        // The text begins with these parts; what is in front of them is the context's.
        if (left === 0) return parted;
      }
      // What is left of this token belongs to the context; a token that spans the border counts.
      if (left === 0) return left < before ? at : at + 1;
      if (characters[left - 1] !== character) return null;
      left--;
    }
    if (fragments === 0 ? left === 0 : bytesOf(characters.slice(0, left)) <= fragments) return at;
  }
  // All tokens are the text's.
  return fragments > 0 && coveredBy(fragments, fewest, characters, left, '') === left ? parted : null;
}

/** How many characters a run of fragments stands for, given the character before it. */
function coveredBy(
  fragments: number,
  fewest: number,
  characters: readonly string[],
  left: number,
  before: string,
): number | null {
  const from = Math.max(fewest, fewest * Math.ceil(fragments / MOST_BYTES));
  for (let count = from; count <= Math.min(fragments, left); count++) {
    if (characters.slice(left - count, left).some((character) => character < '\x80')) return null;
    if (count === left || characters[left - count - 1] === before) return count;
  }
  return null;
}

/** Characters that are not blank to Python. */
export function bareCharacters(text: string): string[] {
  return [...text].filter((character) => !isspace(character));
}

function bytesOf(characters: readonly string[]): number {
  return characters.reduce((bytes, character) => bytes + Buffer.byteLength(character), 0);
}
