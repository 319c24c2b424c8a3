import { PyIndexError, PyTypeError } from '../../python/exceptions.ts';
import { lower, lstrip, strip } from '../../python/text.ts';
import { PyTuple, type PyValue, typeName } from '../../python/value.ts';
import { reFindall } from '../../regex/regex.ts';
import { asText, each, type FilterKwargs, type FilterMaker, itemsOf } from './filter.ts';

const DEFAULT_PATTERN = String.raw`#### (\-?[0-9\.\,]+)`;
const INVALID = '[invalid]';

/** Where a regex filter looks, which match it takes, and what stands in where there is none. */
export interface Extraction {
  readonly pattern: string;
  readonly select: number;
  readonly fallback: PyValue;
}

/** Reads the keywords that all regex filters have. @throws PyError for a pattern that Python refuses */
export function extractionOf(kwargs: FilterKwargs): Extraction {
  const pattern = asText(kwargs.take('regex_pattern', DEFAULT_PATTERN));
  const select = kwargs.take('group_select', 0n);
  if (typeof select !== 'bigint' && typeof select !== 'boolean') {
    throw new PyTypeError(`list indices must be integers or slices, not ${typeName(select)}`);
  }
  reFindall(pattern, '');
  return { pattern, select: Number(select), fallback: kwargs.take('fallback', INVALID) };
}

/** Python's `matches[select]`. @throws PyIndexError where there are fewer */
export function selected(matches: readonly PyValue[], select: number): PyValue {
  const match = matches.at(select);
  if (match === undefined) throw new PyIndexError('list index out of range');
  return match;
}

/**
 * `regex` (RegexFilter, lm_eval/filters/extraction.py): of all matches in a response the selected one, stripped; of several groups
 * the first that is not empty. A match of nothing is a match.
 */
export const regex: FilterMaker = (kwargs) => {
  const { pattern, select, fallback } = extractionOf(kwargs);
  kwargs.end();
  return each((response) => {
    const matches = reFindall(pattern, asText(response));
    if (matches.length === 0) return fallback;
    const match = selected(matches, select);
    const chosen = match instanceof PyTuple ? (match.items.find((group) => group !== '') ?? fallback) : match;
    return strip(asText(chosen));
  });
};

/** `remove_whitespace` (WhitespaceFilter): blanks at the beginning only. */
export const removeWhitespace: FilterMaker = (kwargs) => {
  kwargs.end();
  return each((response) => lstrip(asText(response)));
};

const TAGGED = String.raw`\('([^']*)', '([^']*)'\)`;

/** `regex_pos` (POSFilter): the tags of all pairs `('word', 'TAG')`, else the fallback; its own pattern is not used. */
export const regexPos: FilterMaker = (kwargs) => {
  const fallback = kwargs.take('fallback', null) ?? ['invalid'];
  extractionOf(kwargs);
  kwargs.end();
  return each((response) => {
    const pairs = typeof response === 'string' ? reFindall(TAGGED, response) : itemsOf(response);
    const tags = pairs.map((pair) => itemsOf(pair)[1] ?? null);
    return tags.length > 0 ? tags : fallback;
  });
};

/** Words for kinds of names, in the order in which they are replaced, also inside other words (SPANFilter). */
const LABELS: readonly (readonly [string, string])[] = [
  ['person', 'PER'],
  ['location', 'LOC'],
  ['organization', 'ORG'],
  ['counties', 'LOC'],
  ['places', 'LOC'],
  ['people', 'PER'],
  ['persons', 'PER'],
  ['company', 'ORG'],
  ['country', 'LOC'],
  ['continent', 'LOC'],
  ['time', 'DATE'],
  ['date', 'DATE'],
  ['per', 'PER'],
  ['loc', 'LOC'],
  ['org', 'ORG'],
];
const NAMED = String.raw`\b(PER|LOC|ORG|DATE):\s*([^$]+)`;

/** `format_span` (SPANFilter): named entities as `label: name`, joined by ` $ `. */
export const formatSpan: FilterMaker = (kwargs) => {
  kwargs.end();
  return each((response) => entities(asText(response)));
};

function entities(response: string): string {
  let text = lower(response);
  for (const [word, label] of LABELS) text = text.replaceAll(word, label);
  text = text.replaceAll('$$', '$').replace(/\$+$/, '');
  text = strip(text.replaceAll('\n', '$'));
  const found: string[] = [];
  for (const match of reFindall(NAMED, text)) {
    const [label, names] = itemsOf(match).map(asText);
    for (const name of (names ?? '').split(',').map((part) => strip(part))) {
      if (lower(name) !== 'none') found.push(`${lower(label ?? '')}: ${name}`);
    }
  }
  return found.join(' $ ');
}
