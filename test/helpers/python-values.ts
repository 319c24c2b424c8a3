import fc from 'fast-check';
import { PyTuple, type PyValue } from '../../lib/python/value.ts';

/** Characters where Python and JavaScript are prone to differ, all assigned long before Unicode 14. */
const TRICKY = [
  ...'aAzZ09_ \'"\\/-+.,:;[](){}<>|&~!?*^$#@%=\t\n\r\v\f\0\x07\x1b\x1c\x1d\x1e\x1f\x7f\x85\xa0\xad',
  ...'éßſKİıµÅΣσςΐᾳᾼǅǆǄﬁﬃŉაᲐ²½٣一〇Ⅷ①\u0345\u0301\u00b7\u2019\u1680\u2003\u200b\u200e\u2028\u2029\u202f\u3000\ufeff\ufffd\ue000',
  ...'😀𝟙𐐀𐐨\u{10ffff}',
];

/** A character: often a tricky one, otherwise any of the basic Latin, Greek or Cyrillic. */
export const character: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TRICKY) },
  { weight: 1, arbitrary: fc.integer({ min: 0x20, max: 0x24f }).map((code) => String.fromCodePoint(code)) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 0x391, max: 0x45f })
      .filter((code) => code !== 0x3a2)
      .map((code) => String.fromCodePoint(code)),
  },
);

/** Text of such characters. */
export const text: fc.Arbitrary<string> = fc.string({ unit: character, maxLength: 12 });

/** Text that may hold half surrogate pairs (no two halves in a row, which would be one character here and two in Python). */
export const brokenText: fc.Arbitrary<string> = fc
  .array(fc.oneof(text, fc.constantFrom('\ud800x', '\udfffx')), { maxLength: 4 })
  .map((parts) => parts.join(''));

/** Floats, often near the places where their printed form changes. */
export const float: fc.Arbitrary<number> = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
  fc
    .tuple(fc.integer({ min: -99999, max: 99999 }), fc.integer({ min: -25, max: 25 }))
    .map(([a, b]) => Number(`${a}e${b}`)),
  fc.integer().map(Number),
  fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 1e16, 1e15, 1e-5, 1e-4, 2 ** 53),
);

/** Ints, also beyond 64 bits. */
export const int: fc.Arbitrary<bigint> = fc.oneof(fc.integer().map(BigInt), fc.bigInt());

/** Values of all kinds, nested; dict keys are of every kind that can be one. */
export const value: fc.Arbitrary<PyValue> = fc.letrec<{ value: PyValue; key: PyValue }>((tie) => ({
  key: fc.oneof(text, fc.integer({ min: 0, max: 3 }).map(BigInt), fc.constantFrom<PyValue[]>(null, 0.5, 2.5)),
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    int,
    float,
    fc.constantFrom<PyValue[]>(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 3 }).map((items): PyValue => new PyTuple(items)),
    fc
      .array(fc.tuple(text, tie('value')), { maxLength: 4 })
      .map((entries): PyValue => new Map<PyValue, PyValue>(entries)),
    fc
      .array(fc.tuple(tie('key'), tie('value')), { maxLength: 3 })
      .map((entries): PyValue => new Map<PyValue, PyValue>(entries)),
  ),
})).value;
