/**
 * Values as pydantic 2.10's lax mode takes them for an int, a float or a bool; `null` where it refuses them. It reads
 * texts by rules of its own, not by Python's: ASCII digits only, `1.0` for an int, underscores nearly anywhere in a float.
 */
import { MAX_INT_DIGITS, trimNumber } from './number.ts';

/** Texts that stand for true and for false, in any case. */
export const BOOL_TEXTS: { readonly true: readonly string[]; readonly false: readonly string[] } = {
  true: ['1', 'true', 't', 'yes', 'y', 'on'],
  false: ['0', 'false', 'f', 'no', 'n', 'off'],
};

/** A text for an int: among leading zeros underscores may stand anyhow. pydantic also takes `0-1` for -1; that is a slip. */
const INT = /^([+-]?)(?:0[0_]*)?([1-9][0-9]*(?:_[0-9]+)*|0)(?:\.0+)?$/;
/** What Rust reads as a float. */
const FLOAT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const NON_FINITE = /^([+-]?)(?:(inf|infinity)|nan)$/i;
/** Floats from here on, either way, are too large for an int field. */
const INT_FROM_FLOAT = 2 ** 63;

/** An int: ints, bools, floats without a fraction and below 2**63, texts of at most 4300 characters of digits and sign. */
export function pydanticInt(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) < INT_FROM_FLOAT ? BigInt(value) : null;
  }
  const [, sign = '', text] = (typeof value === 'string' && INT.exec(trimNumber(value))) || [];
  if (text === undefined) return null;
  const digits = text.replaceAll('_', '');
  const length = digits.length + (sign === '-' ? 1 : 0);
  if (length > MAX_INT_DIGITS) return null;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

/** A float: floats, ints that fit, bools, texts. */
export function pydanticFloat(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') {
    const float = Number(value);
    return Number.isFinite(float) ? float : null;
  }
  return typeof value === 'string' ? floatText(trimNumber(value)) : null;
}

/** Underscores are left out wherever they stand, unless first, last or side by side. */
function floatText(text: string): number | null {
  const bare = /^_|__|_$/.test(text) ? text : text.replaceAll('_', '');
  if (FLOAT.test(bare)) return Number(bare);
  const word = NON_FINITE.exec(bare);
  if (!word) return null;
  if (word[2] === undefined) return Number.NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

/** A bool: bools, 0 and 1 as int or float, {@link BOOL_TEXTS}. */
export function pydanticBool(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 1n || value === 1) return true;
  if (value === 0n || value === 0) return false;
  if (typeof value !== 'string') return null;
  const word = value.toLowerCase();
  return BOOL_TEXTS.true.includes(word) || (BOOL_TEXTS.false.includes(word) ? false : null);
}
