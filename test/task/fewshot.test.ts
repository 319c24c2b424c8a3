import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { PyValue } from '../../lib/python/value.ts';
import {
  availableExamples,
  drawPositions,
  type FewshotDraw,
  fewshotDraw,
  fewshotSource,
} from '../../lib/task/fewshot.ts';
import { errorOf } from '../helpers/error-of.ts';
import { hasPython, Python } from '../helpers/python.ts';
import { mapping, taskOf } from './own-task.ts';

const SAMPLES = [mapping({ q: '1', a: 'x' }), mapping({ q: '2', a: 'y' })];

describe('where examples come from', () => {
  const all = { training_split: 'train', validation_split: 'dev', test_split: 'test', fewshot_split: null };

  it.each([
    [
      'the few-shot split comes first',
      { ...all, fewshot_split: 'shots', fewshot_config: mapping({ samples: SAMPLES }) },
      'shots',
    ],
    ['then train', all, 'train'],
    ['then validation', { ...all, training_split: null }, 'dev'],
    ['then test', { ...all, training_split: null, validation_split: null }, 'test'],
  ])('%s', (_rule, fields, split) => {
    expect(fewshotSource(taskOf(fields))).toEqual({ kind: 'split', split });
  });

  it("the task's own samples come before train", () => {
    const config = taskOf({ ...all, fewshot_config: mapping({ samples: SAMPLES }) });
    expect(fewshotSource(config)).toMatchObject({
      kind: 'samples',
      samples: [new Map(SAMPLES[0]), new Map(SAMPLES[1])],
    });
    expect(availableExamples(config, new Map())).toBe(2);
  });

  it('there may be none', () => {
    const config = taskOf({ ...all, training_split: null, validation_split: null, test_split: null });
    expect(fewshotSource(config)).toBeNull();
    expect(availableExamples(config, new Map([['test', { count: 5 }]]))).toBe(0);
  });

  it('a split that was not registered has none', () => {
    expect(availableExamples(taskOf(all), new Map([['test', { count: 5 }]]))).toBe(0);
    expect(availableExamples(taskOf(all), new Map([['train', { count: 5 }]]))).toBe(5);
  });
});

describe('FEWSHOT-3: one more is drawn where a document might draw itself', () => {
  it.each([
    ['few-shot and test split are the same', { test_split: 'test', fewshot_split: 'test' }, 4],
    ['neither is set: null equals null', { test_split: null, fewshot_split: null, validation_split: 'dev' }, 4],
    ['they are simply absent', { test_split: undefined, fewshot_split: undefined, validation_split: 'dev' }, 4],
    ['they differ', { test_split: 'test', fewshot_split: 'train' }, 3],
    ['only the test split is set, though the examples come from it', { test_split: 'test', fewshot_split: null }, 3],
  ])('%s', (_rule, fields, drawn) => {
    const set = Object.entries(fields).filter(([, value]) => value !== undefined);
    const config = taskOf({ test_split: null, ...Object.fromEntries(set) });
    expect(fewshotDraw(config, 3, 9, 'multiturn').drawn).toBe(drawn);
  });

  it('no shots draw nothing, not one', () => {
    const config = taskOf({ test_split: null, validation_split: 'dev' });
    expect(fewshotDraw(config, 0, 0, 'multiturn').drawn).toBe(0);
  });
});

describe('how examples are drawn', () => {
  it('a single-turn chat draws twice for each document, other layouts once', () => {
    const draws = (['text', 'multiturn', 'single-turn'] as const).map(
      (turns) => fewshotDraw(taskOf(), 2, 9, turns).drawsPerDoc,
    );
    expect(draws).toEqual([1, 1, 2]);
  });

  it('more than there are is refused with both numbers, also where only the one more is missing', () => {
    const error = errorOf(() => fewshotDraw(taskOf({ fewshot_split: 'test' }), 3, 3, 'text'));
    expect(error).toMatchObject({ code: 'FewshotUnavailable', permanent: true });
    expect(error.message).toMatch(/\b4\b.*\b3\b/);
    expect(fewshotDraw(taskOf(), 3, 3, 'text').drawn).toBe(3);
  });

  it('first_n takes the first ones for every document', () => {
    const config = taskOf({ fewshot_config: mapping({ sampler: 'first_n', samples: SAMPLES }) });
    const draw = fewshotDraw(config, 2, 2, 'single-turn');
    expect(drawPositions(draw, 1234n, 7, 2)).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('an unknown sampler is refused', () => {
    const config = taskOf({ fewshot_config: mapping({ sampler: 'balanced' }) });
    expect(errorOf(() => fewshotDraw(config, 1, 9, 'text')).code).toBe('UnsupportedTask');
  });

  it('no shots: every document has none', () => {
    expect(drawPositions(fewshotDraw(taskOf(), 0, 9, 'text'), 1234n, 3, 2)).toEqual([[], []]);
  });
});

/** A draw, and a request cut into shards. */
const request = fc
  .record({
    available: fc.integer({ min: 1, max: 120 }),
    drawn: fc.integer({ min: 1, max: 26 }),
    drawsPerDoc: fc.constantFrom(1, 2),
    seed: fc.oneof(fc.constant(1234n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    // Long enough that a generator is kept from one shard to the next, and short enough that none is.
    cuts: fc.array(fc.oneof(fc.nat(12), fc.nat(60)), { minLength: 1, maxLength: 5 }),
  })
  .map(({ available, drawn, drawsPerDoc, seed, cuts }) => {
    const taken = Math.min(drawn, available);
    const draw: FewshotDraw = { shots: taken, drawn: taken, drawsPerDoc, firstN: false, available };
    return { draw, seed, cuts, documents: cuts.reduce((sum, count) => sum + count, 0) };
  });

describe.skipIf(!hasPython)('compared with Python', () => {
  const python = new Python(`
import random
def draws(documents, available, drawn, per_document, seed):
    r = random.Random(seed)
    source = list(range(available))
    every = []
    for _ in range(documents):
        for _ in range(per_document): last = r.sample(source, drawn)
        every.append(last)
    return every
`);
  afterAll(() => python.close());

  it('any shard draws what Python draws going through the whole request, whatever the cuts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 20, maxLength: 40 }), async (requests) => {
        const mine = requests.map(({ draw, cuts, seed }) => {
          let offset = 0;
          return cuts.flatMap((count) => {
            const positions = drawPositions(draw, seed, offset, count);
            offset += count;
            return positions.map((one): PyValue => one.map(BigInt));
          });
        });
        const theirs = await python.values(
          'draws',
          requests.map(({ draw, documents, seed }) => [
            ...[documents, draw.available, draw.drawn, draw.drawsPerDoc].map(BigInt),
            seed,
          ]),
        );
        expect(mine).toEqual(theirs);
      }),
      { numRuns: 10 },
    );
  });
});
