import { isascii } from './characters.ts';
import { PySyntaxError, PyUnsupportedError } from './exceptions.ts';

/** One Python string token: its value (one character per byte for bytes) and which of the two types it is. */
export interface StringToken {
  value: string;
  isBytes: boolean;
  /** Where the token ends in the source. */
  end: number;
}

const OPENING = /([rRuUbB]|[bB][rR]|[rR][bB])?("""|'''|"|')/y;
const RUN_END = /['"\\\n]/g;
const ESCAPE = /\\(?:\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])/y;
/** What one character behind a backslash stands for, in string literals as in replacements of regular expressions. */
export const CONTROL_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
/** The same in string literals alone; a line break joins lines. */
export const SHORT_ESCAPES: Readonly<Record<string, string>> = { ...CONTROL_ESCAPES, '\n': '', "'": "'", '"': '"' };

/**
 * Reads the string token at `start`, or returns null where none begins there. Prefixes r, u, b, br; one or three quotes.
 * @throws PySyntaxError for an unclosed string or a broken escape
 * @throws PyUnsupportedError for `\N{...}`
 */
export function readString(source: string, start: number): StringToken | null {
  OPENING.lastIndex = start;
  const opening = OPENING.exec(source);
  if (opening === null) return null;
  const [, prefix = '', quote = ''] = opening;
  const isBytes = /b/i.test(prefix);
  const isRaw = /r/i.test(prefix);
  let value = '';
  let at = OPENING.lastIndex;
  while (!source.startsWith(quote, at)) {
    const character = source[at];
    if (character === undefined || (character === '\n' && quote.length === 1)) {
      throw new PySyntaxError('unterminated string literal');
    }
    if (character !== '\\') {
      const end = runEnd(source, at);
      value += source.slice(at, end);
      at = end;
      continue;
    }
    ESCAPE.lastIndex = at;
    const sequence = ESCAPE.exec(source)?.[0];
    if (sequence === undefined) throw new PySyntaxError('unterminated string literal');
    if (isRaw) {
      value += source.slice(at, at + 2);
      at += 2;
    } else {
      value += unescaped(sequence, isBytes);
      at += sequence.length;
    }
  }
  if (isBytes && !isascii(source.slice(start, at))) {
    throw new PySyntaxError('bytes can only contain ASCII literal characters');
  }
  return { value, isBytes, end: at + quote.length };
}

/** Behind the character at `at`, where the next quote, backslash or line's end is. */
function runEnd(source: string, at: number): number {
  RUN_END.lastIndex = at + 1;
  return RUN_END.exec(source)?.index ?? source.length;
}

function unescaped(sequence: string, isBytes: boolean): string {
  const letter = sequence.charAt(1);
  if (sequence.length === 2 && Object.hasOwn(SHORT_ESCAPES, letter)) return SHORT_ESCAPES[letter] ?? '';
  if (letter >= '0' && letter <= '7') {
    const code = Number.parseInt(sequence.slice(1), 8);
    return String.fromCharCode(isBytes ? code & 0xff : code);
  }
  if (letter !== 'x' && (isBytes || !/[uUN]/.test(letter))) return sequence;
  if (letter === 'N') throw new PyUnsupportedError('Characters by name (\\N{...}) are not supported in literals.');
  if (sequence.length === 2) throw new PySyntaxError(`truncated \\${letter} escape`);
  const code = Number.parseInt(sequence.slice(2), 16);
  if (code > 0x10ffff) throw new PySyntaxError('illegal Unicode character');
  return String.fromCodePoint(code);
}
