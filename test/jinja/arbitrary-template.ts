import fc from 'fast-check';
import { quoted, typed } from './arbitrary-expression.ts';
import { TEMPLATES, VARIABLES } from './corpus.ts';

const NAMES = [...VARIABLES.keys(), 'nosuch', 'a', 'b', 'c', 'range'];
const LITERALS = [
  '0',
  '1',
  '-1',
  '2',
  '3',
  '10',
  '0.5',
  '2.5',
  '1e16',
  'true',
  'false',
  'none',
  "''",
  "'a'",
  "'b c'",
  "'%s'",
  "'{}'",
  '[]',
  '{}',
  '()',
];
const BINARY = ['+', '-', '*', '/', '//', '%', '~', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or'];
const FILTERS = [
  'abs',
  'capitalize',
  'center(9)',
  'count',
  "default('x')",
  "default('x', true)",
  'dictsort',
  'e',
  'escape',
  'first',
  'float',
  'float(1.5)',
  'forceescape',
  "format(1, 'a')",
  "groupby('age')",
  'indent',
  'indent(2, true)',
  'int',
  'int(5)',
  'items',
  'join',
  "join(', ')",
  "join('-', 'name')",
  'last',
  'length',
  'list',
  'list',
  'list',
  'lower',
  "map('upper')",
  "map(attribute='name')",
  'max',
  'min',
  'reject',
  "reject('odd')",
  "rejectattr('age')",
  "replace('a', 'bb')",
  "replace('', '-', 2)",
  'reverse',
  'round',
  'round(1)',
  "round(1, 'floor')",
  'select',
  "select('string')",
  "selectattr('age', '>', 26)",
  'slice(2)',
  'batch(2, 0)',
  'sort',
  'sort(reverse=true)',
  "sort(attribute='age')",
  'string',
  'sum',
  'title',
  'tojson',
  'trim',
  "trim('a')",
  'truncate(5)',
  'truncate(6, true)',
  'unique',
  'upper',
  'urlencode',
  'wordcount',
  'wordwrap(6)',
  'xmlattr',
  'striptags',
  "regex_replace('[a-c]', '<>')",
  "regex_replace('(.)(.)', '\\\\2\\\\1', 1)",
  'filesizeformat',
  'safe',
  'pprint',
];
const TESTS = [
  'defined',
  'undefined',
  'none',
  'string',
  'number',
  'mapping',
  'sequence',
  'iterable',
  'odd',
  'even',
  'divisibleby 2',
  'boolean',
  'integer',
  'float',
  'true',
  'false',
  'callable',
  'lower',
  'upper',
  'eq 1',
  'ne none',
  'lt 3',
  'gt 1',
  "in 'abc'",
  'in [1, 2]',
  'escaped',
  'sameas none',
];
const METHODS = [
  'strip()',
  "strip('a ')",
  'lstrip()',
  'rstrip()',
  'split()',
  "split('a')",
  "split(' ', 1)",
  'rsplit(none, 1)',
  'splitlines()',
  'upper()',
  'lower()',
  'title()',
  'capitalize()',
  "replace('a', 'x')",
  "find('a')",
  "index('a')",
  "count('a')",
  "startswith('b')",
  "endswith(('a', 'b'))",
  'isdigit()',
  "join('xyz')",
  'join(list)',
  'center(8)',
  'zfill(5)',
  "format(1, 'b')",
  'items()',
  'keys()',
  'values()',
  "get('a')",
  "get('q', 5)",
  'index(1)',
  'copy()',
  'bit_length()',
  'partition("a")',
  'real',
  'a',
  'name',
  '0',
  'nosuch',
];
const SUBSCRIPTS = ['0', '-1', '1:', ':2', '::-1', '1:3', "'a'", "'items'", 'n', '::2', '-2:', 'true', 'none'];

const one = (values: readonly string[]) => fc.constantFrom(...values);

const { expression, body } = fc.letrec<{ expression: string; body: string }>((tie) => {
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      one(NAMES),
      one(LITERALS),
      quoted,
      fc.tuple(inner, one(BINARY), inner).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(inner, one(BINARY), inner, one(BINARY), inner).map((parts) => parts.join(' ')),
      // Powers of anything to anything would keep Python busy for ever.
      fc.tuple(inner, one(['** 2', '** -1', '** 0.5', '** 3'])).map(([a, power]) => `(${a} ${power})`),
      fc.tuple(inner, one(FILTERS)).map(([a, name]) => `${a}|${name}`),
      fc.tuple(inner, one(FILTERS), one(FILTERS)).map(([a, name, other]) => `(${a}|${name}|${other})`),
      fc.tuple(inner, one(['is', 'is not']), one(TESTS)).map(([a, is, test]) => `(${a} ${is} ${test})`),
      fc.tuple(inner, one(METHODS)).map(([a, method]) => `(${a}).${method}`),
      fc.tuple(one(NAMES), one(METHODS)).map(([a, method]) => `${a}.${method}`),
      fc.tuple(inner, one(SUBSCRIPTS)).map(([a, index]) => `(${a})[${index}]`),
      fc.tuple(inner, inner).map(([a, index]) => `(${a})[${index}]`),
      fc.tuple(one(['not ', '-', '+']), inner).map(([operator, a]) => `(${operator}${a})`),
      fc.tuple(inner, inner, inner).map(([a, test, b]) => `(${a} if ${test} else ${b})`),
      fc.tuple(inner, inner).map(([a, test]) => `(${a} if ${test})`),
      fc.array(inner, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.array(inner, { minLength: 1, maxLength: 3 }).map((items) => `(${items.join(', ')},)`),
      fc
        .array(fc.tuple(one(["'a'", "'b'", '1', 'n', 'x']), inner), { maxLength: 3 })
        .map((pairs) => `{${pairs.map((pair) => pair.join(': ')).join(', ')}}`),
      fc.tuple(quoted, inner).map(([a, b]) => `(${a} % ${b})`),
      fc
        .tuple(one(["'{}|{:>5}'", "'{:.2f}'", "'{0!r:^9}'", "'{:,}'"]), inner, inner)
        .map(([a, b, c]) => `${a}.format(${b}, ${c})`),
      fc
        .tuple(one(["'%s|%r'", "'%d %5.1f'", "'%-6s|%x'", "'%g %e'"]), inner, inner)
        .map(([a, b, c]) => `(${a} % (${b}, ${c}))`),
    ),
    body: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      one(['x', ' \n', '\n\n', ' a ', '\r\n', '']),
      inner.map((value) => `{{ ${value} }}`),
      inner.map((value) => `{{- ${value} -}}`),
      fc.tuple(one(['a', 'b', 'n', 'x', 'a, b', 'list']), inner).map(([name, value]) => `{% set ${name} = ${value} %}`),
      fc.tuple(one(['a', 'b', 'n']), tie('body')).map(([name, content]) => `{% set ${name} %}${content}{% endset %}`),
      fc
        .tuple(inner, tie('body'), tie('body'))
        .map(([test, a, b]) => `{% if ${test} -%} ${a} {%- else %} ${b}{% endif %}`),
      fc
        .tuple(inner, tie('body'), inner, tie('body'))
        .map(([t, a, u, b]) => `{% if ${t} %}${a}{% elif ${u} %}${b}{% endif %}`),
      fc
        .tuple(one(['a', 'b', 'n', 'a, b']), inner, tie('body'), tie('body'))
        .map(([name, items, a, b]) => `{% for ${name} in ${items} %}${a}{% else %}${b}{% endfor %}`),
      fc
        .tuple(one(['a', 'n']), inner, inner, tie('body'))
        .map(
          ([name, items, test, a]) =>
            `{% for ${name} in ${items} if ${test} %}{{ loop.index }}${a}{{ loop.last }}{% endfor %}`,
        ),
      fc
        .tuple(one(['a', 'n']), tie('body'))
        .map(([name, a]) => `{% for ${name} in nums %}{{ loop.revindex }}${a}{{ ${name} }}{% endfor %}`),
      fc.tuple(inner, tie('body')).map(([value, a]) => `{% with a = ${value}, n = a %}${a}{% endwith %}`),
      fc
        .tuple(one(['upper', "replace('a', 'b')", 'trim', 'length']), tie('body'))
        .map(([name, a]) => `{% filter ${name} %}${a}{% endfilter %}`),
      fc
        .tuple(tie('body'), inner, inner)
        .map(([a, b, c]) => `{% macro m(a, b=${b}) %}${a}{{ b }}{% endmacro %}{{ m(${c}) }}`),
      fc.array(tie('body'), { minLength: 2, maxLength: 4 }).map((parts) => parts.join('')),
    ),
  };
});

/** Printed expressions and whole templates, over the corpus's variables. */
export const template: fc.Arbitrary<string> = fc.oneof(
  fc.oneof(typed.text, typed.list, typed.number, typed.truth).map((value) => `{{ ${value} }}`),
  fc
    .tuple(typed.truth, typed.text, typed.list, typed.number)
    .map(
      ([test, a, b, c]) =>
        `{% if ${test} %}{{ ${a} }}{% else %}{% for i in ${b} %}{{ i }}{{ loop.last }}{% endfor %}{% endif %}{{ ${c} }}`,
    ),
  expression.map((value) => `{{ ${value} }}`),
  body,
  fc.array(body, { maxLength: 4 }).map((parts) => parts.join('')),
);

/** Templates of the corpus with a piece cut out, repeated or put elsewhere: nearly right ones. */
export const brokenTemplate: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...Object.values(TEMPLATES).flat()), fc.nat(200), fc.nat(20), fc.nat(200))
  .map(([source, from, length, to]) => {
    const piece = source.slice(from % (source.length + 1), (from % (source.length + 1)) + length);
    const rest = source.replace(piece, '');
    const at = to % (rest.length + 1);
    return to % 3 === 0 ? rest : rest.slice(0, at) + piece + rest.slice(at);
  });
