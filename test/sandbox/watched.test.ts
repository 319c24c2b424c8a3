import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDict, type PyValue } from '../../lib/python/value.ts';
import { openSandbox, type SandboxSession, type SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const ROWS = 130;
const FOLDER = 'lm_eval/tasks/own';

/** A module whose `process_docs` maps rows: what stands before it, in it before and after the `map`, and the function's body. */
interface Mapped {
  readonly body: string;
  readonly before?: string;
  readonly first?: string;
  readonly last?: string;
}

function moduleOf({ body, before = '', first = 'pass', last = 'pass' }: Mapped): string {
  return `import random
${before}
def process_docs(dataset):
    ${first}
    def change(row):
        ${body.replaceAll('\n', '\n        ')}
    made = dataset.map(change)
    ${last}
    return made
`;
}

/** What one row leaves for the next, by where it is left. `process_docs` is given rows in portions: none of it may be missed. */
const KEPT: Readonly<Record<string, Mapped>> = {
  'a generator whose state is put back': {
    body: 'return {"got": random.random()}',
    first: 'state = random.getstate(); random.seed(42)',
    last: 'random.setstate(state)',
  },
  'a generator that is seeded as it was': {
    body: 'return {"got": random.random()}',
    first: 'random.seed(42)',
    last: 'random.seed(0)',
  },
  "numpy's generator, put back": {
    body: 'return {"got": float(np.random.rand())}',
    before: 'import numpy as np',
    first: 'state = np.random.get_state(); np.random.seed(42)',
    last: 'np.random.set_state(state)',
  },
  'an attribute of a generator': {
    body: 'R.n += 1\nreturn {"got": R.n}',
    before: 'class R(random.Random):\n    n = 0\nR = R(1)',
  },
  'a list of the last rows only, which is emptied at the end': {
    body: 'if row["n"] > 126: seen.append(row["n"])\nreturn {"got": len(seen)}',
    first: 'seen = []',
    last: 'seen.clear()',
  },
  'a closure of the last rows only, which is set back at the end': {
    body: 'nonlocal last\nwas, last = last, row["n"] if row["n"] > 126 else last\nreturn {"got": was}',
    first: 'last = 0',
    last: 'last = 0',
  },
  'a name from row 101 on': {
    body: 'global last\nwas, last = last, row["n"] if row["n"] > 101 else None\nreturn {"got": was}',
    before: 'last = None',
  },
  'the order of a dict': {
    body: 'key = next(iter(D)); D[key] = D.pop(key)\nreturn {"got": key}',
    before: 'D = {"a": 1, "b": 2, "c": 3}',
  },
  'the kind of a number': {
    body: 'global n\nwas, n = repr(n), n * 1.0\nreturn {"got": was}',
    before: 'n = 0',
  },
  'the sign of a zero': { body: 'global n\nwas, n = repr(n), -0.0\nreturn {"got": was}', before: 'n = 0.0' },
  'a bool in the place of a number': {
    body: 'global n\nwas, n = repr(n), n == 1\nreturn {"got": was}',
    before: 'n = 1',
  },
  'an object that calls itself equal to all': {
    body: 'global S\nS = St(S.n + 1)\nreturn {"got": S.n}',
    before: 'class St:\n    def __init__(self, n): self.n = n\n    def __eq__(self, other): return True\nS = St(0)',
  },
  'a counter of nothing': {
    body: 'new = row["half"] not in C\nC[row["half"]] += 0\nreturn {"got": new}',
    before: 'from collections import Counter\nC = Counter()',
  },
  defaults: {
    body: 'return {"got": f()}',
    before: 'def f(n=0):\n    f.__defaults__ = (n + 1,)\n    return n',
  },
  'defaults of names': {
    body: 'return {"got": f()}',
    before: 'def f(*, n=0):\n    f.__kwdefaults__ = {"n": n + 1}\n    return n',
  },
  'the code of a function': {
    body: 'was = f()\nf.__code__ = g.__code__\nreturn {"got": was}',
    before: 'def f(): return 1\ndef g(): return 2',
  },
  'an attribute of a partial': {
    body: 'p.n = getattr(p, "n", 0) + 1\nreturn {"got": p.n}',
    before: 'from functools import partial\np = partial(int)',
  },
  'an attribute of a static method': {
    body: 'f = X.__dict__["f"]\nf.n = getattr(f, "n", 0) + 1\nreturn {"got": f.n}',
    before: 'class X:\n    @staticmethod\n    def f(): pass',
  },
  'a class of classes': {
    body: 'type(X).n += 1\nreturn {"got": X.n}',
    before:
      'def made():\n    class Meta(type):\n        n = 0\n    class X(metaclass=Meta): pass\n    return X\nX = made()',
  },
  'the bases of a class': {
    body: 'was = Y.n\nY.__bases__ = (B,)\nreturn {"got": was}',
    before: 'class A:\n    n = 1\nclass B:\n    n = 2\nclass Y(A): pass',
  },
  'the class of an object': {
    body: 'was = o.n\no.__class__ = B\nreturn {"got": was}',
    before: 'class A:\n    n = 1\nclass B:\n    n = 2\no = A()',
  },
  'all of an object at once': {
    body: 'o.__dict__ = {"n": o.n + 1}\nreturn {"got": o.n}',
    before: 'class A:\n    def __init__(self): self.n = 0\no = A()',
  },
  'a module that a row imports': {
    body: `from ${FOLDER.replaceAll('/', '.')} import helper\nhelper.n += 1\nreturn {"got": helper.n}`,
  },
  'an attribute of a logger': {
    body: 'L.n = getattr(L, "n", 0) + 1\nreturn {"got": L.n}',
    before: 'import logging\nL = logging.getLogger("own")',
  },
  'an attribute of what stands for a library': {
    body: 'P.n = (P.n if isinstance(P.n, int) else 0) + 1\nreturn {"got": P.n}',
    before: 'import tiktoken\nP = tiktoken.load("x")',
  },
  rows: { body: 'was = len(K)\nif row["n"] == 120: K[:] = [row]\nreturn {"got": was}', before: 'K = []' },
  'an iterator of the module': {
    body: 'return {"got": next(g) if row["n"] > 105 else -1}',
    before: 'def numbers():\n    n = 0\n    while True:\n        yield n\n        n += 1\ng = numbers()',
  },
};

/** What leaves nothing, and so goes through in portions. */
const LEFT_NOTHING: Readonly<Record<string, Mapped>> = {
  'a function of each row': { body: 'return {"got": row["n"] + 1}' },
  'names that are the same again': {
    body: 'global words\nwords = [row["n"]]\nwas, words = len(words), []\nreturn {"got": was}',
    before: 'words = []',
  },
  'a generator of the row': { body: 'return {"got": random.Random(row["n"]).random()}' },
  'a generator that draws elsewhere': {
    body: 'return {"got": 1}',
    before: 'R = random.Random(3)\nS = random.SystemRandom()',
  },
  'a copy of the row': { body: 'import copy\nreturn {"got": len(copy.deepcopy(row))}' },
  'objects, partials and tables of the module': {
    body: 'return {"got": add(TABLE[row["n"] % 2]) + SHOP.tax + len(seen)}',
    before:
      'from functools import partial\nfrom collections import defaultdict\nclass Shop:\n    tax = 3\n    @staticmethod\n    def of(n): return n\nSHOP = Shop()\nadd = partial(Shop.of)\nTABLE = {0: 1.5, 1: float("nan")}\nseen = frozenset([1]); seen_by = defaultdict(list, a=[1])',
  },
};

describe('functions in portions', () => {
  let sandbox: SandboxTransport & Disposable;
  let session: SandboxSession;
  beforeAll(async () => {
    sandbox = await testSandbox();
    const texts = Object.entries({ ...KEPT, ...LEFT_NOTHING }).map(([name, mapped]): [string, string] => [
      pathOf(name),
      moduleOf(mapped),
    ]);
    session = openSandbox(sandbox, { task: 'own', files: new Map([...texts, [`${FOLDER}/helper.py`, 'n = 0\n']]) });
  });
  afterAll(() => {
    session?.close();
    sandbox?.[Symbol.dispose]();
  });

  const pathOf = (name: string) => `${FOLDER}/${name.replaceAll(/\W/g, '_')}.py`;

  async function kept(name: string): Promise<PyValue> {
    const numbers = Array.from({ length: ROWS }, (_, i) => i);
    const request = {
      op: 'process',
      watch: true,
      functions: { process_docs: { path: pathOf(name), name: 'process_docs' } },
      splits: [
        { columns: ['n', 'half'], types: {}, fields: [], count: ROWS, values: [numbers, numbers.map((n) => n % 65)] },
      ],
    };
    const answer = await session.request(JSON.stringify(request), () => '');
    const splits = answer.get('splits');
    const split = Array.isArray(splits) ? splits[0] : undefined;
    const together = split !== undefined && isDict(split) ? split.get('together') : undefined;
    if (together === undefined || !isDict(together)) throw new Error(`nothing was watched: ${String(answer)}`);
    return together.get('kept') ?? null;
  }

  it.each(Object.keys(KEPT))('are seen to keep %s', async (name) => {
    expect(await kept(name)).toEqual(expect.any(String));
  });

  it.each(Object.keys(LEFT_NOTHING))('are seen to keep nothing by %s', async (name) => {
    expect(await kept(name)).toBeNull();
  });
});
