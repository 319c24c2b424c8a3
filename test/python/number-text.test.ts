import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PyValueError } from '../../lib/python/exceptions.ts';
import { floatFromText, intFromText } from '../../lib/python/number.ts';
import { hasPython, outcomeOf, Python, pythonUnicode } from '../helpers/python.ts';

describe('texts as ints', () => {
  it.each<[string, bigint, bigint]>([
    [' \u3000\x85+1_0\t', 10n, 10n],
    ['-007', 10n, -7n],
    ['٣\u{1d7d9}', 10n, 31n],
    ['0x_fF', 16n, 255n],
    ['0b1', 16n, 0xb1n],
    ['0b1', 0n, 1n],
    ['0_0', 0n, 0n],
    ['zz', 36n, 1295n],
    ['vv', 32n, 1023n],
  ])('$0 in base $1', (text, base, expected) => {
    expect(intFromText(text, base)).toBe(expected);
  });

  it.each<[string, bigint]>([
    ['', 10n],
    ['1.0', 10n],
    ['1__0', 10n],
    ['_1', 10n],
    ['1_', 10n],
    ['+-1', 10n],
    ['+ 1', 10n],
    ['²', 10n],
    ['\x1c1', 10n],
    ['\ufeff1', 10n],
    ['0x1', 10n],
    ['01', 0n],
    ['0x', 16n],
    ['8', 8n],
    ['1', 1n],
    ['1', 37n],
  ])('no int: $0 in base $1', (text, base) => {
    expect(() => intFromText(text, base)).toThrow(PyValueError);
  });
});

describe('texts as floats', () => {
  it.each([
    ['\n1_0.5_0e-1_0 ', 10.5e-10],
    ['.5', 0.5],
    ['5.', 5],
    ['-0', -0],
    ['٣.٤', 3.4],
    ['+iNfiNiTy', Infinity],
    ['-inf', -Infinity],
    ['nan', Number.NaN],
    ['1e400', Infinity],
  ])('$0', (text, expected) => {
    expect(floatFromText(text)).toBe(expected);
  });

  it.each(['', '.', '1e', '1_e5', '1._5', 'in_f', '0x10', '1,5', 'nan(1)', '1\x1f'])('no float: $0', (text) => {
    expect(() => floatFromText(text)).toThrow(PyValueError);
  });
});

describe('long texts', () => {
  it('an int may have 4300 digits, and any number where the base is a power of two', () => {
    expect(intFromText('0'.repeat(4300))).toBe(0n);
    expect(() => intFromText('0'.repeat(4301))).toThrow(PyValueError);
    expect(() => intFromText('1'.repeat(4301), 36n)).toThrow(PyValueError);
    expect(intFromText('1'.repeat(20_000), 2n)).toBe(2n ** 20_000n - 1n);
    expect(floatFromText('1'.repeat(20_000))).toBe(Infinity);
  });

  it.each(
    Object.entries({
      'a million digits and a letter': `${'1'.repeat(1_000_000)}x`,
      'a million digits after the point and a letter': `1.${'1'.repeat(1_000_000)}x`,
      'digits and underscores that end in one': '1_'.repeat(500_000),
      'white between digits': `1${' '.repeat(1_000_000)}1`,
    }),
  )('are read once from left to right: %s', (_, text) => {
    expect(() => intFromText(text)).toThrow(PyValueError);
    expect(() => floatFromText(text)).toThrow(PyValueError);
  });
});

const piece = fc.constantFrom(
  ...'0123456789019_.+-eExXoObBaAfFzZ \t\v\x1c\x1f\x85\u3000\u2028\ufeff\u200b\x7f\0٣१𝟗９²½',
  'inf',
  'nan',
  'Infinity',
  '0x',
  'e-',
);
const text = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  // Mostly right: digits with a wrong thing or none in them.
  fc.stringMatching(/^[ \u3000]?[+-]?[0-9]{1,3}(_?[0-9]){0,4}(\._?[0-9_]{0,4})?(e[+-]?_?[0-9]{1,3})?[ \u3000]?$/),
  fc.integer({ min: 4290, max: 4310 }).map((count) => '7'.repeat(count)),
);

describe.skipIf(!hasPython)('compared with Python', () => {
  const python = new Python(`
# Python does not print the longest ints in decimal.
def as_int(text, base): return format(int(text, base), 'x')
def as_float(text): return float(text)
`);
  afterAll(() => python.close());

  it('any text is the same int in any base, or none', async () => {
    const call = fc.tuple(
      text,
      fc.oneof(fc.constantFrom(10n, 10n, 0n, 2n, 8n, 16n, 36n), fc.integer({ min: -1, max: 38 }).map(BigInt)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 400, maxLength: 500 }), async (calls) => {
        const mine = calls.map(([digits, base]) => outcomeOf(() => intFromText(digits, base).toString(16)));
        expect(mine).toEqual(await python.call('as_int', calls));
      }),
      { numRuns: 10 },
    );
  });

  it('any text is the same float, or none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 400, maxLength: 500 }), async (texts) => {
        const mine = texts.map((digits) => outcomeOf(() => floatFromText(digits)));
        expect(mine).toEqual(
          await python.call(
            'as_float',
            texts.map((digits) => [digits]),
          ),
        );
      }),
      { numRuns: 10 },
    );
  });

  it.skipIf(!pythonUnicode.startsWith('14.'))('every character is the same digit, or none', async () => {
    const characters: string[] = [];
    for (let code = 0; code < 0x20000; code++) {
      if (code < 0xd800 || code >= 0xe000) characters.push(String.fromCodePoint(code));
    }
    const mine = characters.map((character) => outcomeOf(() => intFromText(character).toString(16)));
    expect(mine).toEqual(
      await python.call(
        'as_int',
        characters.map((character) => [character, 10n]),
      ),
    );
  });
});
