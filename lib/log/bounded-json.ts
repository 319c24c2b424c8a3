import { cutTo } from '../errors/bounds.ts';
import { redact } from './redact.ts';

/** The longest log line: CloudWatch takes 256 KB, but who reads them wants to see where one ends. */
export const MAX_LINE_BYTES = 16 * 1024;

/** How much of a value is written. */
interface JsonBounds {
  /** Bytes of a text. */
  readonly text: number;
  /** Items of a list, keys of an object. */
  readonly items: number;
  /** Lists and objects inside each other. */
  readonly depth: number;
}

/** What does not fit by the first is written by the next. */
const LIMITS: readonly JsonBounds[] = [
  { text: 6000, items: 100, depth: 8 },
  { text: 1500, items: 30, depth: 6 },
  { text: 400, items: 15, depth: 4 },
  { text: 100, items: 8, depth: 3 },
];
const MAX_KEY_BYTES = 100;
/** A text is cleared of secrets before it is cut, as half of one is not recognized; so much beyond the cut may be one. */
const SECRET_CHARS = 8192;

/**
 * JSON of a value in at most {@link MAX_LINE_BYTES}, without secrets: long texts, lists and objects are cut and say by how much.
 * Errors are written with their causes, maps and sets as objects and lists, big integers as text.
 */
export function boundedJson(value: object): string {
  for (const limits of LIMITS) {
    const line = redact(JSON.stringify(bounded(value, limits, [])));
    if (Buffer.byteLength(line) <= MAX_LINE_BYTES) return line;
  }
  const [shortest] = LIMITS.slice(-1);
  const head = Object.fromEntries(Object.entries(value).slice(0, shortest?.items));
  return redact(JSON.stringify(bounded({ ...head, cut: true }, { text: 60, items: 20, depth: 1 }, [])));
}

/** Facts for a line, as plain values of a size that can be copied; throws what a getter or a `toJSON` among them throws. */
export function boundedFields(fields: readonly [string, unknown][]): Record<string, unknown> {
  const [first] = LIMITS;
  return Object.fromEntries(fields.map(([name, value]) => [name, first ? bounded(value, first, []) : value]));
}

function bounded(value: unknown, limits: JsonBounds, around: readonly object[]): unknown {
  if (typeof value === 'string') return shortened(value, limits.text);
  if (typeof value === 'bigint') return shortened(String(value), limits.text);
  if (typeof value !== 'object' || value === null) return value;
  if (around.includes(value)) return undefined;
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (around.length > limits.depth) return '…';
  const inside = [...around, value];
  if (Array.isArray(value)) return list(value, limits, inside);
  if (value instanceof Set) return list([...value], limits, inside);
  if (value instanceof Map)
    return dict(
      [...value].map(([key, item]) => [String(key), item]),
      limits,
      inside,
    );
  if (value instanceof Error) return dict(Object.entries(partsOf(value)), limits, inside);
  if ('toJSON' in value && typeof value.toJSON === 'function') return bounded(value.toJSON(), limits, inside);
  return dict(Object.entries(value), limits, inside);
}

function list(items: readonly unknown[], limits: JsonBounds, inside: readonly object[]): unknown[] {
  const shown = items.slice(0, limits.items).map((item) => bounded(item, limits, inside));
  return items.length > shown.length ? [...shown, `… and ${items.length - shown.length} more`] : shown;
}

function dict(entries: readonly [string, unknown][], limits: JsonBounds, inside: readonly object[]): object {
  const shown = entries
    .slice(0, limits.items)
    .map(([key, item]) => [shortened(key, MAX_KEY_BYTES), bounded(item, limits, inside)]);
  const left = entries.length - shown.length;
  return Object.fromEntries(left === 0 ? shown : [...shown, ['…', `and ${left} more`]]);
}

function shortened(text: string, bytes: number): string {
  if (text.length <= bytes + SECRET_CHARS) return cutTo(redact(text), bytes);
  return cutTo(redact(text.slice(0, bytes + SECRET_CHARS)), bytes, Buffer.byteLength(text));
}

function partsOf(error: Error): object {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { name, message, ...(code === undefined ? {} : { code }), stack, ...(cause === undefined ? {} : { cause }) };
}
