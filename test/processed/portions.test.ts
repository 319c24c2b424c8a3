import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FunctionRef } from '../../lib/catalogue/function-ref.ts';
import { docIdsOf } from '../../lib/processed/docs.ts';
import type { SplitRows } from '../../lib/processed/portions.ts';
import { inPortionsOrTogether, runFunctions } from '../../lib/processed/run.ts';
import type { Doc, PyValue } from '../../lib/python/value.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { testSandbox } from '../helpers/sandbox.ts';

let boxes: SandboxTransport & Disposable;
let calls = 0;
const sandbox: SandboxTransport = {
  send(event) {
    calls++;
    return boxes.send(event);
  },
  end: (session) => boxes.end(session),
};
beforeAll(async () => {
  boxes = await testSandbox();
});
afterAll(() => boxes?.[Symbol.dispose]());

/** Rows of a split: a number, its last digits, and a text that makes them long. */
function rows(count: number, length: number, first = 0): SplitRows {
  const made = Array.from({ length: count }, (_, i): Doc => {
    const n = BigInt(first + i);
    return new Map<string, PyValue>([
      ['__id', n],
      ['n', n],
      ['ending', n % 1500n],
      ['text', 'x'.repeat(length)],
    ]);
  });
  return {
    columns: ['n', 'ending', 'text'],
    types: ['int64', 'int64', 'string'],
    async *rows() {
      for (let i = 0; i < made.length; i += 700) yield made.slice(i, i + 700);
    },
  };
}

/** What `process_docs` of a module makes of splits: each document's id and its column `got`. */
async function run(
  text: string,
  splits: Record<string, SplitRows> = { test: rows(3000, 1500) },
  field?: string,
): Promise<{ split: string; id: number | null; got: PyValue }[]> {
  calls = 0;
  const ref = (name: string) => new FunctionRef('own', 'utils', name);
  const functions = new Map([
    ['process_docs', ref('process_docs')],
    ...(field === undefined ? [] : ([['doc_to_text', ref(field)]] as const)),
  ]);
  const path = 'lm_eval/tasks/own/utils.py';
  const toRun = {
    task: 'own_large',
    functions,
    splits: Object.keys(splits).map((split) => ({ split, fields: field === undefined ? [] : ['doc_to_text'] })),
    samples: { docs: [], fields: [] },
    sources: new Map([[path, `import random\n${text}`]]),
  };
  return await inPortionsOrTogether(async (together) => {
    const made: { split: string; id: number | null; got: PyValue }[] = [];
    for await (const { split, docs } of runFunctions(sandbox, toRun, (name) => splits[name], together)) {
      for (const { origin, differing, values } of docs) {
        const value = values.get('doc_to_text');
        const given = value !== undefined && 'value' in value ? value.value : null;
        made.push({ split, id: origin, got: differing.get('got') ?? given });
      }
    }
    return made;
  });
}

const MAPPED = (body: string, before = '', inside = '') =>
  `${before}\ndef process_docs(dataset):\n    ${inside || 'pass'}\n    def change(row):\n${body.replace(/^/gm, '        ')}\n    return dataset.map(change)\n`;
const numbers = Array.from({ length: 3000 }, (_, i) => BigInt(i));

