/** Numbers in texts, as Python's `int(text, base)` and `float(text)` read them. */
import { strip } from '../python/text.ts';
import { valueFault } from './fault.ts';

const MAX_DIGITS = 4300;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const NON_FINITE = /^([+-]?)(?:(inf|infinity)|nan)$/i;
const INT = /^([+-]?)(?:0([bBoOxX])_?)?([0-9a-zA-Z]+(?:_[0-9a-zA-Z]+)*)$/;
const RADIX: Record<string, number> = { b: 2, o: 8, x: 16 };

/** Decimal digits of any script as ASCII ones: in each script they follow one another from zero. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    let code = digit.codePointAt(0) ?? 0;
    if (code < 0x80) return digit;
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1)) && !startsDigits(code)) {
      code--;
      value++;
    }
    return String(value);
  });
}

/** Blocks of mathematical digits follow one another without a gap, in tens. */
function startsDigits(code: number): boolean {
  return code >= 0x1d7ce && code <= 0x1d7ff && (code - 0x1d7ce) % 10 === 0;
}

/** @throws Fault `value` */
export function parseFloatText(text: string): number {
  const stripped = asciiDigits(strip(text));
  if (FLOAT.test(stripped)) return Number(stripped.replaceAll('_', ''));
  const match = NON_FINITE.exec(stripped);
  if (!match) throw valueFault('could not convert string to float');
  if (match[2] === undefined) return Number.NaN;
  return match[1] === '-' ? -Infinity : Infinity;
}

/** @param base 2 to 36, or 0 to go by the prefix. @throws Fault `value` */
export function parseIntText(text: string, base: bigint): bigint {
  if (base !== 0n && (base < 2n || base > 36n)) throw valueFault('int() base must be >= 2 and <= 36, or 0');
  const invalid = () => valueFault('invalid literal for int()');
  const match = INT.exec(asciiDigits(strip(text)));
  if (!match) throw invalid();
  const [, sign, letter, tail = ''] = match;
  const prefixRadix = letter === undefined ? undefined : RADIX[letter.toLowerCase()];
  const radix = base === 0n ? (prefixRadix ?? 10) : Number(base);
  // Without that base, `0b1` may still be digits: 0xb1 in base 16.
  const digits = letter !== undefined && prefixRadix !== radix ? `0${letter}${tail}` : tail;
  const clean = digits.replaceAll('_', '').toLowerCase();
  if (base === 0n && prefixRadix === undefined && /^0+[^0]/.test(clean)) throw invalid();
  if ((radix & (radix - 1)) !== 0 && clean.length > MAX_DIGITS) throw valueFault('too many digits for an int');
  if (clean.length > 4 * MAX_DIGITS) throw valueFault('too many digits for an int');
  let result = 0n;
  for (const digit of clean) {
    const value = Number.parseInt(digit, 36);
    if (value >= radix) throw invalid();
    result = result * BigInt(radix) + BigInt(value);
  }
  return sign === '-' ? -result : result;
}
