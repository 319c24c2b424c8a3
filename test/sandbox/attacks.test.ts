import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SamplerError } from '../../lib/errors/errors.ts';
import { type FunctionResult, openSandbox, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const PATH = 'x/utils.py';
/** A file that only this machine has, and that Node could read. */
const SECRET = join(import.meta.dirname, '..', '..', 'package.json');

/** Attacks that must come to nothing: what Python code tries, as the body of a function that would return what it got. */
const ATTACKS: Readonly<Record<string, string>> = {
  'a shell, by os.system': 'import os; return os.system("id > /tmp/out") == 0 or fail()',
  'a shell, by subprocess': 'import subprocess; return subprocess.check_output(["id"])',
  'a shell, by os.popen': 'import os; return os.popen("id").read()',
  'a fork': 'import os; return os.fork()',
  'another program in its place': 'import os; return os.execv("/bin/sh", ["sh", "-c", "id"])',
  'a file of the machine': `return open(${JSON.stringify(SECRET)}).read()`,
  'the list of a folder of the machine':
    'import os; return [n for n in os.listdir("/") if n in ("etc", "usr", "root", "work")] or fail()',
  'the environment of the process':
    'import os; return {k: v for k, v in os.environ.items() if "AWS" in k or "URI" in k} or fail()',
  'the process by /proc': 'return open("/proc/self/environ").read()',
  'a mount of the file system of Node': 'import pyodide_js; return pyodide_js.mountNodeFS("/mnt", "/etc")',
  'Node by the module js': 'import js; return js.process.env.to_py()',
  'Node by js.globalThis': 'import js; return js.globalThis.process.version',
  'code of JavaScript by run_js': 'from pyodide.code import run_js; return run_js("1 + 1")',
  'Node by the constructor of a proxy':
    'from pyodide.ffi import to_js; return to_js([1]).constructor.constructor("return process")()',
  'Node by the constructor of the beat':
    'from sampler_box import process; return process.PLACE.beat.constructor("return process")()',
  'Node by the prototype of an object':
    'from pyodide.ffi import to_js; return to_js({}).__proto__.constructor.constructor("return this")().process.env',
  'JavaScript by ctypes':
    'import ctypes; return ctypes.CDLL(None).emscripten_run_script(b"globalThis.x = 1") or fail()',
  'JavaScript by ctypes, with a value':
    'import ctypes; f = ctypes.CDLL(None).emscripten_run_script_int; return f(b"typeof process === \'undefined\' ? 0 : 1") or fail()',
  'an inner function of V8, by ctypes':
    'import ctypes; return ctypes.CDLL(None).emscripten_run_script_int(b"%SystemBreak()") or fail()',
  'an import of a module of Node': 'import pyodide_js; return pyodide_js._module.require("fs")',
  'a socket': 'import socket; s = socket.create_connection(("127.0.0.1", PORT), 2); s.send(b"x"); return s.recv(1)',
  'a request by urllib': 'import urllib.request; return urllib.request.urlopen("http://127.0.0.1:PORT/").read()',
  'a request by pyodide.http': 'from pyodide.http import open_url; return open_url("http://127.0.0.1:PORT/").read()',
  'a thread': 'import threading; t = threading.Thread(target=print); t.start(); return True',
  'a process of multiprocessing':
    'import multiprocessing; p = multiprocessing.Process(target=print); p.start(); return True',
  'a package from the network': 'import micropip; return micropip.install("requests")',
  'recursion without an end': 'f = lambda: f(); return f()',
  'recursion in C': 'x = []\nfor _ in range(10**6): x = [x]\nreturn repr(x)',
  'the end of the interpreter': 'import sys; sys.exit(0)',
  'a signal to itself that it can not send':
    'import signal; return signal.alarm(1) or signal.setitimer(signal.ITIMER_REAL, 1) or fail()',
  'a library that is not here': 'import torch; return torch.load("x")',
  'Node by a proxy that the collector of garbage knows':
    'import gc; p = [o for o in gc.get_objects() if type(o).__name__.startswith("Js")]; return p[0].constructor.constructor("return process")() if p else fail()',
  'Node by the globals of the outermost frame':
    'import sys; f = sys._getframe()\nwhile f.f_back: f = f.f_back\nreturn f.f_globals["js"].process.version',
  'the module js, once all of Pyodide is forgotten':
    'import sys, importlib\nfor n in list(sys.modules):\n  if "pyodide" in n: del sys.modules[n]\nreturn importlib.import_module("js").process.version',
  'the finder of modules of JavaScript':
    'import sys; m = [x for x in sys.meta_path if "Js" in type(x).__name__]; return m[0].jsproxies["js"].process.version if m else fail()',
  'the core of Pyodide': 'import _pyodide_core; return _pyodide_core.JsProxy.constructor("return process")()',
  'a result that holds itself': 'x = []; x.append(x); return x',
  'a dict that holds itself': 'x = {}; x["x"] = x; return x',
  'a result nested deeper than can be told': 'x = []\nfor _ in range(5000): x = [x]\nreturn x',
  'an int longer than may be printed': 'return 10 ** 5000',
  'a dict whose items raise': 'class D(dict):\n  def items(self): raise KeyError("x")\nreturn D(a=1)',
  'a value that lies about its class':
    'class A:\n  @property\n  def __class__(self): raise ValueError("x")\nreturn A()',
  'a value whose repr ends the interpreter': 'class A:\n  def __repr__(self): raise SystemExit(0)\nreturn A()',
  'an exception whose message raises': 'class E(Exception):\n  def __str__(self): raise SystemExit(0)\nraise E("x")',
  'an exception whose class has no name':
    'class M(type):\n  __name__ = property(lambda self: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E("x")',
  'an exception with an endless name': 'raise type("E" * 10**6, (Exception,), {})("x" * 10**6)',
};

/** Attacks without an end, each of which lasts as long as a document may. */
const ENDLESS: Readonly<Record<string, string>> = {
  'an endless loop of Python': 'while True: pass',
  'an endless loop that catches everything': 'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
  'an endless regular expression': 'import re; return re.match("(a+)+$", "a" * 60 + "b")',
  'an endless power': 'return 3 ** (10 ** 8)',
  'an endless generator': 'import itertools; return sum(itertools.count())',
  'an endless finalizer': 'class A:\n  def __del__(self):\n    while True: pass\na = A()\ndel a',
  'an endless repr': 'class A(list):\n  def __iter__(self):\n    while True: pass\nreturn A([1])',
  'an endless hash': 'class H(str):\n  def __hash__(self):\n    while True: pass\nreturn {H("a"): 1}',
  'an endless message of an exception': 'class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E("x")',
  'an int read from a huge text': 'import sys; sys.set_int_max_str_digits(0); return int("9" * 10**8)',
  'a sleep beyond the deadline': 'import time; time.sleep(600); return 1',
};
/** Short, as each of them takes all of it. */
const ENDLESS_MS = 2_000;
const DOCUMENT_MS = 6_000;

/** Attacks that end their box. */
const ENDS: Readonly<Record<string, string>> = {
  'a bomb of gzip': 'import gzip; return len(gzip.decompress(gzip.compress(bytes(5 * 10**7), 1) * 40))',
  'too much memory in one piece': 'return "x" * (2**31 - 100)',
  'too much memory bit by bit': 'x = []\nwhile True: x.append(bytearray(10**6))',
  'a result too long': 'return ["x" * 10**7] * 100',
  'the end of the process': 'import os; os._exit(3)',
  'an abort': 'import os; os.abort()',
  'a write through a wild pointer': 'import ctypes; ctypes.memset(8, 1, 10**8)',
};

describe('hostile functions', () => {
  let sandbox: SandboxTransport & Disposable;
  let server: Server;
  let connections = 0;

  beforeAll(async () => {
    sandbox = await testSandbox();
    server = createServer(() => connections++).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
  });
  afterAll(() => {
    sandbox?.[Symbol.dispose]();
    server?.close();
  });

  function open(bodies: Iterable<string>, documentMs = DOCUMENT_MS) {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const functions = [...bodies].map(
      (body, i) => `def f${i}():\n  ${body.replaceAll('PORT', String(port)).replaceAll('\n', '\n  ')}\n`,
    );
    const text = `def fail():\n  raise RuntimeError('nothing there')\n${functions.join('')}def fine():\n  return 'fine'\n`;
    return openSandbox(sandbox, { task: 'hostile', files: new Map([[PATH, text]]), documentMs });
  }
  const call = (name: string) => ({ function: { path: PATH, name }, args: [] });

  it.each(Object.entries(ATTACKS))('get nothing from %s', async (_name, body) => {
    const session = open([body]);
    const [got] = await session.call([call('f0')]).catch((error: unknown): FunctionResult[] => {
      if (error instanceof SamplerError) return [{ error: error.code, message: error.message }];
      throw error;
    });
    expect(got).toHaveProperty('error');
    expect(JSON.stringify(got).length).toBeLessThan(2000);
    expect(await session.call([call('fine')])).toEqual([{ value: 'fine' }]);
    expect(connections).toBe(0);
    expect(existsSync('/tmp/out')).toBe(false);
    session.close();
  });

  it.each([
    ...Object.entries(ENDLESS).map((attack) => [...attack, ENDLESS_MS] as const),
    ...Object.entries(ENDS).map((attack) => [...attack, DOCUMENT_MS] as const),
  ])('lose their box by %s, and the next call gets a fresh one', async (_name, body, documentMs) => {
    const session = open([body], documentMs);
    const error: unknown = await session.call([call('fine'), call('f0')]).then(
      (results) => results,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'SandboxFailed', permanent: true });
    expect(String(error)).toContain('Task hostile, function x/utils.f0');
    expect(await session.call([call('fine')])).toEqual([{ value: 'fine' }]);
    session.close();
  });

  it('can fake no answer to another question: what they write and rewrite stays in their box', async () => {
    const session = open([
      'import sys, json\nprint("answer 2\\n{}")\nsys.stdout.write("answer 2\\n{}")\nsys.stderr.write("x")\nimport os\nos.write(1, b"answer 2\\n{}")\njson.dumps = lambda *a, **k: "{}"\nreturn 1',
    ]);
    const answers = await session.call([call('f0')]).catch(() => 'refused');
    expect(['refused', [{ value: 1n }]]).toContainEqual(answers);
    session.close();
    const other = open(['return 2']);
    expect(await other.call([call('f0')])).toEqual([{ value: 2n }]);
    other.close();
  });
});
