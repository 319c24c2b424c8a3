import { describe, expect, it } from 'vitest';
import { PyError } from '../../lib/python/exceptions.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';
import { FilterKwargs } from '../../lib/scoring/filters/filter.ts';
import { ANSWER_FILTERS } from '../../lib/scoring/filters/registry.ts';

const NO_DOC: Doc = new Map();

function run(name: string, kwargs: Record<string, PyValue>, responses: PyValue, doc: Doc = NO_DOC): PyValue {
  const make = ANSWER_FILTERS.get(name);
  if (!make) throw new Error(`no filter ${name}`);
  return make(new FilterKwargs(Object.entries(kwargs)))(responses, doc);
}

describe('regex', () => {
  it.each<[string, Record<string, PyValue>, string, string]>([
    ['takes the first match, stripped', { regex_pattern: 'is (.*)' }, 'it is  x ', 'x'],
    ['counts matches from the end', { regex_pattern: '[0-9]+', group_select: -1n }, '1 and 22', '22'],
    ['takes the first group that is not empty', { regex_pattern: '(a)|(b)' }, 'xb', 'b'],
    ['takes a match of nothing for a match', { regex_pattern: 'x*' }, 'abc', ''],
    ['falls back where nothing matches', { regex_pattern: 'z', fallback: '?' }, 'abc', '?'],
    ['falls back where all groups are empty', { regex_pattern: '(x?)(y?)' }, 'abc', '[invalid]'],
  ])('%s', (_what, kwargs, response, expected) => {
    expect(run('regex', kwargs, [response])).toEqual([expected]);
  });

  it('fails where there are fewer matches than the selected one, and on what is no text', () => {
    expect(() => run('regex', { regex_pattern: 'a', group_select: 3n }, ['a'])).toThrow(PyError);
    expect(() => run('regex', {}, [1n])).toThrow(PyError);
  });
});

it('refuses keywords that the harness refuses', () => {
  for (const name of ANSWER_FILTERS.keys()) {
    const needed: Record<string, PyValue> = name === 'take_first_k' ? { k: 1n } : {};
    expect(() => run(name, { ...needed, unknown: 1n }, ['a']), name).toThrow(/unexpected keyword/);
  }
});

describe('selection', () => {
  it('takes the first response out of the list; of a text its first character', () => {
    expect(run('take_first', {}, ['a', 'b'])).toBe('a');
    expect(run('take_first', {}, 'xyz')).toBe('x');
  });
  it('takes k, or fails where there are fewer', () => {
    expect(run('take_first_k', { k: 2n }, ['a', 'b', 'c'])).toEqual(['a', 'b']);
    expect(() => run('take_first_k', { k: 2n }, ['a'])).toThrow(PyError);
  });
  it('votes for the most frequent response, the first seen of equals', () => {
    expect(run('majority_vote', {}, ['b', 'a', 'a', 'b'])).toEqual(['b']);
  });
});

it('maps by keys as they are typed', () => {
  const mapping_dict = new Map<PyValue, PyValue>([
    [1n, 'int'],
    ['1', 'text'],
  ]);
  expect(run('map', { mapping_dict, default_value: '-' }, ['1', 1n, 'x'])).toEqual(['text', 'int', '-']);
});

it('maps to None where the dict says so, and to the default only where it says nothing', () => {
  const mapping_dict = new Map<PyValue, PyValue>([['a', null]]);
  expect(run('map', { mapping_dict, default_value: '-' }, ['a', 'b'])).toEqual([null, '-']);
});

it('changes case and blanks as Python does', () => {
  expect(run('uppercase', {}, ['straße'])).toEqual(['STRASSE']);
  expect(run('lowercase', {}, ['ΟΔΟΣ'])).toEqual(['οδος']);
  expect(run('remove_whitespace', {}, ['\u3000\x1c a '])).toEqual(['a ']);
});

it('finds a choice by its text where no letter is found, then by a letter behind a colon', () => {
  const doc: Doc = new Map([['choices', ['Red.', 'Blue']]]);
  const kwargs = { regex_pattern: '(\\([A-Z]\\))', ignore_case: true, ignore_punctuation: true };
  expect(run('multi_choice_regex', kwargs, ['(B)', 'rather red', 'Answer: B', 'none'], doc)).toEqual([
    '(B)',
    '(A)',
    '(B)',
    '[invalid]',
  ]);
});

it('reads tags and spans', () => {
  expect(run('regex_pos', {}, ["[('a', 'DET'), ('cat', 'NOUN')]", 'x'])).toEqual([['DET', 'NOUN'], ['invalid']]);
  expect(run('regex_pos', { fallback: 'none' }, ['x'])).toEqual(['none']);
  expect(run('regex_pos', { fallback: null }, ['x'])).toEqual([['invalid']]);
  expect(run('format_span', {}, ['person: Ann, Bob\nlocation: none'])).toEqual(['per: ann $ per: bob']);
});
