import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PyOpaque, type PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { type ProcessedSplit, processedSplit } from '../../lib/sandbox/processed.ts';
import { testSandbox } from '../helpers/sandbox.ts';

describe('columns that functions make', () => {
  let sandbox: SandboxTransport & Disposable;
  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox?.[Symbol.dispose]());

  async function made(module: string): Promise<ProcessedSplit | string> {
    const session = openSandbox(sandbox, { task: 'own', files: new Map([['x/u.py', module]]) });
    const request = {
      op: 'process',
      functions: { process_docs: { path: 'x/u.py', name: 'process_docs' } },
      splits: [{ columns: ['q'], types: { q: 'string' }, fields: [], count: 1, values: [['a']] }],
    };
    const answer = await session.request(JSON.stringify(request), () => '');
    session.close();
    const splits = answer.get('splits');
    const split = processedSplit(Array.isArray(splits) ? splits[0] : undefined, 1, ['q']);
    return 'error' in split ? split.error : split;
  }
  const dict = (fields: Record<string, PyValue>) => new Map<PyValue, PyValue>(Object.entries(fields));
  const mapped = (value: string, before = '') =>
    made(`${before}\ndef process_docs(d):\n    return d.map(lambda row: {"got": ${value}})\n`);

  // What `datasets` 3.6.0 gives for each: Arrow reads what a value holds, whatever its class makes of it.
  it.each<[string, string, string, PyValue]>([
    ['an enum of texts', 'C.R', 'import enum\nclass C(str, enum.Enum):\n    R = "red"', 'red'],
    ['a text that prints another', 'S("x")', 'class S(str):\n    def __str__(self): return "lie"', 'x'],
    ['a number that is another', 'I(1)', 'class I(int):\n    def __int__(self): return 5', 1n],
    ['a decimal that is another', 'F(1.5)', 'class F(float):\n    def __float__(self): return 5.0', 1.5],
    ['a list that gives others', 'L(["a"])', 'class L(list):\n    def __iter__(self): return iter(["lie"])', ['a']],
    [
      'a dict that gives others',
      'D(a="b")',
      'class D(dict):\n    def get(self, key, other=None): return "lie"\n    def items(self): return [("x", "y")]',
      dict({ a: 'b' }),
    ],
    ['a key that prints another', '{S("k"): 1}', 'class S(str):\n    def __str__(self): return "lie"', dict({ k: 1n })],
    ['a day as a database exports it', '{"$date": "2020-01-01"}', '', dict({ $date: '2020-01-01' })],
    ['bytes as a database exports them', '[{"$bytes": "AAAA"}]', '', [dict({ $bytes: 'AAAA' })]],
    [
      'words of ours among bytes',
      '{"a": {"$tuple": [1]}, "b": b"x"}',
      '',
      dict({ a: dict({ $tuple: [1n] }), b: expect.any(PyOpaque) }),
    ],
  ])('hold what %s holds', async (_, value, before, wanted) => {
    const split = await mapped(value, before);
    expect(typeof split === 'string' ? split : split.differing.get('got')).toEqual([wanted]);
  });

  it.each([
    ['a column', '"x", "\\ud800": 1'],
    ['a field', '{"\\ud800": 1}'],
    ['a value', '["a", "\\ud800"]'],
  ])('are refused, as Arrow does, where %s has half a surrogate pair', async (_, value) => {
    expect(await mapped(value)).toBe('UnicodeEncodeError');
  });
});
