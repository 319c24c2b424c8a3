import fc from 'fast-check';
import { text } from '../helpers/python-values.ts';

const one = (values: readonly string[]) => fc.constantFrom(...values);

/** A text as a literal; quotes and backslashes escaped. */
export const quoted = text.map((value) => `'${value.replace(/[\\']/g, '\\$&')}'`);

interface Typed {
  text: string;
  list: string;
  number: string;
  truth: string;
}

/** Expressions over the corpus's variables whose types fit, so that most of them have a value to compare. */
export const typed = fc.letrec<Typed>((tie) => {
  const [str, list, number, truth] = [tie('text'), tie('list'), tie('number'), tie('truth')];
  const depth = { maxDepth: 5, depthSize: 'medium' } as const;
  return {
    text: fc.oneof(
      depth,
      one(['s', 'word', 'quoted', 'empty', 'emoji', 'html', 'long', 'd.b', 'rows[0].name', "' a '", "'x,y,,z'"]),
      quoted,
      fc
        .tuple(
          str,
          one([
            'strip()',
            'lstrip()',
            'rstrip()',
            "strip('a ')",
            'upper()',
            'lower()',
            'title()',
            'capitalize()',
            'swapcase()',
            "replace('a', 'bc')",
            "replace('', '.')",
            'expandtabs(3)',
            'center(11)',
            "ljust(9, '*')",
            'zfill(6)',
            'split()|join',
            "removeprefix('a')",
            "partition(' ')[0]",
            'casefold()',
          ]),
        )
        .map(([a, method]) => `(${a}).${method}`),
      fc
        .tuple(
          str,
          one([
            'upper',
            'lower',
            'title',
            'capitalize',
            'trim',
            'reverse',
            'string',
            'indent(2)',
            'indent(1, true, true)',
            'truncate(6)',
            'truncate(9, true, "")',
            'wordwrap(7)',
            'wordwrap(4, false)',
            'wordwrap(9, break_on_hyphens=false)',
            'urlencode',
            'center(12)',
            "replace('a', 'b', 1)",
            "regex_replace('\\\\s+', ' ')",
            "regex_replace('(\\\\w)(\\\\w)', '\\\\2\\\\1')",
            "regex_replace('[^a-z]', '')",
            "regex_replace('^.|.$', '_')",
            'e ~ ""',
            'striptags',
            'list|join("-")',
            'sort|join',
            'unique|join',
            'pprint',
            'tojson ~ ""',
          ]),
        )
        .map(([a, filter]) => `(${a}|${filter})`),
      fc
        .tuple(str, one(['0:', ':3', '-4:', '::-1', '1:-1', '::2', '2:1', '5:0:-2']))
        .map(([a, slice]) => `(${a})[${slice}]`),
      fc.tuple(str, one(['~', '+']), str).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(list, str).map(([items, separator]) => `(${items}|join(${separator}))`),
      fc.tuple(number, one(['string', 'round(2)|string', 'filesizeformat'])).map(([a, filter]) => `(${a}|${filter})`),
      fc
        .tuple(one(["'%s'", "'%r'", "'%10s|'", "'%-9s|'", "'%.3s'"]), fc.oneof(str, number))
        .map(([format, a]) => `(${format} % ${a})`),
      fc
        .tuple(one(["'%d'", "'%05.1f'", "'%+g'", "'%e'", "'%x' % 5 ~ '%i'", "'%.3g'", "'%8.2f|'"]), number)
        .map(([format, a]) => `(${format} % ${a})`),
      fc
        .tuple(one(["'{}'", "'{:>8}'", "'{!r}'", "'{:^9}|'", "'{:.4}'"]), str)
        .map(([format, a]) => `${format}.format(${a})`),
      fc
        .tuple(
          one(["'{}'", "'{:8.2f}'", "'{:,}'", "'{:+.3e}'", "'{:g}'", "'{:<9}|'", "'{:012.3f}'", "'{:.1%}'", "'{:.3}'"]),
          number.map((a) => `(${a}|float)`),
        )
        .map(([format, a]) => `${format}.format(${a})`),
      fc.tuple(str, number).map(([a, times]) => `(${a} * (${times}|int % 4))`),
      fc.tuple(truth, str, str).map(([test, a, b]) => `(${a} if ${test} else ${b})`),
    ),
    list: fc.oneof(
      depth,
      one([
        'list',
        'nums',
        'letters',
        'rows|map(attribute="name")|list',
        '["x", "Y", "é"]',
        '[3, 1.5, true]',
        'range(4)|list',
        'd|list',
        'd.values()|list',
        'tup|list',
        '[]',
      ]),
      fc
        .tuple(
          str,
          one([
            'split()',
            "split('a')",
            "split(' ', 2)",
            "rsplit(' ', 1)",
            'splitlines()',
            'splitlines(true)',
            "partition('a')|list",
          ]),
        )
        .map(([a, method]) => `(${a}).${method}`),
      str.map((a) => `(${a}|list)`),
      fc
        .tuple(
          list,
          one([
            'reverse|list',
            'map("string")|list',
            'map("upper")|list',
            'map("title")|list',
            'select|list',
            'reject("string")|list',
            'select("string")|map("length")|list',
            'unique|list',
            'slice(2)|list',
            'batch(2, "-")|list',
            'map("string")|sort',
            'map("string")|map("first")|map("default", "?")|list',
            'map("string")|unique|sort(reverse=true)',
            'map("string")|groupby("0")|map("last")|list',
            'map("replace", "a", "b")|list',
          ]),
        )
        .map(([a, filter]) => `(${a}|${filter})`),
      fc.tuple(list, one(['1:', ':2', '::-1', '-3:', '::2'])).map(([a, slice]) => `(${a})[${slice}]`),
      fc.tuple(list, list).map(([a, b]) => `(${a} + ${b})`),
      fc.array(fc.oneof(str, number, list), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    ),
    number: fc.oneof(
      depth,
      one([
        'n',
        'neg',
        'zero',
        'big',
        'x',
        'tiny',
        'huge',
        'd.a',
        'nums[0]',
        '1',
        '3',
        '-2',
        '0.1',
        '2.675',
        '1e-5',
        '123456.789',
        'yes',
      ]),
      fc
        .tuple(number, one(['+', '-', '*', '/', '//', '%']), number)
        .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(number, one(['** 2', '** -1', '** 0.5', '** 3'])).map(([a, power]) => `(${a} ${power})`),
      fc
        .tuple(
          number,
          one([
            'abs',
            'int',
            'float',
            'round',
            'round(1)',
            'round(2, "floor")',
            'round(0, "ceil")',
            'round(-1)',
            'string|float',
            'string|int',
          ]),
        )
        .map(([a, filter]) => `(${a}|${filter})`),
      fc
        .tuple(
          fc.oneof(str, list),
          one([
            'length',
            'list|length',
            'map("string")|map("length")|sum',
            'map("string")|map("length")|max|default(0)',
          ]),
        )
        .map(([a, filter]) => `(${a}|${filter})`),
      fc
        .tuple(str, one(['int', 'float', 'int(7)', 'wordcount', 'int(0, 16)']))
        .map(([a, filter]) => `(${a}|${filter})`),
      fc
        .tuple(str, one(["count('a')", "find('a')", "rfind('n', 1)", "find('', 2, 5)"]))
        .map(([a, method]) => `(${a}).${method}`),
    ),
    truth: fc.oneof(
      depth,
      one(['yes', 'no', 'nosuch is defined', 'none']),
      fc
        .tuple(number, one(['<', '<=', '==', '!=', '>', '>=']), number)
        .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc
        .tuple(str, one(['<', '<=', '==', '!=', '>', 'in', 'not in']), str)
        .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(list, one(['==', '!=']), list).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(str, one(['in', 'not in']), list).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc
        .tuple(
          str,
          one([
            'startswith("a")',
            'endswith(("a", "n"))',
            'isdigit()',
            'isupper()',
            'islower()',
            'isalpha()',
            'isalnum()',
            'istitle()',
            'isspace()',
            'isnumeric()',
            'isprintable()',
            'isidentifier()',
          ]),
        )
        .map(([a, method]) => `(${a}).${method}`),
      fc
        .tuple(
          fc.oneof(str, number, list),
          one([
            'string',
            'number',
            'iterable',
            'sequence',
            'mapping',
            'integer',
            'float',
            'lower',
            'upper',
            'not none',
          ]),
        )
        .map(([a, test]) => `(${a} is ${test})`),
      fc.tuple(truth, one(['and', 'or']), truth).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      truth.map((a) => `(not ${a})`),
    ),
  };
});
