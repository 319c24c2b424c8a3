/** Reads the inside of a string literal as Jinja does: its text in ASCII, then Python's `unicode-escape` decoding. */
import { SHORT_ESCAPES } from '../../python/literal-string.ts';
import { SyntaxFault } from '../fault.ts';

const DIGITS: Record<string, number> = { x: 2, u: 4, U: 8 };

/** @throws SyntaxFault where an escape is cut off. */
export function unescapeString(text: string, line: number): string {
  if (!text.includes('\\')) return text;
  // A backslash before a non-ASCII character meets that character's own escape: Jinja reads '\é' as the text '\xe9'.
  const ascii = text.replace(/[\u0080-\u{10ffff}]/gu, backslashReplace);
  return ascii.replace(/\\([xuU])([0-9a-fA-F]*)|\\([0-7]{1,3})|\\(N\{[^}]*\}?)|\\(.)|\\$/gs, (all, ...groups) => {
    const [kind, hex, octal, named, other]: (string | undefined)[] = groups;
    if (kind !== undefined) {
      const count = DIGITS[kind] ?? 0;
      const digits = hex ?? '';
      const code = Number.parseInt(digits.slice(0, count), 16);
      if (digits.length < count || code > 0x10ffff) throw new SyntaxFault(`bad \\${kind} escape in a string`, line);
      return String.fromCodePoint(code) + digits.slice(count);
    }
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    if (named !== undefined) throw new SyntaxFault('\\N{...} escapes are not supported', line);
    if (other !== undefined && other !== 'N') return SHORT_ESCAPES[other] ?? all;
    throw new SyntaxFault('bad escape in a string', line);
  });
}

function backslashReplace(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
