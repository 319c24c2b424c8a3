import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumps } from '../../lib/python/json.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { processedSplit } from '../../lib/sandbox/processed.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const PATH = 'x/utils.py';

/** What a function may do to Python itself, for whoever runs after it. */
const LEFT: Readonly<Record<string, string>> = {
  'other builtins': `
import builtins
builtins.all = lambda x: True
builtins.any = lambda x: False
builtins.len = lambda x: 1
builtins.zip = lambda *x: iter(())
builtins.map = lambda f, *x: iter(())
builtins.type = lambda x: str
builtins.isinstance = lambda x, y: False
builtins.enumerate = lambda x: iter(())
builtins.range = lambda *x: ()`,
  'another json': `
import json, json.encoder, json.decoder
json.dumps = lambda *a, **k: '{}'
json.loads = lambda *a, **k: {}
json.encoder.JSONEncoder.encode = json.encoder.JSONEncoder.iterencode = lambda *a, **k: '{}'
json.encoder.c_make_encoder = json.encoder.encode_basestring = json.encoder.encode_basestring_ascii = None
json.decoder.JSONDecoder.decode = json.decoder.JSONDecoder.raw_decode = lambda *a: {}`,
  'other functions of the standard library': `
import operator, random, traceback, itertools
operator.is_ = lambda a, b: True
random.seed = random.shuffle = random.random = traceback.extract_tb = None
itertools.chain = itertools.count = None`,
  'modules that are no more': `
import sys
for name in list(sys.modules):
  if name not in ('sys', 'builtins'): del sys.modules[name]`,
  'other limits and streams': `
import sys, gc, os
gc.disable()
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None
os.environ.clear()
sys.set_int_max_str_digits(640)
sys.setswitchinterval(1)
sys.path.clear()`,
};

const split = (name: string, values: readonly PyValue[][], fields: readonly string[]) =>
  new Map<PyValue, PyValue>([
    ['split', name],
    ['columns', ['q', 'n']],
    ['types', new Map<PyValue, PyValue>()],
    ['fields', [...fields]],
    ['rows', [...values]],
  ]);

describe('what functions leave behind', () => {
  let sandbox: SandboxTransport & Disposable;
  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox?.[Symbol.dispose]());

  async function processed(module: string, fields: readonly string[]) {
    const session = openSandbox(sandbox, { task: 'left', files: new Map([[PATH, module]]) });
    const functions = new Map(
      ['process_docs', ...fields].map((name) => [
        name,
        new Map<PyValue, PyValue>(Object.entries({ path: PATH, name })),
      ]),
    );
    const first = split(
      'train',
      [
        ['a', 1n],
        ['b', 2n],
        ['c', 3n],
        ['d', 4n],
      ],
      fields,
    );
    const second = split(
      'test',
      [
        ['e', 5n],
        ['f', 6n],
        ['g', 7n],
        ['h', 8n],
        ['i', 9n],
      ],
      fields,
    );
    const request = new Map<PyValue, PyValue>([
      ['op', 'process'],
      ['functions', functions],
      ['splits', [first, second]],
    ]);
    const answer = await session.request(dumps(request), () => '');
    session.close();
    const splits = answer.get('splits');
    return [4, 5].map((count, i) => {
      const found = processedSplit(Array.isArray(splits) ? splits[i] : undefined, count, ['q', 'n']);
      if ('error' in found) throw new Error(`${found.error}: ${found.message}`);
      return found;
    });
  }

  // What random.Random(0).randint(0, 10**6) gives, in turn; the harness of 0.4.9 gives these very rows, whatever its fields draw.
  const DRAWN = [
    [885440, 403958, 794772, 933488],
    [441001, 42450, 271493, 536110, 509532],
  ];

  it('a draw of a field from the random generator moves no split after it: process_docs sees all of them first', async () => {
    const module = `
import random
def process_docs(docs):
    return docs.map(lambda row: {'r': random.randint(0, 10 ** 6)})
def doc_to_text(doc):
    return random.random()
`;
    const splits = await processed(module, ['doc_to_text']);
    expect(splits.map(({ differing }) => differing.get('r')?.map(Number))).toEqual(DRAWN);
  });

  it.each(Object.entries(LEFT))('%s: rows, columns and values of both splits are told as they are', async (_, body) => {
    const indented = body.replaceAll('\n', '\n    ');
    const module = `
def process_docs(docs):
    done = docs.filter(lambda row: row['n'] % 2 == 0).map(lambda row: {'twice': row['n'] * 2})
    spoil()
    return done
def doc_to_text(doc):
    return ['é' + doc['q'], (doc['n'], doc['twice'])]
def doc_to_target(doc):
    raise doc['n']
def spoil():
    ${indented}
`;
    const [first, second] = await processed(module, ['doc_to_text', 'doc_to_target']);
    for (const [got, origins, texts] of [
      [first, [1, 3], ['b', 'd']],
      [second, [1, 3], ['f', 'h']],
    ] as const) {
      expect(got?.origins).toEqual(origins);
      expect(got?.columns).toEqual(['q', 'n', 'twice']);
      expect([...(got?.differing.keys() ?? [])]).toEqual(['twice']);
      const given = got?.values.get('doc_to_text')?.map((result) => 'value' in result && result.value);
      expect(given).toMatchObject(texts.map((text) => [`é${text}`, { items: [expect.anything(), expect.anything()] }]));
      expect(got?.values.get('doc_to_target')).toMatchObject([{ error: 'TypeError' }, { error: 'TypeError' }]);
    }
  });

  it('and it is not there for another task', async () => {
    const body = `${Object.values(LEFT).join('\n')}\n`.replaceAll('\n', '\n  ');
    const spoiling = openSandbox(sandbox, { task: 'one', files: new Map([[PATH, `def f():${body}return 1\n`]]) });
    await spoiling.call([{ function: { path: PATH, name: 'f' }, args: [] }]).catch(() => undefined);
    const text = 'import json, random\ndef f():\n  return json.dumps([len("abc"), random.random()])\n';
    const other = openSandbox(sandbox, { task: 'two', files: new Map([[PATH, text]]) });
    const [got] = await other.call([{ function: { path: PATH, name: 'f' }, args: [] }]);
    expect(got).toEqual({ value: '[3, 0.8444218515250481]' });
    spoiling.close();
    other.close();
  });
});
