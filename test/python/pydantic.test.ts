import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { pydanticBool, pydanticFloat, pydanticInt } from '../../lib/python/pydantic.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { Python } from '../helpers/python.ts';
import { float, int } from '../helpers/python-values.ts';

// What pydantic 2.10.6 answered: as int, as float; null where it refused.
describe('texts as pydantic takes them for numbers', () => {
  it.each<[string, bigint | null, number | null]>([
    ['', null, null],
    [' \x85+1\u3000', 1n, 1],
    ['\x1c1', null, null],
    ['\ufeff1', null, null],
    ['+-1', null, null],
    ['-007', -7n, -7],
    ['1_0', 10n, 10],
    ['1__0', null, null],
    ['0__1', 1n, null],
    ['-0__0', 0n, null],
    ['_1', null, null],
    ['1_', null, null],
    ['-_1', null, -1],
    ['1_.0', null, 1],
    ['1.0', 1n, 1],
    ['1_0.00', 10n, 10],
    ['1.', null, 1],
    ['1.5', null, 1.5],
    ['.0', null, 0],
    ['1e2', null, 100],
    ['1_e_2', null, 100],
    ['0x10', null, null],
    ['inf', null, Infinity],
    ['-iN_F', null, -Infinity],
    ['nan', null, Number.NaN],
    ['١', null, null],
  ])('$0', (text, asInt, asFloat) => {
    expect([pydanticInt(text), pydanticFloat(text)]).toEqual([asInt, asFloat]);
  });

  it('an int may have 4300 characters of digits and sign, besides leading zeros and a fraction', () => {
    const most = '9'.repeat(4300);
    expect(pydanticInt(most)).toBe(10n ** 4300n - 1n);
    expect(pydanticInt(`+${'0'.repeat(5000)}${most}.${'0'.repeat(5000)}`)).toBe(10n ** 4300n - 1n);
    expect(pydanticInt(`${most}9`)).toBeNull();
    expect(pydanticInt(`-${most}`)).toBeNull();
    expect(pydanticFloat(`-${most}`)).toBe(-Infinity);
  });

  it.each(
    Object.entries({
      'a million digits and a letter': `${'1'.repeat(1_000_000)}x`,
      'zeros and underscores and a letter': `${'0_'.repeat(500_000)}x`,
      'white between digits': `1${' '.repeat(1_000_000)}1`,
    }),
  )('long texts are read once from left to right: %s', (_, text) => {
    expect([pydanticInt(text), pydanticFloat(text)]).toEqual([null, null]);
  });

  it('0-1, a slip of pydantic that makes it -1, is refused', () => {
    expect(pydanticInt('0-1')).toBeNull();
  });
});

describe('other values', () => {
  it.each<[PyValue, bigint | null, number | null, boolean | null]>([
    [true, 1n, 1, true],
    [0n, 0n, 0, false],
    [-0, 0n, -0, false],
    [2, 2n, 2, null],
    [1.5, null, 1.5, null],
    [9.2e18, 9_200_000_000_000_000_000n, 9.2e18, null],
    [2 ** 63, null, 2 ** 63, null],
    [-(2 ** 63), null, -(2 ** 63), null],
    [Infinity, null, Infinity, null],
    [10n ** 400n, 10n ** 400n, null, null],
    [null, null, null, null],
    ['oN', null, null, true],
    ['No', null, null, false],
    [' true', null, null, null],
  ])('%s', (value, asInt, asFloat, asBool) => {
    expect([pydanticInt(value), pydanticFloat(value), pydanticBool(value)]).toEqual([asInt, asFloat, asBool]);
  });
});

const probe = spawnSync('python3', ['-c', 'import pydantic; print(pydantic.VERSION)'], { encoding: 'utf8' });

describe.skipIf(!probe.stdout?.startsWith('2.10.'))('compared with pydantic 2.10, where python3 has it', () => {
  const python = new Python(`
import pydantic
INT, FLOAT, BOOL = (pydantic.TypeAdapter(kind) for kind in (int, float, bool))
def lax(adapter, value):
    try: return adapter.validate_python(value)
    except pydantic.ValidationError: return None
def check(value): return [lax(adapter, value) for adapter in (INT, FLOAT, BOOL)]
`);
  afterAll(() => python.close());

  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'000111_.+-9'), maxLength: 8 }),
    fc.string({ unit: fc.constantFrom(...'01_.+-eExinfaNy \t\x1c\x85\u3000\ufeff٣'), maxLength: 8 }),
    fc.constantFrom('true', 'OFF', 'İ', 'yes'),
    fc.integer({ min: 4290, max: 4310 }).map((count) => `-${'7'.repeat(count)}`),
  );
  const value = fc.oneof({ arbitrary: text, weight: 8 }, float, int, fc.boolean());

  it('any value becomes the same int, float and bool, or none', async () => {
    const values = fc.array(
      value.filter((one) => typeof one !== 'string' || !/0_*-/.test(one)),
      { minLength: 500, maxLength: 600 },
    );
    await fc.assert(
      fc.asyncProperty(values, async (batch) => {
        const mine = batch.map((one) => [pydanticInt(one), pydanticFloat(one), pydanticBool(one)]);
        expect(mine).toEqual(
          await python.values(
            'check',
            batch.map((one) => [one]),
          ),
        );
      }),
      { numRuns: 20 },
    );
  });
});
