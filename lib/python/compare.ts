import { dictGet } from './dict.ts';
import { PyTypeError } from './exceptions.ts';
import { compareCodePoints } from './sort.ts';
import { isDict, type PyDict, PyOpaque, PyTuple, type PyValue, typeName } from './value.ts';

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
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
  if (a instanceof PyTuple) return b instanceof PyTuple && equalItems(a.items, b.items);
  if (a instanceof PyOpaque) return b instanceof PyOpaque && a.repr === b.repr;
  return isDict(a) && isDict(b) && equalDicts(a, b);
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
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof PyTuple) return value.items.length > 0;
  if (isDict(value)) return value.size > 0;
  return Number.isNaN(value) || Boolean(value);
}
