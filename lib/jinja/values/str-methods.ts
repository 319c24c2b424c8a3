/** The methods of Python's `str`. */
import { countPlaces } from '../../python/find.ts';
import * as text from '../../python/text.ts';
import { hasNewer } from '../../python/unicode.ts';
import { PyTuple, type PyValue } from '../../python/value.ts';
import { typeFault, unsupportedFault } from '../fault.ts';
import { asIndex, asString, bind, type CallArguments, clamp } from './call-arguments.ts';
import { Markup, requireDefined, typeOf, unmarked } from './objects.ts';
import type { Method, Runtime } from './runtime.ts';
import { iterate, lookUp, remaining } from './sequences.ts';

type StrMethod = Method<string>;
type Parameters = (PyValue | undefined)[];

/** A method whose result is no longer than a few times the text. */
function simple(
  name: string,
  signature: string,
  run: (self: string, values: Parameters) => PyValue,
): [string, StrMethod] {
  return [
    name,
    (self, call, runtime) => {
      runtime.budget.text(self.length);
      return run(self, bind(name, call, signature));
    },
  ];
}

const plain = (name: string, run: (self: string) => PyValue) => simple(name, '', run);

/** A method that looks at the case of each character by itself. */
function slowCasing(name: string, run: (self: string) => PyValue): [string, StrMethod] {
  return [
    name,
    (self, call, runtime) => {
      bind(name, call, '');
      runtime.budget.casing(self.length);
      return run(self);
    },
  ];
}

/** A change of case; characters that are newer than Python's Unicode make it one of each character. */
function casing(name: string, run: (self: string) => string): [string, StrMethod] {
  return [
    name,
    (self, call, runtime) => {
      bind(name, call, '');
      return changedCase(self, run, runtime);
    },
  ];
}

/** `upper` or `lower`, paid for. */
export function changedCase(self: string, run: (self: string) => string, runtime: Runtime): string {
  runtime.budget.text(self.length);
  if (hasNewer(self)) runtime.budget.casing(self.length);
  return run(self);
}

function optionalText(value: PyValue | undefined, what: string): string | null {
  return value === undefined || value === null ? null : textArgument(value, what);
}

/** A text or escaped text where Python takes a str. */
function textArgument(value: PyValue | undefined, what: string): string {
  const known = value === undefined ? null : unmarked(value);
  requireDefined(known);
  return asString(known, what);
}

function int(value: PyValue | undefined, fallback: number, what: string): number {
  return value === undefined ? fallback : clamp(asIndex(value, what));
}

function bound(value: PyValue | undefined): number | null {
  return value === undefined || value === null ? null : clamp(asIndex(value, 'a slice index'));
}

function stripper(name: string, run: (self: string, chars: string | null) => string) {
  return simple(name, 'chars /', (self, [chars]) => run(self, optionalText(chars, `${name}'s argument`)));
}

function splitter(name: string, run: (self: string, separator: string | null, max: number) => string[]) {
  const method: StrMethod = (self, call, runtime) => {
    const [separator, max] = bind(name, call, 'sep maxsplit');
    runtime.budget.text(self.length);
    const cut = optionalText(separator, `${name}'s separator`);
    runtime.budget.work(cut === null ? 8 * self.length : cut.length);
    const parts = run(self, cut, int(max, -1, 'maxsplit'));
    runtime.budget.items(parts.length);
    return parts;
  };
  return [name, method] as const;
}

function searcher(name: string, run: (self: string, part: string, start: number | null, end: number | null) => number) {
  const method: StrMethod = (self, call, runtime) => {
    const [part, start, end] = bind(name, call, '*sub start end /');
    const wanted = textArgument(part, `${name}'s argument`);
    runtime.budget.work(8 * self.length + wanted.length);
    return BigInt(run(self, wanted, bound(start), bound(end)));
  };
  return [name, method] as const;
}

type EdgeTest = (self: string, edge: string | readonly string[], start: number | null, end: number | null) => boolean;

function edge(name: string, run: EdgeTest) {
  const method: StrMethod = (self, call, runtime) => {
    const [part, start, end] = bind(name, call, '*prefix start end /');
    const wanted =
      part instanceof PyTuple
        ? part.items.map((one) => textArgument(one, name))
        : textArgument(part, `${name}'s argument`);
    runtime.budget.work(self.length);
    for (const one of typeof wanted === 'string' ? [wanted] : wanted) {
      runtime.budget.step();
      runtime.budget.work(Math.min(one.length, self.length));
    }
    return run(self, wanted, bound(start), bound(end));
  };
  return [name, method] as const;
}

function padder(name: string, run: (self: string, width: number, fill: string) => string) {
  const method: StrMethod = (self, call, runtime) => {
    const [width, fill] = bind(name, call, '*width fillchar /');
    const count = int(width, 0, 'width');
    const character = fill === undefined ? ' ' : textArgument(fill, 'fillchar');
    if ([...character].length !== 1) throw typeFault('the fill character must be exactly one character long');
    runtime.budget.text(Math.max(count, 0) * character.length + self.length);
    return run(self, count, character);
  };
  return [name, method] as const;
}

const replace: StrMethod = (self, call, runtime) => {
  const [old, replacement, count] = bind('replace', call, '*old *new count /');
  return replaceText(
    self,
    textArgument(old, "replace's argument"),
    textArgument(replacement, "replace's argument"),
    int(count, -1, 'count'),
    runtime,
  );
};

