import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeBoxImage } from '../../deploy/box-image.ts';
import { PyOpaque, type PyValue } from '../../lib/python/value.ts';
import { Box } from '../../lib/sandbox/box.ts';
import { openSandbox } from '../../lib/sandbox/client.ts';
import { BoxKeeper } from '../../lib/sandbox/keeper.ts';
import { pack } from '../../lib/sandbox/protocol.ts';

const PATH = 'x/utils.py';

/** Answers in place of the runtime's own, as Python that gives bytes: none can be read, or none should be. */
const UNREADABLE: Readonly<Record<string, string>> = {
  'no JSON': 'b"no json"',
  'nothing at all': 'b""',
  'no UTF-8': 'b"\\xff\\xfe{}"',
  'lists without an end': 'b"[" * 10**6',
  'a number': 'b"5"',
  'two answers': 'b\'{"results":[]}{"results":[]}\'',
  'a frame': 'b\'answer 14\\n{"results":[]}\'',
  'no results': 'b\'{"results":[]}\'',
  'results of another kind': 'b\'{"results":{"v":1}}\'',
  'more results than calls': 'b\'{"results":[{"v":1},{"v":2}]}\'',
  'dicts by the million': 'b\'{"results":[{"v":[\' + b\'{"a":1},\' * 10**7 + b\'1]}]}\'',
  'more text than is unpacked': 'b"\\xff" * 10**8',
};

/** Values that lie about themselves, as bodies of functions, and what is to come of them. */
const LIARS: Readonly<Record<string, readonly [body: string, expected: unknown]>> = {
  'a moment that is none': [
    'import datetime\nclass S(datetime.datetime):\n  def isoformat(self): return "x\\ud800"\nreturn S(2020, 1, 1)',
    { error: 'ValueError', message: expect.stringContaining("can't be read") },
  ],
  'a day that is none': [
    'import datetime\nclass S(datetime.date):\n  def isoformat(self): return "99999"\nreturn [S(2020, 1, 1)]',
    { error: 'ValueError', message: expect.stringContaining("can't be read") },
  ],
  'a dict that gives other items than pairs': [
    'class D(dict):\n  def items(self): return [(1, 2), ("a",)]\nreturn D(a=1)',
    { error: 'ValueError', message: expect.any(String) },
  ],
  'a dict with keys that lie': [
    'class D(dict):\n  def keys(self): return ["b"]\nreturn D(a=1)',
    { value: new Map([['a', 1n]]) },
  ],
  'keys that are tags': [
    'return {"$tuple": 5, "$dict": 1, "$numpy": []}',
    {
      value: new Map<PyValue, PyValue>([
        ['$tuple', 5n],
        ['$dict', 1n],
        ['$numpy', []],
      ]),
    },
  ],
  'half surrogate pairs and zeros': [
    'return ["\\ud800", {"\\udfff": "\\ud83d\\ude00"}, "\\x00"]',
    { value: ['\ud800', new Map([['\udfff', '\ud83d\ude00']]), '\0'] },
  ],
  'a number too long to be printed': [
    'return [1, 10 ** 5000]',
    { error: 'ValueError', message: expect.stringContaining('limit') },
  ],
  'a text that calls itself another': [
    'class S(str):\n  def __str__(self): return "lie"\n  def __hash__(self): return 1\nreturn [S("held"), {S("key"): 1}]',
    { value: ['held', new Map([['key', 1n]])] },
  ],
  'a number that calls itself another': [
    'class I(int):\n  def __int__(self): return 5\nclass F(float):\n  def __float__(self): return 5.0\nreturn [I(1), F(1.5)]',
    { value: [1n, 1.5] },
  ],
  'a class that says it is another': [
    'class X:\n  __class__ = int\n  def __int__(self): return 5\nreturn X()',
    { value: expect.any(PyOpaque) },
  ],
  'a repr of ten million characters': [
    'class A:\n  def __repr__(self): return "x\\ud800" * 10**7\nreturn A()',
    { value: expect.any(PyOpaque) },
  ],
};

