import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../lib/messages/parse.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { askedSettings, shotsInEffect } from '../../lib/plan/asked-settings.ts';
import { overrideFor } from '../../lib/plan/overrides.ts';
import { errorOf } from '../helpers/error-of.ts';

function settings(changes: Record<string, unknown> = {}, task = 'own_task') {
  const requester_args = { address: 'a', service: 's', ...Object(changes['requester_args']) };
  const body = JSON.stringify({ framework: 'lmeh', tasks: task, qty: 3, ...changes, requester_args });
  return askedSettings(parseMessage('sample', sampleMessage, body), task);
}

const COMPLETIONS = { requester_args: { path: '/v1/completions' } };

describe('the override table', () => {
  it.each([
    ['arc_challenge', 25],
    ['hellaswag', 10],
    ['truthfulqa_mc2', 0],
    ['winogrande', 5],
    ['gsm8k', 5],
    ['mmlu_abstract_algebra', 5],
    ['mmlu_pro-category_law', 3],
    ['mmlu_pro_math', 3],
    ['mmlu_anatomy_generative', 3],
    ['leaderboard_math_algebra_hard', 4],
    ['leaderboard_gpqa_main', 0],
    ['leaderboard_musr_murder_mysteries', 0],
    ['leaderboard_mmlu_pro', 5],
    ['leaderboard_bbh', 3],
    ['babi', 3],
  ])('%s: %i shots', (task, shots) => {
    expect(overrideFor(task).numFewshot).toBe(shots);
  });

  it.each([
    'mmlu_professional_accounting',
    'mmlu_professional_law',
    'mmlu_professional_medicine',
    'mmlu_professional_psychology',
  ])('%s is no MMLU-Pro task: 5 shots', (task) => {
    expect(overrideFor(task).numFewshot).toBe(5);
  });

  it.each(['bbh_cot_fewshot_snarks', 'leaderboard_bbh_snarks', 'arc_easy', 'constructor', ''])(
    '"%s" has no row',
    (task) => {
      expect(overrideFor(task)).toEqual({ source: 'nowhere' });
    },
  );

  it('may set path and chat flags', () => {
    const { requesterArgs, applyChatTemplate, fewshotAsMultiturn } = settings({}, 'babisteps-task_01');
    expect(requesterArgs.get('path')).toBe('/v1/completions');
    expect([applyChatTemplate, fewshotAsMultiturn]).toEqual([false, false]);
    expect(settings({}, 'babisteps-chat-cot-task_01').applyChatTemplate).toBe(true);
  });
});

describe('message, else table, else YAML', () => {
  it('what the message says wins, also a 0', () => {
    expect(settings({ num_fewshot: 0 }, 'gsm8k').shotsAsked).toBe(0);
    expect(settings({ num_fewshot: 2 }, 'gsm8k').shotsAsked).toBe(2);
    expect(settings({}, 'gsm8k').shotsAsked).toBe(5);
    expect(settings().shotsAsked).toBeNull();
  });

  it('a task whose YAML says 0 keeps it, whatever is asked for', () => {
    expect([shotsInEffect(5, 0), shotsInEffect(5, null), shotsInEffect(null, 3), shotsInEffect(null, null)]).toEqual([
      0, 5, 3, 0,
    ]);
    expect(shotsInEffect(0, 3)).toBe(0);
  });
});

describe('path and chat flags', () => {
  it('the chat path is the default, with both flags', () => {
    expect(settings()).toMatchObject({ applyChatTemplate: true, fewshotAsMultiturn: true });
    expect(settings().requesterArgs.get('path')).toBe('/v1/chat/completions');
    expect(settings({ fewshot_as_multiturn: false })).toMatchObject({
      applyChatTemplate: true,
      fewshotAsMultiturn: false,
    });
  });

  it('on the completions path both flags are off', () => {
    expect(settings(COMPLETIONS)).toMatchObject({ applyChatTemplate: false, fewshotAsMultiturn: false });
  });

  it.each([
    ['apply_chat_template', { ...COMPLETIONS, apply_chat_template: true }],
    ['fewshot_as_multiturn', { ...COMPLETIONS, fewshot_as_multiturn: true }],
    ['apply_chat_template', { apply_chat_template: false }],
  ])('%s that the path cannot have is refused with the reason', (flag, changes) => {
    const error = errorOf(() => settings(changes));
    expect(error).toMatchObject({ code: 'BadMessage', permanent: true });
    expect(error.message).toContain(flag);
  });

  it.each(['/v1/embeddings', '', 'v1/completions', '/v1/completions/'])(
    'path "%s" is refused, naming those there are',
    (path) => {
      const error = errorOf(() => settings({ requester_args: { path } }));
      expect(error).toMatchObject({ code: 'UnsupportedPath', permanent: true });
      expect(error.message).toContain('/v1/completions');
    },
  );
});

describe('what the tasks document will show', () => {
  it('requester_args in their order, with defaults', () => {
    expect([...settings().requesterArgs]).toEqual([
      ['address', 'a'],
      ['service', 's'],
      ['method', 'POST'],
      ['path', '/v1/chat/completions'],
      ['headers', new Map([['Content-Type', 'application/json']])],
    ]);
  });

  it("llm_args sorted, then the Python service's three at the end", () => {
    expect([...settings({ llm_args: { seed: 1, model: 'm' } }).llmArgs]).toEqual([
      ['model', 'm'],
      ['seed', 1n],
      ['trust_remote_code', true],
      ['tokenized_requests', false],
      ['tokenizer_backend', null],
    ]);
    expect([...settings().llmArgs.keys()]).toEqual(['trust_remote_code', 'tokenized_requests', 'tokenizer_backend']);
  });

  it('a request for all documents has no blacklist', () => {
    expect(settings({ qty: -1, blacklist: [1] }).blacklist).toEqual([]);
    expect(settings({ qty: 1, blacklist: [2, 1, 2] }).blacklist).toEqual([2, 1, 2]);
  });

  it('gen_kwargs as text and as an object', () => {
    expect([...(settings({ gen_kwargs: 'top_p=1.0,a=1' }).genKwargs ?? [])]).toEqual([
      ['a', 1n],
      ['top_p', 1],
    ]);
    expect([...(settings({ gen_kwargs: { b: 1, a: 2 } }).genKwargs ?? [])]).toEqual([
      ['a', 2n],
      ['b', 1n],
    ]);
    expect(settings().genKwargs).toBeNull();
    expect(settings({ gen_kwargs: '' }).genKwargs).toBe('');
  });
});

describe("MANAGER-7: the configuration's rows", () => {
  const rows = [
    { task: 'mmlu', numFewshot: 2 },
    { task: 'mmlu_anatomy', numFewshot: 1 },
    { task: 'gsm', numFewshot: undefined },
  ];

  it.each([
    ['mmlu_anatomy', 1, 'configuration'],
    ['mmlu_virology', 2, 'configuration'],
    ['gsm8k', 5, 'table'],
    ['arc_easy', undefined, 'nowhere'],
  ])('%s: the exact name, else a part of it, else the table', (task, numFewshot, source) => {
    expect(overrideFor(task, rows)).toMatchObject(numFewshot === undefined ? { source } : { numFewshot, source });
  });
});
