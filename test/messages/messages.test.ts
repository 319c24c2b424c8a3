import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { SamplerError } from '../../lib/errors/errors.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { registerMessage } from '../../lib/messages/register.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { shardMessage } from '../../lib/messages/shard.ts';

const SUPPLIER = { address: 'SUPPLIER_ADDRESS', service: 'SERVICE_CODE' };
const SAMPLE = { framework: 'lmeh', tasks: 'own', requester_args: SUPPLIER, qty: 3 };

function sample(changes: Record<string, unknown> = {}) {
  return parseMessage('sample', sampleMessage, JSON.stringify({ ...SAMPLE, ...changes }));
}

function register(changes: Record<string, unknown> = {}) {
  return parseMessage('register', registerMessage, JSON.stringify({ framework: 'lmeh', tasks: 'own', ...changes }));
}

/** Why the body was refused; fails where it was taken. */
function refusalOf(kind: string, schema: z.ZodType, body: string): string {
  try {
    parseMessage(kind, schema, body);
  } catch (error) {
    expect(error).toBeInstanceOf(SamplerError);
    expect(error).toMatchObject({ code: 'BadMessage', permanent: true });
    return error instanceof Error ? error.message : '';
  }
  throw new Error(`taken: ${body}`);
}

const sampleRefusal = (changes: Record<string, unknown>) =>
  refusalOf('sample', sampleMessage, JSON.stringify({ ...SAMPLE, ...changes }));

describe('the body', () => {
  it.each(['', 'x', '{', '{"a":1,}', "{'a':1}"])('%j is no JSON: refused, saying so', (body) => {
    expect(refusalOf('sample', sampleMessage, body)).toContain('not JSON');
  });

  it.each(['[]', '"{}"', 'null', '3', 'NaN'])('%s is no object: refused, saying so', (body) => {
    expect(refusalOf('register', registerMessage, body)).toContain('JSON object');
  });

  it('the last of two equal keys counts, as in Python', () => {
    const body = '{"framework":"lmeh","tasks":"a","tasks":"b"}';
    expect(parseMessage('register', registerMessage, body).tasks).toBe('b');
  });

  it('every wrong key is named at once', () => {
    const reason = sampleRefusal({ qty: 'many', num_fewshot: -1, apply_chat_template: 'perhaps', tasks: 3 });
    for (const key of ['qty', 'num_fewshot', 'apply_chat_template', 'tasks']) expect(reason).toContain(`${key}: must`);
  });

  it('missing keys are named', () => {
    const reason = refusalOf('sample', sampleMessage, '{"qty":1}');
    for (const key of ['framework', 'tasks', 'requester_args']) expect(reason).toContain(`${key}: is missing`);
  });

  it.each([5, 'x', true, []])('%j in place of an object is told in words', (requester_args) => {
    expect(sampleRefusal({ requester_args })).toBe('Bad sample message: requester_args: must be an object.');
  });
});

