import { describe, expect, it } from 'vitest';
import { PyError } from '../../lib/python/exceptions.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { choiceMetrics, trueMass } from '../../lib/scoring/metrics/choices.ts';
import { exactMatch } from '../../lib/scoring/metrics/exact-match.ts';
import { argmax, mean, meanStderr } from '../../lib/scoring/metrics/numpy.ts';
import { METRICS } from '../../lib/scoring/metrics/registry.ts';
import { selectionFor } from '../../lib/scoring/selection.ts';

describe('exact_match', () => {
  const match = (a: string, b: string, kwargs: Record<string, PyValue> = {}) =>
    exactMatch([a], [b], new Map(Object.entries(kwargs)));

  it.each<[string, string, Record<string, PyValue>, number]>([
    ['a', 'a\0', {}, 1],
    ['a\0b', 'ab', {}, 0],
    ['A!', 'a', { ignore_case: true, ignore_punctuation: true }, 1],
    ['“A”', 'A', { ignore_punctuation: true }, 0],
    ['a1', 'a2', { ignore_numbers: true }, 1],
    ['İstanbul', 'i̇stanbu', { ignore_case: true }, 1],
    ['$18.', '18', { regexes_to_ignore: ['\\$', '\\.$'] }, 1],
    ['a', 'a', { ignore_punctuation: 'any text is true' }, 1],
    ['a', 'a\0', { regexes_to_ignore: [] }, 0],
  ])('of %j and %j with %j is %i', (a, b, kwargs, expected) => {
    expect(match(a, b, kwargs)).toBe(expected);
  });

  it('is the share of equal ones; one of either side stands for all', () => {
    expect(exactMatch(['x', 'x'], ['x', 'y'], new Map())).toBe(0.5);
    expect(exactMatch(['x'], ['x', 'y', 'x', 'z'], new Map())).toBe(0.5);
    expect(() => exactMatch(['x', 'y'], ['x', 'y', 'z'], new Map())).toThrow(PyError);
    expect(exactMatch([], [], new Map())).toBeNaN();
  });
});

describe('multiple choice', () => {
  const results = (...sums: number[]) => sums.map((sum) => ({ sum, greedy: false }));
  const score = (gold: PyValue, sums: number[], names: string[], choices: PyValue[] = ['a', 'bbbb']) =>
    Object.fromEntries(
      choiceMetrics({ choices, gold, multipleTarget: Array.isArray(gold), results: results(...sums) }, new Set(names)),
    );

  it('takes the likeliest, and for acc_norm the likeliest a character', () => {
    expect(score(1n, [-2, -4], ['acc', 'acc_norm'])).toEqual({ acc: 0, acc_norm: 1 });
  });
  it('takes a text for its place, a number beyond the choices for none, and any of several', () => {
    expect([
      score('bbbb', [-2, -1], ['acc']),
      score(7n, [-2, -1], ['acc']),
      score([0n, 1n], [-2, -1], ['acc']),
    ]).toEqual([{ acc: 1 }, { acc: 0 }, { acc: 1 }]);
  });
  it('fails where labels are lists though the first document has none, as in the harness', () => {
    const doc = { choices: ['a', 'b'], gold: [0n], multipleTarget: false, results: results(-2, -1) };
    expect(() => choiceMetrics(doc, new Set(['acc']))).toThrow(PyError);
  });
  it('lets NaN win, the first of equals, and 0 where all is lost', () => {
    expect([argmax([-1, Number.NaN, 0]), argmax([-1, -1]), argmax([-Infinity, -Infinity])]).toEqual([1, 0, 0]);
  });
  it('compares with likelihoods without context where those are there', () => {
    expect(score(0n, [-3, -2, -9, -1], ['acc', 'acc_mutual_info'])).toEqual({ acc: 0, acc_mutual_info: 1 });
  });
  it('compares them with one label only: with several or none the harness raises', () => {
    const sums = [-3, -2, -9, -1];
    for (const labels of [[0n, 1n], []]) expect(() => score(labels, sums, ['acc_mutual_info'])).toThrow(PyError);
    expect(score([0n], sums, ['acc_mutual_info'])).toEqual({ acc_mutual_info: 1 });
  });
  it('scores by distance from the truth', () => {
    expect(score(0n, [0, 0], ['brier_score'])).toEqual({ brier_score: 0.5 });
  });
  it('shares out probability without taking a common factor out', () => {
    expect(trueMass([-1, -1, -1, -1], [1n, 0n, 0n, 0n])).toBeCloseTo(0.25, 12);
    expect(trueMass([-800, -800], [1n, 0n])).toBeNaN();
  });
});

it('means come with their standard error', () => {
  expect([mean([1, 0, 1, 0]), meanStderr([1, 0, 1, 0])]).toEqual([0.5, Math.sqrt(1 / 3) / 2]);
});

it('acc_all needs the paragraphs of its own data set, so that for a generated text it raises', () => {
  expect(() => METRICS.get('acc_all')?.(['ab'], ['cd'], new Map())).toThrow(PyError);
});

describe('the score of a task', () => {
  it.each([
    ['gsm8k', ['strict-match', 'flexible-extract'], ['exact_match'], 'flexible-extract', 'exact_match'],
    ['mmlu_professional_law_generative', ['get_response'], ['exact_match'], 'get_response', 'exact_match'],
    ['mmlu_professional_law', ['none'], ['acc'], 'none', 'acc'],
    ['arc_challenge', ['none'], ['acc', 'acc_norm'], 'none', 'acc_norm'],
    ['afrimgsm_amh', ['remove_whitespace', 'flexible-extract'], ['exact_match'], 'flexible-extract', null],
    ['own', ['one', 'two'], ['f1', 'acc'], 'one', null],
    ['mmlu_prox_x', ['own'], ['exact_match'], 'own', 'exact_match'],
  ])('%s', (task, filters, metrics, filter, metric) => {
    expect(selectionFor(task, filters, metrics)).toMatchObject({ filter, metric });
  });

  it('follows configuration before the table', () => {
    const configured = [{ task: 'gsm8k', filter: 'strict-match' }];
    expect(selectionFor('gsm8k', ['strict-match', 'flexible-extract'], ['exact_match'], configured)).toMatchObject({
      filter: 'strict-match',
      metric: 'exact_match',
      source: 'configuration',
    });
  });
});