describe('a split that is too long for one call', () => {
  test('goes through in portions where functions look at each row by itself', async () => {
    const helper =
      'import re\nWORDS = {"x": [1]}\nclass Shop:\n    tax = 3\n    def of(self, n):\n        return n + self.tax\nSHOP = Shop()';
    const docs = await run(
      `${helper}\ndef process_docs(dataset):\n    def change(row):\n        return {"got": SHOP.of(row["n"]) + len(WORDS)}\n    return dataset.filter(lambda row: re.search("x", row["text"]) and row["n"] % 2 == 0).map(change)\n`,
    );
    expect(calls).toBeGreaterThanOrEqual(3);
    expect(docs.map(({ id, got }) => [id, got])).toEqual(
      numbers.filter((n) => n % 2n === 0n).map((n) => [Number(n), n + 4n]),
    );
  });

  test.each([
    [
      'a set in a closure',
      MAPPED('return {"got": row["ending"] not in seen and not seen.add(row["ending"])}', '', 'seen = set()'),
    ],
    [
      'a set of the module',
      MAPPED('new = row["ending"] not in SEEN\nSEEN.add(row["ending"])\nreturn {"got": new}', 'SEEN = set()'),
    ],
    [
      'a list among defaults',
      MAPPED(
        'return {"got": first(row["ending"])}',
        'def first(n, seen=[]):\n    new = n not in seen[-1500:]\n    seen.append(n)\n    return new',
      ),
    ],
    [
      'a class',
      MAPPED(
        'new = row["ending"] not in Kept.seen\nKept.seen = Kept.seen | {row["ending"]}\nreturn {"got": new}',
        'class Kept:\n    seen = frozenset()',
      ),
    ],
    [
      'a cached function',
      MAPPED(
        'new = row["ending"] not in seen()\nseen().add(row["ending"])\nreturn {"got": new}',
        'import functools\n@functools.cache\ndef seen():\n    return set()',
      ),
    ],
    [
      'an attribute of a function',
      MAPPED('process_docs.at = getattr(process_docs, "at", -1) + 1\nreturn {"got": process_docs.at < 1500}'),
    ],
    ['an iterator', MAPPED('return {"got": next(count) < 1500}', 'import itertools\ncount = itertools.count()')],
    [
      'a bound method',
      MAPPED(
        'new = row["ending"] not in seen\nadd(row["ending"])\nreturn {"got": new}',
        '',
        'seen = set(); add = seen.add',
      ),
    ],
    [
      'a name that is made on the way',
      MAPPED('globals()["at"] = globals().get("at", -1) + 1\nreturn {"got": at < 1500}'),
    ],
  ])('goes through at once where they keep something in %s', async (_, text) => {
    const docs = await run(text);
    // An ending comes a second time in the second half, which is in other portions.
    expect(docs.filter(({ got }) => got === true).map(({ id }) => id)).toEqual(numbers.slice(0, 1500).map(Number));
    expect(docs).toHaveLength(3000);
  });

  test.each([
    ['a switch', MAPPED('global up\nup = not up\nreturn {"got": up}', 'up = False'), (n: number) => n % 2 === 0],
    [
      'its places',
      'def process_docs(dataset):\n    return dataset.map(lambda row, i: {"got": i}, with_indices=True)',
      (n: number) => BigInt(n),
    ],
    [
      'the number of rows',
      'def process_docs(dataset):\n    return dataset.map(lambda row: {"got": len(dataset) - row["n"]})',
      (n: number) => BigInt(3000 - n),
    ],
    [
      'a look at the last row',
      'def process_docs(dataset):\n    last = dataset[-1]["n"]\n    return dataset.map(lambda row: {"got": last - row["n"]})',
      (n: number) => BigInt(2999 - n),
    ],
    [
      'batches',
      'def process_docs(dataset):\n    return dataset.map(lambda rows: {"got": [max(rows["n"]) for _ in rows["n"]]}, batched=True, batch_size=2000)',
      (n: number) => (n < 2000 ? 1999n : 2999n),
    ],
  ])('goes through at once where they use %s', async (_, text, expected) => {
    const docs = await run(text);
    expect(docs.map(({ got }) => got)).toEqual(numbers.map((n) => expected(Number(n))));
  });

  test('is sorted as a whole', async () => {
    const docs = await run('def process_docs(dataset):\n    return dataset.sort("n", reverse=True).select(range(5))');
    expect(docs.map(({ id }) => id)).toEqual([2999, 2998, 2997, 2996, 2995]);
  });

  test('gets columns of one type, as the first thousand rows settle it', async () => {
    // `datasets` takes a column for one of nothing there, and can't put a text into it later.
    const text = MAPPED('return {"got": None if row["n"] < 1200 else "late"}');
    await expect(run(text)).rejects.toMatchObject({ code: 'SandboxFailed', permanent: true });
  });

  test('is refused, naming task, size and limit, where it is too long to be looked at as a whole', async () => {
    const text = 'def process_docs(dataset):\n    return dataset.select(range(len(dataset)))';
    await expect(run(text, { test: rows(21, 1_000_000) })).rejects.toThrow(
      /own_large.*number of rows.*2100\d{4} characters.*20000000/,
    );
  });
});

