import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSandbox } from '../../lib/sandbox/client.ts';
import { missingLibraries, PLACEHOLDERS, STANDARD } from '../../lib/sandbox/libraries.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const PATH = 'lm_eval/tasks/own/utils.py';
const MODULE = `
import re, string
from collections import Counter
import numpy as np
import sklearn.metrics as measures
try:
    from langdetect import detect
except ImportError:
    detect = None
from lm_eval.tasks.own import shared, other as more
from lm_eval.tasks.own.shared import (
    direct,
    indirect as through,
)

"""import spacy"""
SCORER = measures.f1_score  # not spacy.load()

def plain(doc, results):
    return {'right': re.sub('sklearn', '', results[0]) == "detect()"}

def by_constant(doc, results):
    return SCORER(results)

def by_another(doc, results):
    return by_constant(doc, results)

def inside(doc, results):
    import scipy.stats
    return scipy.stats.mode(results)

def tried(doc, results):
    return detect(results[0])

def by_module(doc, results):
    return shared.direct(results)

def by_name(doc, results):
    return through(results)

def by_third(doc, results):
    return more.count(results)

class Filter:
    def apply(self, resps, docs):
        return np.mean(self.helper(resps))
    def helper(self, resps):
        return tried(None, resps)
`;
const SOURCES = new Map([
  [PATH, MODULE],
  [
    'lm_eval/tasks/own/shared.py',
    'import nltk\n\n\ndef direct(x):\n    return nltk.word_tokenize(x)\n\n\nindirect = direct\n',
  ],
  ['lm_eval/tasks/own/other.py', 'import rouge\nimport unheard_of\n\n\ndef count(x):\n    return rouge.Rouge(x)\n'],
]);

it.each([
  ['plain', []],
  ['by_constant', ['sklearn']],
  ['by_another', ['sklearn']],
  ['inside', ['scipy']],
  ['tried', ['langdetect']],
  ['by_module', ['nltk']],
  ['by_name', ['nltk']],
  // A wheel has rouge; of the other nothing is known, so that its module can't even be loaded.
  ['by_third', ['unheard_of']],
  ['Filter', ['langdetect']],
])(
  'a function lacks what it and what it calls take of libraries, not what only stands in its module (%s)',
  (name, missing) => {
    expect(missingLibraries({ path: PATH, name }, SOURCES)).toEqual(missing);
  },
);

it('knows what the runtime has placeholders for, and no module of the standard library that a box lacks', async () => {
  const runtime = join(import.meta.dirname, '..', '..', 'lib', 'sandbox', 'python', 'sampler_box', 'loader.py');
  const refused = /REFUSED = frozenset\('''([\s\S]*?)'''/.exec(readFileSync(runtime, 'utf8'))?.[1] ?? '';
  expect([...PLACEHOLDERS].sort()).toEqual(refused.trim().split(/\s+/).sort());
  const sandbox = await testSandbox();
  const text =
    'import importlib.util\ndef lacking(names):\n    return [n for n in names if not importlib.util.find_spec(n)]\n';
  const session = openSandbox(sandbox, { task: 'libraries', files: new Map([['own.py', text]]) });
  const names = [...STANDARD].filter((name) => !name.startsWith('__'));
  expect(await session.call([{ function: { path: 'own.py', name: 'lacking' }, args: [names] }])).toEqual([
    { value: [] },
  ]);
  sandbox[Symbol.dispose]();
}, 300_000);
