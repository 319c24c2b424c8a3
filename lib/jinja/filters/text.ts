/** Filters on texts. */

import { pyLen, pySlice } from '../../python/sequence.ts';
import * as text from '../../python/text.ts';
import { WHITESPACE } from '../../python/unicode.ts';
import { PyTuple, type PyValue } from '../../python/value.ts';
import { reSub } from '../../regex/regex.ts';
import { limitFault, typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { formatPercent } from '../format/percent-format.ts';
import { asIndex, asString, clamp } from '../values/call-arguments.ts';
import { Markup, requireDefined, typeOf, unmarked } from '../values/objects.ts';
import type { Runtime, TemplateFilter } from '../values/runtime.ts';
import { lengthOf } from '../values/sequences.ts';
import { changedCase, replaceText } from '../values/str-methods.ts';
import { filter, softText, textFilter } from './filter.ts';
import { withDeadline } from './regex-deadline.ts';
import { wrapText } from './word-wrap.ts';

/** Longer patterns are refused: far beyond any honest one. */
const MAX_PATTERN = 10_000;
const WORD_CHARACTER = /[\p{L}\p{N}_]/u;
const WORD_START = new RegExp(`([-${WHITESPACE}({[<]+)`);

/** Jinja's own title case: words begin after white space, hyphens and opening brackets only. */
function titleWords(value: string): string {
  return value
    .split(WORD_START)
    .map((word) => {
      const first = String.fromCodePoint(word.codePointAt(0) ?? 0);
      return word === '' ? '' : text.upper(first) + text.lower(word.slice(first.length));
    })
    .join('');
}

function truncate(value: string, length: number, killWords: boolean): string {
  const kept = pySlice(value, 0, length);
  return killWords ? kept : (text.rsplit(kept, ' ', 1)[0] ?? '');
}

function indent(value: string, indention: string, first: boolean, blank: boolean, runtime: Runtime): string {
  runtime.budget.work(8 * value.length);
  const lines = text.splitlines(`${value}\n`);
  runtime.budget.items(lines.length);
  runtime.budget.text(value.length + indention.length * lines.length);
  const indented = lines.map((line, index) => (index > 0 && (blank || line !== '') ? indention + line : line));
  return (first ? indention : '') + indented.join('\n');
}

/** The harness's `regex_replace`: `re.sub` (TEMPLATE-1). */
function regexReplace(
  value: PyValue,
  [pattern = null, replacement = null, count = 0n]: (PyValue | undefined)[],
  runtime: Runtime,
) {
  requireDefined(value);
  const input = asString(unmarked(value), "regex_replace's input");
  const to = asString(replacement, "regex_replace's replacement");
  const regex = asString(pattern, "regex_replace's pattern");
  const times = clamp(asIndex(count, "regex_replace's count"));
  runtime.budget.text(input.length);
  if (regex.length > MAX_PATTERN) throw limitFault(`a regular expression is longer than ${MAX_PATTERN} characters`);
  runtime.budget.perCharacter(regex.length);
  // Every place of the text may be replaced; a group in the replacement stands for no more than what it matched.
  if ((input.length + 1) * (to.length + 1) > 16 * runtime.budget.limits.maxOutputChars) {
    throw limitFault("regex_replace's text and replacement are too long");
  }
  return runtime.made(
    withDeadline({ limit: runtime.budget.limits.maxRegexMs, left: runtime.budget.clock.left(), pattern: regex }, () =>
      times < 0 ? input : reSub(regex, to, input, times),
    ),
  );
}

/** `len(re.findall(r'\w+', text))`. */
function countWords(value: string): bigint {
  let words = 0n;
  let inWord = false;
  for (const character of value) {
    const isWord = WORD_CHARACTER.test(character);
    if (isWord && !inWord) words++;
    inWord = isWord;
  }
  return words;
}

/** A filter that looks at each character of a text by itself. */
function characterFilter(name: string, run: (value: string) => PyValue) {
  return textFilter(name, '', (value, _, runtime) => {
    runtime.budget.casing(value.length);
    return run(value);
  });
}

const width = (value: PyValue, what: string) => clamp(asIndex(value, what));

/** By name. */
export const TEXT_FILTERS: [string, TemplateFilter][] = [
  textFilter('upper', '', (value, _, runtime) => changedCase(value, text.upper, runtime)),
  textFilter('lower', '', (value, _, runtime) => changedCase(value, text.lower, runtime)),
  characterFilter('capitalize', text.capitalize),
  characterFilter('title', titleWords),
  textFilter('trim', 'chars', (value, [chars = null]) =>
    text.strip(value, chars === null ? null : asString(chars, "trim's argument")),
  ),
  textFilter('center', 'width', (value, [size = 80n], runtime) => {
    const wanted = width(size, "center's width");
    runtime.budget.text(Math.max(wanted, value.length));
    return text.center(value, wanted);
  }),
  characterFilter('wordcount', countWords),
  filter('string', '', (value, _, runtime) => (value instanceof Markup ? value : runtime.str(value))),
  filter('replace', '*old *new count', (value, [old = null, replacement = null, count = null], runtime) =>
    replaceText(
      runtime.str(value),
      runtime.str(old),
      runtime.str(replacement),
      count === null ? -1 : width(count, "replace's count"),
      runtime,
    ),
  ),
  [
    'format',
    (value, { args, kwargs }, runtime) => {
      if (args.length > 0 && kwargs.size > 0)
        throw valueFault('format takes positional or keyword arguments, not both');
      const values = kwargs.size > 0 ? new Map<PyValue, PyValue>(kwargs) : new PyTuple(args);
      return formatPercent(softText(value, runtime), values, runtime);
    },
  ],
  filter(
    'truncate',
    'length killwords end leeway',
    (value, [length = 255n, kill = false, end = '...', leeway = null], runtime) => {
      const wanted = width(length, 'length');
      const tolerance = leeway === null ? 5 : width(leeway, 'leeway');
      const mark = asString(end, 'end');
      if (wanted < pyLen(mark)) throw valueFault(`truncate needs a length of at least ${pyLen(mark)}`);
      if (tolerance < 0) throw valueFault('truncate needs a leeway of at least 0');
      if (lengthOf(value, runtime) <= BigInt(wanted + tolerance)) return value;
      if (typeof value !== 'string') throw unsupportedFault(`truncate on a ${typeOf(value)}`);
      runtime.budget.text(value.length);
      return truncate(value, wanted - pyLen(mark), runtime.truthy(kill)) + mark;
    },
  ),
  filter('indent', 'width first blank', (value, [size = 4n, first = false, blank = false], runtime) => {
    requireDefined(value);
    if (value instanceof Markup) throw unsupportedFault('indent on escaped text');
    if (typeof value !== 'string') throw typeFault(`indent needs a str, not a ${typeOf(value)}`);
    let indention = size;
    if (typeof indention !== 'string') {
      const count = Math.max(0, width(indention, "indent's width"));
      runtime.budget.text(count);
      indention = ' '.repeat(count);
    }
    return runtime.made(indent(value, indention, runtime.truthy(first), runtime.truthy(blank), runtime));
  }),
  filter(
    'wordwrap',
    'width break_long_words wrapstring break_on_hyphens',
    (value, [size = 79n, breakLong = true, separator = null, hyphens = true], runtime) => {
      requireDefined(value);
      if (value instanceof Markup) throw unsupportedFault('wordwrap on escaped text');
      if (typeof value !== 'string') throw typeFault(`wordwrap needs a str, not a ${typeOf(value)}`);
      const between = separator === null ? '\n' : asString(separator, 'wrapstring');
      const options = {
        width: width(size, "wordwrap's width"),
        breakLongWords: runtime.truthy(breakLong),
        breakOnHyphens: runtime.truthy(hyphens),
      };
      runtime.budget.text(8 * value.length);
      const lines = text
        .splitlines(value)
        .map((line) => runtime.joined(wrapText(line, options, runtime.budget), between));
      return runtime.joined(lines, between);
    },
  ),
  filter('regex_replace', '*pattern *repl count', regexReplace),
];
