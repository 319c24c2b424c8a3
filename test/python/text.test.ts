import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { pyIndex, pyLen, pySlice } from '../../lib/python/sequence.ts';
import * as ours from '../../lib/python/text.ts';
import { PyTuple, type PyValue } from '../../lib/python/value.ts';
import { hasPython, type Outcome, outcomeOf, Python } from '../helpers/python.ts';
import { character, text } from '../helpers/python-values.ts';

describe('texts as str has them', () => {
  it('PYTHON-3: strip takes U+001C..U+001F and U+0085 and leaves U+FEFF', () => {
    expect(ours.strip('\x1c\x1f\x85 a\u3000')).toBe('a');
    expect(ours.strip('\ufeffa')).toBe('\ufeffa');
    expect(ours.isspace('\x1c\x1d\x1e\x1f\x85')).toBe(true);
    expect(ours.isspace('\ufeff')).toBe(false);
  });

  it('PYTHON-3: 29 code points are white', () => {
    let white = 0;
    for (let code = 0; code <= 0x10ffff; code++) if (ours.isspace(String.fromCodePoint(code))) white++;
    expect(white).toBe(29);
  });

  it('PYTHON-4: superscripts and other scripts have digits, fractions are numeric only', () => {
    expect(ours.isdigit('²')).toBe(true);
    expect(ours.isdigit('٣')).toBe(true);
    expect(ours.isdigit('½')).toBe(false);
    expect(ours.isnumeric('½')).toBe(true);
    expect(ours.isdigit('')).toBe(false);
  });

  it('PYTHON-5: capitalize title-cases the first character and lower-cases the rest', () => {
    expect(ours.capitalize('ǆABC')).toBe('ǅabc');
    expect(ours.capitalize('ßA')).toBe('Ssa');
    expect(ours.capitalize('')).toBe('');
  });

  it('PYTHON-6: lengths, positions and slices count code points', () => {
    expect(pyLen('a😀b')).toBe(3);
    expect(pyIndex('a😀b', 1)).toBe('😀');
    expect(pySlice('a😀b', 1, null)).toBe('😀b');
    expect(pySlice('a😀b', null, null, -1)).toBe('b😀a');
    expect(ours.find('😀b', 'b')).toBe(1);
    expect(ours.ljust('😀', 3, '.')).toBe('😀..');
  });

  it('PYTHON-7: no normalisation, a composed letter is not its parts', () => {
    expect(ours.find('e\u0301', 'é')).toBe(-1);
    expect(ours.lower('E\u0301')).toBe('e\u0301');
  });

  it('a sigma that ends a word has its own lower case', () => {
    expect(ours.lower('ΟΔΟΣ ΣΑΣ')).toBe('οδος σας');
    expect(ours.title('οδοσ')).toBe('Οδος'.replace('ς', 'σ'));
  });
});

type Args = readonly PyValue[];
const asText = (one: PyValue | undefined): string => String(one);
const asBound = (one: PyValue | undefined): number | null => (typeof one === 'bigint' ? Number(one) : null);
const asOptional = (one: PyValue | undefined): string | null => (typeof one === 'string' ? one : null);

const short = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\t', '\x1c', '😀', 'ß'), maxLength: 3 });
const long = fc.oneof(
  text,
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\t', '\x1c', '😀', 'ß'), maxLength: 15 }),
);
const bound = fc.option(fc.integer({ min: -8, max: 8 }).map(BigInt));
const times = fc.integer({ min: -1, max: 4 }).map(BigInt);
const optional = fc.option(short);

const one: readonly [string, (a: string) => PyValue][] = [
  ['isdigit', ours.isdigit],
  ['isdecimal', ours.isdecimal],
  ['isnumeric', ours.isnumeric],
  ['isspace', ours.isspace],
  ['isalpha', ours.isalpha],
  ['isalnum', ours.isalnum],
  ['isascii', ours.isascii],
  ['isupper', ours.isupper],
  ['islower', ours.islower],
  ['istitle', ours.istitle],
  ['isprintable', ours.isprintable],
  ['capitalize', ours.capitalize],
  ['title', ours.title],
  ['upper', ours.upper],
  ['lower', ours.lower],
  ['swapcase', ours.swapcase],
];