describe('answers that functions fake', () => {
  let keeper: BoxKeeper;
  beforeAll(async () => {
    keeper = new BoxKeeper(await makeBoxImage(process.cwd(), console.error), 2);
  });
  afterAll(() => keeper?.dispose());

  function open(body: string) {
    const text = `def f():\n  ${body.replaceAll('\n', '\n  ')}\ndef fine():\n  return 'fine'\n`;
    const transport = { send: keeper.answer.bind(keeper), end: keeper.close.bind(keeper) };
    return openSandbox(transport, { task: 'faker', files: new Map([[PATH, text]]) });
  }
  const call = (name: string) => ({ function: { path: PATH, name }, args: [] });
  const rewriting = (answer: string) => `import sampler_box.serve as s\ns.dumped = lambda a: ${answer}\nreturn 1`;

  it.each(Object.entries(UNREADABLE))('%s: refused for good, in few words, and the box is gone', async (_, answer) => {
    const session = open(rewriting(answer));
    expect(await session.call([call('f')])).toEqual([{ value: 1n }]);
    const error: unknown = await session.call([call('fine')]).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SandboxFailed', permanent: true, context: { end: 'unreadable' } });
    expect(String(error).length).toBeLessThan(500);
    expect(await session.call([call('fine')])).toEqual([{ value: 'fine' }]);
    session.close();
  });

  it('names and messages of exceptions are short, whatever an answer holds', async () => {
    const long = (key: string) => `b'"${key}":"' + b"x" * 10**6 + b'"'`;
    const results = open(rewriting(`b'{"results":[{' + ${long('err')} + b"," + ${long('m')} + b"}]}"`));
    await results.call([call('f')]);
    expect(await results.call([call('fine')])).toEqual([{ error: 'x'.repeat(100), message: 'x'.repeat(300) }]);
    results.close();
    const whole = open(
      rewriting(
        `b'{"document":-1,' + ${long('function')} + b',"failed":{' + ${long('err')} + b"," + ${long('m')} + b"}}"`,
      ),
    );
    await whole.call([call('f')]);
    const error: unknown = await whole.call([call('fine')]).catch((reason: unknown) => reason);
    expect(String(error).length).toBeLessThan(700);
    whole.close();
  });

  it.each(Object.entries(LIARS))('%s comes to no harm', async (_, [body, expected]) => {
    const session = open(body);
    expect(await session.call([call('f'), call('fine')])).toEqual([expected, { value: 'fine' }]);
    session.close();
  });

  it('what a call leaves behind ends no call after it: that one is made again in a fresh box', async () => {
    const full = open(
      'import builtins\nbuiltins.held = held = []\nfor size in (65536, 64):\n  try:\n    while True: held.append(bytearray(size))\n  except MemoryError: pass\nreturn 1',
    );
    expect(await full.call([call('f')])).toEqual([{ value: 1n }]);
    expect(await full.call([call('fine')])).toEqual([{ value: 'fine' }]);
    full.close();
    const rewritten = open(rewriting('5'));
    expect(await rewritten.call([call('f')])).toEqual([{ value: 1n }]);
    expect(await rewritten.call([call('fine')])).toEqual([{ value: 'fine' }]);
    rewritten.close();
  });

  it('an event with all its attempts ends before the time of its function does', async () => {
    const hasty = new BoxKeeper(await makeBoxImage(process.cwd(), console.error), 1, 4_000);
    try {
      // No document takes long, and those between two that are told of take too long: all is done once more, telling of each.
      const slow = 'import time\ndef process_docs(d):\n  return d.filter(lambda row: time.sleep(0.1) is None)\n';
      const request = {
        op: 'process',
        functions: { process_docs: { path: PATH, name: 'process_docs' } },
        splits: [{ columns: ['n'], types: {}, fields: [], values: [Array.from({ length: 200 }, (_, i) => i)] }],
      };
      const text = JSON.stringify(request).replace('"op":', '"op": ');
      const packed = pack(JSON.stringify([JSON.stringify({ [PATH]: slow }), text]));
      const event = { session: 'slow', wheels: [], callMs: 60_000, documentMs: 1_000, packed };
      expect(await hasty.answer(event)).toMatchObject({ end: 'call over time' });
    } finally {
      hasty.dispose();
    }
  });

  it('a box that died while nobody asked it is no failure of the next call', async () => {
    const started = vi.spyOn(Box, 'start');
    const session = open('return 1');
    await session.call([call('f')]);
    const box = await started.mock.results[0]?.value;
    process.kill(box.pid, 'SIGKILL');
    expect(await session.call([call('fine')])).toEqual([{ value: 'fine' }]);
    session.close();
    started.mockRestore();
  });

  it('an answer that comes once the time is over is none, and its box answers no more', async () => {
    const box = await Box.start(await makeBoxImage(process.cwd(), console.error));
    const asked = box
      .ask('{"op":"open","files":{}}', { callMs: 200, documentMs: 200 })
      .catch((reason: unknown) => reason);
    // The answer and the end of the time are both there when the event loop goes on, and timers come first.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await asked).toMatchObject({ end: expect.stringContaining('over time') });
    expect(box.alive).toBe(false);
  });
});
