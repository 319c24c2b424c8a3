import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compare, equals, truthy } from '../../lib/python/compare.ts';
import { dictGet, dictSet, hashKey } from '../../lib/python/dict.ts';
import { pyDuration } from '../../lib/python/duration.ts';
import { literalEval } from '../../lib/python/literal.ts';
import { NOT_A_TIME, pyBytes, pyDatetime, pyDecimal, pyTimestampNanos } from '../../lib/python/opaque.ts';
import { compareCodePoints } from '../../lib/python/sort.ts';
import { PyOpaque, PyTuple, type PyValue } from '../../lib/python/value.ts';
import { hasPython, outcomeOf, Python } from '../helpers/python.ts';
import { text, value } from '../helpers/python-values.ts';

describe('truth', () => {
  it.each([
    [pyDuration(0n, 's'), false],
    [pyDuration(-1n, 'ns'), true],
    [pyBytes(Uint8Array.of()), false],
    [pyBytes(Uint8Array.of(0)), true],
    [pyDecimal(0n, 2), false],
    [pyDecimal(0n, 9), false],
    [pyDecimal(1n, 9), true],
    [pyDatetime(0n), true],
    [literalEval('set()'), false],
    [literalEval('0j'), false],
    [literalEval('{1}'), true],
  ])('%o: %s, as in Python', (opaque, truth) => {
    expect(truthy(opaque)).toBe(truth);
  });
});

describe('equality', () => {
  it('an int, a float and a bool of the same value are equal, a text never', () => {
    expect(equals(1n, 1)).toBe(true);
    expect(equals(true, 1)).toBe(true);
    expect(equals('1', 1n)).toBe(false);
    expect(equals(2n ** 53n + 1n, 2 ** 53)).toBe(false);
    expect(equals(Number.NaN, Number.NaN)).toBe(false);
  });

  it('moments are equal whatever zone shows them, durations whatever counts them; no time is not even itself', () => {
    expect(equals(pyDatetime(0n, 'Europe/Berlin'), pyDatetime(0n, '+00:00'))).toBe(true);
    expect(equals(pyTimestampNanos(0n, 'Europe/Berlin'), pyDatetime(0n, 'UTC'))).toBe(true);
    expect(equals(pyDatetime(0n, 'Europe/Berlin'), pyDatetime(1n, 'Europe/Berlin'))).toBe(false);
    expect(equals(pyDatetime(0n, 'UTC'), pyDatetime(0n))).toBe(false);
    expect(equals(pyDuration(1n, 's'), pyDuration(1_000_000_000n, 'ns'))).toBe(true);
    expect(equals(pyDuration(1n, 's'), pyDuration(1n, 'ns'))).toBe(false);
    expect(equals(NOT_A_TIME, NOT_A_TIME)).toBe(false);
  });

  it('dicts are equal whatever their order, lists and tuples never', () => {
    const entries: [PyValue, PyValue][] = [
      ['a', [1n]],
      ['b', null],
    ];
    expect(equals(new Map(entries), new Map([...entries].reverse()))).toBe(true);
    expect(equals(new Map(entries), new Map(entries.slice(1)))).toBe(false);
    expect(equals([1n], new PyTuple([1n]))).toBe(false);
  });

  it('opaque values are equal by their repr', () => {
    expect(equals(new PyOpaque('a', 'A', 1), new PyOpaque('b', 'A', 2))).toBe(true);
    expect(equals(new PyOpaque('a', 'A', 1), 'a')).toBe(false);
  });
});

describe('dict keys', () => {
  it('1, 1.0 and True are one key, which keeps its first form', () => {
    const dict = new Map<PyValue, PyValue>([[1n, 'int']]);
    dictSet(dict, true, 'bool');
    dictSet(dict, 'x', null);
    expect([...dict]).toEqual([
      [1n, 'bool'],
      ['x', null],
    ]);
    expect(dictGet(dict, 1)).toBe('bool');
    expect(dictGet(dict, 'x')).toBe(null);
    expect(dictGet(dict, '1')).toBe(undefined);
    expect(dictGet(dict, 2n)).toBe(undefined);
  });

  it('a tuple is a key, a list is none', () => {
    expect(hashKey(new PyTuple([1, 'a']))).toBe(hashKey(new PyTuple([true, 'a'])));
    expect(hashKey(new PyTuple(['a,b']))).not.toBe(hashKey(new PyTuple(['a', 'b'])));
    expect(() => hashKey([])).toThrow("unhashable type: 'list'");
  });
});

describe('order', () => {
  it('PYTHON-9: texts are ordered by code point', () => {
    expect(['b', '_', '-', '\u{10000}', '\uff5e', 'B', 'a'].sort(compareCodePoints)).toEqual([
      '-',
      'B',
      '_',
      'a',
      'b',
      '\uff5e',
      '\u{10000}',
    ]);
  });

  it('values of different kinds have no order', () => {
    expect(() => compare(1n, '1')).toThrow("'<' not supported between instances of 'int' and 'str'");
    expect(() => compare(null, null)).toThrow();
    expect(compare(1n, Number.NaN)).toBe(Number.NaN);
  });
});

/** A value and often a close relative of it: the same numbers in other types. */
const pair = fc.oneof(
  fc.tuple(value, value),
  value.map((one): [PyValue, PyValue] => [one, recast(one)]),
  fc.tuple(fc.array(fc.integer({ min: 0, max: 2 }).map(BigInt)), fc.array(fc.integer({ min: 0, max: 2 }))),
);

function recast(one: PyValue): PyValue {
  if (typeof one === 'boolean') return one ? 1n : 0;
  if (typeof one === 'bigint') return Number(one);
  if (typeof one === 'number') return Number.isInteger(one) ? BigInt(one) : one;
  if (Array.isArray(one)) return one.map(recast);
  if (one instanceof PyTuple) return new PyTuple(one.items.map(recast));
  if (one instanceof Map) return new Map([...one].reverse().map(([key, item]) => [recast(key), recast(item)]));
  return one;
}

describe.skipIf(!hasPython)('comparisons, compared with Python', () => {
  const python = new Python(`
def same(a, b): return a == b
def order(a, b): return -1 if a < b else 1 if a > b else 0
def truth(a): return bool(a)
def ordered(a): return sorted(a)
`);
  afterAll(() => python.close());

  it('any two values are equal, ordered and true alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { minLength: 200, maxLength: 300 }), async (pairs) => {
        expect(pairs.map(([a, b]) => equals(a, b))).toEqual(await python.values('same', pairs));
        expect(pairs.map(([a]) => truthy(a))).toEqual(
          await python.values(
            'truth',
            pairs.map(([a]) => [a]),
          ),
        );
        const orders = pairs.map(([a, b]) => outcomeOf(() => BigInt(Math.sign(compare(a, b)))));
        expect(orders).toEqual(await python.call('order', pairs));
      }),
      { numRuns: 8 },
    );
  });

  it('PYTHON-9: sorts texts as sorted() does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(text), { minLength: 50, maxLength: 100 }), async (lists) => {
        expect(lists.map((list) => [...list].sort(compareCodePoints))).toEqual(
          await python.values(
            'ordered',
            lists.map((list) => [list]),
          ),
        );
      }),
      { numRuns: 5 },
    );
  });
});