const several: readonly [string, fc.Arbitrary<Args>, (args: Args) => PyValue][] = [
  ['strip', fc.tuple(long, optional), ([a, b]) => ours.strip(asText(a), asOptional(b))],
  ['lstrip', fc.tuple(long, optional), ([a, b]) => ours.lstrip(asText(a), asOptional(b))],
  ['rstrip', fc.tuple(long, optional), ([a, b]) => ours.rstrip(asText(a), asOptional(b))],
  ['split', fc.tuple(long, optional, times), ([a, b, c]) => ours.split(asText(a), asOptional(b), Number(c))],
  ['rsplit', fc.tuple(long, optional, times), ([a, b, c]) => ours.rsplit(asText(a), asOptional(b), Number(c))],
  ['splitlines', fc.tuple(long, fc.boolean()), ([a, b]) => ours.splitlines(asText(a), b === true)],
  ['partition', fc.tuple(long, short), ([a, b]) => new PyTuple(ours.partition(asText(a), asText(b)))],
  ['rpartition', fc.tuple(long, short), ([a, b]) => new PyTuple(ours.rpartition(asText(a), asText(b)))],
  ['removeprefix', fc.tuple(long, short), ([a, b]) => ours.removeprefix(asText(a), asText(b))],
  ['removesuffix', fc.tuple(long, short), ([a, b]) => ours.removesuffix(asText(a), asText(b))],
  [
    'replace',
    fc.tuple(long, short, text, times),
    ([a, b, c, d]) => ours.replace(asText(a), asText(b), asText(c), Number(d)),
  ],
  [
    'zfill',
    fc.tuple(
      fc.oneof(
        long,
        long.map((a) => `-${a}`),
      ),
      times.map((n) => n * 4n),
    ),
    ([a, b]) => ours.zfill(asText(a), Number(b)),
  ],
  [
    'ljust',
    fc.tuple(
      long,
      times.map((n) => n * 4n),
      character,
    ),
    ([a, b, c]) => ours.ljust(asText(a), Number(b), asText(c)),
  ],
  [
    'rjust',
    fc.tuple(
      long,
      times.map((n) => n * 4n),
      character,
    ),
    ([a, b, c]) => ours.rjust(asText(a), Number(b), asText(c)),
  ],
  [
    'center',
    fc.tuple(
      long,
      times.map((n) => n * 3n),
      character,
    ),
    ([a, b, c]) => ours.center(asText(a), Number(b), asText(c)),
  ],
  ...(
    [
      ['find', ours.find],
      ['rfind', ours.rfind],
      ['index', ours.index],
      ['rindex', ours.rindex],
      ['count', ours.count],
    ] as const
  ).map(([name, call]): [string, fc.Arbitrary<Args>, (args: Args) => PyValue] => [
    name,
    fc.tuple(long, short, bound, bound),
    ([a, b, c, d]) => BigInt(call(asText(a), asText(b), asBound(c), asBound(d))),
  ]),
  [
    'startswith',
    fc.tuple(long, short, bound, bound),
    ([a, b, c, d]) => ours.startswith(asText(a), asText(b), asBound(c), asBound(d)),
  ],
  [
    'endswith',
    fc.tuple(long, short, bound, bound),
    ([a, b, c, d]) => ours.endswith(asText(a), asText(b), asBound(c), asBound(d)),
  ],
  [
    'join',
    fc.tuple(short, fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 3 })),
    ([a, b]) => ours.join(asText(a), Array.isArray(b) ? b : []),
  ],
];

describe.skipIf(!hasPython)('str methods, compared with Python', () => {
  const python = new Python(`
def method(name, *args): return getattr(args[0], name)(*args[1:])
def cut(value, start, stop, step): return value[start:stop:step]
def at(value, index): return value[index]
`);
  afterAll(() => python.close());

  async function agree(
    cases: readonly Args[],
    name: string,
    function_: string,
    call: (args: Args) => PyValue,
  ): Promise<void> {
    const head = function_ === 'method' ? [name] : [];
    const theirs = await python.call(
      function_,
      cases.map((args) => [...head, ...args]),
    );
    const mine: Outcome[] = cases.map((args) => outcomeOf(() => call(args)));
    expect(mine).toEqual(theirs);
  }

  it.each(one)('%s', async (name, call) => {
    await fc.assert(
      fc.asyncProperty(fc.array(long, { minLength: 200, maxLength: 300 }), (texts) =>
        agree(
          texts.map((a) => [a]),
          name,
          'method',
          ([a]) => call(asText(a)),
        ),
      ),
      { numRuns: 4 },
    );
  });

  it.each(several)('%s', async (name, args, call) => {
    await fc.assert(
      fc.asyncProperty(fc.array(args, { minLength: 200, maxLength: 300 }), (cases) =>
        agree(cases, name, 'method', call),
      ),
      { numRuns: 4 },
    );
  });

  it('slices of text, lists and tuples, any step', async () => {
    const step = fc.option(fc.integer({ min: -3, max: 3 }).map(BigInt));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(long, bound, bound, step), { minLength: 200, maxLength: 300 }),
        async (cases) => {
          const cut = (convert: (a: string) => PyValue) => async (): Promise<void> =>
            agree(
              cases.map(([a, ...rest]) => [convert(a), ...rest]),
              '',
              'cut',
              ([a, b, c, d]) => {
                const limits = [asBound(b), asBound(c), asBound(d)] as const;
                if (typeof a === 'string') return pySlice(a, ...limits);
                return a instanceof PyTuple ? pySlice(a, ...limits) : pySlice(Array.isArray(a) ? a : [], ...limits);
              },
            );
          await cut((a) => a)();
          await cut((a) => [...a])();
          await cut((a) => new PyTuple([...a]))();
        },
      ),
      { numRuns: 4 },
    );
  });

  it('single positions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(long, fc.integer({ min: -8, max: 8 }).map(BigInt)), { minLength: 200, maxLength: 300 }),
        (cases) => agree(cases, '', 'at', ([a, b]) => pyIndex(asText(a), Number(b))),
      ),
      { numRuns: 4 },
    );
  });
});
