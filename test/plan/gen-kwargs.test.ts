import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SamplerError } from '../../lib/errors/errors.ts';
import { mergeGenKwargs, parseGenKwargs } from '../../lib/plan/gen-kwargs.ts';
import type { PyDict, PyValue } from '../../lib/python/value.ts';
import { hasPython, type Outcome, Python } from '../helpers/python.ts';

function dict(entries: Record<string, PyValue>): PyDict {
  return new Map<PyValue, PyValue>(Object.entries(entries));
}

it.each([
  ['ints, floats, bools and text', 'a=1,b=1.0,c=TRUE,d=False,e=x', { a: 1n, b: 1, c: true, d: false, e: 'x' }],
  ['keys come out sorted by code point', 'b=1,a=2,B=3', { B: 3n, a: 2n, b: 1n }],
  ['the last of two equal keys wins', 'a=1,a=2', { a: 2n }],
  ['a value may hold equals signs', 'a=b=c', { a: 'b=c' }],
  ['a key alone has an empty text', 'a,b=', { a: '', b: '' }],
  ['empty parts are left out', ',a=1,,', { a: 1n }],
  ['a sign makes a float of an int', 'a=-1,b=+1', { a: -1, b: 1 }],
  ['only the whole text is stripped', ' a=1, b= 2 ', { ' b': 2, a: 1n }],
  ['leading zeros are no octal', 'a=007', { a: 7n }],
  ['digits of any script are digits', 'a=٣٤', { a: 34n }],
  ['other bases are text', 'a=0x10', { a: '0x10' }],
])('gen_kwargs as text: %s', (_rule, text, expected) => {
  expect([...parseGenKwargs(text)]).toEqual([...dict(expected)]);
});

it.each(['a=²', 'a=½', 'a=1²'])('%s, which Python takes for a number and cannot read, is refused', (text) => {
  expect(() => parseGenKwargs(text)).toThrow(SamplerError);
});

it('an int of more digits than Python reads is refused, not computed', () => {
  expect(parseGenKwargs(`a=${'1'.repeat(4300)}`).get('a')).toBe((10n ** 4300n - 1n) / 9n);
  expect(() => parseGenKwargs(`a=${'1'.repeat(4301)}`)).toThrow(SamplerError);
});

it('text that is nearly a number is read in one go', () => {
  const text = `${'1'.repeat(200_000)}x`;
  expect(parseGenKwargs(`a=${text}`).get('a')).toBe(text);
});

it("the request's arguments stand over the task's, whose keys keep their places; new ones follow", () => {
  const merged = mergeGenKwargs(dict({ until: ['a'], temperature: 0, top_p: 1 }), dict({ alpha: 1n, temperature: 1n }));
  expect([...merged]).toEqual([
    ['until', ['a']],
    ['temperature', 1n],
    ['top_p', 1],
    ['alpha', 1n],
  ]);
  expect([...mergeGenKwargs(null, null)]).toEqual([]);
});

const part = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab=,. 01_-+eE\t²½٣'), maxLength: 8 }),
  fc.constantFrom(
    'true',
    'False',
    'inf',
    '-Infinity',
    'nan',
    '1e5',
    '1_0',
    '1__0',
    '.5',
    '5.',
    '1e-3',
    '+0',
    '\u001c1',
  ),
  fc.integer().map(String),
  fc.double().map(String),
);
const argumentText = fc
  .array(
    fc.oneof(
      part,
      fc.tuple(part, part).map(([key, value]) => `${key}=${value}`),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(','));

describe.skipIf(!hasPython)('compared with Python', () => {
  const python = new Python(`
def value(text):
    words = {"true": True, "false": False}
    if text.lower() in words: return words[text.lower()]
    if text.isnumeric(): return int(text)
    try: return float(text)
    except ValueError: return text
def parse(text):
    pairs = (piece.partition("=") for piece in text.strip().split(",") if piece)
    parsed = {}
    for key, _, rest in pairs: parsed[key] = value(rest)
    return dict(sorted(parsed.items()))
`);
  afterAll(() => python.close());

  it('any text gives the same keys, values and order, or is refused where Python raises', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(argumentText, { minLength: 50, maxLength: 100 }), async (texts) => {
        const mine = texts.map((text): Outcome => {
          try {
            return { value: parseGenKwargs(text) };
          } catch (error) {
            if (error instanceof SamplerError) return { error: 'ValueError' };
            throw error;
          }
        });
        const theirs = await python.call(
          'parse',
          texts.map((text) => [text]),
        );
        expect(mine.map(ordered)).toEqual(theirs.map(ordered));
      }),
      { numRuns: 10 },
    );
  });
});

/** Dicts as lists of pairs, so that their order counts. */
function ordered(outcome: Outcome): unknown {
  return 'value' in outcome && outcome.value instanceof Map ? [...outcome.value] : outcome;
}
