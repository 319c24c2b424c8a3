import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { SamplerError } from '../../lib/errors/errors.ts';
import { evaluateMessage } from '../../lib/messages/evaluate.ts';
import { type MessageName, messageSchemas } from '../../lib/messages/json-schema.ts';
import { EXAMPLES, messagesPage } from '../../lib/messages/messages-page.ts';
import { parseMessage } from '../../lib/messages/parse.ts';
import { registerMessage } from '../../lib/messages/register.ts';
import { loadPartMessage } from '../../lib/messages/register-queue.ts';
import { sampleMessage } from '../../lib/messages/sample.ts';
import { shardMessage } from '../../lib/messages/shard.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const NAMES = ['register', 'sample', 'evaluate', 'shard', 'load-part'] as const satisfies MessageName[];
const READERS: Readonly<Record<MessageName, z.ZodType>> = {
  register: registerMessage,
  sample: sampleMessage,
  shard: shardMessage,
  evaluate: evaluateMessage,
  'load-part': loadPartMessage,
};

const written = (name: MessageName): unknown => JSON.parse(readFileSync(join(DOCS, 'schemas', `${name}.json`), 'utf8'));
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
const validators = new Map(NAMES.map((name) => [name, ajv.compile(Object(written(name)))]));

/** What the schema and what the function says of a body: both true, or both false, where they agree. */
function verdicts(name: MessageName, body: string): { schema: boolean; service: boolean } {
  return { schema: validators.get(name)?.(JSON.parse(body)) === true, service: takes(name, body) };
}

function takes(name: MessageName, body: string): boolean {
  try {
    parseMessage(name, READERS[name], body);
    return true;
  } catch (error) {
    if (error instanceof SamplerError) return false;
    throw error;
  }
}

const SUPPLIER = { address: 'SUPPLIER_ADDRESS', service: 'SERVICE_CODE' };
const SAMPLE = { framework: 'lmeh', tasks: 'own', requester_args: SUPPLIER, qty: 3 };
const MMLU_FOR_GO = { ...SAMPLE, blacklist: null, doc_ids: null, llm_args: null };

describe('the generated pages', () => {
  it('docs/messages.md is what npm run docs would write', () => {
    expect(readFileSync(join(DOCS, 'messages.md'), 'utf8')).toBe(messagesPage());
  });

  it.each(NAMES)('docs/schemas/%s.json is what npm run docs would write', (name) => {
    expect(JSON.stringify(written(name))).toBe(JSON.stringify(messageSchemas()[name]));
  });

  it('every key says what it means', () => {
    for (const name of NAMES) {
      const silent = Object.entries(messageSchemas()[name].properties ?? {}).filter(
        ([, value]) => typeof value === 'boolean' || !value.description,
      );
      expect(silent).toEqual([]);
    }
  });
});

describe('schema and function take', () => {
  const cases: [MessageName, string][] = [
    ...NAMES.flatMap((name) => EXAMPLES[name].map((body): [MessageName, string] => [name, body])),
    [
      'sample',
      '{"framework":"lmeh","tasks":"mmlu_high_school_macroeconomics","requester_args":{"address":"SUPPLIER_ADDRESS","service":"SERVICE_CODE"},"blacklist":[11,12],"qty":15}',
    ],
    [
      'register',
      '{"framework":"lmeh","tasks":"arc_challenge,hellaswag,truthfulqa_mc2,winogrande,gsm8k","verbosity":"INFO"}',
    ],
    ['register', '{"framework":"lmeh","tasks":"own","include_path":"mine"}'],
    ['sample', JSON.stringify(MMLU_FOR_GO)],
    ['sample', JSON.stringify({ ...SAMPLE, qty: -1, seed: '9223372036854775807', apply_chat_template: 'FALSE' })],
    ['sample', JSON.stringify({ ...SAMPLE, qty: 0, doc_ids: ['4', 4.0] })],
    ['sample', JSON.stringify({ ...SAMPLE, requester_args: { ...SUPPLIER, price: 3, headers: { a: 'b' } } })],
    ['sample', JSON.stringify({ ...SAMPLE, gen_kwargs: 'temperature=0', llm_args: { model: 'm' }, num_fewshot: '5' })],
  ];
  it.each(cases)('%s %s', (name, body) => {
    expect(verdicts(name, body)).toEqual({ schema: true, service: true });
  });
});

describe('schema and function refuse', () => {
  const change = (changes: Record<string, unknown>): [MessageName, string] => [
    'sample',
    JSON.stringify({ ...SAMPLE, ...changes }),
  ];
  const cases: [MessageName, string][] = [
    change({ quantity: 1 }),
    change({ never_heard_of: null }),
    change({ framework: 'my-signatures' }),
    change({ qty: 0 }),
    change({ qty: '0' }),
    change({ qty: undefined }),
    change({ qty: undefined, doc_ids: [] }),
    change({ doc_ids: [1] }),
    change({ qty: 2.5 }),
    change({ qty: 'many' }),
    change({ blacklist: '1,2' }),
    change({ blacklist: [1, 'x'] }),
    change({ num_fewshot: -1 }),
    change({ num_fewshot: '-1' }),
    change({ apply_chat_template: 'perhaps' }),
    change({ apply_chat_template: 2 }),
    change({ gen_kwargs: [1] }),
    change({ llm_args: 'a=1' }),
    change({ model: 3 }),
    change({ include_path: '../up' }),
    change({ tasks: null }),
    change({ requester_args: { address: '', service: 's' } }),
    change({ requester_args: { address: 'a' } }),
    change({ requester_args: { ...SUPPLIER, headers: { a: 1 } } }),
    change({ seed: 0.5 }),
    change({ seed: 2 ** 63 }),
    ['register', '{"framework":"lmeh","tasks":"a","qty":1}'],
    ['register', '{"framework":"lmeh"}'],
    ['register', '[]'],
    ['shard', '{"plan":"x","shard":0,"offset":0,"docs":"0"}'],
    ['shard', '{"plan":"65f0a1b2c3d4e5f60718293a","shard":-1,"offset":0,"docs":"0"}'],
    ['load-part', '{"load":"x","part":0}'],
  ];
  it.each(cases)('%s %s', (name, body) => {
    expect(verdicts(name, body)).toEqual({ schema: false, service: false });
  });
});

it('schema and function agree on whatever stands under a key', () => {
  const number = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(0.5, 1e6, 2 ** 40, -(2 ** 40)));
  const word = fc.constantFrom(
    '',
    '0',
    '-0',
    '00',
    '0.0',
    '7',
    ' 7 ',
    '+7',
    '-7',
    '7.',
    '1_0',
    '_1',
    '7.5',
    'x',
    'TRUE',
    'oN',
    'f',
    'n',
    '2',
  );
  const scalar = fc.oneof(number, word, fc.constantFrom(true, false, null));
  const value = fc.oneof(
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('a', 'b'), scalar, { maxKeys: 2 }) },
  );
  const keys = Object.keys(messageSchemas().sample.properties ?? {});
  const changes = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 2 });
  fc.assert(
    fc.property(changes, (drawn) => {
      const { schema, service } = verdicts('sample', JSON.stringify({ ...SAMPLE, ...drawn }));
      expect(schema).toBe(service);
    }),
    { numRuns: 10_000 },
  );
});
