import { expect, it } from 'vitest';
import { similarNames } from '../../lib/catalogue/similar.ts';

const NAMES = ['gsm8k', 'gsm8k_cot', 'mmlu', 'mmlu_anatomy', 'hellaswag', 'winogrande', 'arc_easy', 'arc_challenge'];

it.each([
  ['gsm8kk', 'gsm8k'],
  ['gms8k', 'gsm8k'],
  ['GSM8K', 'gsm8k'],
  ['helaswag', 'hellaswag'],
  ['mmlu_anatomi', 'mmlu_anatomy'],
  ['arc_chal', 'arc_challenge'],
  ['anatomy', 'mmlu_anatomy'],
])('the name most like %s is %s', (name, like) => {
  expect(similarNames(name, NAMES)[0]).toBe(like);
});

it.each(['', 'x', 'something else entirely', 'z'.repeat(500)])('nothing is like "%s"', (name) => {
  expect(similarNames(name, NAMES)).toEqual([]);
});
