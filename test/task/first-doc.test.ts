import { describe, expect, it } from 'vitest';
import type { ConfigValue } from '../../lib/catalogue/config-value.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { errorOf } from '../helpers/error-of.ts';
import { docOf, prompt, render, taskOf, turns } from './own-task.ts';

const CHOICES = { output_type: 'multiple_choice', doc_to_choice: '{{c}}' };
const TEXT = { requestType: 'loglikelihood', chat: false, multiturn: false } as const;

const scored = (columns: Record<string, PyValue>, fields: Record<string, ConfigValue> = {}) =>
  render(taskOf({ ...CHOICES, ...fields }), docOf(3, { q: 'Who?', a: '0', ...columns }), [], TEXT);

// What the harness's constructor does with such a first document was seen by running 0.4.9.
describe('FIELD-9: a first document that the harness stumbles over refuses the task', () => {
  it.each<[string, Record<string, PyValue>, Record<string, ConfigValue>]>([
    ['an empty choice', { c: ['', 'b'] }, {}],
    ['choices that are no text', { c: [1n, 2n] }, {}],
    ['a literal list of numbers', {}, { doc_to_choice: [1n, 2n] }],
    ['a label out of range', { c: ['a', 'b'], a: '2' }, {}],
    ['a label out of range in a column', { c: ['a', 'b'], label: -3n }, { doc_to_target: 'label' }],
    ['a target template that fails', { c: ['a', 'b'] }, { doc_to_target: '{{nothing}}' }],
    ['choices that can not be gone through', { c: 5n }, {}],
    ['an index of a choice of what is no list', { c: 'ab', i: 0n }, { doc_to_text: 'i' }],
  ])('%s', (_what, columns, fields) => {
    expect(errorOf(() => scored(columns, fields))).toMatchObject({ code: 'TemplateFailed', permanent: true });
  });

  it('also where text is generated and the target would never show', () => {
    const config = taskOf({ doc_to_target: '{{nothing}}' });
    expect(errorOf(() => render(config, docOf(1, { q: 'x' }))).code).toBe('TemplateFailed');
  });

  it('choices from the end, several targets and a target in words are fine', () => {
    expect(scored({ c: ['a', 'b'], label: -2n }, { doc_to_target: 'label' })).toHaveLength(2);
    expect(scored({ c: ['a', 'b'], label: [0n, 9n] }, { doc_to_target: 'label' })).toHaveLength(2);
    expect(scored({ c: ['a', 'b'], a: 'neither' })).toHaveLength(2);
  });
});

describe('a question that is no text', () => {
  const chat = (value: PyValue, changes = {}) =>
    render(taskOf({ doc_to_text: 'v', description: 'Hint.' }), docOf(1, { v: value, a: '' }), [], changes)[0]?.data;

  it.each<[string, PyValue]>([
    ['float', 0.5],
    ['None', null],
    ['dict', new Map([['a', 1n]])],
  ])('%s: a chat goes without it, a completion is refused', (_kind, value) => {
    expect(turns(chat(value))).toEqual(['system: Hint.']);
    expect(errorOf(() => chat(value, { chat: false, multiturn: false })).code).toBe('TemplateFailed');
  });

  it('a list is refused on both paths', () => {
    expect(errorOf(() => chat(['a', 'b'])).code).toBe('TemplateFailed');
    expect(errorOf(() => chat(['a', 'b'], { chat: false, multiturn: false })).code).toBe('TemplateFailed');
  });

  it('an int is its digits', () => {
    expect(turns(chat(7n))).toEqual(['system: Hint.', 'user: 7']);
  });
});

describe('nothing to send is refused', () => {
  it('an empty completion', () => {
    const plain = { chat: false, multiturn: false };
    const config = taskOf({ doc_to_text: '{{q}}' });
    expect(errorOf(() => render(config, docOf(1, { q: '', a: '' }), [], plain))).toMatchObject({
      code: 'TemplateFailed',
      message: expect.stringContaining('document 1'),
    });
    expect(prompt(render(config, docOf(1, { q: ' ', a: '' }), [], plain)[0]?.data)).toBe(' ');
  });

  it('a chat whose question is an index of a choice, without worked examples', () => {
    const config = taskOf({ doc_to_text: 'i', doc_to_choice: ['a', 'b'] });
    expect(errorOf(() => render(config, docOf(1, { i: 0n, a: 'x' }))).code).toBe('TemplateFailed');
  });
});