/** `str.replace`, paid for before it is done. */
export function replaceText(self: string, old: string, replacement: string, count: number, runtime: Runtime): string {
  runtime.budget.work(self.length + old.length);
  if (old === '') runtime.budget.perCharacter(self.length);
  const places = old === '' ? self.length + 1 : countPlaces(self, old);
  const made = count < 0 ? places : Math.min(count, places);
  runtime.budget.text(self.length + made * Math.max(replacement.length - old.length, 0));
  return text.replace(self, old, replacement, count);
}

const join: StrMethod = (self, call, runtime) => {
  const [items] = bind('join', call, '*iterable /');
  const parts: string[] = [];
  for (const item of remaining(iterate(items ?? null, runtime))) {
    if (item instanceof Markup) throw unsupportedFault('joining escaped text by a method');
    requireDefined(item);
    if (typeof item !== 'string') throw typeFault(`join() takes strings, not a ${typeOf(item)}`);
    parts.push(item);
  }
  return runtime.joined(parts, self);
};

const expandtabs: StrMethod = (self, call, runtime) => {
  const [size] = bind('expandtabs', call, 'tabsize');
  const tab = int(size, 8, 'tabsize');
  runtime.budget.perCharacter(self.length);
  const tabs = countPlaces(self, '\t');
  runtime.budget.text(self.length + Math.max(tab, 0) * tabs);
  let column = 0;
  let result = '';
  for (const character of self) {
    if (character === '\t') {
      const width = tab > 0 ? tab - (column % tab) : 0;
      result += ' '.repeat(width);
      column += width;
    } else {
      result += character;
      column = character === '\n' || character === '\r' ? 0 : column + 1;
    }
  }
  return result;
};

const zfill: StrMethod = (self, call, runtime) => {
  const [width] = bind('zfill', call, '*width /');
  const count = int(width, 0, 'width');
  runtime.budget.text(Math.max(count, 0) + self.length);
  return text.zfill(self, count);
};

const translate: StrMethod = (self, call, runtime) => {
  const [table] = bind('translate', call, '*table /');
  if (!(table instanceof Map)) throw unsupportedFault('translate() with anything but a dict');
  const parts: string[] = [];
  for (const character of self) {
    runtime.budget.step();
    const to = lookUp(table, BigInt(character.codePointAt(0) ?? 0), runtime);
    if (to === undefined) parts.push(character);
    else if (typeof to === 'bigint') parts.push(String.fromCodePoint(clamp(to)));
    else if (to !== null) parts.push(textArgument(to, 'a translation'));
  }
  return runtime.joined(parts, '');
};

const unsupported = (name: string): [string, StrMethod] => [
  name,
  () => {
    throw unsupportedFault(`str.${name}()`);
  },
];

/** By name. */
export const STR_METHODS: ReadonlyMap<string, StrMethod> = new Map<string, StrMethod>([
  stripper('strip', text.strip),
  stripper('lstrip', text.lstrip),
  stripper('rstrip', text.rstrip),
  splitter('split', text.split),
  splitter('rsplit', text.rsplit),
  [
    'splitlines',
    (self, call, runtime) => {
      const [keep] = bind('splitlines', call, 'keepends');
      runtime.budget.work(8 * self.length);
      const lines = text.splitlines(self, keep !== undefined && asIndex(keep, 'keepends') !== 0n);
      runtime.budget.items(lines.length);
      return lines;
    },
  ],
  simple(
    'partition',
    '*sep /',
    (self, [separator]) => new PyTuple(text.partition(self, textArgument(separator, 'sep'))),
  ),
  simple(
    'rpartition',
    '*sep /',
    (self, [separator]) => new PyTuple(text.rpartition(self, textArgument(separator, 'sep'))),
  ),
  simple('removeprefix', '*prefix /', (self, [prefix]) => text.removeprefix(self, textArgument(prefix, 'prefix'))),
  simple('removesuffix', '*suffix /', (self, [suffix]) => text.removesuffix(self, textArgument(suffix, 'suffix'))),
  searcher('index', text.index),
  searcher('rindex', text.rindex),
  searcher('find', text.find),
  searcher('rfind', text.rfind),
  searcher('count', text.count),
  edge('startswith', text.startswith),
  edge('endswith', text.endswith),
  padder('ljust', text.ljust),
  padder('rjust', text.rjust),
  padder('center', text.center),
  casing('upper', text.upper),
  casing('lower', text.lower),
  slowCasing('capitalize', text.capitalize),
  slowCasing('title', text.title),
  slowCasing('swapcase', text.swapcase),
  plain('isdigit', text.isdigit),
  plain('isdecimal', text.isdecimal),
  plain('isnumeric', text.isnumeric),
  plain('isspace', text.isspace),
  plain('isalpha', text.isalpha),
  plain('isalnum', text.isalnum),
  plain('isascii', text.isascii),
  plain('isupper', text.isupper),
  plain('islower', text.islower),
  slowCasing('istitle', text.istitle),
  plain('isprintable', text.isprintable),
  plain('isidentifier', (self) => /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(self)),
  ['replace', replace],
  ['join', join],
  ['zfill', zfill],
  ['expandtabs', expandtabs],
  ['translate', translate],
  ['format', (self: string, call: CallArguments, runtime: Runtime) => runtime.tables.formatBraces(self, call, runtime)],
  unsupported('format_map'),
  unsupported('encode'),
  unsupported('casefold'),
  unsupported('maketrans'),
]);
