import { UNPRINTABLE } from './characters.ts';
import { formatFloat } from './number.ts';
import { PyOpaque, PyTuple, type PyValue } from './value.ts';

/**
 * `repr(value)` as Python 3.11 gives it.
 *
 * What is printable is decided by Unicode 14, Python 3.11's version, whatever newer one JavaScript has.
 */
export function repr(value: PyValue): string {
  if (typeof value === 'string') return reprText(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return formatFloat(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (value instanceof PyTuple) {
    return value.items.length === 1 ? `(${value.items.map(repr)},)` : `(${value.items.map(repr).join(', ')})`;
  }
  if (value instanceof PyOpaque) return value.repr;
  return `{${[...value].map(([key, item]) => `${repr(key)}: ${repr(item)}`).join(', ')}}`;
}

/** `str(value)` as Python 3.11 gives it: a text is itself, all else but opaque values is its {@link repr}. */
export function str(value: PyValue): string {
  if (typeof value === 'string') return value;
  return value instanceof PyOpaque ? value.str : repr(value);
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\\', '\\\\'],
]);
const SPECIAL = new RegExp(`[\\\\'"]|${UNPRINTABLE}`, 'gv');

/** Quoted with `'`, or with `"` where the text has single quotes and no double ones (unicode_repr). */
function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(SPECIAL, (character) => {
    if (character === "'" || character === '"') return character === quote ? `\\${quote}` : character;
    return SHORT.get(character) ?? escapeOf(character.codePointAt(0) ?? 0);
  });
  return quote + inner + quote;
}

function escapeOf(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
