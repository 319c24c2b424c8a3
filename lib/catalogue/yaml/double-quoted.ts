/** Characters behind a backslash, and what they stand for. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ['/', '/'],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
]);

/** An escaped line break and blanks behind it; another escape; blanks and line breaks; anything else. */
const PART =
  /\\\n[ \t\n]*|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[^xuU\n]|[ \t]*\n[ \t\n]*|[^\\\n \t]+|[ \t]+/gu;

/**
 * What stands between double quotes, as libyaml reads it: a line break is a space, further ones are kept; behind a backslash
 * a line break is nothing, and further ones are kept too (there our parser's own reading differs). Null where an escape is
 * none, or names no character.
 */
export function readDoubleQuoted(inner: string): string | null {
  const text = inner.replace(/\r\n?/g, '\n');
  let result = '';
  let end = 0;
  for (const match of text.matchAll(PART)) {
    const part = match[0];
    if (match.index !== end) return null;
    end += part.length;
    const value = readPart(part);
    if (value === null) return null;
    result += value;
  }
  return end === text.length ? result : null;
}

function readPart(part: string): string | null {
  if (part.startsWith('\\\n')) return part.slice(2).replace(/[^\n]/g, '');
  if (part.startsWith('\\')) return readEscape(part);
  if (!part.includes('\n')) return part;
  const breaks = part.replace(/[^\n]/g, '');
  return breaks.length === 1 ? ' ' : breaks.slice(1);
}

function readEscape(part: string): string | null {
  if (part.length === 2 || !/^\\[xuU]/.test(part)) return ESCAPES.get(part.slice(1)) ?? null;
  const code = Number.parseInt(part.slice(2), 16);
  const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : null;
}
