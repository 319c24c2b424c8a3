import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { literalEval, PySyntaxError, PyTypeError, PyUnsupportedError, PyValueError } from '../../lib/python/literal.ts';
import { repr } from '../../lib/python/repr.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { hasPython, outcomeOf, Python } from '../helpers/python.ts';
import { brokenText, value } from '../helpers/python-values.ts';

describe('literals', () => {
  it('PYTHON-10: reads Python’s own reprs', () => {
    expect(literalEval(`['a', "it's", None, True, 1, 1.0, ('x',)]`)).toEqual(
      literalEval(`["a", 'it\\'s', None, True, 0x1, 1., ('x',),]`),
    );
    expect(repr(literalEval("{'a': [1, 2], 1: b'\\xff'}"))).toBe("{'a': [1, 2], 1: b'\\xff'}");
  });

  it.each(['[x]', '[1/2]', 'f(1)', '1 + 1', '--1', '-True', '-(-1)', 'not 1', "f'a'", '\0', '"\ud800"'])(
    '%j is an expression but no literal',
    (source) => {
      expect(() => literalEval(source)).toThrow(PyValueError);
    },
  );

  it.each([
    '',
    '[',
    '[1,,2]',
    '(,)',
    '007',
    '²',
    '٣',
    '1_',
    "'a",
    '"\\x1"',
    '"\\U00110000"',
    "'a' b'b'",
    "b'é'",
    '1\n2',
    '1e',
    '[1 2]',
    '{1: }',
    '0x',
  ])('%j is no expression', (source) => {
    expect(() => literalEval(source)).toThrow(PySyntaxError);
  });

  it.each([
    ['[...]', '[Ellipsis]'],
    ['[set()]', '[set()]'],
    ['{1}', '{1}'],
    ['{1, True, 1.0}', '{1}'],
    ['{...: 2j}', '{Ellipsis: 2j}'],
    ['[2j, -2j, 1+2j]', '[2j, (-0-2j), (1+2j)]'],
    ['1.5e3 - 1e400j', '(1500-infj)'],
    ['-0.0+(2j)', '2j'],
  ])('%j prints as %s', (source, printed) => {
    expect(repr(literalEval(source))).toBe(printed);
  });

  it.each(['[2j, x]', '1+2j+3j', '1+2', '-...', 'set([])', '(1+2j)+1', '1+-2j', '-(1+2j)'])(
    '%j is more than a literal',
    (source) => {
      expect(() => literalEval(source)).toThrow(PyValueError);
    },
  );

  it.each(['{set()}', '{{}}', '{[]: 1}'])('%j has a key that can be none', (source) => {
    expect(() => literalEval(source)).toThrow(PyTypeError);
  });

  it.each(['{1, 2}', '{1+0j: 1}', '"\\N{BULLET}"'])('%j is a literal that is not supported', (source) => {
    expect(() => literalEval(source)).toThrow(PyUnsupportedError);
  });

  it.each(['{[]: 1}', '{{}}', '{([],): 1}'])('%j has a key that cannot be one', (source) => {
    expect(() => literalEval(source)).toThrow(PyTypeError);
  });

  it('a line continues behind a backslash', () => {
    expect(literalEval('[1,\\\n2]')).toEqual([1n, 2n]);
    expect(literalEval('"a" \\\n"b"')).toBe('ab');
    expect(() => literalEval('1\\\n')).toThrow(PySyntaxError);
  });

  it('tells of a bad key only where the rest is sound', () => {
    expect(() => literalEval('{[]: 1, 2: 3}')).toThrow(PyTypeError);
    expect(() => literalEval('[{[]: 1}')).toThrow(PySyntaxError);
  });

  it.each([
    ['lines without content', '\n'.repeat(4_000_000), '1', 1n],
    ['comments', '[#\n'.padEnd(4_000_001, '#\n'), '1]', [1n]],
    ['blanks', `1${' '.repeat(4_000_000)}`, '', 1n],
    ['continued lines', `1${'\\\n'.repeat(2_000_000)}`, '+', PySyntaxError],
    ['brackets', '['.repeat(4_000_000), '', PySyntaxError],
    ['signs', '- '.repeat(2_000_000), '1', PyValueError],
    ['decimal digits', '1'.repeat(4_000_000), '', PySyntaxError],
    ['hexadecimal digits', `0x${'f'.repeat(4_000_000)}`, '', PyUnsupportedError],
    ['an open string', "'".padEnd(4_000_000, 'a'), '', PySyntaxError],
  ])('ends with a value or an error of its own after millions of %s', (_what, head, tail, expected) => {
    if (typeof expected === 'function') expect(() => literalEval(head + tail)).toThrow(expected);
    else expect(literalEval(head + tail)).toEqual(expected);
  });

  it('many keys that are no texts are found by their values, not one by one', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `(${'1,'.repeat(20)}${i}):0, ${i}:1, `).join('');
    expect(literalEval(`{${keys} True: 2, 0.0: 3}`)).toHaveProperty('size', 100_000);
  });

  it('refuses brackets nested more than 200 deep', () => {
    expect(literalEval('['.repeat(200) + ']'.repeat(200))).toBeInstanceOf(Array);
    expect(() => literalEval('['.repeat(201) + ']'.repeat(201))).toThrow(PySyntaxError);
    expect(() => literalEval('('.repeat(100_000))).toThrow(PySyntaxError);
  });
});

