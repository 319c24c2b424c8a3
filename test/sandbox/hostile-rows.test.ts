import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { processedSplit } from '../../lib/sandbox/processed.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const PATH = 'x/utils.py';
/** As functions of the harness do: what a data set says is run. */
const MODULE = 'def choices(doc):\n    return eval(doc["choices"])\n';
/** Little where there is to be no end, so that the test takes little; else more than a busy machine needs. */
const [ENDLESS_MS, ENOUGH_MS] = [3_000, 60_000];
/** Rows before and behind the hostile one: more than the runtime tells its host of one by one. */
const BEFORE = 40;
const GOOD = "['a', 'ü']";

/** Texts of a row that are to cost no other row its value; what is to come of the row itself: an exception or a value. */
const HARMLESS: Readonly<Record<string, readonly [text: string, result: object]>> = {
  'a shell': ["__import__('subprocess').check_output(['id'])", { error: expect.any(String) }],
  'an end of the interpreter': ["__import__('sys').exit(0)", { error: 'SystemExit' }],
  'a break by the keyboard': [
    '(_ for _ in ()).throw(KeyboardInterrupt)',
    { error: 'KeyboardInterrupt', message: expect.any(String) },
  ],
  'recursion without an end': ['(lambda f: f(f))(lambda f: f(f))', { error: 'RecursionError' }],
  'brackets that are never closed': ['['.repeat(100_000), { error: expect.stringMatching(/Syntax|Memory/) }],
  'a walk to all classes': [
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'JsProxy'][0].constructor",
    { error: expect.any(String) },
  ],
  'a message that steers a terminal': [
    "{}['\\x1b]0;x\\x07']",
    { error: 'KeyError', message: expect.not.stringContaining('\u001b') },
  ],
  'an int too long to be printed': ['10 ** 5000', { error: 'ValueError' }],
  'numbers that are none': [
    '[float("nan"), float("-inf"), -0.0]',
    { value: [Number.NaN, Number.NEGATIVE_INFINITY, -0] },
  ],
  'a file that is not here': ["open('/etc/passwd').read()", { error: 'FileNotFoundError' }],
  'a moment whose text is none': [
    "type('D', (__import__('datetime').datetime,), {'isoformat': lambda s: s})(2020, 1, 1)",
    { error: 'TypeError' },
  ],
  'a task of asyncio that is left behind': [
    "(lambda a: a.new_event_loop().call_soon(lambda: 1 / 0) and 1)(__import__('asyncio'))",
    { value: 1n },
  ],
  'other limits': ["__import__('sys').setrecursionlimit(50) or 1", { value: 1n }],
  'a watch over each line': ["__import__('sys').settrace(lambda *a: 1 / 0) or 1", { error: 'ZeroDivisionError' }],
};

const ENDLESS = /took longer than the 3 s that a document may take/;
const FULL = /asks for more memory than a box has/;

/** Texts of a row that end its task, for good and by its name. */
const DEADLY: Readonly<Record<string, readonly [text: string, reason: RegExp]>> = {
  'a power': ['9 ** 9 ** 9', ENDLESS],
  'a regular expression': ["__import__('re').match('(a|aa)+$', 'a' * 60 + 'b')", ENDLESS],
  'a sum without an end': ['sum(iter(int, 1))', ENDLESS],
  'a text beyond all memory': ["'x' * 10 ** 9", FULL],
  'a list that grows': ["(lambda x: [x.append('y' * 10 ** 6) for _ in iter(int, 1)])([])", FULL],
  'files that grow': ["[open(f'/tmp/{i}', 'wb').write(bytes(5 * 10 ** 7)) for i in range(10 ** 4)]", FULL],
  'an abort': ["__import__('os').abort()", /ended its box/],
};

describe("a row that the task's function runs", () => {
  let sandbox: SandboxTransport & Disposable;
  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox?.[Symbol.dispose]());

  async function valuesWith(text: string, documentMs = ENOUGH_MS): Promise<readonly unknown[]> {
    const rows = [...Array(BEFORE).fill(GOOD), text, GOOD];
    const session = openSandbox(sandbox, { task: 'evals', files: new Map([[PATH, MODULE]]), documentMs });
    const request = {
      functions: { doc_to_choice: { path: PATH, name: 'choices' } },
      splits: [
        {
          columns: ['choices'],
          types: { choices: 'string' },
          fields: ['doc_to_choice'],
          count: rows.length,
          values: [rows],
        },
      ],
    };
    try {
      const body = `{"op": "process", ${JSON.stringify(request).slice(1)}`;
      const answer = await session.request(body, (_, number) => (number === 0 ? 'own.choices' : ''));
      const splits = answer.get('splits');
      const split = processedSplit(Array.isArray(splits) ? splits[0] : undefined, rows.length, ['choices']);
      return 'error' in split ? [split] : (split.values.get('doc_to_choice') ?? []);
    } finally {
      session.close();
    }
  }

  it.each(Object.entries(HARMLESS))('with %s costs no other row its value', async (_, [text, result]) => {
    const values = await valuesWith(text);
    const good: { value: PyValue } = { value: ['a', 'ü'] };
    expect(values[BEFORE]).toEqual(expect.objectContaining(result));
    expect([...values.slice(0, BEFORE), ...values.slice(BEFORE + 1)]).toEqual(Array(BEFORE + 1).fill(good));
    expect(JSON.stringify(values[BEFORE], (_key, value) => String(value)).length).toBeLessThan(1_000);
  });

  it.each(Object.entries(DEADLY))('with %s is named: task, function and document', async (_, [text, reason]) => {
    const documentMs = reason === ENDLESS ? ENDLESS_MS : ENOUGH_MS;
    const error: unknown = await valuesWith(text, documentMs).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SandboxFailed', permanent: true });
    expect(String(error)).toContain(`Task evals, function own.choices, document ${BEFORE}: the Python code `);
    expect(String(error)).toMatch(reason);
    expect(String(error).length).toBeLessThan(1_000);
    expect(await valuesWith(GOOD)).toHaveLength(BEFORE + 2);
  });
});
