import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const PATH = 'x/utils.py';
const BEAT = 'import sampler_box.process as p\n';

/** Bodies of functions that come to nothing: what they raise, or give. The functions after them in the same box do as ever. */
const VAIN: Readonly<Record<string, readonly [body: string, result: object]>> = {
  'code of JavaScript, by a constructor': [
    'from pyodide.ffi import to_js\nreturn to_js([1]).constructor.constructor("return 1")()',
    { error: expect.any(String) },
  ],
  'code of JavaScript, by the constructor of its generators': [
    `${BEAT}return p.PLACE.beat.constructor.constructor.constructor("return globalThis")()`,
    { error: expect.any(String) },
  ],
  run_js: ['from pyodide.code import run_js\nreturn run_js("1")', { error: 'ImportError' }],
  'js by the builtins of another module': [
    'import os\nreturn os.__builtins__["__import__"]("js").process.version',
    { error: 'AttributeError' },
  ],
  'the core of Pyodide, imported once more': [
    'import importlib\nreturn importlib.import_module("_pyodide_core").js_module("process")',
    { error: 'AttributeError' },
  ],
  'a loop of asyncio': ['import asyncio\nasync def f(): return 1\nreturn asyncio.run(f())', { error: 'RuntimeError' }],
  'a task of asyncio that is left behind': [
    'from pyodide.webloop import WebLoop\nWebLoop().call_soon(lambda: 1 / 0)\nreturn 1',
    { value: 1n },
  ],
  'a hook for what can not be raised': [
    'import sys\ndef ends(u): raise SystemExit\nsys.unraisablehook = ends\nclass A:\n  def __del__(self): raise ValueError\nA()\nreturn 1',
    { value: 1n },
  ],
  'callbacks at the end and of the collector': [
    'import atexit, gc, weakref\ndef ends(*a): raise SystemExit\natexit.register(ends)\ngc.callbacks.append(ends)\nclass A: pass\na = A()\nweakref.finalize(a, ends)\ndel a\ngc.collect()\nreturn 1',
    { value: 1n },
  ],
  'warnings as errors': [
    'import warnings\nwarnings.simplefilter("error")\nwarnings.showwarning = None\nwarnings.warn("x")',
    { error: 'UserWarning' },
  ],
  'a watch over each line': [
    'import sys\ndef t(*a): raise SystemExit\nsys.settrace(t)\nreturn 1',
    { error: 'SystemExit' },
  ],
  'a watch over each call': [
    'import sys\ndef t(*a): raise SystemExit\nsys.setprofile(t)\nreturn 1',
    { error: 'SystemExit' },
  ],
  'a question to whoever sits there': ['return input()', { error: 'EOFError' }],
  'an equality without an end': [
    'class A:\n  def __eq__(self, o): return self == o\nreturn A() == 1',
    { error: 'RecursionError' },
  ],
  'brackets beyond measure': ['return eval("(" * 10**4 + ")" * 10**4)', { error: 'SyntaxError' }],
  'a bridge object as a value': ['import sampler_box.process as p\nreturn p.PLACE.beat', { value: expect.anything() }],
  'a day whose text is none': [
    'import datetime\nclass D(datetime.date):\n  def isoformat(self): return object()\nreturn D(2020, 1, 1)',
    { error: 'TypeError' },
  ],
  'a span whose days are none': [
    'import datetime\nclass D(datetime.timedelta):\n  days = object()\nreturn D(1)',
    { error: 'TypeError' },
  ],
  'numbers at the ends': [
    'return [float("nan"), float("inf"), -0.0, 2 ** 64, -2 ** 63]',
    { value: [Number.NaN, Number.POSITIVE_INFINITY, -0, 2n ** 64n, -(2n ** 63n)] },
  ],
  'decimals that are none': ['import decimal\nreturn decimal.Decimal("sNaN")', { value: expect.anything() }],
};

/** What ends the box, or the task: it is named, and the next call gets a fresh box. */
const DEADLY: Readonly<Record<string, readonly [body: string, reason: RegExp]>> = {
  'a recursion beyond the stack': [
    'import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1)\nreturn f(0)',
    /ended its box/,
  ],
  'a repr of itself, beyond the stack': [
    'import sys\nsys.setrecursionlimit(10**9)\nclass A:\n  def __repr__(self): return repr(self)\nreturn A()',
    /ended its box/,
  ],
  'a signal to itself': ['import signal\nsignal.raise_signal(signal.SIGSEGV)', /ended its box/],
  'a kill of itself': ['import os\nos.kill(os.getpid(), 9)', /ended its box/],
  'a read through a wild pointer': ['import ctypes\nreturn ctypes.string_at(0xfffffff0, 100)', /ended its box/],
  'code that is none': [
    'def g(): return 1\ng.__code__ = g.__code__.replace(co_code=b"\\xff" * 100)\nreturn g()',
    /ended its box/,
  ],
  'files without an end': [
    'data = bytes(5 * 10**7)\nfor i in range(10**6):\n  with open(f"/tmp/{i}", "wb") as f: f.write(data)',
    /asks for more memory than a box has/,
  ],
  'copies on the other side of the bridge': [
    'from pyodide.ffi import to_js\ndata = bytes(5 * 10**7)\nheld = [to_js(data) for _ in range(10**6)]',
    /asks for more memory than a box has/,
  ],
  'an exception whose text is no text': [
    'class S(str):\n  def __getitem__(self, k): return self\n  def encode(self, *a): raise SystemExit\nclass E(Exception):\n  def __str__(self): return S("x")\nraise E',
    /raised SystemExit/,
  ],
  'an int too long for any reader': [
    'import sys\nsys.set_int_max_str_digits(0)\nreturn 10**5000',
    /gave no answer that can be read/,
  ],
};
/** More than a busy machine needs for any of these: none ends by the clock. */
const DOCUMENT_MS = 60_000;

describe('a hostile function', () => {
  let sandbox: SandboxTransport & Disposable;
  beforeAll(async () => {
    sandbox = await testSandbox();
  });
  afterAll(() => sandbox?.[Symbol.dispose]());

  function open(body: string) {
    const text = `def f():\n  ${body.replaceAll('\n', '\n  ')}\ndef fine():\n  return 'fine'\n`;
    return openSandbox(sandbox, { task: 'hostile', files: new Map([[PATH, text]]), documentMs: DOCUMENT_MS });
  }
  const call = (name: string) => ({ function: { path: PATH, name }, args: [] as PyValue[] });

  it.each(Object.entries(VAIN))('gets nothing by %s', async (_, [body, result]) => {
    const session = open(body);
    const results = await session.call([call('f'), call('fine')]);
    expect(results).toEqual([expect.objectContaining(result), { value: 'fine' }]);
    session.close();
  });

  it.each(Object.entries(DEADLY))(
    'is named where it tries %s, and the next call gets a fresh box',
    async (_, [body, reason]) => {
      const session = open(body);
      const error: unknown = await session.call([call('f')]).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'SandboxFailed', permanent: true });
      expect(String(error)).toContain('Task hostile, function x/utils.f');
      expect(String(error)).toMatch(reason);
      expect(String(error).length).toBeLessThan(1_000);
      expect(await session.call([call('fine')])).toEqual([{ value: 'fine' }]);
      session.close();
    },
  );
});
