import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dumps, loads, PyJsonError } from '../../lib/python/json.ts';
import { PyOpaque, PyTuple, type PyValue } from '../../lib/python/value.ts';
import { hasPython, outcomeOf, Python } from '../helpers/python.ts';
import { brokenText, value } from '../helpers/python-values.ts';

describe('dumps', () => {
  it('PYTHON-11: separators are the caller’s, compact or with spaces', () => {
    const message = new Map<PyValue, PyValue>([
      ['role', 'user'],
      ['content', ['é']],
    ]);
    expect(dumps(message, { ensureAscii: false })).toBe('{"role": "user", "content": ["é"]}');
    expect(dumps(message, { ensureAscii: false, separators: [',', ':'] })).toBe('{"role":"user","content":["é"]}');
    expect(dumps(message)).toBe('{"role": "user", "content": ["\\u00e9"]}');
  });

  it('refuses what Python cannot print', () => {
    expect(() => dumps(new PyOpaque('x', 'x', undefined))).toThrow('not JSON serializable');
    expect(() => dumps(new Map([[new PyTuple([]), 1n]]))).toThrow('keys must be str');
  });
});

describe('loads', () => {
  it('keeps the order of keys that look like numbers', () => {
    expect(dumps(loads('{"b": 1, "10": 2, "9": 3, "__proto__": 4}'))).toBe('{"b": 1, "10": 2, "9": 3, "__proto__": 4}');
  });

  it('of equal keys the last value stands in the first place', () => {
    expect(dumps(loads('{"a": 1, "b": 2, "a": 3}'))).toBe('{"a": 3, "b": 2}');
  });

  it('tells ints from floats and keeps ints of any size', () => {
    expect(loads('[1, 1.0, 1e2, -0, -0.0, 123456789012345678901]')).toEqual([
      1n,
      1,
      100,
      0n,
      -0,
      123456789012345678901n,
    ]);
  });

  it('says at which character it failed, in code points', () => {
    expect(() => loads('["😀" 1]')).toThrow(new PyJsonError("Expecting ',' delimiter", 5));
  });

  it('refuses texts nested too deeply before the stack ends', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(loads(nested(200))).toBeInstanceOf(Array);
    expect(() => loads(nested(201))).toThrow(PyJsonError);
    expect(() => loads(nested(100_000))).toThrow(PyJsonError);
    expect(() => loads('[[1]]', { maxDepth: 1 })).toThrow(PyJsonError);
  });
});

describe.skipIf(!hasPython)('JSON, compared with Python', () => {
  const python = new Python(`
def show(x, ascii, item, key): return json.dumps(x, ensure_ascii=ascii, separators=(item, key))
def read(x): return json.loads(x)
`);
  afterAll(() => python.close());

  it('PYTHON-11: dumps prints any value the same, ASCII or not', async () => {
    const printable = fc.oneof(value, brokenText);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(printable, fc.boolean(), fc.boolean()), { minLength: 200, maxLength: 300 }),
        async (cases) => {
          const mine = cases.map(([one, ensureAscii, compact]) =>
            outcomeOf(() => dumps(one, { ensureAscii, separators: compact ? [',', ':'] : [', ', ': '] })),
          );
          const calls = cases.map(([one, ascii, compact]) => [one, ascii, ...(compact ? [',', ':'] : [', ', ': '])]);
          expect(mine).toEqual(await python.call('show', calls));
        },
      ),
      { numRuns: 8 },
    );
  });

  it('loads reads what dumps prints, and Python reads the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.oneof(value, brokenText), fc.boolean()), { minLength: 200, maxLength: 300 }),
        async (cases) => {
          const texts = cases.map(([one, ensureAscii]) => dumps(one, { ensureAscii }));
          expect(texts.map((one) => loads(one))).toEqual(
            await python.values(
              'read',
              texts.map((one) => [one]),
            ),
          );
        },
      ),
      { numRuns: 8 },
    );
  });

  it('loads accepts and refuses the same broken texts', async () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '"a"',
        '"a":',
        ' ',
        '\n',
        '\t',
        '\f',
        '1',
        '0',
        '-',
        '.',
        'e',
        '+5',
        '1e5',
        '1.5',
        '1E-3',
        '1e999',
      ],
      ...[
        'null',
        'true',
        'false',
        'NaN',
        'Infinity',
        '-Infinity',
        'nul',
        '\\',
        '\\n',
        '\\u00e',
        '\\u00e9',
        '"\\ud83d\\ude00"',
        '"\\ud83d"',
      ],
      ...['"\\x"', '"\x01"', '"\x7f"', '"\u2028"', '\ufeff', '\xa0', 'é', "'a'", '//', '٣', '"\\/"'],
    );
    const broken = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    const damaged = fc.tuple(value, fc.nat(), piece).map(([one, at, inserted]) => {
      const printed = dumps(one);
      const cut = at % (printed.length + 1);
      return printed.slice(0, cut) + inserted + printed.slice(cut);
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(broken, damaged), { minLength: 300, maxLength: 400 }), async (texts) => {
        const theirs = await python.call(
          'read',
          texts.map((one) => [one]),
        );
        const mine = texts.map((one) => outcomeOf(() => loads(one)));
        const renamed = theirs.map((one) =>
          'error' in one && one.error === 'JSONDecodeError' ? { error: 'JsonError' } : one,
        );
        expect(mine).toEqual(renamed);
      }),
      { numRuns: 10 },
    );
  });
});