describe('random numbers', () => {
  // random.seed(0) and random.random() in CPython: the first, the second and the 3,001st.
  const draws = MAPPED('return {"got": random.random()}');
  const FIRST = [0.8444218515250481, 0.7579544029403025];

  test('are drawn on from one split to the next, however long these are', async () => {
    const docs = await run(draws, { test: rows(3000, 1500), train: rows(3, 10, 3000) });
    expect(docs.slice(0, 2).map(({ got }) => got)).toEqual(FIRST);
    expect(new Set(docs.map(({ got }) => got)).size).toBe(3003);
  });

  test('are drawn on between splits that fit a call only one by one', async () => {
    const docs = await run(draws, { test: rows(1500, 1500), train: rows(1500, 1500, 1500) });
    expect(docs.slice(0, 2).map(({ got }) => got)).toEqual(FIRST);
    expect(new Set(docs.map(({ got }) => got)).size).toBe(3000);
  });

  test('are drawn on where process_docs puts the generator back as it was', async () => {
    const docs = await run(
      MAPPED('return {"got": random.random()}', '', 'state = random.getstate(); random.seed(42)').replace(
        'return dataset.map(change)',
        'made = dataset.map(change); random.setstate(state); return made',
      ),
    );
    // random.seed(42) and random.random() in CPython.
    expect(docs[0]?.got).toBe(0.6394267984578837);
    expect(new Set(docs.map(({ got }) => got)).size).toBe(3000);
  });

  test('are drawn on where functions of fields draw, or a generator of the module', async () => {
    const plain = 'OWN = random.Random(7)\ndef process_docs(dataset):\n    return dataset\n';
    for (const draw of ['random.random()', 'OWN.random()']) {
      const docs = await run(`${plain}def text(doc):\n    return str(${draw})`, { test: rows(3000, 1500) }, 'text');
      expect(new Set(docs.map(({ got }) => got)).size).toBe(3000);
    }
  });
});

describe('documents of a data set made anew are numbered', () => {
  const split = () => ({ test: rows(6, 5) });
  const HALVES =
    'import datasets\ndef process_docs(dataset):\n    odd = dataset.filter(lambda row: row["n"] % 2 == 1)\n    even = dataset.filter(lambda row: row["n"] % 2 == 0)\n';
  const numbersOf = async (text: string) => docIdsOf((await run(text, split())).map(({ id }) => id));

  test.each([
    [
      'as the rows that parts put together stem from',
      `${HALVES}    return datasets.concatenate_datasets([odd, even])`,
      [1, 3, 5, 0, 2, 4],
    ],
    [
      'by their places where a row is in two parts',
      `${HALVES}    return datasets.concatenate_datasets([odd, odd])`,
      [0, 1, 2, 3, 4, 5],
    ],
    [
      'by their places where one of the parts is of a list',
      `${HALVES}    return datasets.concatenate_datasets([odd, datasets.Dataset.from_list([{"n": 9}])])`,
      [0, 1, 2, 3],
    ],
    [
      'by their places where a list makes them',
      'import datasets\ndef process_docs(dataset):\n    return datasets.Dataset.from_list([{"got": row["n"]} for row in dataset][::-1])',
      [0, 1, 2, 3, 4, 5],
    ],
    [
      'by their places where columns make them',
      'import datasets\ndef process_docs(dataset):\n    return datasets.Dataset.from_dict({"got": dataset["n"][1:]})',
      [0, 1, 2, 3, 4],
    ],
    [
      'as the rows that are selected, in their order',
      'def process_docs(dataset):\n    return dataset.select([4, 2])',
      [4, 2],
    ],
    [
      'by their places where a row is selected twice',
      'def process_docs(dataset):\n    return dataset.select([4, 2, 4])',
      [0, 1, 2],
    ],
  ])('%s', async (_, text, wanted) => {
    expect(await numbersOf(text)).toEqual(wanted);
  });
});
