import { describe, expect, it } from 'vitest';
import type { Clock } from '../../lib/jinja/limits.ts';
import { compileTemplate } from '../../lib/jinja/template.ts';
import type { PyValue } from '../../lib/python/value.ts';
import { render } from './oracle.ts';

/** A text and a part of it on which a search that starts again at each place takes the product of their lengths. */
const half = 'a'.repeat(200_000);
const VARIABLES: ReadonlyMap<string, PyValue> = new Map<string, PyValue>([
  ['text', `${half.repeat(3)}`],
  ['part', `${half}b${half}`],
  ['found', `${half}b${half}`.repeat(2)],
  ['spaces', `a${' '.repeat(2_000_000)}b c`],
  ['astral', '😀'.repeat(1_000_000)],
  ['long', 'x'.repeat(4_000_000)],
]);

describe('operations on long texts take time that grows with their length only', () => {
  it.each([
    ['part in text', 'False'],
    ['part in found', 'True'],
    ['part is in(text)', 'False'],
    ['text.find(part)', '-1'],
    ['text.rfind(part)', '-1'],
    ['found.find(part, 1)', '400001'],
    ['found.rfind(part)', '400001'],
    ['found.index(part)', '0'],
    ['text.count(part)', '0'],
    ['found.count(part)', '2'],
    ["text.replace(part, 'x')|length", '600000'],
    ["(found|replace(part, 'x'))", 'xx'],
    ['text.split(part)|length', '1'],
    ['found.split(part)', "['', '', '']"],
    ['found.rsplit(part, 1)|length', '2'],
    ['text.partition(part)[1]', ''],
    ['found.rpartition(part)[2]', ''],
    ['spaces.rsplit(none, 1)[1]', 'c'],
    ['spaces|truncate(2000001, end="", leeway=0)|length', '2000000'],
    ['astral|length', '1000000'],
    ['astral[999999]', '😀'],
    ['astral[-2:]', '😀😀'],
    ["'{:.1}'.format(astral)", '😀'],
    ["'%.2s' % long", 'xx'],
    ['long|int', '0'],
    ['long|float(1.5)', '1.5'],
    ['(3 ** 40000)|round(-20000) == 0', 'True'],
    ["'{:_b}'.format(2 ** 60000)|length", '75001'],
    ['(7 ** 5000)|round(-4000) > 0', 'True'],
  ])('{{ %s }}', (expression, expected) => {
    const rendered = render(`{{ ${expression} }}`, VARIABLES);
    // What is too much to be done at all is refused, at once.
    if ('error' in rendered) expect([expression, rendered.error]).toEqual([expression, 'limit']);
    else expect(rendered.text).toBe(expected);
  });
});

/** One native call each, on the largest values that a definition or a row can bring. */
describe('single operations on huge values end, done or refused at a limit', () => {
  const lines = new Map<string, PyValue>([
    ['t', 'x'.repeat(4_000_000)],
    ['w', 'word '.repeat(400_000)],
    ['nl', '\n'.repeat(900_000)],
    ['markup', '<a>&'.repeat(500_000)],
    ['marks', 'e\u0301ß'.repeat(500_000)],
    ['l', Array.from({ length: 60_000 }, (_, i) => String(i))],
    ['d', new Map<PyValue, PyValue>(Array.from({ length: 60_000 }, (_, i) => [`k${i}`, BigInt(i)]))],
    ['big', 10n ** 19_000n],
  ]);
  it.each([
    't|replace("x", "y" * 1000)',
    't.replace("", "yyy")|length',
    't|wordwrap(1)',
    'w|wordwrap(5)|length',
    'nl|indent(10**6)',
    'nl|indent(16, true, true)|length',
    'marks|upper|length',
    'marks.casefold()|length',
    '[markup]|string|length',
    'markup|e|e|length',
    'markup|striptags|length',
    'd|tojson(indent=10**6)',
    'd|tojson(indent=2)|length',
    'd|dictsort|length',
    'l|sort(reverse=true)|length',
    '([t] * 100)|sort|length',
    '([t] * 1000)|join|length',
    '([t] * 1000)|tojson',
    '([t] * 1000)|string',
    '([d] * 1000)|map("tojson")|list',
    '([w] * 1000)|map("wordwrap", 10)|list',
    '([t] * 1000)|map("replace", "xx", "y")|list',
    'l|join(t)',
    'l|batch(10**7, "x")|list',
    't|slice(10**6)|list',
    'range(10**6)|join|length',
    't.center(10**9)',
    "'{:.100000f}'.format(1.5)",
    "('{0}' * 60000).format(t)",
    'big ** 9',
    '(big * big)|string|length',
    "('9' * 1000000)|int",
    '(t|regex_replace("(?=(x+))", ""))|length',
    't|regex_replace("x{1,500}x{1,500}x{1,500}y", "")',
    't.join(l)',
  ])('{{ %s }}', (expression) => {
    const rendered = render(`{{ ${expression} }}`, lines);
    expect('error' in rendered ? rendered.error : 'done').toMatch(/^(done|limit|value|type|unsupported|lookup)$/);
  });
});

