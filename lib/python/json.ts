import { PyTypeError } from './exceptions.ts';
import { formatFloat } from './number.ts';
import { PyOpaque, PyTuple, type PyValue, typeName } from './value.ts';

export { loads, PyJsonError } from './json-parse.ts';

/** How {@link dumps} prints. */
export interface DumpsOptions {
  /** Whether all but printable ASCII is escaped. Python's default: true. */
  ensureAscii?: boolean;
  /** Between items and behind keys. Python's default: `[', ', ': ']`. */
  separators?: readonly [item: string, key: string];
}

/**
 * The value as `json.dumps` prints it: ints and floats apart (`1`, `1.0`, `1e-05`), NaN and the infinities as literals,
 * tuples as lists, dict keys that are numbers, bools or None as text.
 * @throws PyTypeError for values and keys that Python's JSON does not print (dates, bytes, tuples as keys)
 */
export function dumps(value: PyValue, { ensureAscii = true, separators = [', ', ': '] }: DumpsOptions = {}): string {
  const [itemSeparator, keySeparator] = separators;
  const quote = ensureAscii ? quoteAscii : quoteText;
  const print = (item: PyValue): string => {
    if (typeof item === 'string') return quote(item);
    if (item === null) return 'null';
    if (typeof item === 'number') return printFloat(item);
    if (typeof item === 'bigint' || typeof item === 'boolean') return String(item);
    if (Array.isArray(item)) return `[${item.map(print).join(itemSeparator)}]`;
    if (item instanceof PyTuple) return `[${item.items.map(print).join(itemSeparator)}]`;
    if (item instanceof PyOpaque) throw new PyTypeError(`Object ${item.repr} is not JSON serializable`);
    const entries: string[] = [];
    for (const [key, entry] of item) entries.push(quote(keyText(key)) + keySeparator + print(entry));
    return `{${entries.join(itemSeparator)}}`;
  };
  return print(value);
}

function printFloat(value: number): string {
  if (Number.isFinite(value)) return formatFloat(value);
  return String(value);
}

function keyText(key: PyValue): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number') return printFloat(key);
  if (typeof key === 'bigint' || typeof key === 'boolean' || key === null) return String(key);
  throw new PyTypeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

/** JSON.stringify escapes as Python does, but for half surrogate pairs, which Python keeps. */
function quoteText(text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has them escaped
  return `"${text.replace(/["\\\0-\x1f]/g, (unit) => JSON.stringify(unit).slice(1, -1))}"`;
}

function quoteAscii(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
