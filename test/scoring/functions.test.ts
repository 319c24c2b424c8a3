import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Catalogue } from '../../lib/catalogue/catalogue.ts';
import { readLocalInclude } from '../../lib/catalogue/staging/local-include.ts';
import { wheelCatalogue, withRoot } from '../../lib/catalogue/staging/wheel-catalogue.ts';
import { PyError } from '../../lib/python/exceptions.ts';
import { dumps, loads } from '../../lib/python/json.ts';
import { type Doc, isDict, type PyDict, type PyValue } from '../../lib/python/value.ts';
import type { SandboxTransport } from '../../lib/sandbox/client.ts';
import { type BatchScorer, createBatchScorer } from '../../lib/scoring/batch.ts';
import { openFunctions } from '../../lib/scoring/functions.ts';
import { scorableOf } from '../../lib/scoring/scorable.ts';
import type { Answered } from '../../lib/scoring/scorer.ts';
import { hasDistribution } from '../helpers/python.ts';
import { testSandbox } from '../helpers/sandbox.ts';

const OWN = join(import.meta.dirname, 'own');
const EXPECTED = join(OWN, 'expected.jsonl');
const WHEEL = join(import.meta.dirname, '..', '..', '.cache', 'harness', 'lm_eval-0.4.9-py3-none-any.whl');

const lines = readFileSync(EXPECTED, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => dictOf(loads(line)));
const docs = listOf(dictOf(loads(readFileSync(join(OWN, 'rows.json'), 'utf8'))).get('rows')).map(
  (row, id): Doc => new Map([['__id', BigInt(id)], ...[...dictOf(row)].map(([k, v]) => [String(k), v] as const)]),
);

let sandbox: SandboxTransport & Disposable;
let catalogue: Catalogue;
beforeAll(async () => {
  sandbox = await testSandbox();
  const { name, root, files } = await readLocalInclude('own', join(OWN, 'tasks'));
  catalogue = withRoot(await wheelCatalogue(WHEEL), name, root, files);
}, 300_000);
afterAll(() => sandbox?.[Symbol.dispose]());

it.each([...new Set(lines.map((line) => String(line.get('task'))))])(
  'functions of %s score answers as the harness has them do',
  async (task) => {
    const asked = lines.filter((line) => line.get('task') === task);
    const scorer = await scorerOf(task);
    const outcomes = await scorer.score(asked.map(answeredOf));
    scorer[Symbol.dispose]();
    for (const [i, line] of asked.entries()) {
      const outcome = outcomes[i];
      const what = `document ${String(line.get('doc_id'))}: ${dumps(line.get('given') ?? null)}`;
      if (outcome === undefined || outcome instanceof PyError) {
        expect(outcome?.message, what).toMatch(new RegExp(`^${String(line.get('raises'))}: `));
        continue;
      }
      expect(plain(outcome.metrics), what).toEqual(plain(line.get('metrics') ?? null));
      if (line.has('filtered')) expect(plain(outcome.filtered), what).toEqual(plain(line.get('filtered') ?? null));
      if (task.startsWith('own_judged')) expect(plain(outcome.gold), what).toEqual(plain(line.get('target') ?? null));
    }
  },
);

it('tasks whose functions need nothing that is missing can be scored, by these functions', async () => {
  const entry = await catalogue.find('own_filters');
  if (entry === null) throw new Error('there is no own_filters');
  const scorable = scorableOf(entry, await catalogue.sources());
  expect(scorable).toMatchObject({ scorable: true, filter: 'named' });
  expect(scorable).toHaveProperty('python', expect.arrayContaining(['include/own/own_functions.Numbers']));
});

const missing = ['lm_eval', 'datasets'].filter((name) => !hasDistribution(name));
it.skipIf(missing.length > 0)(
  'what is expected of our own functions is what the real harness makes of them (skipped where Python has no lm_eval)',
  () => {
    const run = spawnSync('python3', [join(OWN, 'record_expected.py')], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    });
    expect(run.stdout, run.stderr.slice(-1000)).toBe(readFileSync(EXPECTED, 'utf8'));
  },
);

async function scorerOf(task: string): Promise<BatchScorer> {
  const entry = await catalogue.find(task);
  const [first] = docs;
  if (entry === null || first === undefined) throw new Error(`there is no ${task}`);
  const sources = await catalogue.sources();
  return createBatchScorer(entry, first, async (refs) => openFunctions(task, refs, { transport: sandbox, sources }));
}

function answeredOf(line: PyDict): Answered {
  const doc = docs[Number(line.get('doc_id'))] ?? new Map();
  const given = listOf(line.get('given'));
  if (given.every((answer) => typeof answer === 'string')) return { doc, generations: given, likelihoods: [] };
  const likelihoods = given.map((pair) => {
    const [sum, greedy] = listOf(pair);
    return { sum: Number(sum), greedy: greedy === true };
  });
  return { doc, generations: [], likelihoods };
}

/** Numbers as numbers, whether Python has an int, a float or a bool; dicts as objects. */
function plain(value: PyValue | ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  return value;
}

function dictOf(value: PyValue): PyDict {
  if (isDict(value)) return value;
  throw new Error('no dict');
}

function listOf(value: PyValue | undefined): PyValue[] {
  if (Array.isArray(value)) return value;
  throw new Error('no list');
}
