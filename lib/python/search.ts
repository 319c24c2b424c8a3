import { PyTypeError, PyValueError } from './exceptions.ts';
import { countPlaces, PartFinder, splitAt } from './find.ts';
import { pyLen, pySlice } from './sequence.ts';
import { type PyValue, typeName } from './value.ts';

/** The bounds of a slice `[start:end]` inside a text of `length` code points, negatives counted from the end. */
function bounds(length: number, start: number | null, end: number | null): [number, number] {
  const place = (index: number): number => (index < 0 ? Math.max(0, index + length) : Math.min(index, length));
  return [start !== null && start > length ? start : place(start ?? 0), place(end ?? length)];
}

/** Finds `part` in `text[start:end]`; positions are code points of the whole text, -1 for none. */
function locate(text: string, part: string, start: number | null, end: number | null, last: boolean): number {
  const [from, to] = bounds(pyLen(text), start, end);
  if (from > to) return -1;
  const window = pySlice(text, from, to);
  if (part === '') return last ? to : from;
  const finder = new PartFinder(part);
  const at = last ? finder.last(window) : finder.first(window);
  return at < 0 ? -1 : from + pyLen(window.slice(0, at));
}

/** `str.find`: the first position in code points, or -1. */
export function find(text: string, part: string, start: number | null = null, end: number | null = null): number {
  return locate(text, part, start, end, false);
}

/** `str.rfind`: the last position in code points, or -1. */
export function rfind(text: string, part: string, start: number | null = null, end: number | null = null): number {
  return locate(text, part, start, end, true);
}

/**
 * `str.index`: as {@link find}.
 * @throws PyValueError where there is none
 */
export function index(text: string, part: string, start: number | null = null, end: number | null = null): number {
  return found(find(text, part, start, end));
}

/**
 * `str.rindex`: as {@link rfind}.
 * @throws PyValueError where there is none
 */
export function rindex(text: string, part: string, start: number | null = null, end: number | null = null): number {
  return found(rfind(text, part, start, end));
}

function found(position: number): number {
  if (position < 0) throw new PyValueError('substring not found');
  return position;
}

/** `str.count`: how often `part` occurs without overlap; the empty part occurs before, between and after characters. */
export function count(text: string, part: string, start: number | null = null, end: number | null = null): number {
  const [from, to] = bounds(pyLen(text), start, end);
  if (from > to) return 0;
  const window = pySlice(text, from, to);
  return part === '' ? pyLen(window) + 1 : countPlaces(window, part);
}

/** `str.startswith` for one prefix or several, in `text[start:end]`. */
export function startswith(
  text: string,
  prefix: string | readonly string[],
  start: number | null = null,
  end: number | null = null,
): boolean {
  return hasAffix(text, prefix, start, end, (window, one) => window.startsWith(one));
}

/** `str.endswith` for one suffix or several, in `text[start:end]`. */
export function endswith(
  text: string,
  suffix: string | readonly string[],
  start: number | null = null,
  end: number | null = null,
): boolean {
  return hasAffix(text, suffix, start, end, (window, one) => window.endsWith(one));
}

/** A window whose start lies behind its end has no affix, not even an empty one. */
function hasAffix(
  text: string,
  affix: string | readonly string[],
  start: number | null,
  end: number | null,
  test: (window: string, one: string) => boolean,
): boolean {
  const [from, to] = bounds(pyLen(text), start, end);
  if (from > to) return false;
  const window = pySlice(text, from, to);
  return typeof affix === 'string' ? test(window, affix) : affix.some((one) => test(window, one));
}

/** `str.replace`: all places of `old` from the left, or at most `max` of them; an empty `old` lies around each character. */
export function replace(text: string, old: string, replacement: string, max = -1): string {
  if (max === 0) return text;
  if (old !== '') return splitAt(text, old, max < 0 ? undefined : max).join(replacement);
  const parts = ['', ...text, ''];
  const made = max < 0 ? parts.length - 1 : Math.min(max, parts.length - 1);
  return parts.slice(0, made + 1).join(replacement) + parts.slice(made + 1).join('');
}

/**
 * `str.join`.
 * @throws PyTypeError where an item is no text
 */
export function join(separator: string, items: Iterable<PyValue>): string {
  const parts: string[] = [];
  for (const item of items) {
    if (typeof item !== 'string') {
      throw new PyTypeError(`sequence item ${parts.length}: expected str instance, ${typeName(item)} found`);
    }
    parts.push(item);
  }
  return parts.join(separator);
}