/** Runs out after it was looked at so often. */
class ShortClock implements Clock {
  #looks = 100;
  look(): void {
    if (--this.#looks < 0) throw new RangeError('time is up');
  }
  left(): number {
    return 1000;
  }
}

describe('a rendering looks at the clock', () => {
  it.each([
    'part in text',
    'text.count(part)',
    'text ~ i == text ~ 0',
    '[text ~ i] < [text ~ 0]',
    'astral|length',
    "'{:.1}'.format(astral)",
    'long|int',
    '5|round(-20000)',
    "'x{}'.format(i)|regex_replace('x{1,' ~ (i % 900 + 1) ~ '}', '')",
    '[1]|sort(attribute=long)',
    'i|string|title',
    '(3 ** 30000) % (7 ** 10000)',
    "'{:b}'.format(3 ** 30000)",
    '{long: 1}',
    'namespace(a=text)',
    'long.startswith((long, long))',
  ])('while it repeats {{ %s }}', (expression) => {
    const template = compileTemplate(
      `{% for i in range(100000) %}{% set x = ${expression} %}{% endfor %}`,
      { maxSteps: Number.POSITIVE_INFINITY },
      new ShortClock(),
    );
    expect(() => template.render(VARIABLES)).toThrow(/time is up/);
  });

  it('in a regular expression that backtracks, by its own time limit', () => {
    const clock: Clock = { look: () => {}, left: () => 50 };
    const template = compileTemplate("{{ ('a' * 40 ~ 'b')|regex_replace('(a+)+$', '') }}", {}, clock);
    expect(() => template.render(VARIABLES)).toThrow(
      'a regular expression took more than 50 ms, which was all that is left for this rendering: "(a+)+$"',
    );
  });
});

describe('compiling takes time that grows with the template only', () => {
  const many = 60_000;
  it.each([
    ['white space before a tag that takes it away', `${' '.repeat(5 * many)}{%- if 1 %}{% endif %}`],
    ['white space, not before such a tag', `{{ 1 }}${' \n'.repeat(2 * many)}x{{ 1 }}`],
    ['tags behind white space', `  {%- set x = 1 %}  `.repeat(many / 8)],
    ['openings of raw blocks that are none', '{% raw '.repeat(many / 2)],
    ['white space in openings', `{%${' '.repeat(many)}`.repeat(4)],
    ['comments', '{# x #}'.repeat(many / 2)],
    ['comments that end in a minus', `{# ${'-'.repeat(4 * many)} #}`],
    ['raw blocks', '{% raw %}{{{% endraw %}'.repeat(many / 8)],
    ['an open raw block with ends that are none', `{% raw %}${'{% endraw '.repeat(many / 4)}`],
    ['names', `{{ ${'x + '.repeat(many)}1 }}`],
    ['different names', `{{ [${Array.from({ length: many / 4 }, (_, i) => `x${i}`).join()}]|length }}`],
    ['names set', Array.from({ length: many / 16 }, (_, i) => `{% set x${i} = 1 %}`).join('')],
    [
      'names set in branches',
      Array.from({ length: many / 64 }, (_, i) => `{% if 1 %}{% set x${i} = 1 %}{% endif %}`).join(''),
    ],
    ['branches of one if', `{% if 0 %}${'{% elif 0 %}'.repeat(many / 64)}{% endif %}`],
    [
      'branches that set names',
      `{% if 0 %}${Array.from({ length: many / 64 }, (_, i) => `{% elif 0 %}{% set x${i} = 1 %}`).join('')}{% endif %}`,
    ],
    ['loops', '{% for x in [1] %}{% endfor %}'.repeat(many / 16)],
    ['macros', '{% macro m(a=1) %}{{ caller }}{% endmacro %}'.repeat(many / 32)],
    [
      'nested loops with long bodies',
      `${'{% for x in [] %}'.repeat(90)}${'{% set y = 1 %}'.repeat(many / 16)}${'{% endfor %}'.repeat(90)}`,
    ],
    [
      'nested macros with long bodies',
      `${'{% macro m() %}'.repeat(90)}${'{{ caller }}'.repeat(many / 16)}${'{% endmacro %}'.repeat(90)}`,
    ],
    ['parameters', `{% macro m(${Array.from({ length: many / 16 }, (_, i) => `x${i}`).join()}) %}{% endmacro %}`],
    ['keywords', `{{ dict(${Array.from({ length: many / 16 }, (_, i) => `x${i}=1`).join()})|length }}`],
    ['a long literal', `{{ '${'a\\n'.repeat(many)}'|length }}`],
    ['an open literal', `{{ '${'a'.repeat(4 * many)} }}`],
    ['open literals', `{{ ${`"'`.repeat(2 * many)} }}`],
    ['digits', `{{ ${'1'.repeat(4 * many)} }}`],
    ['digits and underscores', `{{ ${'1_'.repeat(2 * many)} }}`],
    ['strings side by side', `{{ ${"'a' ".repeat(many)}|length }}`],
    ['nested parentheses', `{{ ${'('.repeat(90)}${'1,'.repeat(many)}${')'.repeat(90)}|length }}`],
    ['dots', `{{ x${'.a'.repeat(many)} }}`],
    ['a filter of many dots', `{{ 1|a${'.a'.repeat(many)} }}`],
    ['line ends', '\r\n'.repeat(2 * many)],
  ])(
    '%s',
    (_, source) => {
      expect(source.length).toBeLessThan(1e6);
      render(source, new Map(), { maxTemplateChars: 1e6 });
    },
    20_000,
  );
});
