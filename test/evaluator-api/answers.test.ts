import { describe, expect, it } from 'vitest';
import { loglikelihoodOf } from '../../lib/evaluator-api/loglikelihood.ts';
import { type ApiPath, generationOf, generationsOf, readResponse } from '../../lib/evaluator-api/response.ts';
import { loads } from '../../lib/python/json.ts';

const read = (path: ApiPath, body: object) => readResponse(path, loads(JSON.stringify(body)));
const chat = (message: object, more: object = {}) => ({
  id: 'x',
  model: 'm',
  choices: [{ index: 0, message }],
  usage: {},
  ...more,
});

describe('a chat answer', () => {
  it.each<[string, object, string[]]>([
    ['as servers send it', chat({ role: 'assistant', content: 'a' }), []],
    ['with a null for tool calls', chat({ role: 'assistant', content: 'a', tool_calls: null }), []],
    [
      'with numbers as texts',
      chat({ role: 'a', content: 'a' }, { created: ' 12.0 ', usage: { prompt_tokens: '3' } }),
      [],
    ],
    ['of another object', chat({ role: 'a' }, { object: 'chat.completion.chunk' }), ['object: literal_error']],
    ['without a role', chat({ content: 'a' }), ['choices.0.message.role: missing']],
    ['with a list for content', chat({ role: 'a', content: ['a'] }), ['choices.0.message.content: string_type']],
    ['without id and usage', { model: 'm', choices: [] }, ['id: missing', 'usage: missing']],
  ])('%s', (_what, body, problems) => {
    expect(read('/v1/chat/completions', body).problems ?? []).toEqual(problems);
  });
});

describe('texts', () => {
  const completion = (...choices: object[]) => {
    const { response } = read('/v1/completions', { model: 'm', choices, usage: {} });
    if (response === null) throw new Error('refused');
    return response;
  };
  it('stand where their index says, the later of equals, negative ones from the end', () => {
    expect(generationsOf(completion({ index: 1, text: 'b' }, { index: 0, text: 'a' }))).toEqual(['a', 'b']);
    expect(generationsOf(completion({ index: -1, text: 'b' }, { index: 0, text: 'a' }))).toEqual(['a', 'b']);
    expect(() => generationsOf(completion({ index: 1, text: 'a' }))).toThrow(RangeError);
  });
  it('fail where there is none in the first place', () => {
    expect(() => generationOf(completion())).toThrow('no choices');
    expect(generationOf(completion({ index: 0, text: '' }))).toBe('');
  });
});

describe('a loglikelihood', () => {
  const of = (tokens: string[], scores: (number | null)[], continuation: string, generated = 1) => {
    const top_logprobs = scores.map((score, i) => (score === null ? null : { [tokens[i] ?? '']: score }));
    const logprobs = { tokens, token_logprobs: scores, top_logprobs };
    const body = { model: 'm', choices: [{ index: 0, text: '', logprobs }], usage: { completion_tokens: generated } };
    const { response } = read('/v1/completions', body);
    if (response === null) throw new Error('refused');
    return loglikelihoodOf(response, continuation);
  };
  it('adds up the tokens of the continuation, without what was generated', () => {
    expect(of(['Q', ':', ' ye', 's', '!'], [null, -9, -1, -2, -50], ' yes')).toEqual({ sum: -3, greedy: true });
  });
  it('takes blanks before it, and a token that spans the border', () => {
    expect(of(['Q', ':', ' ', 'yes', '!'], [null, -9, -1, -2, -50], 'yes').sum).toBe(-3);
    expect(of(['Q', ': y', 'es', '!'], [null, -9, -2, -50], ' yes').sum).toBe(-11);
  });
  it('reads tokens that are parts of a character, and texts without their blanks', () => {
    expect(
      of(['Q', ':', '\ufffd', '\ufffd', 't\ufffd', '\ufffd', '!'], [null, -9, -1, -1, -1, -1, -50], ' été').sum,
    ).toBe(-4);
    expect(of(['Q:', 'a', 'b', '!'], [null, -1, -2, -50], ' a b').sum).toBe(-3);
  });
  it('takes no token of the context where the first character is in fewer parts than it has bytes', () => {
    // Three bytes of four in the first part, which shows as one U+FFFD.
    expect(of(['Q', ':', ' \ufffd', '\ufffd', '!'], [null, -9, -1, -2, -50], ' \u{1f600}').sum).toBe(-3);
    expect(of(['Q', 'A:', ' ', '\ufffd', '\ufffdx', '!'], [null, -9, -4, -1, -2, -50], ' 鸢x').sum).toBe(-7);
    expect(of(['A:', '\ufffd', '\ufffd', '题', '!'], [-9, -1, -2, -4, -50], '鸢题').sum).toBe(-7);
    expect(of(['\ufffd', '\ufffd', '!'], [-1, -2, -50], '\u{1f600}').sum).toBe(-3);
  });
  it('reads tokens that part a letter from its accent', () => {
    expect(of(['Q:', ' e', '\u0301t', 'e', '\u0301', '!'], [null, -1, -2, -4, -8, -50], ' \u00e9t\u00e9').sum).toBe(
      -15,
    );
    expect(of(['Q:', ' e', '\u0301t', 'e', '\u0301', '!'], [null, -1, -2, -4, -8, -50], ' e\u0301te\u0301').sum).toBe(
      -15,
    );
  });
  it('fails where a log probability is missing, or the prompt does not come back', () => {
    expect(() => of(['yes', '!'], [null, -1], 'yes')).toThrow('no log probability');
    expect(() => of(['!'], [-1], ' yes')).toThrow('must support echo');
  });
});
