import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PyUnsupportedError } from '../../lib/python/exceptions.ts';
import { repr } from '../../lib/python/repr.ts';
import { reFindall, reSub } from '../../lib/regex/regex.ts';
import { hasPython, Python } from '../helpers/python.ts';

/** What patterns that extract answers are made of: texts that must be there, with all that may stand around them. */
const word = fc.constantFrom(
  'answer',
  'is',
  '#### ',
  'A',
  'K',
  's',
  'ß',
  'ſ',
  'ı',
  '\u{1f600}',
  '\\$',
  '\\(',
  ' ',
  '\n',
);
const piece = fc.oneof(
  { weight: 4, arbitrary: word },
  fc.constantFrom(
    '.*',
    '.*?',
    '(.*)',
    '([A-D])',
    '(-?[0-9.,]+)',
    '\\s*',
    '\\b',
    '^',
    '$',
    '[^\n]*',
    '(?:So )?',
    '[.]',
    '\\.',
    '()',
  ),
  word.chain((text) =>
    fc.constantFrom(
      `(?=${text})`,
      `(?!${text})`,
      `(?<=${text})`,
      `(?<!${text})`,
      `(?i:${text})`,
      `(?:${text})?`,
      `(?:${text})*`,
      `(?:${text}){2}`,
      `(?>${text})`,
      `(${text})`,
    ),
  ),
);
const sequence = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '(?i)', '(?s)', '(?m)', '(?is)'),
    fc.oneof(
      sequence,
      fc.tuple(sequence, sequence).map(([a, b]) => `${a}|${b}`),
      fc.tuple(sequence, sequence, sequence).map(([a, b, c]) => `${a}(?:${b}|${c})`),
    ),
  )
  .map(([flags, body]) => flags + body);
const text = fc
  .array(
    fc.constantFrom(
      ...[
        'answer',
        'Answer',
        'ANSWER',
        'is',
        'IS',
        '#### ',
        '####',
        'A',
        'a',
        'K',
        'k',
        '\u212a',
        's',
        'S',
        'ſ',
        'ß',
        'ẞ',
        'SS',
        'ı',
        'I',
      ],
      ...['i', 'İ', '\u{1f600}', '$', '(', ' ', '\n', '1,000', '42', '-7.', 'So ', '.', 'x'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe.skipIf(!hasPython)('patterns that extract answers, compared with Python', () => {
  const python = new Python(`
import re
def both(pattern, text): return [re.findall(pattern, text), re.sub(pattern, '_', text)]
`);
  afterAll(() => python.close());

  it('REGEX-8: what must stand in a match decides nothing but the time it takes to see that there is none', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(pattern, text), { minLength: 500, maxLength: 500 }), async (cases) => {
        const theirs = await python.call('both', cases);
        for (const [i, [one, subject]] of cases.entries()) {
          const other = theirs[i];
          if (other === undefined || 'error' in other) continue;
          let mine: string;
          try {
            mine = repr([reFindall(one, subject), reSub(one, '_', subject)]);
          } catch (error) {
            if (error instanceof PyUnsupportedError) continue;
            throw error;
          }
          expect([one, subject, mine]).toEqual([one, subject, repr(other.value)]);
          compared++;
        }
      }),
      { numRuns: 12, seed: 14 },
    );
    expect(compared).toBeGreaterThan(3000);
  });
});
