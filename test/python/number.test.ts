import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formatFloat, formatFloatRyu } from '../../lib/python/number.ts';
import { hasPython, Python } from '../helpers/python.ts';
import { float } from '../helpers/python-values.ts';

describe('floats as Python prints them', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1e22, '1e+22'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, 'nan'],
  ])('%d prints as %s', (x, printed) => {
    expect(formatFloat(x)).toBe(printed);
  });

  describe.skipIf(!hasPython)('compared with Python', () => {
    const python = new Python('def show(x): return repr(x)');
    afterAll(() => python.close());

    it('any float has the same repr', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(float, { minLength: 300, maxLength: 400 }), async (floats) => {
          expect(floats.map(formatFloat)).toEqual(
            await python.values(
              'show',
              floats.map((x) => [x]),
            ),
          );
        }),
        { numRuns: 10 },
      );
    });
  });
});

describe('floats as pydantic prints them in JSON', () => {
  // Printed by pydantic-core 2.27.2 (pydantic 2.10.6), `model_dump_json`.
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.7, '0.7'],
    [0.0001, '0.0001'],
    [0.00001, '0.00001'],
    [0.000012345, '0.000012345'],
    [0.000001, '1e-6'],
    [0.00000123456, '1.23456e-6'],
    [1e-7, '1e-7'],
    [1e15, '1000000000000000.0'],
    [1234567890123456, '1234567890123456.0'],
    [1e16, '1e16'],
    [12345678901234568, '1.2345678901234568e16'],
    [1e22, '1e22'],
    [1.5e300, '1.5e300'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e308'],
    [Number.NaN, 'null'],
    [Number.NEGATIVE_INFINITY, 'null'],
  ])('PYTHON-1: %d prints as %s', (x, printed) => {
    expect(formatFloatRyu(x)).toBe(printed);
  });

  it('reads back as the same float', () => {
    fc.assert(
      fc.property(float.filter(Number.isFinite), (x) => {
        expect(Number(formatFloatRyu(x))).toBe(x);
        expect(formatFloatRyu(x)).toMatch(/^-?\d+(\.\d+(e-?\d+)?|e-?\d+)$/);
      }),
    );
  });
});
