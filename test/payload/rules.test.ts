import { describe, expect, it } from 'vitest';
import { textLength } from '../../lib/payload/ctxlen.ts';
import {
  chatArgument,
  chatPrinter,
  completionPrinter,
  loglikelihoodPrinter,
  modelArgs,
} from '../../lib/payload/data.ts';
import { type ChatMessage, chatLength } from '../../lib/payload/message.ts';
import type { PyDict, PyValue } from '../../lib/python/value.ts';
import { errorOf } from '../helpers/error-of.ts';

const ARGS = modelArgs(new Map());
const CHAT: ChatMessage[] = [
  { role: 'system', content: 'Be brief.\n\n' },
  { role: 'user', content: 'Why?' },
  { role: 'assistant', content: '' },
  { role: 'user', content: 'é\u2028/\u0001"\\' },
];

function dict(entries: Record<string, PyValue>): PyDict {
  return new Map<PyValue, PyValue>(Object.entries(entries));
}

/** What follows the messages in a chat request. */
function fieldsOf(genKwargs: Record<string, PyValue>, llmArgs: Record<string, PyValue> = {}): string {
  const data = chatPrinter(dict(genKwargs), modelArgs(dict(llmArgs)))([]);
  expect(data.startsWith('{"messages":[],"model":"pocket_network",')).toBe(true);
  return data.slice('{"messages":[],"model":"pocket_network",'.length, -1);
}

describe('PAYLOAD-10: data and arguments are two texts of one chat', () => {
  it('data is compact, and its keys are ordered by role', () => {
    expect(chatPrinter(dict({ until: ['Q'] }), ARGS)(CHAT)).toBe(
      '{"messages":[{"content":"Be brief.\\n\\n","role":"system","type":"text"},' +
        '{"content":"Why?","role":"user","type":"text"},' +
        '{"role":"assistant","content":"","type":"text"},' +
        '{"content":"é\u2028/\\u0001\\"\\\\","role":"user","type":"text"}],' +
        '"model":"pocket_network","max_tokens":1024,"seed":1234,"stop":["Q"],"temperature":0.0}',
    );
  });

  it('the argument has spaces, and one order of keys for all roles', () => {
    expect(chatArgument(CHAT.slice(1))).toBe(
      '[{"role": "user", "content": "Why?", "type": "text"}, ' +
        '{"role": "assistant", "content": "", "type": "text"}, ' +
        '{"role": "user", "content": "é\u2028/\\u0001\\"\\\\", "type": "text"}]',
    );
  });

  it('keys that look like numbers keep their places', () => {
    const genKwargs = dict({ until: [] });
    genKwargs.set('z', 1n);
    genKwargs.set('10', dict({}));
    genKwargs.set('2', null);
    expect(chatPrinter(genKwargs, ARGS)([])).toMatch(/"temperature":0\.0,"z":1,"10":\{\},"2":null\}$/);
  });
});

describe('PAYLOAD-5: a float prints as a float', () => {
  it.each([
    ['an int', 0n, '0.0'],
    ['a whole float', 1, '1.0'],
    ['a big int', 10n ** 16n, '1e16'],
    ['a big float', 1e22, '1e22'],
    ['a small float', 1e-7, '1e-7'],
    ['a float that Python would print with an exponent', 1e-5, '0.00001'],
    ['text', '0.5', '0.5'],
    ['true', true, '1.0'],
  ])('a temperature given as %s', (_what, temperature, expected) => {
    expect(fieldsOf({ temperature, until: [] })).toBe(`"max_tokens":1024,"seed":1234,"temperature":${expected}`);
  });

  it('so does every float field, and ints stay ints', () => {
    expect(fieldsOf({ top_p: 1n, frequency_penalty: 2n, n: 2, max_gen_toks: 5, until: [] })).toBe(
      '"frequency_penalty":2.0,"max_tokens":5,"n":2,"seed":1234,"temperature":0.0,"top_p":1.0',
    );
  });

  it('values inside extra arguments keep their kinds', () => {
    expect(fieldsOf({ until: [], extra: dict({ a: 1, b: 1n, c: [0.5, 2, null, true] }) })).toMatch(
      /"extra":\{"a":1\.0,"b":1,"c":\[0\.5,2\.0,null,true\]\}$/,
    );
  });
});

