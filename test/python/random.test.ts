import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PyRandom } from '../../lib/python/random.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { hasPython, Python } from '../helpers/python.ts';

describe('random draws', () => {
  it('one stream of seed 1234 gives the draws recorded from Python', () => {
    const random = new PyRandom(1234);
    expect(random.sample(8, 6)).toEqual([7, 0, 6, 5, 4, 2]);
    expect(random.sample(1000, 5)).toEqual([709, 85, 100, 784, 363]);
    expect(new PyRandom(1234n).sample(8, 6)).toEqual([7, 0, 6, 5, 4, 2]);
  });

  it('more than there are cannot be drawn', () => {
    const random = new PyRandom(1);
    expect(() => random.sample(3, 4)).toThrow(RangeError);
    expect(() => random.sample(3, -1)).toThrow(RangeError);
    expect(() => random.choice([])).toThrow(RangeError);
    expect(() => random.randbelow(0)).toThrow(RangeError);
    expect(() => random.getrandbits(54)).toThrow(RangeError);
    expect(random.sample(0, 0)).toEqual([]);
  });

  it('a sample holds distinct positions in range', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(2000), fc.nat(300), (seed, size, wanted) => {
        const k = Math.min(size, wanted);
        const positions = new PyRandom(seed).sample(size, k);
        expect(new Set(positions).size).toBe(k);
        expect(positions.every((position) => position >= 0 && position < size)).toBe(true);
      }),
    );
  });
});

/** A draw: its name and its numbers. */
type Draw =
  | ['sample', bigint, bigint]
  | ['random']
  | ['getrandbits', bigint]
  | ['randbelow', bigint]
  | ['shuffle', bigint]
  | ['choice', bigint];

const big = (max: number): fc.Arbitrary<bigint> => fc.nat(max).map(BigInt);
const draw: fc.Arbitrary<Draw> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant('sample' as const), big(3000), big(60)).filter(([, n, k]) => k <= n),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constant('sample' as const), big(120), big(120)).filter(([, n, k]) => k <= n),
  },
  fc.constant<Draw>(['random']),
  fc.integer({ min: 0, max: 53 }).map((bits): Draw => ['getrandbits', BigInt(bits)]),
  fc.maxSafeNat().map((n): Draw => ['randbelow', BigInt(n) + (n === 0 ? 1n : 0n)]),
  big(30).map((n): Draw => ['shuffle', n]),
  big(30).map((n): Draw => ['choice', n + 1n]),
);

function perform(random: PyRandom, [name, n = 0n, k = 0n]: readonly [string, bigint?, bigint?]): PyValue {
  const ints = (numbers: readonly number[]): PyValue[] => numbers.map(BigInt);
  const all = Array.from({ length: name === 'shuffle' || name === 'choice' ? Number(n) : 0 }, (_, i) => i);
  if (name === 'sample') return ints(random.sample(Number(n), Number(k)));
  if (name === 'random') return random.random();
  if (name === 'getrandbits') return BigInt(random.getrandbits(Number(n)));
  if (name === 'randbelow') return BigInt(random.randbelow(Number(n)));
  if (name === 'choice') return BigInt(random.choice(all));
  random.shuffle(all);
  return ints(all);
}

describe.skipIf(!hasPython)('random draws, compared with Python', () => {
  const python = new Python(`
import random
def one(r, name, n=0, k=0):
    if name == "sample": return r.sample(range(n), k)
    if name == "random": return r.random()
    if name == "getrandbits": return r.getrandbits(n)
    if name == "randbelow": return r._randbelow(n)
    if name == "choice": return r.choice(range(n))
    x = list(range(n)); r.shuffle(x); return x
def stream(seed, draws):
    r = random.Random(seed)
    return [one(r, *d) for d in draws]
`);
  afterAll(() => python.close());

  it('any stream of draws from any seed is the same', async () => {
    const seed = fc.oneof(fc.nat(2000).map(BigInt), fc.bigInt(), fc.bigInt({ min: 2n ** 3000n, max: 2n ** 3001n }));
    const stream = fc.tuple(seed, fc.array(draw, { minLength: 1, maxLength: 40 }));
    await fc.assert(
      fc.asyncProperty(fc.array(stream, { minLength: 20, maxLength: 40 }), async (streams) => {
        const mine = streams.map(([start, draws]) => {
          const random = new PyRandom(start);
          return draws.map((one) => perform(random, one));
        });
        expect(mine).toEqual(await python.values('stream', streams));
      }),
      { numRuns: 10 },
    );
  });

  it('every sample size switches between pool and set at the same population', async () => {
    const sizes = Array.from({ length: 400 }, (_, k) => k);
    const populations = sizes.flatMap((k) =>
      [21, 22, 37, 38, 85, 86, 277, 278, 1045, 1046].filter((n) => n >= k).map((n) => [BigInt(n), BigInt(k)] as const),
    );
    const draws = populations.map(([n, k]): Draw => ['sample', n, k]);
    const random = new PyRandom(7);
    const [theirs] = await python.values('stream', [[7n, draws]]);
    expect(draws.map((one) => perform(random, one))).toEqual(theirs);
  });
});
