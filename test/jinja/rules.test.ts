import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../lib/jinja/template.ts';
import { PyOpaque, type PyValue } from '../../lib/python/value.ts';

const pets = new Map<PyValue, PyValue>([
  ['items', 'two'],
  ['cat', 1n],
]);

function text(template: string, variables: Record<string, PyValue> = {}): string {
  return compileTemplate(template).render(new Map(Object.entries(variables)));
}

describe('rules that prompts depend on', () => {
  it('a trailing newline is kept', () => {
    expect(text('Question: {{ q }}\n\n', { q: 'why?' })).toBe('Question: why?\n\n');
  });

  it('line ends of the template become \\n, those of values stay', () => {
    expect(text('a\r\nb\r{{ q }}', { q: 'c\r\nd' })).toBe('a\nb\nc\r\nd');
  });

  it('newlines after blocks stay, as nothing is trimmed', () => {
    expect(text('{% if true %}\n  x\n{% endif %}\n')).toBe('\n  x\n\n');
  });

  it('nothing is escaped', () => {
    expect(text('{{ q }}', { q: '<a> & "b"' })).toBe('<a> & "b"');
  });

  it('values print as in Python', () => {
    const values: PyValue = [null, true, 1n, 1, 1e16, 1e-5, "it's", ['a'], 12345678901234567890n];
    expect(text('{{ v }} {{ v[3] }} {{ v[0] }}', { v: values })).toBe(
      `[None, True, 1, 1.0, 1e+16, 1e-05, "it's", ['a'], 12345678901234567890] 1.0 None`,
    );
  });

  it("a dot looks for Python's attribute first, brackets for the key", () => {
    expect(text("{{ p['items'] }} {{ p.cat }}", { p: pets })).toBe('two 1');
    expect(() => text('{{ p.items }}', { p: pets })).toThrow(/unsupported/);
  });

  it('positions count code points', () => {
    expect(text('{{ t[1] }}{{ t[:2] }}{{ t|length }}{{ t.index("b") }}', { t: 'a😀b' })).toBe('😀a😀32');
  });

  it('set inside a loop does not reach outside', () => {
    expect(text('{% set t = 0 %}{% for i in [1, 2] %}{% set t = t + i %}{{ t }}{% endfor %}{{ t }}')).toBe('120');
  });

  it('set inside an if does', () => {
    expect(text('{% if true %}{% set t = 1 %}{% endif %}{{ t }}')).toBe('1');
  });

  it('a date prints, and cannot be looked into', () => {
    const day = new PyOpaque('2024-01-02', 'datetime.date(2024, 1, 2)', new Date('2024-01-02'));
    expect(text('{{ d }} {{ [d] }}', { d: day })).toBe('2024-01-02 [datetime.date(2024, 1, 2)]');
    expect(() => text('{{ d.year }}', { d: day })).toThrow(/unsupported/);
  });

  it("a document's column comes before a global function of the same name", () => {
    expect(text('{{ range }}', { range: 'wide' })).toBe('wide');
  });

  it('a compiled template renders again and again, each time afresh', () => {
    const template = compileTemplate(
      '{% set n = namespace(i=0) %}{% for x in xs %}{% set n.i = n.i + x %}{% endfor %}{{ n.i }}',
    );
    const render = (...xs: bigint[]) => template.render(new Map([['xs', xs]]));
    expect([render(1n, 2n), render(5n), render()]).toEqual(['3', '5', '0']);
  });
});

describe('errors say what was wrong and where', () => {
  const failing = (template: string, variables: Record<string, PyValue> = {}) => {
    try {
      text(template, variables);
    } catch (error) {
      return error;
    }
    return null;
  };

  it.each([
    ['a\n{{ missing }}', 'undefined', 2],
    ['a\n\n{% if x %}', 'syntax', 3],
    ['{{ 1 +\n }}', 'syntax', 2],
    ['\n{{ 1 + "a" }}', 'type', 2],
    ['{{ 1 / 0 }}', 'arithmetic', 1],
    ['{{ "a".index("b") }}', 'value', 1],
    ['{{ {}.pop("a") }}', 'lookup', 1],
    ['{{ range(10**9)|list }}', 'limit', 1],
    ['x\n{% for i in [1] %}\n{{ i.nope }}\n{% endfor %}', 'undefined', 3],
  ])('%j: %s in line %i', (template, kind, line) => {
    expect(failing(template)).toMatchObject({ code: 'TemplateFailed', permanent: true, kind, line });
  });

  it.each(['include', 'extends', 'import', 'from', 'block', 'autoescape'])('%s is refused by name', (tag) => {
    const error = failing(`{% ${tag} 'x' %}`);
    expect(error).toMatchObject({ kind: 'unsupported' });
    expect(String(error)).toContain(tag);
  });

  it.each([
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ [''].__init__.__globals__ }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ ['']|map(attribute='__class__')|list }}",
    '{% macro m() %}{% endmacro %}{{ m._func }}',
    '{{ namespace(_a=1)._a }}',
  ])("Python's insides are out of reach: %s", (template) => {
    expect(failing(template)).toMatchObject({ kind: 'unsupported' });
  });

  it("the engine's own prototypes are out of reach", () => {
    for (const name of ['constructor', 'prototype', 'toString', 'valueOf', 'length', 'size', 'at', 'has']) {
      for (const value of ["''", '[]', '{}', '1', '(1,)', 'range(1)', 'namespace()', 'dict']) {
        for (const access of [`.${name}`, `['${name}']`]) {
          const { kind } = Object(failing(`{{ (${value})${access} }}`));
          expect(['undefined', 'unsupported']).toContain(kind);
        }
      }
    }
  });

  it.each([
    '{{ "a".upper }}',
    '{{ [1]|map("string") }}',
    '{{ [1]|random }}',
    '{{ lipsum() }}',
    '{{ "x"|urlize }}',
    '{{ "x".encode() }}',
    '{{ [1]|tojson(2) }}',
    '{{ (-1) ** 0.5 }}',
    "{{ '\\N{DASH}' }}",
  ])('what Jinja could render and this renderer could not exactly is refused: %s', (template) => {
    expect(['unsupported', 'syntax']).toContain(Object(failing(template)).kind);
  });

  it('the snippet shown is short', () => {
    const error = failing(`{{ missing }}${'x'.repeat(5000)}`);
    expect(String(error).length).toBeLessThan(400);
  });

  it("a column called 'self' fails, as in the harness", () => {
    expect(failing('{{ a }}', { a: 1n, self: 2n })).toMatchObject({ kind: 'type' });
  });
});
