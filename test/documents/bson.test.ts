import fc from 'fast-check';
import { BSON } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { toBson } from '../../lib/documents/bson.ts';
import { SamplerError } from '../../lib/errors/errors.ts';
import { PyOpaque, PyTuple, type PyValue } from '../../lib/python/value.ts';
import { fieldsOf } from './stored-bytes.ts';

/** The type that the value has in MongoDB, by the bytes that are sent. */
function storedType(value: PyValue): string | undefined {
  return fieldsOf(BSON.serialize({ value: toBson(value) }))[0]?.type;
}

describe('DOCUMENT-5: BSON types are those of the Python driver', () => {
  it.each<[string, PyValue, string]>([
    ['a float', 0.5, 'double'],
    ['a float that is whole', 0, 'double'],
    ['a negative zero', -0, 'double'],
    ['an int', 1n, 'int'],
    ['the largest int32', 2n ** 31n - 1n, 'int'],
    ['the smallest int32', -(2n ** 31n), 'int'],
    ['one more', 2n ** 31n, 'long'],
    ['one less', -(2n ** 31n) - 1n, 'long'],
    ['the largest int64', 2n ** 63n - 1n, 'long'],
    ['a bool', true, 'bool'],
    ['None', null, 'null'],
    ['text', '1', 'string'],
    ['a list', [], 'array'],
    ['a tuple', new PyTuple([]), 'array'],
    ['a dict', new Map(), 'object'],
    ['a date', new PyOpaque('d', 'd', new Date(0)), 'date'],
  ])('%s', (_what, value, type) => {
    expect(storedType(value)).toBe(type);
  });

  it('also inside lists and dicts', () => {
    const bytes = BSON.serialize({ value: toBson([1n, 1, new Map<PyValue, PyValue>([['x', new PyTuple([0])]])]) });
    expect(fieldsOf(bytes)).toEqual([
      { path: 'value', type: 'array' },
      { path: 'value.0', type: 'int' },
      { path: 'value.1', type: 'double' },
      { path: 'value.2', type: 'object' },
      { path: 'value.2.x', type: 'array' },
      { path: 'value.2.x.0', type: 'double' },
    ]);
  });
});

it('DOCUMENT-10: keys that look like numbers keep their places', () => {
  const value = new Map<PyValue, PyValue>([
    ['b', 1n],
    ['10', 1n],
    ['2', 1n],
    ['__proto__', 1n],
    [3n, 1n],
  ]);
  const paths = fieldsOf(BSON.serialize({ value: toBson(value) })).map(({ path }) => path);
  expect(paths).toEqual(['value', 'value.b', 'value.10', 'value.2', 'value.__proto__', 'value.3']);
});

it('DOCUMENT-5: any int of 64 bits comes back as it was; one more bit is refused', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (int) => {
      const read = BSON.deserialize(BSON.serialize({ value: toBson(int) }), {
        promoteLongs: false,
        promoteValues: false,
      });
      expect(BigInt(String(read['value']))).toBe(int);
    }),
  );
  for (const int of [2n ** 63n, -(2n ** 63n) - 1n]) expect(() => toBson([int])).toThrow(SamplerError);
});

it('what the Python driver could not store is refused, saying what it is', () => {
  expect(() => toBson(new PyOpaque('1.5', "Decimal('1.5')", undefined))).toThrow(/Decimal\('1\.5'\)/);
});
