import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfigValue } from '../../../lib/catalogue/config-value.ts';
import { FunctionRef } from '../../../lib/catalogue/function-ref.ts';
import { YamlError } from '../../../lib/catalogue/yaml/node.ts';
import { loadYaml } from '../../../lib/catalogue/yaml/yaml.ts';
import { PyOpaque } from '../../../lib/python/value.ts';
import { describeValue, hasPyYaml, pyYaml } from './pyyaml.ts';

const load = (text: string): ConfigValue => loadYaml(text, 'folder');

describe('plain scalars have the types of YAML 1.1', () => {
  test.each<[string, ConfigValue]>([
    ['yes', true],
    ['Off', false],
    ['y', 'y'],
    ['n', 'n'],
    ['oN', 'oN'],
    ['010', 8n],
    ['08', '08'],
    ['0o17', '0o17'],
    ['0x1F', 31n],
    ['-0b101', -5n],
    ['1_000', 1000n],
    ['1:30', 90n],
    ['190:20:30', 685230n],
    ['1:30.5', 90.5],
    ['123456789012345678901234567890', 123456789012345678901234567890n],
    ['1', 1n],
    ['1.0', 1],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', '-.5'],
    ['1e5', '1e5'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['-.INF', Number.NEGATIVE_INFINITY],
    ['.NaN', Number.NaN],
    ['~', null],
    ['', null],
    ['Null', null],
    ['none', 'none'],
    ['2001-1-1', '2001-1-1'],
    ['"yes"', 'yes'],
    ['!!str 5', '5'],
    ['!!float 5', 5],
    ['!!int "7"', 7n],
  ])('%s', (text, value) => {
    expect(load(text)).toEqual(value);
  });

  test('a date is a value that prints as in Python', () => {
    expect(load('2001-12-14')).toEqual(new PyOpaque('2001-12-14', 'datetime.date(2001, 12, 14)', undefined));
    expect(load('2001-12-14 21:59:43.10 -5')).toEqual(
      new PyOpaque(
        '2001-12-14 21:59:43.100000-05:00',
        'datetime.datetime(2001, 12, 14, 21, 59, 43, 100000, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))',
        new Date('2001-12-15T02:59:43.100Z'),
      ),
    );
  });

  test.each(['2001-02-30', '0000-01-01', '!!int x', '!!bool maybe', 'a: =', '[<<]'])(
    '%s has no value and is refused',
    (text) => {
      expect(() => load(text)).toThrow(YamlError);
    },
  );
});

describe('mappings', () => {
  test('of equal keys the last value stands, in the place of the first', () => {
    expect([...asMap(load('a: 1\nb: 2\na: 3'))]).toEqual([
      ['a', 3n],
      ['b', 2n],
    ]);
  });

  test('1, 1.0 and true are one key', () => {
    expect([...asMap(load('1: a\n1.0: b\ntrue: c\n"1": d'))]).toEqual([
      [1n, 'c'],
      ['1', 'd'],
    ]);
  });

  test('merged keys come first, and own keys win wherever they stand', () => {
    const value = load(
      'base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nnew:\n  a: 5\n  <<: [*base, *more]\n  d: 6',
    );
    expect([...asMap(asMap(value).get('new'))]).toEqual([
      ['b', 2n],
      ['c', 4n],
      ['a', 5n],
      ['d', 6n],
    ]);
  });

  test('"=" is a key like any other', () => {
    expect(load('=: 1')).toEqual(new Map([['=', 1n]]));
  });

  test.each(['[a]: 1', '{a: 1}: 2', '!function a.b: 1'])('what Python cannot hash is no key: %s', (text) => {
    expect(() => load(text)).toThrow(YamlError);
  });
});

describe('text', () => {
  test('a quoted text folds its lines, and a backslash joins them', () => {
    expect(load('"a\n   b\n\n   c\\\n   d"')).toBe('a b\ncd');
    expect(load("'it''s\n\n   so'")).toBe("it's\nso");
  });

  test('a line within quotes may be less indented than the key', () => {
    expect(load('a:\n    b: "x\n{\n  y"\n    c: [1,\n2]')).toEqual(
      new Map([
        [
          'a',
          new Map<string, ConfigValue>([
            ['b', 'x { y'],
            ['c', [1n, 2n]],
          ]),
        ],
      ]),
    );
  });

  test('a block keeps its last line break only where the file has one', () => {
    expect(load('a: |\n  b\n')).toEqual(new Map([['a', 'b\n']]));
    expect(load('a: |\n  b')).toEqual(new Map([['a', 'b']]));
    expect(load('a: |+\n  b\n\n')).toEqual(new Map([['a', 'b\n\n']]));
    expect(load('a: >-\n  b\n  c\n\n')).toEqual(new Map([['a', 'b c']]));
  });

  test('line breaks that only YAML 1.1 knows are refused, not read otherwise', () => {
    expect(() => load('a: "b\u2028c"')).toThrow('U+2028');
    expect(load('a: "b\\Lc"')).toEqual(new Map([['a', 'b\u2028c']]));
  });

  test('bytes are UTF-8 or marked UTF-16, and nothing else', () => {
    expect(loadYaml(Buffer.from('\ufeffa: é'), '')).toEqual(new Map([['a', 'é']]));
    expect(loadYaml(Buffer.from('\ufeffa: é', 'utf16le'), '')).toEqual(new Map([['a', 'é']]));
    expect(() => loadYaml(new Uint8Array([0x61, 0xff]), '')).toThrow('not valid UTF-8');
  });
});

describe('functions', () => {
  test('a function belongs to the folder of its file', () => {
    expect(load('a: !function utils.work')).toEqual(new Map([['a', new FunctionRef('folder', 'utils', 'work')]]));
    expect(load('!function sub/x.f')).toEqual(new FunctionRef('folder/sub', 'x', 'f'));
    expect(new FunctionRef('a/b', 'c', 'd').hook).toBe('a/b/c.d');
    expect(new FunctionRef('', 'c', 'd').hook).toBe('c.d');
  });

  test('a function of a folder above is found there, but never above the root', () => {
    expect(loadYaml('!function ../utils.f', 'a/b')).toEqual(new FunctionRef('a', 'utils', 'f'));
    expect(() => loadYaml('!function ../../utils.f', 'a', 'include/mine')).toThrow('leads out');
  });

  test.each(['!function', '!function name', '!function a.', '!function [a]', '!function {}'])(
    '%s names none',
    (text) => {
      expect(() => load(text)).toThrow(YamlError);
    },
  );
});

describe('hostile text', () => {
  test('aliases count as what they stand for', () => {
    const bomb = Array.from({ length: 30 }, (_, i) => `k${i}: &k${i} [${`*k${i - 1}, `.repeat(i ? 9 : 0)}x]`).join(
      '\n',
    );
    expect(() => load(bomb)).toThrow('more than');
    expect(load('a: &a [1]\nb: [*a, *a]')).toEqual(
      new Map<string, ConfigValue>([
        ['a', [1n]],
        ['b', [[1n], [1n]]],
      ]),
    );
  });

  test('merges of merges stay within the same bound', () => {
    const chain = Array.from(
      { length: 40 },
      (_, i) => `k${i}: &k${i}\n  x${i}: 1\n  <<: [${i ? `*k${i - 1}, *k${i - 1}` : ''}]`,
    );
    expect(() => load(chain.join('\n'))).toThrow('more than');
  });

  test.each([
    ['a cycle', 'a: &a [*a]'],
    ['a cycle through a key', '&a {b: &b {c: *a}}'],
    ['an alias of nothing', 'a: *b'],
    ['an anchor twice', '- &a 1\n- &a 2'],
    ['deep nesting', '['.repeat(60)],
    ['many documents', 'a: 1\n---\nb: 2'],
    ['a tag that makes objects', '!!python/object/apply:os.system [id]'],
    ['an unknown tag', '!mine x'],
    ['a redefined tag', '%TAG !! tag:example.com:\n---\n!!str a'],
    ['half a surrogate pair', '"\\ud800"'],
    ['too much text', `a: ${'x'.repeat(4_000_001)}`],
    ['a document mark within quotes', 'a: "b\n--- c"'],
  ])('%s is refused', (_, text) => {
    expect(() => load(text)).toThrow(YamlError);
  });

  test('thousands of lines that lack indentation are read, without end they are not', () => {
    expect(load(`a:\n  b: "${'x\n'.repeat(300)}"`)).toEqual(
      new Map([['a', new Map([['b', `${'x '.repeat(299)}x `]])]]),
    );
    expect(() => load(`a:\n  b: "${'xxxxxxxxx\n'.repeat(20_000)}"`)).toThrow('indentation');
  });
});

describe.skipIf(!hasPyYaml)('the real PyYAML', () => {
  const plain = fc.constantFrom(
    ...'yes No on OFF y n ~ null Null true 0 -0 010 08 0x1F 0b101 1_000 1e5 1.5e3 1.5e+3 1. .5 -.5 +1.5 1:30 1:30.5 .inf -.Inf .nan'.split(
      ' ',
    ),
    ...'2001-12-14 2001-1-1 2001-12-14T21:59:43Z 2001-13-14 2001-12-14t21:59:43.1-05:30 << = - + . 1_ 0_ 0b 9999999999999999999999 1.5.2'.split(
      ' ',
    ),
    ...[
      '',
      'a b',
      'a #c',
      'a#b',
      '- a',
      '-a',
      'é日本',
      '{{x}} y',
      'a,b',
      'a]',
      '! 5',
      '!!str 5',
      '!!float 3',
      '!function a.b',
      '&x 1',
      '*x',
    ],
  );
  const character = fc.constantFrom(
    'a',
    'b',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '\n   ',
    '\\n',
    '\\\n',
    ':',
    '#',
    'é',
    '\t',
    '-',
    '{',
    '😀',
    '\\x41',
    '\\u00e9',
    '\\"',
    '\\\\',
  );
  const quoted = fc.oneof(
    fc.string({ unit: character, maxLength: 12 }).map((text) => `"${text}"`),
    fc.string({ unit: character, maxLength: 12 }).map((text) => `'${text.replaceAll("'", "''")}'`),
  );
  const line = fc.constantFrom('a', 'b c', '', ' d', '  e', '# f', '- g', 'h: i');
  const block = fc
    .tuple(fc.constantFrom('|', '>', '|-', '>-', '|+', '>+'), fc.array(line, { maxLength: 6 }))
    .map(([head, lines]) => `${head}\n${lines.map((text) => (text === '' ? '' : `    ${text}`)).join('\n')}`);
  const flow = fc.oneof(
    fc.array(fc.oneof(plain, quoted), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(plain, plain), { maxLength: 3 })
      .map((pairs) => `{${pairs.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
  );
  const scalar = fc.oneof(plain, quoted, block, flow);
  const key = fc.oneof(fc.constantFrom('a', 'b', 'c', '"d e"', "'f'", '1', '1.0', 'true', 'null', '<<', '? a'), plain);
  const pairs = (indent: string) =>
    fc
      .array(fc.tuple(key, scalar), { minLength: 1, maxLength: 4 })
      .map((items) => items.map(([name, value]) => `${indent}${name}: ${value}`).join('\n'));
  const document = fc.oneof(
    pairs(''),
    pairs('  ').map((inner) => `m: &m\n${inner}\nn:\n  <<: *m\n  a: 1`),
    fc
      .array(scalar, { minLength: 1, maxLength: 4 })
      .map((items) => `k:\n${items.map((item) => `- ${item}`).join('\n')}`),
    fc.tuple(pairs('  '), pairs('  ')).map(([first, second]) => `- \n${first}\n-\n${second}\n`),
  );

  test('gives the same values for every text that both read', () => {
    const texts = fc.sample(document, { numRuns: 8000 });
    const theirs = pyYaml(texts);
    let compared = 0;
    for (const [i, text] of texts.entries()) {
      const their = theirs[i];
      if (!their || 'refused' in their) continue;
      let ours: ConfigValue;
      try {
        ours = load(text);
      } catch (error) {
        expect(error, text).toBeInstanceOf(YamlError);
        continue;
      }
      // A Map takes -0.0 for 0.0 as a key, as Python does, but does not keep its sign.
      const theirText = JSON.stringify(their.value).replaceAll('folder/', '');
      if (theirText.includes('[{"float":"-0.0"},')) continue;
      expect(JSON.stringify(describeValue(ours)).replaceAll('folder/', ''), JSON.stringify(text)).toBe(theirText);
      compared++;
    }
    expect(compared).toBeGreaterThan(1000);
  });
});

describe('texts that would take too long end in an error, or are read', () => {
  const many = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => text(i)).join('');

  test.each([
    ['aliases of aliases', `a0: &a0 [x]\n${many(60, (i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`)}`],
    [
      'merges of merges',
      `a: &a {${many(300, (i) => `k${i}: 1, `)}}\nb: &b {<<: [${'*a, '.repeat(300)}]}\nc: {<<: [${'*b, '.repeat(300)}]}`,
    ],
    ['brackets', '['.repeat(900_000)],
    ['dashes', '- '.repeat(400_000)],
    ['question marks', '? '.repeat(400_000)],
    ['items', `[${'1,'.repeat(400_000)}]`],
    ['digits', `a: ${'1'.repeat(900_000)}`],
    ['hexadecimal digits', `a: 0x${'1'.repeat(900_000)}`],
    ['minutes and seconds', `a: 1${':1'.repeat(400_000)}`],
    ['lines in quotes that lack indentation', `a:\n  b:\n    c: "${'x\n'.repeat(100_000)}"`],
    ['characters', ' '.repeat(1_000_001)],
  ])('very many %s', (_what, text) => {
    expect(() => load(text)).toThrow(YamlError);
  });

  test('text in which many marks stand, as in JSON', () => {
    const json = JSON.stringify(
      Array.from({ length: 12_000 }, (_, i) => ({ question: `What is ${i}?`, choices: [`${i}`, 'none'] })),
    );
    expect(load(`a: '${json}'`)).toEqual(new Map([['a', json]]));
  });

  test('what is nearly a number', () => {
    const text = `${'1'.repeat(400_000)}x`;
    expect(load(`a: ${text}`)).toEqual(new Map([['a', text]]));
  });

  test('many keys that are no texts are found by their values, not one by one', () => {
    const dict = asMap(load(`${many(45_000, (i) => `${i}: 1\n`)}1.0: 2\ntrue: 3\n`));
    expect([dict.size, dict.get(1n)]).toEqual([45_000, 3n]);
  });
});

function asMap(value: unknown): Map<unknown, unknown> {
  if (value instanceof Map) return value;
  throw new Error('no mapping');
}
