import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { repr, str } from '../../lib/python/repr.ts';
import { PyOpaque, PyTuple } from '../../lib/python/value.ts';
import { hasPython, Python } from '../helpers/python.ts';
import { brokenText, value } from '../helpers/python-values.ts';

describe('repr and str', () => {
  it('a text is itself to str and quoted inside a list', () => {
    expect(str("it's")).toBe("it's");
    expect(str(["it's", 'a"b', `'"`])).toBe(`["it's", 'a"b', '\\'"']`);
  });

  it('a tuple of one keeps its comma', () => {
    expect(repr(new PyTuple([1n]))).toBe('(1,)');
    expect(repr(new PyTuple([]))).toBe('()');
  });

  it('ints and floats differ', () => {
    expect(repr([1n, 1, true, null])).toBe('[1, 1.0, True, None]');
  });

  it('an opaque value prints its str alone and its repr inside others', () => {
    const date = new PyOpaque('2020-01-02', 'datetime.date(2020, 1, 2)', undefined);
    expect(str(date)).toBe('2020-01-02');
    expect(str([date])).toBe('[datetime.date(2020, 1, 2)]');
  });

  describe.skipIf(!hasPython)('compared with Python', () => {
    const python = new Python('def show(x): return repr(x)\ndef text(x): return str(x)');
    afterAll(() => python.close());

    it('any value has the same repr and str', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(value, { minLength: 100, maxLength: 200 }), async (values) => {
          const calls = values.map((one) => [one]);
          expect(values.map(repr)).toEqual(await python.values('show', calls));
          expect(values.map(str)).toEqual(await python.values('text', calls));
        }),
        { numRuns: 8 },
      );
    });

    it('any text has the same repr, half surrogate pairs included', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(brokenText, { minLength: 300, maxLength: 400 }), async (texts) => {
          expect(texts.map(repr)).toEqual(
            await python.values(
              'show',
              texts.map((one) => [one]),
            ),
          );
        }),
        { numRuns: 8 },
      );
    });
  });
});
