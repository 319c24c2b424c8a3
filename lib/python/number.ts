/** Floats as Python and pydantic print them, and numbers in texts as `int(text, base)` and `float(text)` read them. */
import { PyValueError } from './exceptions.ts';
import { knownToPython, WHITESPACE } from './unicode.ts';

/** The shortest decimal digits that read back as `x`, without trailing zeros; the value is `0.digits * 10 ** point`. */
interface Decimal {
  digits: string;
  point: number;
}

/** JavaScript finds the same shortest digits as Python and ryu; only the layout differs. `x` is finite and not zero. */
function decimal(x: number): Decimal {
  const [mantissa = '', exponent = ''] = Math.abs(x).toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** The digits without an exponent, always with a decimal point: `120.0`, `1.2`, `0.0012`. */
function positional({ digits, point }: Decimal): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${digits}${'0'.repeat(point - digits.length)}.0`;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The digits with one of them before the point: `1.2`, `1`. */
function mantissa({ digits }: Decimal): string {
  return digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
}

/** A float as Python's `repr()` and `str()` print it: `1.0`, `1e+16`, `1e-05`, `inf`, `nan`, `-0.0` (float.__repr__). */
export function formatFloat(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (x === 0) return `${sign}0.0`;
  if (!Number.isFinite(x)) return `${sign}inf`;
  const shortest = decimal(x);
  if (shortest.point > -4 && shortest.point <= 16) return sign + positional(shortest);
  const exponent = shortest.point - 1;
  return `${sign}${mantissa(shortest)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/**
 * A float as pydantic 2.10's `model_dump_json` prints it (the ryu crate): `0.0`, `0.00001`, `1e-6`, `1e16`. Not a number
 * and the infinities become `null`, as they do there.
 */
export function formatFloatRyu(x: number): string {
  if (!Number.isFinite(x)) return 'null';
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (x === 0) return `${sign}0.0`;
  const shortest = decimal(x);
  if (shortest.point > -5 && shortest.point <= 16) return sign + positional(shortest);
  return `${sign}${mantissa(shortest)}e${shortest.point - 1}`;
}

/** How many digits Python reads into an int in a base that is no power of two (sys.int_info.default_max_str_digits). */
export const MAX_INT_DIGITS = 4300;

const DIGITS = '\\d+(?:_\\d+)*';
const FLOAT = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);
const NON_FINITE = /^([+-]?)(?:(inf|infinity)|nan)$/i;
const INT = /^([+-]?)(?:0([bBoOxX])_?)?([0-9a-zA-Z]+(?:_[0-9a-zA-Z]+)*)$/;
const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16 };

/** Around numbers the separators U+001C..U+001F are not white, unlike for `str.strip`. */
const white = new RegExp(`[[${WHITESPACE}]--[\\x1c-\\x1f]]`, 'v');
const foreignDigits = new RegExp(`[${knownToPython('\\p{Nd}')}--[0-9]]`, 'gv');
const DECIMAL_DIGIT = new RegExp(knownToPython('\\p{Nd}'), 'v');

/** The text without what is white around a number: to Python as to Rust, whose `trim` pydantic uses. */
export function trimNumber(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && white.test(text.charAt(start))) start++;
  while (end > start && white.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Decimal digits of any script as ASCII ones: they stand in tens from zero, some scripts' tens side by side. */
function asciiDigits(text: string): string {
  return text.replace(foreignDigits, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let first = code;
    while (DECIMAL_DIGIT.test(String.fromCodePoint(first - 1))) first--;
    return String((code - first) % 10);
  });
}

/**
 * `float(text)`: decimal digits of any script, underscores between digits, infinity and nan, white around it.
 * @throws PyValueError where it is no float
 */
export function floatFromText(text: string): number {
  const bare = asciiDigits(trimNumber(text));
  if (FLOAT.test(bare)) return Number(bare.replaceAll('_', ''));
  const word = NON_FINITE.exec(bare);
  if (!word) throw new PyValueError('could not convert string to float');
  if (word[2] === undefined) return Number.NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

/**
 * `int(text, base)`: digits of any script, underscores between them, white around it.
 * @param base 2 to 36, or 0 to go by the prefix; prefixes count with base 0 and their own only
 * @throws PyValueError where it is no such int, and beyond {@link MAX_INT_DIGITS} unless the base is a power of two
 */
export function intFromText(text: string, base = 10n): bigint {
  if (base !== 0n && (base < 2n || base > 36n)) throw new PyValueError('int() base must be >= 2 and <= 36, or 0');
  const invalid = () => new PyValueError(`invalid literal for int() with base ${base}`);
  const match = INT.exec(asciiDigits(trimNumber(text)));
  if (!match) throw invalid();
  const [whole, sign, letter, tail = ''] = match;
  const prefixRadix = letter === undefined ? undefined : RADIX[letter.toLowerCase()];
  const radix = base === 0n ? (prefixRadix ?? 10) : Number(base);
  // Without that base, `0b1` may still be digits: 0xb1 in base 16.
  const digits = prefixRadix === radix ? tail : whole.slice(sign?.length);
  const clean = digits.replaceAll('_', '').toLowerCase();
  if (base === 0n && prefixRadix === undefined && /^0+[^0]/.test(clean)) throw invalid();
  const value = fromDigits(clean, radix);
  if (value === null) throw invalid();
  return sign === '-' ? -value : value;
}

/** `null` where a digit is not below the radix. */
function fromDigits(digits: string, radix: number): bigint | null {
  const digit = radix <= 10 ? `0-${radix - 1}` : `0-9a-${(radix - 1).toString(36)}`;
  // Looked for before anything is made of each character: a text may have millions of them.
  if (new RegExp(`[^${digit}]`).test(digits)) return null;
  const bits = Math.log2(radix);
  const powerOfTwo = Number.isInteger(bits);
  if (!powerOfTwo && digits.length > MAX_INT_DIGITS)
    throw new PyValueError(`an int of more than ${MAX_INT_DIGITS} digits`);
  if (radix === 10) return BigInt(digits);
  const values = Array.from(digits, (one) => Number.parseInt(one, radix));
  if (powerOfTwo) return BigInt(`0b${values.map((value) => value.toString(2).padStart(bits, '0')).join('')}`);
  return values.reduce((sum, value) => sum * BigInt(radix) + BigInt(value), 0n);
}

/** What one of these gives, or null where it raises ValueError. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof PyValueError) return null;
    throw error;
  }
}
