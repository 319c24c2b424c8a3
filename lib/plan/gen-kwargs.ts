import { PermanentError } from '../errors/errors.ts';
import { compareCodePoints } from '../python/sort.ts';
import { isascii, isnumeric, strip } from '../python/text.ts';
import type { PyDict, PyValue } from '../python/value.ts';

/**
 * `gen_kwargs` written as text, `key=value,key=value` (H/utils.py, `simple_parse_args_string`). Keys come out sorted, as a
 * dict's do on their way through the Python service's transport.
 * @throws PermanentError BadMessage where Python's `int()` would refuse a value that it takes for a number.
 */
export function parseGenKwargs(text: string): PyDict {
  const entries = strip(text)
    .split(',')
    .filter((part) => part !== '')
    .map((part): [string, PyValue] => {
      const [key = '', ...rest] = part.split('=');
      return [key, parseValue(rest.join('='))];
    });
  return new Map<PyValue, PyValue>(entries.sort(([a], [b]) => compareCodePoints(a, b)));
}

/** The request's arguments over the task's: the task's keys keep their places, new ones follow (PORTING D2, D4). */
export function mergeGenKwargs(task: PyDict | null, request: PyDict | null): PyDict {
  return new Map([...(task ?? []), ...(request ?? [])]);
}

/** H/utils.py, `handle_arg_string`. */
function parseValue(text: string): PyValue {
  if (text.toLowerCase() === 'true') return true;
  if (text.toLowerCase() === 'false') return false;
  if (isnumeric(text)) {
    if (/^[0-9]+$/.test(text)) return BigInt(text);
    throw new PermanentError(
      'BadMessage',
      `gen_kwargs: "${text}" looks like a number but is not one; write plain digits.`,
    );
  }
  return parseFloatText(text) ?? text;
}

/** Python's `float(text)`, or null where it raises. */
function parseFloatText(text: string): number | null {
  // In text that is all ASCII, float() strips C's white space only, not Python's.
  const bare = strip(text, isascii(text) ? ' \t\n\v\f\r' : null);
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(bare);
  if (word) return word[2]?.toLowerCase() === 'nan' ? Number.NaN : word[1] === '-' ? -Infinity : Infinity;
  const number = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
  return number.test(bare) ? Number(bare.replaceAll('_', '')) : null;
}