/** What Python gives, with what both may answer differently made the same: which of two errors, and unsupported values. */
function isRefusal(error: string): boolean {
  return (
    error === 'SyntaxError' || error === 'ValueError' || error === 'IndentationError' || error === 'UnicodeEncodeError'
  );
}

describe.skipIf(!hasPython)('literals, compared with Python', () => {
  const python = new Python('import ast\ndef read(x): return ast.literal_eval(x)');
  afterAll(() => python.close());

  /** Infinities have no literal. */
  const finite = (one: PyValue): boolean => !/\binf\b/.test(repr(one));

  it('reads the repr of any value', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(value, brokenText).filter(finite), { minLength: 100, maxLength: 200 }),
        async (values) => {
          const reprs = values.map(repr);
          expect(reprs.map(literalEval)).toEqual(
            await python.values(
              'read',
              reprs.map((one) => [one]),
            ),
          );
        },
      ),
      { numRuns: 8 },
    );
  });

  it('accepts the same texts and gives the same values', async () => {
    const piece = fc.constantFrom(
      ...[
        '[',
        ']',
        '(',
        ')',
        '{',
        '}',
        ',',
        ', ',
        ':',
        ' ',
        '\t',
        '\n',
        '\r\n',
        '\f',
        '#c\n',
        '-',
        '+',
        '.',
        '_',
        'e5',
        'j',
      ],
      ...[
        '0',
        '1',
        '12',
        '1_0',
        '007',
        '0x1F',
        '0b10',
        '0o17',
        '1.5',
        '.5',
        '1e3',
        '1E-3',
        '1e400',
        '00',
        '0_0',
        '0.0',
        '09.5',
      ],
      ...[
        'None',
        'True',
        'False',
        'x',
        'é',
        '²',
        "'a'",
        '"b"',
        "'''c\n'''",
        '"""d"""',
        "r'\\n'",
        "b'x'",
        "u'y'",
        "rb'\\z'",
        'Br"q"',
        'ur"x"',
      ],
      ...[
        "'\\x41\\u00e9\\U0001F600\\101\\7\\q\\\n\\''",
        "'\\x4'",
        "'\\400'",
        "b'\\777\\u0041'",
        "'\\N{DASH}'",
        "'",
        '"',
        '\\',
        '😀',
        "'😀\\😀'",
        "f'x'",
        '*',
        '==',
        '[1]',
        '(1,)',
      ],
    );
    const source = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''));
    const bracketed = source.map((inner) => `[${inner}]`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(source, bracketed), { minLength: 400, maxLength: 500 }), async (sources) => {
        const theirs = await python.call(
          'read',
          sources.map((one) => [one]),
        );
        for (const [i, one] of sources.entries()) {
          const mine = outcomeOf(() => literalEval(one));
          const expected = theirs[i];
          if (expected === undefined) throw new Error('Python gave too few answers');
          if ('error' in mine && mine.error === 'UnsupportedError') continue;
          if ('error' in expected && isRefusal(expected.error)) {
            expect([one, 'error' in mine && isRefusal(mine.error)]).toEqual([one, true]);
          } else if ('value' in expected && 'value' in mine)
            expect([one, repr(mine.value)]).toEqual([one, repr(expected.value)]);
          else expect([one, mine]).toEqual([one, expected]);
        }
      }),
      { numRuns: 20 },
    );
  });
});
