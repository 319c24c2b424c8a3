import { truthy } from '../../python/compare.ts';
import { PyIndexError, PyTypeError } from '../../python/exceptions.ts';
import { lower, strip } from '../../python/text.ts';
import { knownToPython } from '../../python/unicode.ts';
import { PyTuple, type PyValue } from '../../python/value.ts';
import { reFindall, reSub } from '../../regex/regex.ts';
import { extractionOf, selected } from './extraction.ts';
import { asText, type Filter, type FilterMaker, itemsOf } from './filter.ts';

/** Characters that Python's `re.escape` puts a backslash before. */
const SPECIAL = /[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g;
const PUNCTUATION = new RegExp(knownToPython('\\p{P}'), 'gv');

/**
 * `multi_choice_regex` (MultiChoiceRegexFilter, lm_eval/filters/extraction.py): what the pattern finds; else the letter of the
 * choice whose text stands in the response, both cleaned; else a letter behind a colon; else the fallback.
 */
export const multiChoiceRegex: FilterMaker = (kwargs) => {
  const { pattern, select, fallback } = extractionOf(kwargs);
  const ignoreCase = truthy(kwargs.take('ignore_case', false));
  const ignorePunctuation = truthy(kwargs.take('ignore_punctuation', false));
  const ignored = kwargs.take('regexes_to_ignore', null);
  kwargs.end();
  const regexes = ignored === null ? [] : itemsOf(ignored).map(asText);

  const clean = (text: string): string => {
    let result = text;
    for (const regex of regexes) result = reSub(regex, '', result);
    if (ignoreCase) result = lower(result);
    return ignorePunctuation ? result.replaceAll(PUNCTUATION, '') : result;
  };

  const find = (regex: string, text: string, letters: ReadonlyMap<string, string>): string | null => {
    const matches = reFindall(regex, text);
    if (matches.length === 0) return null;
    const match = strip(asText(firstGroup(selected(matches, select))));
    return match === '' ? null : (letters.get(match) ?? match);
  };

  const filter: Filter = (responses, doc) => {
    const choices = doc.get('choices');
    if (choices === undefined) throw new PyTypeError("the document has no column 'choices'");
    const texts = itemsOf(choices).map((choice) => clean(strip(asText(choice))));
    const letters = texts.map((_, i) => String.fromCodePoint(0x41 + i));
    const byText = new Map(texts.map((text, i) => [text, `(${letters[i]})`]));
    const byLetter = new Map(letters.map((letter) => [letter, `(${letter})`]));
    const anyText = texts.map((text) => text.replace(SPECIAL, '\\$&')).join('|');
    const anyLetter = `:[\\s]*(${letters.join('|')})`;
    return itemsOf(responses).map((response): PyValue => {
      const text = asText(response);
      return (
        find(pattern, text, new Map()) ??
        find(anyText, clean(text), byText) ??
        find(anyLetter, text, byLetter) ??
        fallback
      );
    });
  };
  return filter;
};

/** Of several groups the first that is not empty. @throws PyIndexError where all are */
function firstGroup(match: PyValue): PyValue {
  if (!(match instanceof PyTuple)) return match;
  const group = match.items.find((item) => item !== '');
  if (group === undefined) throw new PyIndexError('list index out of range');
  return group;
}