describe('what a request leaves out', () => {
  it('an empty stop list, do_sample, and values that are the default of the model', () => {
    const genKwargs = { do_sample: false, until: [], n: 1n, frequency_penalty: 0n, presence_penalty: 0, stream: false };
    expect(fieldsOf({ ...genKwargs, logprobs: false, temperature: 0 })).toBe(
      '"max_tokens":1024,"seed":1234,"temperature":0.0',
    );
  });

  it('max_tokens of 16 on the completions path only', () => {
    expect(completionPrinter(dict({ max_gen_toks: 16n, until: [] }), ARGS)('p')).toBe(
      '{"model":"pocket_network","prompt":"p","seed":1234,"temperature":0.0}',
    );
    expect(fieldsOf({ max_gen_toks: 16n, until: [] })).toContain('"max_tokens":16');
  });

  it('unknown arguments on the completions path, while chat sends them', () => {
    expect(completionPrinter(dict({ top_k: 3n, until: ['a'] }), ARGS)('p')).toBe(
      '{"model":"pocket_network","prompt":"p","max_tokens":1024,"seed":1234,"stop":["a"],"temperature":0.0}',
    );
    expect(fieldsOf({ top_k: 3n, until: ['a'] })).toMatch(/"temperature":0\.0,"top_k":3$/);
  });

  it('null: a temperature of null is not 0', () => {
    expect(fieldsOf({ temperature: null, until: null, top_p: null })).toBe('"max_tokens":1024,"seed":1234');
  });
});

describe('generation arguments', () => {
  it('max_tokens comes before max_gen_toks, which is then an argument like others', () => {
    expect(fieldsOf({ max_gen_toks: 7n, until: [] })).toContain('"max_tokens":7');
    expect(fieldsOf({ max_gen_toks: 7n, max_tokens: 9n, until: [] })).toBe(
      '"max_tokens":9,"seed":1234,"temperature":0.0,"max_gen_toks":7',
    );
  });

  it('what is left may override the rest', () => {
    expect(fieldsOf({ until: ['a'], stop: ['b'], seed: 5n })).toBe(
      '"max_tokens":1024,"seed":5,"stop":["b"],"temperature":0.0',
    );
    expect(chatPrinter(dict({ model: 'm', until: [] }), ARGS)([])).toContain('"model":"m"');
  });

  it('chat sends at most four stop sequences, completions all', () => {
    const until = ['a', 'b', 'c', 'd', 'e'];
    expect(fieldsOf({ until })).toContain('"stop":["a","b","c","d"]');
    expect(completionPrinter(dict({ until }), ARGS)('')).toContain('"stop":["a","b","c","d","e"]');
  });

  it('one stop sequence may be given as text', () => {
    expect(fieldsOf({ until: 'x' })).toContain('"stop":["x"]');
    expect(errorOf(() => fieldsOf({ until: 3n }))).toMatchObject({ code: 'BadMessage', permanent: true });
  });

  it.each([
    ['temperature', 'hot'],
    ['temperature', []],
    ['temperature', ''],
    ['temperature', '0x10'],
    ['max_gen_toks', 1.5],
    ['max_gen_toks', 'many'],
    ['stream', 'maybe'],
    ['max_gen_toks', '+-1'],
    ['seed', 'x'],
  ])('%s cannot be %j: the refusal names it', (name, value) => {
    const error = errorOf(() => fieldsOf({ [name]: value, until: [] }));
    expect(error).toMatchObject({ code: 'BadMessage', permanent: true });
    expect(error.message).toContain(name === 'max_gen_toks' ? 'max_tokens' : name);
  });

  it('numbers may be given as text, as pydantic reads them', () => {
    expect(fieldsOf({ max_gen_toks: ' 256.0 ', top_p: '1', n: '+2', until: [] })).toBe(
      '"max_tokens":256,"n":2,"seed":1234,"temperature":0.0,"top_p":1.0',
    );
  });

  it('llm_args may set the model, the answer length and the seed', () => {
    const args = modelArgs(dict({ model: 'x', max_gen_toks: 3n, seed: 9n }));
    expect(chatPrinter(dict({ until: [] }), args)([])).toBe(
      '{"messages":[],"model":"x","max_tokens":3,"seed":9,"temperature":0.0}',
    );
    expect(errorOf(() => modelArgs(dict({ model: 3n })))).toMatchObject({ code: 'BadMessage' });
  });
});

it('a continuation to be scored is echoed after its context, with its log probabilities', () => {
  expect(loglikelihoodPrinter(ARGS)('Ann met Bo')).toBe(
    '{"model":"pocket_network","prompt":"Ann met Bo","echo":true,"logprobs":1,"max_tokens":1,"seed":1234,"temperature":0.0}',
  );
});

describe('PAYLOAD-12: the estimated length counts pieces between single spaces', () => {
  it.each([
    ['', 1],
    ['a', 1],
    ['a b', 2],
    ['a  b', 4],
    ['a\nb\tc', 1],
    ['a\u00a0b', 1],
    [' ', 2],
    ['a b c d', 5],
  ])('%j', (text, tokens) => {
    expect(textLength(text)).toBe(tokens);
  });

  it('a chat adds two for each message, also for an empty one', () => {
    expect(chatLength([])).toBe(0);
    expect(chatLength(CHAT.slice(1, 3))).toBe(6);
  });
});