describe('keys that are unknown', () => {
  it('are refused, all of them by name', () => {
    const reason = sampleRefusal({ quantity: 1, docids: [] });
    expect(reason).toContain('unknown keys "quantity", "docids"');
    expect(refusalOf('register', registerMessage, '{"framework":"lmeh","tasks":"a","qty":1}')).toContain(
      'unknown key "qty"',
    );
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('%j is one of them', (key) => {
    const body = JSON.stringify(SAMPLE).replace('{', `{"${key}":{"qty":1},`);
    expect(refusalOf('sample', sampleMessage, body)).toContain(JSON.stringify(key));
  });

  it('are refused also where they are null', () => {
    expect(sampleRefusal({ never_heard_of: null })).toContain('"never_heard_of"');
  });

  it('inside requester_args are ignored, and never kept', () => {
    const args = sample({ requester_args: { ...SUPPLIER, price: 3 } }).requester_args;
    expect(Object.keys(args).sort()).toEqual(['address', 'headers', 'method', 'service']);
  });
});

describe('what stands in a database query is text', () => {
  it.each(['address', 'service', 'method', 'path'])('an operator as %s is refused', (key) => {
    for (const value of [{ $ne: null }, [''], 3, true]) {
      expect(sampleRefusal({ requester_args: { ...SUPPLIER, [key]: value } })).toContain(`requester_args.${key}`);
    }
  });

  it.each(['framework', 'tasks', 'model', 'system_instruction', 'include_path', 'verbosity'])(
    'an operator as %s is refused',
    (key) => {
      expect(sampleRefusal({ [key]: { $gt: '' } })).toContain(key);
    },
  );

  it('an address or service that is empty or missing is refused', () => {
    expect(sampleRefusal({ requester_args: { address: '', service: 's' } })).toContain('requester_args.address');
    expect(sampleRefusal({ requester_args: { address: 'a' } })).toContain('requester_args.service');
    expect(sampleRefusal({ requester_args: 'a' })).toContain('requester_args');
  });

  it('half a surrogate pair, which no database takes, is refused', () => {
    const body = JSON.stringify(SAMPLE).replace('SUPPLIER_ADDRESS', '\\ud800');
    expect(refusalOf('sample', sampleMessage, body)).toContain('requester_args.address');
    for (const key of ['gen_kwargs', 'llm_args']) {
      for (const value of [{ a: '\ud800' }, { '\udc00': 1 }, { a: [{ b: 'x\udfff' }] }]) {
        expect(sampleRefusal({ [key]: value })).toContain(`${key}: holds half a surrogate pair`);
      }
    }
    expect(sampleRefusal({ requester_args: { ...SUPPLIER, headers: { '\ud800': 'x' } } })).toContain('headers');
    expect(sample({ gen_kwargs: { '\u{1f600}': '\u{1f600}' } }).gen_kwargs).toEqual(
      new Map([['\u{1f600}', '\u{1f600}']]),
    );
  });

  it.each(['', ' ', ' , ,'])('a list of tasks that names none, %j, is refused', (tasks) => {
    expect(sampleRefusal({ tasks })).toContain('tasks: must name at least one task');
    expect(refusalOf('register', registerMessage, JSON.stringify({ framework: 'lmeh', tasks }))).toContain('tasks');
  });
});

describe('defaults', () => {
  it('of a register message', () => {
    expect(register()).toEqual({ framework: 'lmeh', tasks: 'own', verbosity: 'ERROR' });
  });

  it('of a sample message; those that depend on task or path stay open', () => {
    expect(sample()).toEqual({
      ...SAMPLE,
      verbosity: 'ERROR',
      requester_args: { ...SUPPLIER, method: 'POST', headers: new Map([['Content-Type', 'application/json']]) },
      blacklist: [],
      model: 'pocket_network',
      bootstrap_iters: 100000,
      confirm_run_unsafe_code: false,
      doc_as_chat_template: false,
    });
  });

  it('null means the same as absent, for every key', () => {
    const nulls = { verbosity: null, include_path: null, blacklist: null, doc_ids: null, model: null, llm_args: null };
    const more = { num_fewshot: null, gen_kwargs: null, bootstrap_iters: null, system_instruction: null, seed: null };
    const flags = { apply_chat_template: null, fewshot_as_multiturn: null, confirm_run_unsafe_code: null };
    const manager = { random_seed: null, doc_as_chat_template: null };
    expect(sample({ ...nulls, ...more, ...flags, ...manager })).toEqual(sample());
    expect(sample({ requester_args: { ...SUPPLIER, method: null, path: null, headers: null } })).toEqual(sample());
    expect(sampleRefusal({ tasks: null })).toContain('tasks');
    expect(sampleRefusal({ requester_args: null })).toContain('requester_args');
  });

  it('null inside gen_kwargs and llm_args is a value', () => {
    expect([...(sample({ llm_args: { a: null } }).llm_args ?? [])]).toEqual([['a', null]]);
    expect(sample({ gen_kwargs: { temperature: null } }).gen_kwargs).toEqual(new Map([['temperature', null]]));
  });

  it('an empty system instruction is one', () => {
    expect(sample({ system_instruction: '' }).system_instruction).toBe('');
  });
});

describe('lax coercion, as pydantic has it', () => {
  it.each([
    ['7', 7],
    [' 7 ', 7],
    ['+7', 7],
    ['7.0', 7],
    ['1_000', 1000],
    [7.0, 7],
    [true, 1],
    ['-1', -1],
  ])('qty %j is %i', (qty, expected) => {
    expect(sample({ qty }).qty).toBe(expected);
  });

  it.each(['', 'x', '7.5', '7.', '٧', '\u001c7', '0x7', '1e3', '_1', 7.5, [], {}, [7], '9'.repeat(41), 1e300])(
    'qty %j is refused',
    (qty) => {
      expect(sampleRefusal({ qty })).toContain('qty');
    },
  );

  it('a float is an int only where it has no fraction, also when JSON writes it with a point', () => {
    const body = (qty: string) => JSON.stringify(SAMPLE).replace('"qty":3', `"qty":${qty}`);
    expect(parseMessage('sample', sampleMessage, body('7.0')).qty).toBe(7);
    for (const qty of ['7.2', 'NaN', 'Infinity']) refusalOf('sample', sampleMessage, body(qty));
  });

  it.each([
    [true, true],
    ['TRUE', true],
    ['on', true],
    ['y', true],
    [1, true],
    ['0', false],
    ['No', false],
    ['f', false],
    [0, false],
  ])('a flag of %j is %j', (flag, expected) => {
    expect(sample({ confirm_run_unsafe_code: flag }).confirm_run_unsafe_code).toBe(expected);
  });

  it.each([2, -1, 'maybe', '', ' true', 0.5, [], {}])('a flag of %j is refused', (flag) => {
    expect(sampleRefusal({ apply_chat_template: flag })).toContain('apply_chat_template');
  });

  it('a number is no text', () => {
    for (const key of ['framework', 'tasks', 'model', 'system_instruction'])
      expect(sampleRefusal({ [key]: 1 })).toContain(key);
  });

  it('MESSAGE-8: a seed may have 64 bits and no more, and keeps every one of them', () => {
    const seed = (text: string) => JSON.stringify(SAMPLE).replace('{', `{"seed":${text},`);
    expect(parseMessage('sample', sampleMessage, seed('9223372036854775807')).seed).toBe(2n ** 63n - 1n);
    expect(parseMessage('sample', sampleMessage, seed('-9223372036854775808')).seed).toBe(-(2n ** 63n));
    expect(parseMessage('sample', sampleMessage, seed('"9007199254740993"')).seed).toBe(2n ** 53n + 1n);
    for (const text of ['9223372036854775808', '-9223372036854775809', '1e19', '0.5']) {
      expect(refusalOf('sample', sampleMessage, seed(text))).toContain('seed');
    }
  });
});

describe('which documents', () => {
  it('either qty or doc_ids, not both, not none', () => {
    expect(sample({ qty: undefined, doc_ids: [1, 1] }).doc_ids).toEqual([1, 1]);
    expect(sampleRefusal({ doc_ids: [1] })).toContain('not both');
    expect(sampleRefusal({ qty: undefined })).toContain('qty');
  });

  it('a qty of 0 and an empty list count as missing', () => {
    expect(sampleRefusal({ qty: 0 })).toContain('qty');
    expect(sampleRefusal({ qty: undefined, doc_ids: [] })).toContain('qty');
    expect(sample({ qty: 0, doc_ids: [4] }).doc_ids).toEqual([4]);
    expect(sample({ qty: 5, doc_ids: [] }).qty).toBe(5);
  });

  it('a negative qty is taken: it means all', () => {
    expect(sample({ qty: -1, blacklist: [1] })).toMatchObject({ qty: -1, blacklist: [1] });
    expect(sampleRefusal({ qty: -1, doc_ids: [1] })).toContain('not both');
  });

  it('ids are whole numbers, also as text; anything else is named by its place', () => {
    expect(sample({ blacklist: ['11', 12.0, -3] }).blacklist).toEqual([11, 12, -3]);
    expect(sampleRefusal({ blacklist: [1, 'x'] })).toContain('blacklist.1');
    expect(sampleRefusal({ qty: undefined, doc_ids: '1,2' })).toContain('doc_ids: must be a list');
    expect(sampleRefusal({ qty: undefined, doc_ids: [2 ** 60] })).toContain('doc_ids.0');
  });

  it('shots are not negative', () => {
    expect(sample({ num_fewshot: 0 }).num_fewshot).toBe(0);
    expect(sampleRefusal({ num_fewshot: -1 })).toContain('num_fewshot');
  });
});

describe('include_path', () => {
  it.each(['mine', 'a-b_c.d', 'A1', 'x'.repeat(64)])('"%s" is a name', (include_path) => {
    expect(register({ include_path }).include_path).toBe(include_path);
  });

  it.each(['..', '.', '../up', '/etc', 'a/b', 'a\\b', '', '.hidden', 'a\n', 'a\u0000', 'é', 'x'.repeat(65), 's3://b'])(
    '%j is not: refused',
    (include_path) => {
      const body = JSON.stringify({ framework: 'lmeh', tasks: 'own', include_path });
      expect(refusalOf('register', registerMessage, body)).toContain('include_path');
    },
  );
});

describe('framework', () => {
  it.each(['lmeh', 'lmeh-generative', 'my-lmeh'])('"%s" contains lmeh', (framework) => {
    expect(register({ framework }).framework).toBe(framework);
  });

  it('"signatures" is sampled, but has nothing to register', () => {
    expect(sample({ framework: 'signatures', tasks: 'tokenizer' }).framework).toBe('signatures');
    const body = '{"framework":"signatures","tasks":"tokenizer"}';
    expect(refusalOf('register', registerMessage, body)).toContain('framework');
  });

  it.each(['signature', 'my-signatures', 'LMEH', ''])('"%s" is neither: refused', (framework) => {
    expect(sampleRefusal({ framework })).toContain('framework');
  });
});

describe('arguments', () => {
  it('gen_kwargs and llm_args come out sorted by code point, also inside and in lists', () => {
    const body = `{"b":1,"a":{"z":1,"\\ud83d\\ude00":2,"\uff5a":3},"B":[{"y":1,"x":2}],"10":1,"2":1}`;
    const text = JSON.stringify(SAMPLE).replace('{', `{"gen_kwargs":${body},"llm_args":${body},`);
    const { gen_kwargs, llm_args } = parseMessage('sample', sampleMessage, text);
    expect(gen_kwargs).toEqual(llm_args);
    const dict = llm_args ?? new Map();
    expect([...dict.keys()]).toEqual(['10', '2', 'B', 'a', 'b']);
    expect([...dict.get('a').keys()]).toEqual(['z', '\uff5a', '😀']);
    expect([...dict.get('B')[0].keys()]).toEqual(['x', 'y']);
  });

  it('ints and floats stay apart', () => {
    const text = JSON.stringify(SAMPLE).replace('{', '{"gen_kwargs":{"a":1,"b":1.0,"c":1e2},');
    expect([...Object(parseMessage('sample', sampleMessage, text).gen_kwargs).values()]).toEqual([1n, 1, 100]);
  });

  it('gen_kwargs may be text, llm_args may not', () => {
    expect(sample({ gen_kwargs: 'a=1' }).gen_kwargs).toBe('a=1');
    expect(sampleRefusal({ llm_args: 'a=1' })).toContain('llm_args');
    expect(sampleRefusal({ gen_kwargs: [1] })).toContain('gen_kwargs: must be an object or text');
  });

  it('headers keep their order and are text', () => {
    const body = JSON.stringify(SAMPLE).replace('"service"', '"headers":{"b":"1","10":"2","__proto__":"3"},"service"');
    expect([...parseMessage('sample', sampleMessage, body).requester_args.headers]).toEqual([
      ['b', '1'],
      ['10', '2'],
      ['__proto__', '3'],
    ]);
    expect(sampleRefusal({ requester_args: { ...SUPPLIER, headers: { a: 1 } } })).toContain('requester_args.headers');
  });
});

describe('the messages that the Manager sends', () => {
  it('a sample', () => {
    const body =
      '{"framework":"lmeh","tasks":"mmlu_high_school_macroeconomics","requester_args":{"address":"SUPPLIER_ADDRESS","service":"SERVICE_CODE"},"blacklist":[11,12],"qty":15}';
    expect(parseMessage('sample', sampleMessage, body)).toMatchObject({
      tasks: 'mmlu_high_school_macroeconomics',
      blacklist: [11, 12],
      qty: 15,
    });
  });

  it('empty lists, which Go writes as null', () => {
    expect(sample({ blacklist: null, doc_ids: null })).toMatchObject({ blacklist: [], qty: 3 });
  });
});

describe('shard messages', () => {
  const SHARD = { plan: '0123456789abcdef01234567', shard: 0, offset: 0, docs: '0-4' };

  it('are taken as they are sent', () => {
    expect(parseMessage('shard', shardMessage, JSON.stringify(SHARD))).toEqual(SHARD);
  });

  it.each([
    ['plan', '0123456789ABCDEF01234567'],
    ['plan', { $ne: null }],
    ['shard', -1],
    ['offset', 0.5],
    ['docs', [1]],
    ['more', 1],
  ])('with %s %j are refused', (key, value) => {
    expect(refusalOf('shard', shardMessage, JSON.stringify({ ...SHARD, [key]: value }))).toContain(key);
  });
});

describe("the Manager's keys", () => {
  it('its message is taken as it is sent today', () => {
    const body =
      '{"framework":"lmeh-generative","tasks":"gsm8k","requester_args":{"address":"S","service":"C"},"blacklist":null,"qty":2,"random_seed":1234567}';
    expect(parseMessage('sample', sampleMessage, body)).toMatchObject({ random_seed: 1234567n, blacklist: [], qty: 2 });
  });

  it('random_seed and seed at once are refused', () => {
    expect(sampleRefusal({ random_seed: 1, seed: 1 })).toContain('random_seed');
    expect(sample({ random_seed: -5 }).random_seed).toBe(-5n);
  });

  it('doc_as_chat_template may be false; true is refused with the reason', () => {
    expect(sample({ doc_as_chat_template: false })).toEqual(sample());
    expect(sampleRefusal({ doc_as_chat_template: true })).toContain('newer harness');
  });
});
