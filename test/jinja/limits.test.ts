import { describe, expect, it } from 'vitest';
import type { PyValue } from '../../lib/python/value.ts';
import { render } from './oracle.ts';

const NONE = new Map<string, PyValue>();
const DEEP = 5_000;

/** Templates that ask for far too much, and what they would have taken. */
const HOSTILE: Record<string, string> = {
  'a loop over a huge range': '{% for i in range(10**9) %}{% endfor %}',
  'a list of a huge range': '{{ range(10**9)|list }}',
  'a huge range, joined': '{{ range(10**18)|join }}',
  'a huge range, searched for what is not an int': '{{ 0.5 in range(10**18) }}',
  'a huge range, reversed': '{{ range(10**12)|reverse|list }}',
  'a huge range, summed': '{{ range(10**12)|sum }}',
  'ranges beyond 64 bits': '{% for i in range(10**40, 10**50) %}{% endfor %}',
  'nested loops':
    '{% for a in range(3000) %}{% for b in range(3000) %}{% for c in range(3000) %}x{% endfor %}{% endfor %}{% endfor %}',
  'much text from few rounds': "{% set s = 'x' * 1000000 %}{% for i in range(100) %}{{ s }}{% endfor %}",
  'a repeated text': "{{ 'x' * 10**9 }}",
  'a repeated list': '{{ [1] * 10**9 }}',
  'a repeated tuple': '{{ (1,) * 10**9 }}',
  'a text doubled again and again':
    "{% set ns = namespace(s='xy') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
  'a list doubled again and again':
    '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
  'a list that holds itself twice, printed':
    '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}',
  'a list that holds itself twice, compared':
    '{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set ns.a, ns.b = [ns.a, ns.a], [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}',
  'a list that holds itself twice, as JSON':
    '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}',
  'a list inside itself': '{% set l = [] %}{% set _ = l.append(l) %}{{ l }}',
  'a list nested deeply':
    '{% set ns = namespace(s=[]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor %}{{ ns.s }}',
  'a huge power': '{{ 10 ** (10 ** 9) }}',
  'a tower of powers': '{{ 9 ** (9 ** (9 ** 9)) }}',
  'an int squared again and again':
    '{% set ns = namespace(i=3) %}{% for i in range(100) %}{% set ns.i = ns.i * ns.i %}{% endfor %}',
  'wide centring': "{{ 'x'|center(10**9) }}",
  'wide padding': "{{ 'x'.ljust(10**9) }}{{ 'x'.rjust(10**9) }}",
  'wide zeros': "{{ 'x'.zfill(10**9) }}",
  'wide tabs': "{{ ('\\t' * 1000).expandtabs(10**9) }}",
  'a wide % format': "{{ '%1000000000d' % 1 }}",
  'a wide % format from an argument': "{{ '%*d' % (10**9, 1) }}",
  'a precise % format': "{{ '%.1000000000f' % 1.5 }}",
  'a wide format': "{{ '{:1000000000}'.format(1) }}",
  'a wide indent': "{{ 'a\\nb'|indent(10**9) }}",
  'a replacement everywhere': "{{ ('x' * 100000).replace('', 'y' * 100000) }}",
  'a regex replacement everywhere': "{{ ('x' * 100000)|regex_replace('', 'y' * 100000) }}",
  'a regex that backtracks for ever': "{{ ('a' * 40 ~ 'b')|regex_replace('(a+)+$', '') }}",
  'a macro that calls itself': '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  'a recursive loop that never ends': '{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}',
  'two macros that call each other twice':
    '{% macro a(n) %}{{ a(n + 1) if n < 60 }}{{ a(n + 1) if n < 60 }}{% endmacro %}{{ a(0) }}',
  'nested parentheses': `{{ ${'('.repeat(DEEP)}1${')'.repeat(DEEP)} }}`,
  'nested lists': `{{ ${'['.repeat(DEEP)}${']'.repeat(DEEP)} }}`,
  'nested minus signs': `{{ ${'-'.repeat(DEEP)}1 }}`,
  'nested nots': `{{ ${'not '.repeat(DEEP)}1 }}`,
  'nested ifs': `${'{% if 1 %}'.repeat(DEEP)}${'{% endif %}'.repeat(DEEP)}`,
  'nested inline ifs': `{{ ${'1 if 0 else '.repeat(DEEP)}1 }}`,
  'nested targets': `{% for ${'('.repeat(DEEP)}x${')'.repeat(DEEP)} in 1 %}{% endfor %}`,
  'batches filled up': '{{ [1]|batch(10**9, 0)|list }}',
  'slices without end': '{{ [1]|slice(10**9)|list }}',
  'a long word, wrapped to one character': "{{ ('x' * 1000000)|wordwrap(1) }}",
  'many arguments': '{{ dict(*range(10**9)) }}',
  'a loop that feeds itself': '{% set l = [1] %}{% for i in l %}{% set _ = l.append(i) %}{% endfor %}',
  'a dict that grows': '{% set d = {} %}{% for i in range(10**7) %}{% set _ = d.update({i: i}) %}{% endfor %}',
  'many texts split': "{% for i in range(10**6) %}{% set l = ('x ' * 100000).split() %}{% endfor %}",
  'a sort of much': '{{ range(900000)|sort(reverse=true)|length }}',
};

describe('hostile templates end in a limit error', () => {
  it.each(Object.entries(HOSTILE))('%s', (_, template) => {
    const rendered = render(template, NONE);
    expect(['limit', 'syntax', 'unsupported']).toContain(
      'error' in rendered ? rendered.error : JSON.stringify(rendered).slice(0, 80),
    );
  });

  it('a chain of a hundred thousand sums', () => {
    const rendered = render(`{{ ${'1+'.repeat(100_000)}1 }}`, NONE);
    expect(rendered).toEqual({ error: 'limit' });
  });

  it('a chain of ten thousand filters', () => {
    expect(render(`{{ 1${'|abs'.repeat(100_000)} }}`, NONE)).toEqual({ error: 'limit' });
  });
});

describe('limits can be set', () => {
  it('a template longer than maxTemplateChars is refused', () => {
    expect(render('x'.repeat(11), NONE, { maxTemplateChars: 10 })).toEqual({ error: 'limit' });
    expect(render('x'.repeat(10), NONE, { maxTemplateChars: 10 })).toEqual({ text: 'x'.repeat(10) });
  });

  it('output longer than maxOutputChars is refused', () => {
    const template = '{% for i in range(10) %}{{ i }}{% endfor %}';
    expect(render(template, NONE, { maxOutputChars: 10 })).toEqual({ text: '0123456789' });
    expect(render(template, NONE, { maxOutputChars: 9 })).toEqual({ error: 'limit' });
  });

  it('more work than maxSteps is refused', () => {
    const template = '{% for i in range(1000) %}{% endfor %}';
    expect(render(template, NONE, { maxSteps: 10_000 })).toEqual({ text: '' });
    expect(render(template, NONE, { maxSteps: 500 })).toEqual({ error: 'limit' });
  });

  it('nothing is carried over from one rendering to the next', () => {
    const template = '{% for i in range(100) %}{% endfor %}';
    for (let i = 0; i < 20; i++) expect(render(template, NONE, { maxSteps: 1000 })).toEqual({ text: '' });
  });

  it('honest work on long documents stays within the defaults', () => {
    const document = new Map<string, PyValue>([['text', 'word '.repeat(200_000)]]);
    const template =
      "{{ text.strip().replace('w', 'W')|upper|lower|trim }}{% for w in text.split()[:1000] %}{{ w }}{% endfor %}";
    expect(render(template, document)).toHaveProperty('text');
  });
});
