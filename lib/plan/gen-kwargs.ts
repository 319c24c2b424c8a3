import { PermanentError } from '../errors/errors.ts';
import { floatFromText, intFromText, MAX_INT_DIGITS, orNull } from '../python/number.ts';
import { compareCodePoints } from '../python/sort.ts';
import { isnumeric, strip } from '../python/text.ts';
import type { PyDict, PyValue } from '../python/value.ts';

/** Arguments in one text; whoever sends more means something else. */
const MAX_ARGUMENTS = 10_000;

/**
 * `gen_kwargs` written as text, `key=value,key=value` (`simple_parse_args_string`; SETTING-6). Keys come out sorted, as a
 * dict's do on their way through the Python service's transport.
 * @throws PermanentError BadMessage where Python's `int()` would refuse a value that it takes for a number, and for more than
 * 10,000 arguments.
 */
export function parseGenKwargs(text: string): PyDict {
  const values = new Map<string, PyValue>();
  const parts = strip(text)
    .split(',')
    .filter((part) => part !== '');
  if (parts.length > MAX_ARGUMENTS) {
    const message = `gen_kwargs has ${parts.length} arguments, more than ${MAX_ARGUMENTS}.`;
    throw new PermanentError('BadMessage', message);
  }
  for (const part of parts) {
    const at = part.includes('=') ? part.indexOf('=') : part.length;
    values.set(part.slice(0, at), parseValue(part.slice(at + 1)));
  }
  return new Map<PyValue, PyValue>([...values].sort(([a], [b]) => compareCodePoints(a, b)));
}

/** The request's arguments over the task's: the task's keys keep their places, new ones follow (SETTING-7). */
export function mergeGenKwargs(task: PyDict | null, request: PyDict | '' | null): PyDict {
  return new Map([...(task ?? []), ...(request || [])]);
}

/** `handle_arg_string` (SETTING-6). */
function parseValue(text: string): PyValue {
  if (text.toLowerCase() === 'true') return true;
  if (text.toLowerCase() === 'false') return false;
  if (isnumeric(text)) {
    const int = orNull(() => intFromText(text));
    if (int !== null) return int;
    throw new PermanentError(
      'BadMessage',
      `gen_kwargs: "${text.slice(0, 40)}" looks like a number but is not one; write at most ${MAX_INT_DIGITS} plain digits.`,
    );
  }
  return orNull(() => floatFromText(text)) ?? text;
}
