import { PyIndexError, PyValueError } from './exceptions.ts';
import { PyTuple, type PyValue } from './value.ts';

const surrogate = /[\ud800-\udfff]/;

/** Whether each UTF-16 unit is a character of its own, so that positions need no conversion. */
function isPlain(text: string): boolean {
  return !surrogate.test(text);
}

/** Whether a pair of surrogates, one character, begins at the unit. */
function isPair(text: string, unit: number): boolean {
  const high = text.charCodeAt(unit);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = text.charCodeAt(unit + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}

function codePoints(text: string): number {
  let pairs = 0;
  for (let unit = 0; unit < text.length; unit++) {
    if (isPair(text, unit)) {
      pairs++;
      unit++;
    }
  }
  return text.length - pairs;
}

/** The unit so many characters behind another, at most the text's end. */
function unitOffset(text: string, from: number, characters: number): number {
  let unit = from;
  for (let left = characters; left > 0 && unit < text.length; left--) unit += isPair(text, unit) ? 2 : 1;
  return unit;
}

function characterAt(text: string, index: number): string | undefined {
  const at = index < 0 ? index + codePoints(text) : index;
  const unit = at < 0 ? text.length : unitOffset(text, 0, at);
  return unit < text.length ? text.slice(unit, unit + (isPair(text, unit) ? 2 : 1)) : undefined;
}

/** `len()` of a text (code points), list, tuple or dict. */
export function pyLen(value: string | readonly PyValue[] | PyTuple | ReadonlyMap<PyValue, PyValue>): number {
  if (typeof value === 'string') {
    if (isPlain(value)) return value.length;
    return codePoints(value);
  }
  if (value instanceof PyTuple) return value.items.length;
  return value instanceof Map ? value.size : 'length' in value ? value.length : value.size;
}

/**
 * `value[index]` for a text (its character), list or tuple; negative indices count from the end.
 * @throws PyIndexError outside
 */
export function pyIndex(value: string | readonly PyValue[] | PyTuple, index: number): PyValue {
  const items = value instanceof PyTuple ? value.items : value;
  const item =
    typeof items === 'string' && !isPlain(items)
      ? characterAt(items, index)
      : items[index < 0 ? index + items.length : index];
  if (item === undefined) throw new PyIndexError(`${kind(value)} index out of range`);
  return item;
}

function kind(value: string | readonly PyValue[] | PyTuple): string {
  if (typeof value === 'string') return 'string';
  return value instanceof PyTuple ? 'tuple' : 'list';
}

/**
 * `value[start:stop:step]` for a text (in code points), list or tuple; null leaves a bound out.
 * @throws PyValueError where step is 0
 */
export function pySlice(value: string, start?: number | null, stop?: number | null, step?: number | null): string;
export function pySlice(value: PyTuple, start?: number | null, stop?: number | null, step?: number | null): PyTuple;
export function pySlice(
  value: readonly PyValue[],
  start?: number | null,
  stop?: number | null,
  step?: number | null,
): PyValue[];
export function pySlice(
  value: string | PyTuple | readonly PyValue[],
  start: number | null = null,
  stop: number | null = null,
  step: number | null = null,
): string | PyTuple | PyValue[] {
  if (typeof value === 'string') {
    const plain = isPlain(value);
    if ((step ?? 1) !== 1) return sliceOf(plain ? value.split('') : [...value], start, stop, step).join('');
    const [from, to] = limits(plain ? value.length : codePoints(value), start, stop, 1);
    if (from >= to) return '';
    if (plain) return value.slice(from, to);
    const first = unitOffset(value, 0, from);
    return value.slice(first, unitOffset(value, first, to - from));
  }
  if (value instanceof PyTuple) return new PyTuple(sliceOf(value.items, start, stop, step));
  return sliceOf(value, start, stop, step);
}

function sliceOf<T>(items: readonly T[], start: number | null, stop: number | null, step: number | null): T[] {
  const stride = step ?? 1;
  if (stride === 0) throw new PyValueError('slice step cannot be zero');
  const [from, to] = limits(items.length, start, stop, stride);
  if (stride === 1) return items.slice(from, Math.max(from, to));
  const result: T[] = [];
  for (let i = from; stride > 0 ? i < to : i > to; i += stride) {
    const item = items[i];
    if (item !== undefined) result.push(item);
  }
  return result;
}

/** First position and the one to stop before (slice.indices). */
function limits(length: number, start: number | null, stop: number | null, step: number): [number, number] {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (bound: number): number => Math.min(high, Math.max(low, bound < 0 ? bound + length : bound));
  return step > 0
    ? [start === null ? low : clamp(start), stop === null ? high : clamp(stop)]
    : [start === null ? high : clamp(start), stop === null ? low : clamp(stop)];
}
