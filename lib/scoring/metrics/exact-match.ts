import { equals, truthy } from '../../python/compare.ts';
import { PyTypeError, PyValueError } from '../../python/exceptions.ts';
import { str } from '../../python/repr.ts';
import { lower } from '../../python/text.ts';
import type { PyValue } from '../../python/value.ts';
import { reSub } from '../../regex/regex.ts';

/** The keywords of a metric in the task's YAML. */
export type MetricKwargs = ReadonlyMap<string, PyValue>;

const KEYWORDS: ReadonlySet<string> = new Set([
  'regexes_to_ignore',
  'ignore_case',
  'ignore_punctuation',
  'ignore_numbers',
]);
/** Python's string.punctuation: 32 characters of ASCII. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const DIGITS = /[0-9]/g;

/**
 * `exact_match` (lm_eval/api/metrics.py): the share of predictions that equal their reference, as numpy compares them: without
 * NULs at the end, and lower case cut to the length of the array's longest text. NaN for no predictions.
 * @throws PyTypeError for an unknown keyword, or values that are no text where text is changed; PyValueError for lists of
 * different lengths
 */
export function exactMatch(
  predictions: readonly PyValue[],
  references: readonly PyValue[],
  kwargs: MetricKwargs,
): number {
  for (const name of kwargs.keys()) {
    if (!KEYWORDS.has(name)) throw new PyTypeError(`got an unexpected keyword argument '${name}'`);
  }
  const change = changesOf(kwargs);
  // With an empty list of regexes and nothing else the harness compares plain lists, as wholes.
  if (change.regexes?.length === 0 && !change.asArray) return equals([...predictions], [...references]) ? 1 : 0;
  return share(arrayOf(predictions, change), arrayOf(references, change));
}

interface Changes {
  readonly regexes: readonly string[] | null;
  readonly ignoreCase: boolean;
  readonly ignorePunctuation: boolean;
  readonly ignoreNumbers: boolean;
  /** Whether some flag makes numpy arrays of texts. */
  readonly asArray: boolean;
}

/** Any value that Python takes for true switches a flag on. */
function changesOf(kwargs: MetricKwargs): Changes {
  const flag = (name: string) => truthy(kwargs.get(name) ?? false);
  const regexes = kwargs.get('regexes_to_ignore') ?? null;
  if (regexes !== null && !Array.isArray(regexes)) throw new PyTypeError('regexes_to_ignore is not a list');
  const [ignoreCase, ignorePunctuation, ignoreNumbers] = [
    flag('ignore_case'),
    flag('ignore_punctuation'),
    flag('ignore_numbers'),
  ];
  return {
    regexes: regexes?.map((regex) => textOf(regex)) ?? null,
    ignoreCase,
    ignorePunctuation,
    ignoreNumbers,
    asArray: ignoreCase || ignorePunctuation || ignoreNumbers,
  };
}

/** What numpy makes of a list, and of it after the changes that the keywords ask for. */
function arrayOf(values: readonly PyValue[], change: Changes): readonly PyValue[] {
  let items = flattened(values);
  for (const regex of change.regexes ?? []) items = items.map((item) => trimmed(reSub(regex, '', textOf(item))));
  const someText = items.some((item) => typeof item === 'string');
  // An array that holds a text holds nothing but texts.
  items = someText ? items.map(str) : items;
  const width = Math.max(1, ...items.map((item) => (typeof item === 'string' ? lengthOf(item) : 0)));
  if (change.ignoreCase) items = items.map((item) => cut(lower(trimmed(textOf(item))), width));
  if (change.ignorePunctuation) items = items.map((item) => trimmed(textOf(item)).replaceAll(PUNCTUATION, ''));
  if (change.ignoreNumbers) items = items.map((item) => trimmed(textOf(item)).replaceAll(DIGITS, ''));
  return items.map((item) => (typeof item === 'string' ? trimmed(item) : item));
}

/** A list of one list is compared as that list. */
function flattened(values: readonly PyValue[]): readonly PyValue[] {
  const only = values.length === 1 ? values[0] : undefined;
  return Array.isArray(only) ? only : values;
}

function share(left: readonly PyValue[], right: readonly PyValue[]): number {
  if (left.length !== right.length && left.length !== 1 && right.length !== 1) {
    throw new PyValueError(`operands could not be broadcast together with shapes (${left.length},) (${right.length},)`);
  }
  const length = Math.min(left.length, right.length) === 0 ? 0 : Math.max(left.length, right.length);
  let equal = 0;
  for (let i = 0; i < length; i++) {
    if (equals(left[left.length === 1 ? 0 : i] ?? null, right[right.length === 1 ? 0 : i] ?? null)) equal++;
  }
  return equal / length;
}

function textOf(value: PyValue): string {
  if (typeof value === 'string') return value;
  throw new PyTypeError('string operation on non-string array');
}

/** numpy's arrays of texts don't know of NULs at a text's end. */
function trimmed(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return end === text.length ? text : text.slice(0, end);
}

function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : [...text].slice(0, width).join('');
}
