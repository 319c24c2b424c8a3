import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fnmatchFilter } from '../../lib/python/fnmatch.ts';
import { hasPython, Python } from '../helpers/python.ts';

describe('fnmatch', () => {
  it('matches whole names, case-sensitive, in their order', () => {
    expect(fnmatchFilter(['b_2', 'a_1', 'A_1', 'xa_1', 'a_10'], '?_[0-9]')).toEqual(['b_2', 'a_1', 'A_1']);
    expect(fnmatchFilter(['a_1', 'a_10', 'b'], 'a_*')).toEqual(['a_1', 'a_10']);
  });

  it('a bracket that is never closed is itself', () => {
    expect(fnmatchFilter(['[a', 'a'], '[a')).toEqual(['[a']);
  });

  it('a hostile pattern ends at once', () => {
    expect(fnmatchFilter(['a'.repeat(2000)], `${'*a'.repeat(500)}b`)).toEqual([]);
    expect(fnmatchFilter(['a'.repeat(2000)], `${'*'.repeat(5000)}a`)).toHaveLength(1);
  });
});

describe.skipIf(!hasPython)('fnmatch, compared with Python', () => {
  const python = new Python('import fnmatch\ndef match(names, pattern): return fnmatch.filter(names, pattern)');
  afterAll(() => python.close());

  it('any pattern picks the same names', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', '-', '_', ']', '[', '!', '^', '\\', '\n', '😀', '.', '&', '|', '~'),
      maxLength: 5,
    });
    const pattern = fc
      .array(
        fc.constantFrom(
          '*',
          '?',
          'a',
          'b',
          'c',
          '[',
          ']',
          '[!',
          '[^',
          '-',
          '[a-c]',
          '[c-a]',
          '[!c-a]',
          '[]-a]',
          '[a-]',
          '[--a]',
          '\\',
          '😀',
          '.',
          '&&',
          '||',
          '~',
          '\n',
        ),
        { maxLength: 6 },
      )
      .map((parts) => parts.join(''))
      // Behind an empty range Python takes a `!` in a set for the negation, by accident.
      .filter((one) => !/-.*!/s.test(one));
    const batch = fc.tuple(fc.array(name, { minLength: 10, maxLength: 40 }), pattern);
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 100, maxLength: 150 }), async (batches) => {
        expect(batches.map(([names, one]) => fnmatchFilter(names, one))).toEqual(await python.values('match', batches));
      }),
      { numRuns: 10 },
    );
  });
});
