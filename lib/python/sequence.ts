import { PyIndexError, PyValueError } from './exceptions.ts';
import { PyTuple, type PyValue } from './value.ts';

const surrogate = /[\ud800-\udfff]/;

/** Whether each UTF-16 unit is a character of its own, so that positions need no conversion. */
function isPlain(text: string): boolean {
  return !surrogate.test(text);
}

/** `len()` of a text (code points), list, tuple or dict. */
export function pyLen(value: string | readonly PyValue[] | PyTuple | ReadonlyMap<PyValue, PyValue>): number {
  if (typeof value === 'string') {
    if (isPlain(value)) return value.length;
    let length = 0;
    for (const _ of value) length++;
    return length;
  }
  if (value instanceof PyTuple) return value.items.length;
  return value instanceof Map ? value.size : 'length' in value ? value.length : value.size;
}

/**
 * `value[index]` for a text (its character), list or tuple; negative indices count from the end.
 * @throws PyIndexError outside
 */
export function pyIndex(value: string | readonly PyValue[] | PyTuple, index: number): PyValue {
  const items =
    value instanceof PyTuple ? value.items : typeof value === 'string' && !isPlain(value) ? [...value] : value;
  const item = items[index < 0 ? index + items.length : index];
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
    if ((step ?? 1) !== 1 || !isPlain(value)) return sliceOf([...value], start, stop, step).join('');
    const [from, to] = limits(value.length, start, stop, 1);
    return value.slice(from, Math.max(from, to));
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
