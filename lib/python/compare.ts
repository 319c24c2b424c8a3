import { dictGet } from './dict.ts';
import { NANOS, PyDuration } from './duration.ts';
import { PyTypeError } from './exceptions.ts';
import { NOT_A_TIME } from './opaque.ts';
import { clockOf } from './opaque-text.ts';
import { compareCodePoints } from './sort.ts';
import { isDict, type PyDict, PyOpaque, PyTuple, type PyValue, typeName } from './value.ts';

/** The text of a moment that knows its zone. */
const ZONED = /[+-]\d\d:\d\d(:\d\d)?$/;

/** A bool as the int it is to Python; other values as they are. */
function unbool(value: PyValue): PyValue {
  return typeof value === 'boolean' ? BigInt(value) : value;
}

function isNumeric(value: PyValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/**
 * Python's `a == b`: numbers by exact value whatever their type (`1 == 1.0 == True`), text only with text, lists and
 * tuples item by item but never with one another, dicts without regard to order.
 *
 * One difference: Python holds a NaN inside a list equal to itself if it is the same object; here it equals nothing.
 */
export function equals(left: PyValue, right: PyValue): boolean {
  const a = unbool(left);
  const b = unbool(right);
  if (isNumeric(a)) return isNumeric(b) && a >= b && a <= b;
  if (a === b) return a !== NOT_A_TIME;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
  if (a instanceof PyTuple) return b instanceof PyTuple && equalItems(a.items, b.items);
  if (a instanceof PyOpaque) return b instanceof PyOpaque && (a.repr === b.repr || isSameTime(a, b));
  return isDict(a) && isDict(b) && equalDicts(a, b);
}

/** Moments are equal whatever zone shows them, and durations whatever unit counts them. */
function isSameTime(a: PyOpaque, b: PyOpaque): boolean {
  if (a instanceof PyDuration && b instanceof PyDuration) return a.count * NANOS[a.unit] === b.count * NANOS[b.unit];
  if (!(a.bson instanceof Date && b.bson instanceof Date && ZONED.test(a.str) && ZONED.test(b.str))) return false;
  const [one, other] = [clockOf(a.str), clockOf(b.str)];
  return one.micros === other.micros && one.nanos === other.nanos;
}

function equalItems(a: readonly PyValue[], b: readonly PyValue[]): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i] ?? null));
}

function equalDicts(a: PyDict, b: PyDict): boolean {
  if (a.size !== b.size) return false;
  for (const [key, item] of a) {
    const other = dictGet(b, key);
    if (other === undefined || !equals(item, other)) return false;
  }
  return true;
}

/**
 * Orders two values as Python's `<` and `>` do: negative, zero, positive, or NaN where neither holds (a NaN is in play).
 * @throws PyTypeError for values Python does not order, such as an int and a str, two dicts or None
 */
export function compare(left: PyValue, right: PyValue): number {
  const a = unbool(left);
  const b = unbool(right);
  if (isNumeric(a) && isNumeric(b)) return a < b ? -1 : a > b ? 1 : a >= b ? 0 : Number.NaN;
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return compareItems(a, b);
  if (a instanceof PyTuple && b instanceof PyTuple) return compareItems(a.items, b.items);
  throw new PyTypeError(`'<' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
}

function compareItems(a: readonly PyValue[], b: readonly PyValue[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const left = a[i] ?? null;
    const right = b[i] ?? null;
    if (!equals(left, right)) return compare(left, right);
  }
  return a.length - b.length;
}

/** Python's truth value: None, False, zeros and what is empty are false. */
export function truthy(value: PyValue): boolean {
  if (value instanceof PyOpaque) return isTrueOpaque(value);
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof PyTuple) return value.items.length > 0;
  if (isDict(value)) return value.size > 0;
  return Number.isNaN(value) || Boolean(value);
}

/** Of bytes, durations, decimals, sets and complex numbers; moments are true. */
function isTrueOpaque(value: PyOpaque): boolean {
  if (value instanceof PyDuration) return value.count !== 0n;
  if (value.bson instanceof Uint8Array) return value.bson.length > 0;
  return !/^(Decimal\('-?0(\.0*)?(E[+-]?\d+)?'\)|set\(\)|-?0j|\(-0[+-]0j\))$/.test(value.repr);
}
