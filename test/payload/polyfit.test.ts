import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { polyfit, polyval } from '../../lib/payload/timeout.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { hasPython, Python } from '../helpers/python.ts';

/** Points on a grid of prompt lengths, their times in hundredths of a second. */
const points = fc
  .uniqueArray(fc.nat(40), { minLength: 3, maxLength: 8 })
  .chain((grid) =>
    fc.tuple(
      fc.constant(grid.map((k) => k * 1000)),
      fc.array(fc.nat(5000), { minLength: grid.length, maxLength: grid.length }),
    ),
  );

describe.skipIf(!hasPython)('the least-squares parabola, compared with Python', () => {
  const python = new Python(`
from fractions import Fraction
def exact(xs, hundredths, at):
    """Values of the best parabola, by exact fractions: the normal equations, eliminated."""
    rows = [[Fraction(sum(x ** (i + j) for x in xs)) for j in range(3)] for i in range(3)]
    right = [Fraction(sum(y * x ** i for x, y in zip(xs, hundredths)), 100) for i in range(3)]
    for i in range(3):
        pivot = next(r for r in range(i, 3) if rows[r][i] != 0)
        rows[i], rows[pivot], right[i], right[pivot] = rows[pivot], rows[i], right[pivot], right[i]
        for r in range(3):
            if r == i: continue
            factor = rows[r][i] / rows[i][i]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
            right[r] -= factor * right[i]
    c = [right[i] / rows[i][i] for i in range(3)]
    return [float(c[0] + c[1] * x + c[2] * x * x) for x in at]
def has_numpy():
    try: import numpy; return True
    except ImportError: return False
def numpys(xs, ys, at):
    import numpy
    curve = numpy.polyfit(xs, ys, 2)
    return [float(numpy.polyval(curve, x)) for x in at]
`);
  afterAll(() => python.close());

  const at = [0, 96, 405, 8192, 20000, 40000];
  const ints = (numbers: readonly number[]): PyValue[] => numbers.map(BigInt);

  it('is the exact one, to nine digits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(points, { minLength: 10, maxLength: 20 }), async (sets) => {
        const theirs = await python.values(
          'exact',
          sets.map(([x, y]) => [ints(x), ints(y), ints(at)]),
        );
        sets.forEach(([x, y], i) => {
          const curve = polyfit(
            x,
            y.map((hundredth) => hundredth / 100),
            2,
          );
          const values = theirs[i];
          if (!Array.isArray(values)) throw new Error('Python gave no list');
          at.forEach((length, j) => {
            const exact = Number(values[j]);
            expect(Math.abs(polyval(curve, length) - exact)).toBeLessThan(1e-9 * (Math.abs(exact) + 5000));
          });
        });
      }),
      { numRuns: 10 },
    );
  });

  it('is the one that numpy finds, where numpy is installed', async ({ skip }) => {
    const [found] = await python.values('has_numpy', [[]]);
    if (found !== true) skip('this Python has no numpy');
    const sets: [number[], number[]][] = [
      [
        [0, 8192, 32768],
        [0, 2, 10],
      ],
      [[5], [3]],
      [
        [5, 5, 9],
        [1, 2, 4],
      ],
      [
        [1, 2, 3, 4, 5],
        [0.5, 0.25, 4, 1, 0],
      ],
    ];
    const theirs = await python.values(
      'numpys',
      sets.map(([x, y]) => [ints(x), y, ints(at)]),
    );
    sets.forEach(([x, y], i) => {
      const curve = polyfit(x, y, 2);
      const values = theirs[i];
      if (!Array.isArray(values)) throw new Error('Python gave no list');
      at.forEach((length, j) => {
        const numpys = Number(values[j]);
        expect(Math.abs(polyval(curve, length) - numpys)).toBeLessThan(1e-9 * (Math.abs(numpys) + 1));
      });
    });
  });
});

it('too few points give a curve through them instead of an error', () => {
  expect(polyval(polyfit([4000], [3], 2), 4000)).toBeCloseTo(3, 9);
  const two = polyfit([0, 8192], [1, 5], 2);
  expect(polyval(two, 0)).toBeCloseTo(1, 9);
  expect(polyval(two, 8192)).toBeCloseTo(5, 9);
  expect(polyfit([0], [0], 2)).toEqual([0, 0, 0]);
});

it('the order of the points does not matter', () => {
  const one = polyfit([0, 8192, 32768, 1000], [0, 2, 10, 1], 2);
  const other = polyfit([32768, 1000, 0, 8192], [10, 1, 0, 2], 2);
  one.forEach((coefficient, i) => {
    expect(coefficient).toBeCloseTo(other[i] ?? Number.NaN, 9);
  });
});
