import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseDocs, type DocRequest, type IdRange } from '../../lib/plan/doc-ids.ts';
import { errorOf } from '../helpers/error-of.ts';
import { hasPython, Python } from '../helpers/python.ts';

const RANGE: IdRange = { first: 100, last: 109 };

function choose(changes: Partial<DocRequest>, range = RANGE) {
  return chooseDocs(range, { task: 't', qty: undefined, docIds: undefined, blacklist: [], seed: 1n, ...changes });
}

/** A split, a blacklist that may reach outside it and repeat itself, and a number of documents that can be had. */
const request = fc
  .record({
    first: fc.nat(50),
    size: fc.integer({ min: 1, max: 60 }),
    blacklist: fc.array(fc.integer({ min: -5, max: 120 }), { maxLength: 40 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.oneof(fc.nat(99).map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  })
  .map(({ first, size, blacklist, part, seed }) => {
    const range: IdRange = { first, last: first + size - 1 };
    const allowed = Array.from({ length: size }, (_, i) => first + i).filter((id) => !blacklist.includes(id));
    return { range, allowed, blacklist, seed, qty: Math.round(part * allowed.length) };
  });

describe('qty documents', () => {
  it('are distinct, ascending, inside the split, and none is blacklisted; the same seed picks the same', () => {
    fc.assert(
      fc.property(request, ({ range, allowed, ...wanted }) => {
        const { docIds, ignoredBlacklist } = choose(wanted, range);
        expect(docIds).toHaveLength(wanted.qty);
        expect(docIds).toEqual([...new Set(docIds)].sort((a, b) => a - b));
        expect(docIds.every((id) => allowed.includes(id))).toBe(true);
        expect(choose(wanted, range).docIds).toEqual(docIds);
        const outside = wanted.blacklist.filter((id) => id < range.first || id > range.last);
        expect(ignoredBlacklist).toEqual([...new Set(outside)].sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it('are picked by the seed alone, whatever the order of the blacklist', () => {
    const picked = Array.from({ length: 50 }, (_, seed) => choose({ qty: 3, seed: BigInt(seed) }).docIds.join());
    expect(new Set(picked).size).toBeGreaterThan(20);
    expect(choose({ qty: 3, blacklist: [101, 105, 105] })).toEqual(choose({ qty: 3, blacklist: [105, 101] }));
  });

  it('SELECTION-3: every set of that size is as likely as any other, with holes in the split too', () => {
    const counts = new Map<string, number>();
    const runs = 6000;
    for (let seed = 0; seed < runs; seed++) {
      const set = choose({ qty: 2, blacklist: [100, 103, 104, 109], seed: BigInt(seed) }).docIds.join();
      counts.set(set, (counts.get(set) ?? 0) + 1);
    }
    // 6 documents are left: 15 pairs of 400 each; the seeds are fixed, so this is the same in every run.
    expect(counts.size).toBe(15);
    for (const count of counts.values()) expect(Math.abs(count - runs / 15)).toBeLessThan(80);
  });

  it('can be all that the blacklist leaves', () => {
    expect(choose({ qty: 8, blacklist: [100, 109] }).docIds).toEqual([101, 102, 103, 104, 105, 106, 107, 108]);
  });

  it('cannot be more: the refusal names both numbers', () => {
    const error = errorOf(() => choose({ qty: 9, blacklist: [100, 109, 109, 5] }));
    expect(error).toMatchObject({ code: 'TooFewDocuments', permanent: true, context: { qty: 9, left: 8 } });
    expect(error.message).toMatch(/\b9\b.*\b8\b/);
    expect(errorOf(() => choose({ qty: 11 })).code).toBe('TooFewDocuments');
  });

  it('a blacklist wholly outside the split removes nothing and is reported', () => {
    expect(choose({ qty: 10, blacklist: [11, 12, 11] })).toEqual({
      docIds: [100, 101, 102, 103, 104, 105, 106, 107, 108, 109],
      ignoredBlacklist: [11, 12],
    });
  });
});

describe('named documents', () => {
  it('are sorted, and repeated ones count once', () => {
    expect(choose({ docIds: [105, 100, 105, 109] }).docIds).toEqual([100, 105, 109]);
  });

  it('are given even where they are blacklisted', () => {
    expect(choose({ docIds: [105], blacklist: [105] }).docIds).toEqual([105]);
  });

  it('outside the split are refused, by number', () => {
    const error = errorOf(() => choose({ docIds: [99, 100, 110] }));
    expect(error).toMatchObject({ code: 'DocIdsOutsideSplit', permanent: true });
    expect(error.message).toMatch(/99.*110/);
  });
});

it('a negative qty means all documents, whatever the blacklist says', () => {
  expect(choose({ qty: -1, blacklist: [100, 101], docIds: [3] })).toEqual({
    docIds: [100, 101, 102, 103, 104, 105, 106, 107, 108, 109],
    ignoredBlacklist: [],
  });
});

describe.skipIf(!hasPython)('compared with Python', () => {
  const python = new Python(`
import random
def choose(first, last, blacklist, qty, seed):
    left = [i for i in range(first, last + 1) if i not in set(blacklist)]
    return sorted(random.Random(seed).sample(left, qty))
`);
  afterAll(() => python.close());

  it("the documents are those of Python's own sample, sorted, of what the blacklist leaves", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 30, maxLength: 60 }), async (requests) => {
        const args = requests.map(({ range, blacklist, qty, seed }) => [
          BigInt(range.first),
          BigInt(range.last),
          blacklist.map(BigInt),
          BigInt(qty),
          seed,
        ]);
        const mine = requests.map(({ range, allowed, ...wanted }) => choose(wanted, range).docIds.map(BigInt));
        expect(mine).toEqual(await python.values('choose', args));
      }),
      { numRuns: 10 },
    );
  });
});

describe("the Manager's random_seed", () => {
  // What `random.seed(s); random.shuffle(ids)` gave in Python 3.11, the first of it that are not blacklisted.
  it('picks what Python picks', () => {
    const range = { first: 7473, last: 7492 };
    expect(choose({ qty: 4, randomSeed: 7n }, range).docIds).toEqual([7484, 7488, 7490, 7491]);
    const blacklist = [7488, 7491, 3];
    expect(choose({ qty: 4, randomSeed: 7n, blacklist }, range)).toEqual({
      docIds: [7479, 7480, 7484, 7490],
      ignoredBlacklist: [3],
    });
  });

  it.skipIf(!hasPython)('picks what Python picks, whatever split, blacklist and seed', async () => {
    const python = new Python(`
import random
def pick(first, size, blacklist, qty, seed):
    ids = list(range(first, first + size)); random.seed(seed); random.shuffle(ids)
    return sorted([i for i in ids if i not in blacklist][:qty])
`);
    const cases = fc.sample(request, 300);
    const picked = await python.values(
      'pick',
      cases.map(({ range, blacklist, qty, seed }) => [
        BigInt(range.first),
        BigInt(range.last - range.first + 1),
        blacklist.map(BigInt),
        BigInt(qty),
        seed,
      ]),
    );
    python.close();
    const mine = cases.map(
      ({ range, blacklist, qty, seed }) => choose({ blacklist, qty, randomSeed: seed }, range).docIds,
    );
    expect(mine).toEqual(picked.map((ids) => (Array.isArray(ids) ? ids.map(Number) : ids)));
  });
});
